"""The Ed25519 key pair of this home, which signs journal heads and approvals.

A statement is signed together with its purpose, so that a signed head cannot pass for an approval.
"""

from __future__ import annotations

import base64
import binascii
import getpass
import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json, canonical_bytes
from hipaa_tui.support.private_files import private_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FILE: Final = "identity.pem"
PREFIX: Final = "ed25519:"
"""Prefix of a public key as text; its 32 bytes in base64 follow."""
SIGNATURE: Final = "signature"


@dataclass(frozen=True)
class Identity:
    """The user of this home: a name for people, a key pair for proofs."""

    name: str
    user: str
    host: str
    _private: Ed25519PrivateKey

    @property
    def key(self) -> str:
        """The public key as text, to give to colleagues."""
        return _text(self._private.public_key())

    def sign(self, purpose: str, statement: Mapping[str, Json]) -> dict[str, Json]:
        """The statement with this home's signature. Its "key" must be the key that signs it."""
        if statement.get("key") != self.key or SIGNATURE in statement:
            raise ValueError("a statement names the key that signs it, and is not signed yet")
        signature = self._private.sign(_message(purpose, statement))
        return {**statement, SIGNATURE: base64.b64encode(signature).decode()}


def open_identity(root: Path) -> Identity:
    """The identity of a home folder, created at first use. InputError if others can read it or it is damaged."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = private_folder(root) / FILE
    text = _read(path)
    if text is None:
        _make(path)
        text = _read(path) or b""
    try:
        private = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise InputError(
            f"{path} contains no Ed25519 key: restore it from a backup, or delete it to get a new one"
        )
    user, host = whoami()
    return Identity(f"{user}@{host}", user, host, private)


def signed_by(purpose: str, statement: Mapping[str, Json]) -> str:
    """The public key that signed the statement; "" if the signature is invalid."""
    from cryptography.exceptions import InvalidSignature

    content = {name: value for name, value in statement.items() if name != SIGNATURE}
    try:
        key = str(content["key"])
        signature = base64.b64decode(str(statement[SIGNATURE]), validate=True)
        if base64.b64encode(signature).decode() != statement[SIGNATURE]:
            return ""  # the same bytes in another spelling: one statement has one text
        _public(key).verify(signature, _message(purpose, content))
    except (KeyError, ValueError, InvalidSignature):
        return ""
    return key


def checked_key(text: str) -> str:
    """The public key in its canonical form. InputError if the text is not a public key."""
    try:
        return _text(_public(text.strip()))
    except ValueError:
        raise InputError(
            f"{text[:80]!r} is not a public key: `hipaa-tui identity` prints one, as {PREFIX}…"
        ) from None


def fingerprint(key: str) -> str:
    """The short form of a public key, for display only."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _make(path: Path) -> None:
    """Write a new key atomically. If two processes do so at once, the first one's key is kept."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(temporary)
        except FileExistsError:
            pass
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077 and os.name == "posix":
                raise InputError(
                    f"{path} is readable by others (mode {mode:04o}), so its signatures prove nothing: delete it to get "
                    "a new key and tell your colleagues, or chmod 600 it if you are sure that no one has read it"
                )
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def whoami() -> tuple[str, str]:
    """(user name, host name) of this process."""
    return _user(), socket.gethostname()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user that has no name
        return f"uid {os.getuid()}"


def _message(purpose: str, statement: Mapping[str, Json]) -> bytes:
    return f"hipaa-tui {purpose}\n".encode() + canonical_bytes(dict(statement))


def _text(key: Ed25519PublicKey) -> str:
    return PREFIX + base64.b64encode(key.public_bytes_raw()).decode()


def _public(text: str) -> Ed25519PublicKey:
    """ValueError unless the text is a public key in its canonical form."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not text.startswith(PREFIX):
        raise ValueError("not an Ed25519 key")
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    key = Ed25519PublicKey.from_public_bytes(raw)
    if _text(key) != text:
        raise ValueError("not the canonical form of a key")
    return key
