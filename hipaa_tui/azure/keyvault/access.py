"""What a principal may do with what a vault holds, told in one language for both permission models.

An access policy says "get" of secrets, a role says Microsoft.KeyVault/vaults/secrets/getSecret/action. Both
become the names of data actions here, so that they can be compared.
https://learn.microsoft.com/azure/key-vault/general/rbac-migration
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

_SHARED: Final = {
    # The same word and the same shape for keys, secrets and certificates.
    "delete": "delete",
    "recover": "recover/action",
    "backup": "backup/action",
    "restore": "restore/action",
    "purge": "purge/action",
}
_TABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "keys": {
        **{word: f"keys/{action}" for word, action in _SHARED.items()},
        **{
            word: f"keys/{word}/action"
            for word in ("create", "import", "update", "encrypt", "decrypt", "sign", "verify", "release")
        },
        "get": "keys/read",
        "list": "keys/read",
        "rotate": "keys/rotate/action",
        "wrapkey": "keys/wrap/action",
        "unwrapkey": "keys/unwrap/action",
        "getrotationpolicy": "keyrotationpolicies/read",
        "setrotationpolicy": "keyrotationpolicies/write",
    },
    "secrets": {
        **{word: f"secrets/{action}" for word, action in _SHARED.items()},
        "get": "secrets/getSecret/action",
        "list": "secrets/readMetadata/action",
        "set": "secrets/setSecret/action",
    },
    "certificates": {
        **{word: f"certificates/{action}" for word, action in _SHARED.items()},
        **{word: f"certificates/{word}/action" for word in ("create", "import", "update")},
        "get": "certificates/read",
        "list": "certificates/read",
        "managecontacts": "certificatecontacts/write",
        "getissuers": "certificatecas/read",
        "listissuers": "certificatecas/read",
        "setissuers": "certificatecas/write",
        "manageissuers": "certificatecas/write",
        "deleteissuers": "certificatecas/delete",
    },
    "storage": {
        **{word: f"storageaccounts/{action}" for word, action in _SHARED.items()},
        "get": "storageaccounts/read",
        "list": "storageaccounts/read",
        "set": "storageaccounts/set/action",
        "update": "storageaccounts/set/action",
        "regeneratekey": "storageaccounts/regeneratekey/action",
        "getsas": "storageaccounts/read",
        "listsas": "storageaccounts/read",
        "setsas": "storageaccounts/sas/set/action",
        "deletesas": "storageaccounts/sas/delete",
    },
}
_PREFIX: Final = "Microsoft.KeyVault/vaults/"
ALL_ACTIONS: Final = frozenset(_PREFIX + action for words in _TABLE.values() for action in words.values())
"""Every data action that an access policy can give."""
WRAPPING: Final = frozenset(f"{_PREFIX}keys/{one}" for one in ("read", "wrap/action", "unwrap/action"))
"""What a service needs of a key that it encrypts by."""


def policy_actions(permissions: Mapping[str, Any]) -> dict[str, str]:
    """What an access policy's `permissions` allow: data action → the policy's own words ("secrets get").

    "all" leaves out purge, as Azure does. A word that is not known stands for itself, so no role covers it.
    """
    found: dict[str, str] = {}
    for kind, words in permissions.items():
        table = _TABLE.get(str(kind).lower(), {})
        for word in (str(one).lower() for one in words or []):
            given = [one for one in table if one != "purge"] if word == "all" else [word]
            for one in given:
                found.setdefault(_PREFIX + table.get(one, f"{kind}/{one}"), f"{kind} {one}")
    return found


def role_actions(definition: Mapping[str, Any]) -> frozenset[str]:
    """Which of ALL_ACTIONS a role definition allows."""
    allowed: set[str] = set()
    for one in (definition.get("properties") or {}).get("permissions") or []:
        given = {a for a in ALL_ACTIONS if _matches(a, one.get("dataActions") or [])}
        allowed |= {a for a in given if not _matches(a, one.get("notDataActions") or [])}
    return frozenset(allowed)


def may(definition: Mapping[str, Any], action: str) -> bool:
    """Does a role definition allow this action of ARM?"""
    return any(
        _matches(action, one.get("actions") or []) and not _matches(action, one.get("notActions") or [])
        for one in (definition.get("properties") or {}).get("permissions") or []
    )


def _matches(action: str, patterns: Iterable[str]) -> bool:
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) for pattern in patterns
    )
