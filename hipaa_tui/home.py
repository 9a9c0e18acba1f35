"""The home folder of the tool: store, config, plans and logs, readable by their owner only."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hipaa_tui.errors import InputError
from hipaa_tui.files import private_folder, read_regular

_KINDS: Final[dict[str, type]] = {
    "read_only": bool,
    "playbooks": list,
    "profile": str,
    "role": str,
    "accounts": list,
    "regions": list,
    "subscriptions": list,
    "keys": dict,
    "answers": dict,
    "store": str,
    "policy": str,
    "records": str,
}


LARGEST: Final = 16 * 1024
"""Bytes of config.toml; one that says everything has 1 KB, and the parser's time grows with the square."""


@dataclass(frozen=True, slots=True)
class Config:
    """What config.toml says. Every entry is optional; an unknown one is an error, not a silence."""

    read_only: bool = False
    playbooks: tuple[Path, ...] = ()
    profile: str | None = None
    role: str = ""
    """The name of a role that is assumed in each of `accounts`, or in every account of the organization."""
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    """What playbooks ask, answered for the team: by a parameter's name, or "PLAYBOOK.PARAMETER" for one playbook."""
    store: str = ""
    """A PostgreSQL URL for a store that a team shares; empty: a file in the home folder."""
    policy: Path | None = None
    """The team's policy file; else policy.yaml in the home folder, where there is one."""
    records: Path | None = None
    """The team's folder of templates for commit messages, pull requests and change records."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie. Folders are made when they are first asked for."""

    root: Path

    @property
    def store(self) -> Path:
        return self.root / "store.db"

    @property
    def config_file(self) -> Path:
        return self.root / "config.toml"

    @property
    def policy(self) -> Path:
        return self.root / "policy.yaml"

    @property
    def plans(self) -> Path:
        return private_folder(private_folder(self.root) / "plans")

    @property
    def logs(self) -> Path:
        return private_folder(private_folder(self.root) / "logs")


def find_home() -> Home:
    """HIPAA_TUI_HOME, or the platform's data folder for hipaa-tui."""
    named = os.environ.get("HIPAA_TUI_HOME")
    if named:
        return Home(_path(named).absolute())
    from platformdirs import user_data_path

    return Home(user_data_path("hipaa-tui", appauthor=False))


def _path(text: str) -> Path:
    """The path, with "~" filled in. InputError where nobody is called so."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise InputError(f"{text}: {error}") from None


def read_config(home: Home) -> Config:
    """The config of this home; the default where there is no file. InputError says what is wrong."""
    path = home.config_file
    try:
        document = tomllib.loads(read_regular(path, LARGEST).decode())
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as TOML: {error}") from None
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in _KINDS:
            raise InputError(f"{path}: there is no setting {name!r}; known are {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[name]):
            raise InputError(f"{path}: {name} must be of type {_KINDS[name].__name__}")
        values[name] = tuple(str(one) for one in value) if isinstance(value, list) else value
    if "playbooks" in values:
        values["playbooks"] = tuple(_path(one) for one in values["playbooks"])
    for name in ("policy", "records"):
        if name in values:
            values[name] = _path(values[name])
    if "keys" in values:
        values["keys"] = {str(key): str(item) for key, item in values["keys"].items()}
    return Config(**values)
