"""The services with only a rule or two: Key Vault, identities, workspaces, recovery vaults, web sites."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from hipaa_tui.sandbox.arm.access import require
from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError, bad_value
from hipaa_tui.sandbox.arm.estate import TENANT, Estate, guid
from hipaa_tui.sandbox.arm.paths import dig, take
from hipaa_tui.sandbox.arm.rules.keyvault import find_key, refuse_unusable
from hipaa_tui.support.json_value import Json

_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_FINAL_STATES: Final = (
    ("properties.securitySettings.softDeleteSettings.softDeleteState", "AlwaysON"),
    ("properties.securitySettings.immutabilitySettings.state", "Locked"),
)


def _check_vault(change: Change) -> None:
    for name in ("enablePurgeProtection", "enableSoftDelete"):
        if change.properties.get(name) is False and dig(change.sent, f"properties.{name}") is False:
            raise ArmError(
                400,
                "BadRequest",
                f'The property "{name}" cannot be set to false. Enabling it for a vault is an irreversible action.',
                target=f"properties.{name}",
            )
    asked = dig(change.sent, "properties.enableRbacAuthorization")
    if change.old is not None and asked is not None:
        _check_model(change, bool(asked))
    if dig(change.old, "properties.enablePurgeProtection") is True:
        # A PUT that does not say it does not take it away either.
        change.properties["enablePurgeProtection"] = True


def _check_model(change: Change, asked: bool) -> None:
    """Who changes the permission model decides about access, so it takes the right to assign roles."""
    if bool(dig(change.old, "properties.enableRbacAuthorization")) == asked:
        return
    try:
        require(change.estate, "Microsoft.Authorization/roleAssignments/write", change.id, change.oid)
    except ArmError:
        raise ArmError(
            403, "InsufficientPermissions", "Caller is not allowed to change permission model."
        ) from None


def _fill_vault(change: Change) -> None:
    change.properties.setdefault("vaultUri", f"https://{change.name.lower()}.vault.azure.net/")


def _fill_identity(change: Change) -> None:
    change.properties.setdefault("tenantId", TENANT)
    change.properties.setdefault("principalId", guid("principal", change.id))
    change.properties.setdefault("clientId", guid("client", change.id))


def _fill_workspace(change: Change) -> None:
    change.properties.setdefault("customerId", guid("customer", change.id))
    change.properties.setdefault("createdDate", change.estate.now())


def _check_table(change: Change) -> None:
    properties = change.properties
    kept, total = properties.get("retentionInDays"), properties.get("totalRetentionInDays")
    if kept is not None and total is not None and total < kept:
        raise bad_value(
            "The total retention cannot be shorter than the interactive one.",
            "properties.totalRetentionInDays",
        )


def _show_table(estate: Estate, body: dict[str, Any]) -> None:
    """A table that was given no retention of its own has the workspace's."""
    properties = body.setdefault("properties", {})
    workspace = estate.get(str(body["id"]).rsplit("/", 2)[0])
    inherited = dig(workspace.body, "properties.retentionInDays") if workspace else None
    properties["retentionInDaysAsDefault"] = "retentionInDays" not in properties
    properties["totalRetentionInDaysAsDefault"] = "totalRetentionInDays" not in properties
    properties.setdefault("retentionInDays", inherited)
    properties.setdefault("totalRetentionInDays", properties["retentionInDays"])
    properties.setdefault("plan", "Analytics")
    if None not in (properties["totalRetentionInDays"], properties["retentionInDays"]):
        properties["archiveRetentionInDays"] = (
            properties["totalRetentionInDays"] - properties["retentionInDays"]
        )


def _check_recovery(change: Change) -> None:
    for path, final in _FINAL_STATES:
        if dig(change.old, path) == final and dig(change.new, path) != final:
            raise bad_value(f"'{path}' is {final}, which is irreversible.", path)
    if dig(change.old, "properties.encryption.keyVaultProperties") and not dig(
        change.new, "properties.encryption.keyVaultProperties"
    ):
        raise bad_value("There is no way back to keys of the platform.", "properties.encryption")
    uri = dig(change.sent, "properties.encryption.keyVaultProperties.keyUri")
    if not uri:
        return
    first = not dig(change.old, "properties.encryption.keyVaultProperties")
    if first and any(change.estate.under(f"{change.id}/backupProtectedItems")):
        raise bad_value("The vault has protected items already.", "properties.encryption")
    key = find_key(change.estate, str(uri))
    if key is not None:
        user = str(dig(change.new, "properties.encryption.kekIdentity.userAssignedIdentity") or "")
        refuse_unusable(change, key, "UserErrorCMKKeyVaultAuthFailure", user)


def _fill_site(change: Change) -> None:
    host = f"{change.name.lower()}.azurewebsites.net"
    change.properties.setdefault("state", "Running")
    change.properties.setdefault("defaultHostName", host)
    change.properties.setdefault("hostNames", [host])
    config = take(change.new, "properties.siteConfig")
    if isinstance(config, dict):
        _write_config(change, config)


def _write_config(change: Change, config: dict[str, Json]) -> None:
    """What a site's siteConfig says is kept in the child config/web, which has PATCH and GET of its own."""
    id = f"{change.id}/config/web"
    known = change.estate.get(id)
    body: dict[str, Any] = {"id": id, "name": "web", "type": "Microsoft.Web/sites/config", "properties": {}}
    if known is not None:
        body = deepcopy(known.body)
    body["properties"] = {**body["properties"], **config}
    change.estate.put(body)


def fill_managed_identity(change: Change, *, strict: bool) -> None:
    """The ids of a managed identity, for any type that has `identity`.

    ArmError 400 for a user-assigned one that is not there; it is left as it is unless `strict`.
    """
    identity = change.new.get("identity")
    if not isinstance(identity, dict):
        return
    if "systemassigned" in str(identity.get("type", "")).lower():
        identity.setdefault("principalId", guid("principal", change.id))
        identity.setdefault("tenantId", TENANT)
    else:
        identity.pop("principalId", None)
        identity.pop("tenantId", None)
    given = identity.get("userAssignedIdentities")
    assigned: dict[str, Json] = given if isinstance(given, dict) else {}
    for id in assigned:
        found = change.estate.get(id)
        if found is not None:
            properties = found.body["properties"]
            assigned[id] = {key: properties.get(key) for key in ("principalId", "clientId")}
        elif strict:
            raise ArmError(
                400,
                "FailedIdentityOperation",
                f"Resource '{id}' was not found.",
                target="identity.userAssignedIdentities",
            )


CHECK: Final = {
    "microsoft.keyvault/vaults": _check_vault,
    f"{_WORKSPACE}/tables": _check_table,
    "microsoft.recoveryservices/vaults": _check_recovery,
}
FILL: Final = {
    "microsoft.keyvault/vaults": _fill_vault,
    "microsoft.managedidentity/userassignedidentities": _fill_identity,
    _WORKSPACE: _fill_workspace,
    "microsoft.web/sites": _fill_site,
}
SHOW: Final = {f"{_WORKSPACE}/tables": _show_table}
