"""Microsoft.KeyVault/vaults/keys, and whether a service that encrypts by one of them may use it.

A key that the estate does not hold is taken on trust, so that an account with a key needs no whole vault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.sandbox.arm.address import is_at_or_above
from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.paths import dig, same_text
from hipaa_tui.sandbox.arm.rules.authorization import ASSIGNMENTS, DEFINITIONS, built_in_roles
from hipaa_tui.support.json_value import Json

KEYS: Final = "microsoft.keyvault/vaults/keys"
_WRAP: Final = "Microsoft.KeyVault/vaults/keys/wrap/action"


def find_key(estate: Estate, uri: str, name: str = "") -> Resource | None:
    """The key of a vault's URI and a name, or of a key's URI; None where the estate has none such."""
    host, _, rest = uri.removeprefix("https://").partition("/")
    wanted = name or rest.removeprefix("keys/").partition("/")[0]
    for one in estate.of_type(KEYS):
        if same_text(one.body["name"], wanted) and same_text(
            _vault_id(one).rpartition("/")[2], host.split(".")[0]
        ):
            return one
    return None


def refuse_unusable(change: Change, key: Resource, code: str, user_identity: str = "") -> None:
    """ArmError 403 with the service's own code unless the key is enabled and its user may wrap by it."""
    if user_identity:
        found = change.estate.get(user_identity)
        principal = str(dig(found.body, "properties.principalId") if found else "")
    else:
        principal = str(dig(change.new, "identity.principalId") or "")
    enabled = dig(key.body, "properties.attributes.enabled") is not False
    if enabled and principal and _may_wrap(change.estate, key, principal):
        return
    raise ArmError(403, code, "The operation failed because of authentication issue on the keyvault.")


def _vault_id(key: Resource) -> str:
    return key.id.rsplit("/", 2)[0]


def _may_wrap(estate: Estate, key: Resource, principal: str) -> bool:
    vault = estate.get(_vault_id(key))
    if vault is not None and dig(vault.body, "properties.enableRbacAuthorization") is not True:
        return any(
            same_text(one.get("objectId"), principal)
            and {"wrapkey", "all"} & {str(word).lower() for word in dig(one, "permissions.keys") or ()}
            for one in dig(vault.body, "properties.accessPolicies") or ()
        )
    for one in estate.of_type(ASSIGNMENTS):
        properties = one.body["properties"]
        if same_text(properties.get("principalId"), principal) and is_at_or_above(_scope(one), key.id):
            role = str(properties["roleDefinitionId"]).rpartition("/")[2]
            if any(fnmatchcase(_WRAP.lower(), action.lower()) for action in _data_actions(estate, role)):
                return True
    return False


def _scope(assignment: Resource) -> str:
    return assignment.id[: assignment.key.rindex("/providers/microsoft.authorization/")]


def _data_actions(estate: Estate, role: str) -> Iterator[str]:
    known: list[Mapping[str, Json]] = [*built_in_roles(), *(one.body for one in estate.of_type(DEFINITIONS))]
    for one in known:
        if same_text(one["name"], role):
            for permission in dig(dict(one), "properties.permissions") or ():
                yield from permission.get("dataActions") or ()


def _fill_key(change: Change) -> None:
    properties: dict[str, Any] = change.properties
    vault = change.parent.rpartition("/")[2].lower()
    properties.setdefault("kty", "RSA")
    if str(properties["kty"]).startswith("RSA"):
        properties.setdefault("keySize", 2048)
    properties.setdefault("attributes", {}).setdefault("enabled", True)
    properties.setdefault("keyUri", f"https://{vault}.vault.azure.net/keys/{change.name}")


FILL: Final = {KEYS: _fill_key}
