"""Opens the workbench that the options select, and prints JSON the same way for every command."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from hipaa_tui.cli.terminal import narrate
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from hipaa_tui.workbench import Workbench


def open_workbench(options: argparse.Namespace, warn: Callable[[str], None] = narrate) -> Workbench:
    """The workbench on HIPAA_TUI_HOME, with the credentials that the options select, else config.toml's. InputError.

    `warn` is called with a sentence for what is wrong but stops nothing.
    """
    from hipaa_tui.providers.access import Access
    from hipaa_tui.support.config import find_home, read_config
    from hipaa_tui.workbench import Workbench

    home = find_home()
    config = read_config(home)
    regions = tuple(getattr(options, "region", None) or ())
    profiles = tuple(getattr(options, "profile", None) or ())
    role = getattr(options, "role", None) or ("" if profiles else config.role)
    accounts = tuple(getattr(options, "account", None) or config.accounts)
    if accounts and not role:
        raise InputError("--account needs --role: it names the accounts in which the role is assumed")
    if role and len(profiles) > 1:
        raise InputError("--role is assumed with one profile: give a single --profile, or leave --role out")
    access = Access(
        profile=profiles[0] if profiles else config.profile,
        region=regions[0] if regions else None,
        subscriptions=tuple(getattr(options, "subscription", None) or config.subscriptions),
        profiles=profiles if len(profiles) > 1 else (),
        role=role,
        accounts=accounts,
    )
    read_only = bool(getattr(options, "read_only", False))
    return Workbench(home, config, access, read_only=read_only, warn=warn)


def print_json(value: Json) -> None:
    """Print one JSON document to stdout. JSON escapes control characters except DEL, which is escaped here."""
    print(json.dumps(value, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f"))
