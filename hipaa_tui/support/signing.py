"""The key pair of this home: it signs journal heads and approvals, so that others can tell whose they are.

A statement is signed together with what it is for, so that a signed head is never taken for an approval.
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
"""What a public key starts with as text; the rest is its 32 bytes in base64."""
SIGNATURE: Final = "signature"


@dataclass(frozen=True)
class Identity:
    """Who acts from this home: a name for people, a key for proofs."""

    name: str
    user: str
    host: str
    _private: Ed25519PrivateKey

    @property
    def key(self) -> str:
        """The public key as text, to hand to colleagues."""
        return _text(self._private.public_key())

    def sign(self, purpose: str, statement: Mapping[str, Json]) -> dict[str, Json]:
        """The statement with this home's signature over it. It must name the key that signs it."""
        if statement.get("key") != self.key or SIGNATURE in statement:
            raise ValueError("a statement names the key that signs it, and is not signed yet")
        signature = self._private.sign(_message(purpose, statement))
        return {**statement, SIGNATURE: base64.b64encode(signature).decode()}


def open_identity(root: Path) -> Identity:
    """The identity of that home, made at first use. InputError where others can read it or it is damaged."""
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
            f"{path} holds no Ed25519 key: put the file back from a backup, or remove it for a new one"
        )
    user, host = whoami()
    return Identity(f"{user}@{host}", user, host, private)


def signed_by(purpose: str, statement: Mapping[str, Json]) -> str:
    """The key that the statement names and that did sign it; "" where the signature does not hold."""
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
    """The public key in its one form. InputError where the text is none."""
    try:
        return _text(_public(text.strip()))
    except ValueError:
        raise InputError(
            f"{text[:80]!r} is no public key: `hipaa-tui identity` prints one, as {PREFIX}…"
        ) from None


def fingerprint(key: str) -> str:
    """A short name of a public key, for people; it proves nothing."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _make(path: Path) -> None:
    """Put a new key there, whole or not at all. Of two processes at once the first one's key stays."""
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
                    f"{path} can be read by others (mode {mode:04o}), so its signatures prove nothing: remove it for "
                    "a new key and tell your colleagues, or chmod 600 it where you are sure that nobody has read it"
                )
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def whoami() -> tuple[str, str]:
    """(user, host) as this machine names them."""
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
    """ValueError where the text is no key in its one form."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not text.startswith(PREFIX):
        raise ValueError("no Ed25519 key")
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    key = Ed25519PublicKey.from_public_bytes(raw)
    if _text(key) != text:
        raise ValueError("not in the one form of a key")
    return key
