"""Checks that a service can use a customer-managed key in a key vault before it is switched to that key.

A storage account whose key is unreachable refuses every request, and backups under a lost key are lost
(https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview). What the same plan creates before
the switch counts as existing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hipaa_tui.azure.authorization.settings import TYPE, role_of
from hipaa_tui.azure.authorization.settings import VERSION as ROLES_VERSION
from hipaa_tui.azure.keyvault.access import WRAPPING, policy_actions, role_actions
from hipaa_tui.azure.keyvault.guards_access import ASSIGNMENT, Roles
from hipaa_tui.azure.keyvault.guards_access import SETTING as AUTHORIZATION
from hipaa_tui.azure.keyvault.keys import KeyName, key_of
from hipaa_tui.azure.keyvault.settings import VERSION, Vaults
from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.azure.storage.encryption import uses_key_vault
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import ABSENT, Json, at, reference_of

STORAGE = "azure.storage.customer-managed-key"
BACKUPS = "azure.recoveryservices.vault-encryption"
IDENTITIES = {
    STORAGE: "azure.storage.system-identity",
    BACKUPS: "azure.recoveryservices.system-identity",
}
PURGE = "azure.keyvault.purge-protection"
NETWORK = "azure.keyvault.network"
_IDENTITY_VERSION = "2024-11-30"
_SOON = 30 * 24 * 3600
_SIZES = frozenset({2048, 3072, 4096})


@dataclass(frozen=True)
class _Case:
    """A change that switches a service to a key: the draft, the key and its vault, and the identity that uses it."""

    context: GuardContext
    draft: PlannedChange
    key: KeyName
    vault: Target
    user_identity: str

    @property
    def what(self) -> str:
        return f"{self.key.name} of the vault {self.key.vault}"


def cmk_ready(context: GuardContext) -> Verdict:
    """Blocks with the first missing prerequisite and its remedy; warns when the key expires soon or is pinned.

    The argument `key` is the id of the key.
    """
    drafts = [draft for draft in context.changes if draft.setting in IDENTITIES and _switches(draft)]
    if not drafts:
        return Outcome.PASS, "the change switches nothing to a customer-managed key"
    case = _case(context, drafts[0])
    if isinstance(case, str):
        return Outcome.BLOCK, case
    for check in (_vault, _key, _access):
        problem = next(check(case), None)
        if problem:
            return Outcome.BLOCK, problem
    notes = list(_notes(case))
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"the key {case.what} is enabled and protected, and {context.target.name} may use it"


def _switches(draft: PlannedChange) -> bool:
    changed_setting = setting(draft.setting)
    if draft.after is ABSENT or changed_setting.same(draft.before, draft.after):
        return False
    return draft.setting == BACKUPS or uses_key_vault(draft.after)


def _case(context: GuardContext, draft: PlannedChange) -> _Case | str:
    """The case, or the reason why it cannot be checked."""
    key = key_of(str(context.arguments.get("key") or ""), draft.target.partition)
    if draft.setting == STORAGE:
        key_properties = at(draft.after, "keyvaultproperties") or {}
        uri = f"{str(key_properties.get('keyvaulturi')).rstrip('/')}/keys/{key_properties.get('keyname')}"
        user_identity = str(at(draft.after, "identity.userAssignedIdentity") or "")
    else:
        uri = str(at(draft.after, "keyVaultProperties.keyUri"))
        user_identity = str(at(draft.after, "kekIdentity.userAssignedIdentity") or "")
    if not f"{uri}/".lower().startswith(f"{key.uri}/".lower()):
        return f"the change uses the key {uri}, but the key that was checked is {key.uri}: name the same key for both"
    account = key.vault_id.split("/")[2].lower()
    # The vault may be in another subscription: its id says which.
    vault = Vaults().target(key.vault_id, account, "", draft.target.partition)
    if vault is None:
        return f"{key.vault_id} is not the id of a key vault"
    return _Case(context, draft, key, vault, user_identity)


def _vault(case: _Case) -> Iterator[str]:
    context, vault = case.context, case.vault
    try:
        live = get(context.cloud, vault.id, VERSION)
    except CloudError as error:
        if error.status != 404:
            raise
        yield f"the vault {case.key.vault} does not exist: create it and its key first"
        return
    state = setting(PURGE).canonical(_after(context, PURGE, vault) or {})
    if not (state["enableSoftDelete"] and state["enablePurgeProtection"]):
        yield (
            f"the vault {case.key.vault} has no purge protection, so a deletion could destroy the key and all data "
            f"that it encrypts: apply the playbook {PURGE} first"
        )
    network = setting(NETWORK).canonical(_after(context, NETWORK, vault) or {})
    rules = network["networkAcls"]
    closed = network["publicNetworkAccess"] == "Disabled" or rules["defaultAction"] == "Deny"
    if closed and rules["bypass"] != "AzureServices":
        yield (
            f"the firewall of the vault {case.key.vault} blocks Azure's trusted services: set its bypass to "
            "AzureServices first"
        )
    here, there = _location(context, case.draft), str(live.get("location", ""))
    if case.draft.setting == BACKUPS and here and there and here != there.lower().replace(" ", ""):
        yield f"the key is in {there} and the backups are in {here}: Azure Backup only accepts keys in its own region"


def _after(context: GuardContext, id: str, target: Target) -> Json:
    """The setting's value at the time of the switch: the planned value, or else the current one."""
    for draft in context.changes:
        if draft.setting == id and draft.target.key == target.key:
            return draft.after
    return context.read(id, target).value


def _location(context: GuardContext, draft: PlannedChange) -> str:
    location = context.read(draft.setting, draft.target).identity.get("location") or draft.target.region
    return str(location).lower().replace(" ", "")


def _key(case: _Case) -> Iterator[str]:
    try:
        properties = get(case.context.cloud, case.key.id, VERSION).get("properties") or {}
    except CloudError as error:
        if error.status != 404:
            raise
        yield f"the key {case.what} does not exist: create an RSA key there first"
        return
    attributes, now = properties.get("attributes") or {}, time.time()
    if attributes.get("enabled") is False:
        yield f"the key {case.what} is disabled: enable it, or name another one"
    if _number(attributes.get("exp")) and attributes["exp"] <= now:
        yield f"the key {case.what} expired on {_day(attributes['exp'])}: rotate it first"
    if _number(attributes.get("nbf")) and attributes["nbf"] > now:
        yield f"the key {case.what} is not valid before {_day(attributes['nbf'])}"
    kind, size = str(properties.get("kty", "")), properties.get("keySize")
    if kind.upper() not in {"RSA", "RSA-HSM"} or (size is not None and size not in _SIZES):
        yield (
            f"the key {case.what} is {kind or 'of an unknown type'} {size or ''}".rstrip()
            + ": an RSA key of 2048, 3072 or 4096 bits is required"
        )
    allowed = {str(operation).lower() for operation in properties.get("keyOps") or ()}
    if allowed and not {"wrapkey", "unwrapkey"} <= allowed:
        yield f"the key {case.what} does not permit the operations wrapKey and unwrapKey: add them to it first"


def _access(case: _Case) -> Iterator[str]:
    """Problems of the identity's access to the key, by role or access policy, whichever the vault uses."""
    context, draft = case.context, case.draft
    identity = context.read(IDENTITIES[draft.setting], draft.target)
    if case.user_identity:
        attached = {str(identity_id).lower() for identity_id in identity.identity.get("userAssigned") or []}
        if case.user_identity.lower() not in attached:
            yield f"the identity {case.user_identity} is not assigned to {draft.target.name}: assign it first"
            return
        properties = get(context.cloud, case.user_identity, _IDENTITY_VERSION).get("properties") or {}
        principal, tenant = properties.get("principalId"), properties.get("tenantId")
    elif _after(context, IDENTITIES[draft.setting], draft.target) is ABSENT:
        yield (
            f"{draft.target.name} has no system-assigned identity, and the plan adds none: turn on "
            f"{IDENTITIES[draft.setting]} first"
        )
        return
    else:
        principal, tenant = identity.identity.get("principalId"), identity.identity.get("tenantId")
    live = get(context.cloud, case.vault.id, VERSION)
    vault_tenant = at(live, "properties.tenantId")
    if tenant and vault_tenant and str(tenant).lower() != str(vault_tenant).lower():
        yield f"the vault {case.key.vault} is in another tenant than {draft.target.name}: use a key in the same tenant"
    if at(_after(context, AUTHORIZATION, case.vault), "enableRbacAuthorization") is True:
        yield from _role(case, str(principal or ""))
    else:
        entries = at(live, "properties.accessPolicies") or []
        yield from _policy(case, str(principal or ""), entries)


def _policy(case: _Case, principal: str, entries: list[Mapping[str, Any]]) -> Iterator[str]:
    granted: set[str] = set()
    for entry in entries:
        if principal and str(entry.get("objectId", "")).lower() == principal.lower():
            granted |= policy_actions(entry.get("permissions") or {}).keys()
    if not granted >= WRAPPING:
        yield (
            f"the vault {case.key.vault} uses access policies, which ignore roles: apply the playbook "
            f"azure.keyvault.rbac first, or grant the identity of {case.draft.target.name} the key permissions get, "
            "wrapKey and unwrapKey there"
        )


def _role(case: _Case, principal: str) -> Iterator[str]:
    planned = [one for one in case.context.changes if one.setting == ASSIGNMENT and one.after is not ABSENT]
    granting = [one for one in planned if _is_for(one, case, principal)]
    for one in granting:
        duplicate = _duplicate(case, one, principal)
        if duplicate:
            yield (
                f"the role is assigned already, as {duplicate}, and Azure refuses a second assignment: answer "
                "grant_role=false"
            )
    if granting:
        return
    roles = Roles(case.context, case.key.id)
    if not principal or not roles.actions(principal) >= WRAPPING:
        yield (
            f"the identity of {case.draft.target.name} may not use the key {case.what}: assign it the role Key Vault "
            "Crypto Service Encryption User there first (answer grant_role=true)"
        )


def _is_for(draft: PlannedChange, case: _Case, principal: str) -> bool:
    """Whether a planned assignment lets the identity use the key. An identity that the plan creates is a reference."""
    scope = draft.target.id[: draft.target.id.lower().rfind(f"/providers/{TYPE}".lower())]
    assignee: Json = draft.after.get("principalId")
    same = reference_of(assignee) is not None or (
        bool(principal) and str(assignee).lower() == principal.lower()
    )
    if not same or not is_at_or_above(scope, case.key.id) or draft.after.get("condition"):
        return False
    return _allows(case, draft.after)


def _allows(case: _Case, assignment: Mapping[str, Any]) -> bool:
    path = (
        f"/subscriptions/{case.draft.target.account}/providers/Microsoft.Authorization/roleDefinitions/"
        f"{role_of(assignment)}"
    )
    return role_actions(get(case.context.cloud, path, ROLES_VERSION)) >= WRAPPING


def _duplicate(case: _Case, draft: PlannedChange, principal: str) -> str:
    """The name of an existing assignment equal to the planned one; "" when there is none."""
    if draft.before is not ABSENT or not principal:
        return ""
    scope = draft.target.id[: draft.target.id.lower().rfind(f"/providers/{TYPE}".lower())]
    for existing in members(case.context.cloud, f"{scope}/providers/{TYPE}", ROLES_VERSION):
        properties = existing.get("properties") or {}
        if (
            str(properties.get("scope", "")).lower() == scope.lower()
            and role_of(properties) == role_of(draft.after)
            and str(properties.get("principalId", "")).lower() == principal.lower()
            and str(existing.get("name", "")).lower() != draft.target.name.lower()
        ):
            return str(existing.get("name"))
    return ""


def _notes(case: _Case) -> Iterator[str]:
    properties = get(case.context.cloud, case.key.id, VERSION).get("properties") or {}
    expires = at(properties, "attributes.exp")
    if _number(expires) and expires <= time.time() + _SOON:
        yield (
            f"the key {case.what} expires on {_day(expires)}: add a rotation policy, or the data becomes unreadable "
            "on that day"
        )
    if case.draft.setting == STORAGE and at(case.draft.after, "keyvaultproperties.keyversion"):
        yield "the key version is pinned, so the account will not follow a rotation of the key"


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _day(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))
    except (OverflowError, OSError, ValueError):
        return "a date out of range"


GUARDS = {"cmk-ready": cmk_ready}
BLOCK_ON_ERROR = ("cmk-ready",)
