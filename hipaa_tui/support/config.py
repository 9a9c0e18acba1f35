"""HIPAA_TUI_HOME and config.toml: where store, plans and logs are kept, and what the team configured."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hipaa_tui.support.errors import InputError
from hipaa_tui.support.private_files import private_folder, read_regular, refuse_writable_by_others

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
    "terraform": list,
}
_TERRAFORM: Final[dict[str, type]] = {"folder": str, "state": str, "var_files": list, "accounts": list}


LARGEST: Final = 16 * 1024
"""Maximum size of config.toml in bytes (a complete one is ~1 KB; tomllib is quadratic on hostile input)."""


@dataclass(frozen=True, slots=True)
class TerraformCode:
    """A folder of Terraform code with its state and .tfvars files. `accounts`: empty, or the only accounts that it manages."""

    folder: Path
    state: Path | None = None
    var_files: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The entries of config.toml, all optional. An unknown entry is an error."""

    read_only: bool = False
    playbooks: tuple[Path, ...] = ()
    profile: str | None = None
    role: str = ""
    """Name of the AWS role to assume in each of `accounts`, or in every account of the organization."""
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    """The team's defaults for playbook parameters, by parameter name, or "PLAYBOOK.PARAMETER" for one playbook."""
    store: str = ""
    """PostgreSQL URL of a store that a team shares. Empty: an SQLite file in the home folder."""
    policy: Path | None = None
    """The team's policy file. None: policy.yaml in the home folder, if it exists."""
    records: Path | None = None
    """Folder with the team's templates for commit messages, pull requests and change records."""
    terraform: tuple[TerraformCode, ...] = ()
    """The team's Terraform folders. A plan warns before it changes a resource that they manage."""


@dataclass(frozen=True, slots=True)
class Home:
    """The paths in the home folder. Folders are created when first used."""

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
    """The path with "~" expanded. InputError if there is no such user."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise InputError(f"{text}: {error}") from None


def read_config(home: Home) -> Config:
    """The config.toml of this home, or the defaults if there is none. InputError says what is wrong."""
    path = home.config_file
    refuse_writable_by_others(home.root)
    refuse_writable_by_others(path)
    try:
        document = tomllib.loads(read_regular(path, LARGEST).decode())
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: invalid TOML: {error}") from None
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name not in _KINDS:
            raise InputError(f"{path}: there is no setting {name!r}; the settings are {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[name]):
            raise InputError(f"{path}: {name} must be of type {_KINDS[name].__name__}")
        if name == "terraform" and isinstance(value, list):
            values[name] = tuple(_terraform(path, one) for one in value)
            continue
        values[name] = tuple(str(one) for one in value) if isinstance(value, list) else value
    if "playbooks" in values:
        values["playbooks"] = tuple(_path(one) for one in values["playbooks"])
    for name in ("policy", "records"):
        if name in values:
            values[name] = _path(values[name])
    if "keys" in values:
        values["keys"] = {str(key): str(item) for key, item in values["keys"].items()}
    return Config(**values)


def _terraform(path: Path, entry: Any) -> TerraformCode:
    """One `[[terraform]]` of config.toml. Its paths are relative to config.toml's folder."""
    if not isinstance(entry, dict) or not isinstance(entry.get("folder"), str):
        raise InputError(f"{path}: each [[terraform]] needs a folder")
    for name, value in entry.items():
        if name not in _TERRAFORM:
            raise InputError(
                f"{path}: [[terraform]] has no setting {name!r}; its settings are {', '.join(_TERRAFORM)}"
            )
        if not isinstance(value, _TERRAFORM[name]):
            raise InputError(f"{path}: terraform.{name} must be of type {_TERRAFORM[name].__name__}")
    return TerraformCode(
        path.parent / _path(entry["folder"]),
        path.parent / _path(entry["state"]) if entry.get("state") else None,
        tuple(str(one) for one in entry.get("var_files", ())),
        tuple(str(one) for one in entry.get("accounts", ())),
    )
