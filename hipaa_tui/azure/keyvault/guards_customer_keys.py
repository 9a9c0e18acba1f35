"""Lets a service encrypt by a key of a key vault only once everything that it needs for that is there.

A storage account whose key cannot be reached answers nobody, and a vault with backups under a lost key is
lost (https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview). What the same plan
makes before the switch counts as there.
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
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
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
    """A change that makes a service use a key: what uses it, which key, and as which identity."""

    look: Look
    draft: Draft
    key: KeyName
    vault: Target
    user_identity: str

    @property
    def what(self) -> str:
        return f"{self.key.name} of the vault {self.key.vault}"


def cmk_ready(look: Look) -> Verdict:
    """Blocks with the first thing that is missing and the step that makes it. The key is named by `key`."""
    drafts = [one for one in look.changes if one.setting in IDENTITIES and _switches(one)]
    if not drafts:
        return Outcome.PASS, "no key of the customer's is put to use"
    case = _case(look, drafts[0])
    if isinstance(case, str):
        return Outcome.BLOCK, case
    for check in (_vault, _key, _access):
        problem = next(check(case), None)
        if problem:
            return Outcome.BLOCK, problem
    notes = list(_notes(case))
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"the key {case.what} is enabled, protected and allowed to {look.target.name}"


def _switches(draft: Draft) -> bool:
    one = setting(draft.setting)
    if draft.after is ABSENT or one.same(draft.before, draft.after):
        return False
    return draft.setting == BACKUPS or uses_key_vault(draft.after)


def _case(look: Look, draft: Draft) -> _Case | str:
    """The case, or why it cannot be looked at."""
    key = key_of(str(look.arguments.get("key") or ""), draft.target.partition)
    if draft.setting == STORAGE:
        named = at(draft.after, "keyvaultproperties") or {}
        uri = f"{str(named.get('keyvaulturi')).rstrip('/')}/keys/{named.get('keyname')}"
        user = str(at(draft.after, "identity.userAssignedIdentity") or "")
    else:
        uri = str(at(draft.after, "keyVaultProperties.keyUri"))
        user = str(at(draft.after, "kekIdentity.userAssignedIdentity") or "")
    if not f"{uri}/".lower().startswith(f"{key.uri}/".lower()):
        return f"the change names the key {uri}, and what was looked at is {key.uri}: name one key"
    account = key.vault_id.split("/")[2].lower()
    # Of another subscription too: the id says where it is.
    vault = Vaults().target(key.vault_id, account, "", draft.target.partition)
    if vault is None:
        return f"{key.vault_id} is not the id of a key vault"
    return _Case(look, draft, key, vault, user)


def _vault(case: _Case) -> Iterator[str]:
    look, vault = case.look, case.vault
    try:
        live = get(look.cloud, vault.id, VERSION)
    except CloudError as error:
        if error.status != 404:
            raise
        yield f"there is no vault {case.key.vault}: make it and its key first"
        return
    state = setting(PURGE).canonical(_after(look, PURGE, vault) or {})
    if not (state["enableSoftDelete"] and state["enablePurgeProtection"]):
        yield (
            f"the vault {case.key.vault} has no purge protection, so one deletion could destroy the key and all "
            f"it encrypts: carry out the playbook {PURGE} first"
        )
    network = setting(NETWORK).canonical(_after(look, NETWORK, vault) or {})
    rules = network["networkAcls"]
    closed = network["publicNetworkAccess"] == "Disabled" or rules["defaultAction"] == "Deny"
    if closed and rules["bypass"] != "AzureServices":
        yield (
            f"the firewall of the vault {case.key.vault} keeps Azure's trusted services out: set its bypass to "
            "AzureServices first"
        )
    here, there = _place(look, case.draft), str(live.get("location", ""))
    if case.draft.setting == BACKUPS and here and there and here != there.lower().replace(" ", ""):
        yield f"the key is in {there} and the backups in {here}: Azure Backup takes keys of its own region only"


def _after(look: Look, id: str, target: Target) -> Json:
    """What the setting will be when the switch is made: what the plan brings it to, or what is read."""
    for draft in look.changes:
        if draft.setting == id and draft.target.key == target.key:
            return draft.after
    return look.read(id, target).value


def _place(look: Look, draft: Draft) -> str:
    found = look.read(draft.setting, draft.target).identity.get("location") or draft.target.region
    return str(found).lower().replace(" ", "")


def _key(case: _Case) -> Iterator[str]:
    try:
        properties = get(case.look.cloud, case.key.id, VERSION).get("properties") or {}
    except CloudError as error:
        if error.status != 404:
            raise
        yield f"there is no key {case.what}: make an RSA key there first"
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
            f"the key {case.what} is {kind or 'of an unknown kind'} {size or ''}".rstrip()
            + ": an RSA key of 2048, 3072 or 4096 bits is needed"
        )
    allowed = {str(one).lower() for one in properties.get("keyOps") or ()}
    if allowed and not {"wrapkey", "unwrapkey"} <= allowed:
        yield f"the key {case.what} may not wrap and unwrap: allow wrapKey and unwrapKey on it first"


def _access(case: _Case) -> Iterator[str]:
    """May the identity use the key, by a role or by an access policy, whichever counts in the vault?"""
    look, draft = case.look, case.draft
    identity = look.read(IDENTITIES[draft.setting], draft.target)
    if case.user_identity:
        attached = {str(one).lower() for one in identity.identity.get("userAssigned") or []}
        if case.user_identity.lower() not in attached:
            yield f"the identity {case.user_identity} is not one of {draft.target.name}'s: attach it first"
            return
        found = get(look.cloud, case.user_identity, _IDENTITY_VERSION).get("properties") or {}
        principal, tenant = found.get("principalId"), found.get("tenantId")
    elif _after(look, IDENTITIES[draft.setting], draft.target) is ABSENT:
        yield (
            f"{draft.target.name} has no identity of its own, and the plan gives it none: switch "
            f"{IDENTITIES[draft.setting]} on first"
        )
        return
    else:
        principal, tenant = identity.identity.get("principalId"), identity.identity.get("tenantId")
    live = get(look.cloud, case.vault.id, VERSION)
    theirs = at(live, "properties.tenantId")
    if tenant and theirs and str(tenant).lower() != str(theirs).lower():
        yield f"the vault {case.key.vault} is in another tenant than {draft.target.name}: take a key of the same"
    if at(_after(look, AUTHORIZATION, case.vault), "enableRbacAuthorization") is True:
        yield from _role(case, str(principal or ""))
    else:
        entries = at(live, "properties.accessPolicies") or []
        yield from _policy(case, str(principal or ""), entries)


def _policy(case: _Case, principal: str, entries: list[Mapping[str, Any]]) -> Iterator[str]:
    given: set[str] = set()
    for one in entries:
        if principal and str(one.get("objectId", "")).lower() == principal.lower():
            given |= policy_actions(one.get("permissions") or {}).keys()
    if not given >= WRAPPING:
        yield (
            f"the vault {case.key.vault} goes by access policies, which heed no role: carry out the playbook "
            f"azure.keyvault.rbac first, or give the identity of {case.draft.target.name} get, wrapKey and "
            "unwrapKey of keys there"
        )


def _role(case: _Case, principal: str) -> Iterator[str]:
    planned = [one for one in case.look.changes if one.setting == ASSIGNMENT and one.after is not ABSENT]
    made = [one for one in planned if _is_for(one, case, principal)]
    for one in made:
        twin = _twin(case, one, principal)
        if twin:
            yield (
                f"the role is assigned already, as {twin}, and Azure takes no second one: answer "
                "grant_role=false"
            )
    if made:
        return
    roles = Roles(case.look, case.key.id)
    if not principal or not roles.actions(principal) >= WRAPPING:
        yield (
            f"the identity of {case.draft.target.name} may not use the key {case.what}: assign it Key Vault "
            "Crypto Service Encryption User there first (answer grant_role=true)"
        )


def _is_for(draft: Draft, case: _Case, principal: str) -> bool:
    """Does a planned assignment let the identity use the key? An identity made by the plan is a reference."""
    scope = draft.target.id[: draft.target.id.lower().rfind(f"/providers/{TYPE}".lower())]
    whose: Json = draft.after.get("principalId")
    same = reference_of(whose) is not None or (bool(principal) and str(whose).lower() == principal.lower())
    if not same or not is_at_or_above(scope, case.key.id) or draft.after.get("condition"):
        return False
    return _allows(case, draft.after)


def _allows(case: _Case, assignment: Mapping[str, Any]) -> bool:
    path = (
        f"/subscriptions/{case.draft.target.account}/providers/Microsoft.Authorization/roleDefinitions/"
        f"{role_of(assignment)}"
    )
    return role_actions(get(case.look.cloud, path, ROLES_VERSION)) >= WRAPPING


def _twin(case: _Case, draft: Draft, principal: str) -> str:
    """The name of an assignment that says the same as the planned one; "" where there is none."""
    if draft.before is not ABSENT or not principal:
        return ""
    scope = draft.target.id[: draft.target.id.lower().rfind(f"/providers/{TYPE}".lower())]
    for one in members(case.look.cloud, f"{scope}/providers/{TYPE}", ROLES_VERSION):
        properties = one.get("properties") or {}
        if (
            str(properties.get("scope", "")).lower() == scope.lower()
            and role_of(properties) == role_of(draft.after)
            and str(properties.get("principalId", "")).lower() == principal.lower()
            and str(one.get("name", "")).lower() != draft.target.name.lower()
        ):
            return str(one.get("name"))
    return ""


def _notes(case: _Case) -> Iterator[str]:
    properties = get(case.look.cloud, case.key.id, VERSION).get("properties") or {}
    expires = at(properties, "attributes.exp")
    if _number(expires) and expires <= time.time() + _SOON:
        yield (
            f"the key {case.what} expires on {_day(expires)}: give it a rotation policy, or its data cannot be "
            "read from then on"
        )
    if case.draft.setting == STORAGE and at(case.draft.after, "keyvaultproperties.keyversion"):
        yield "the key's version is fixed, so a rotation of the key does not reach the account"


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _day(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))
    except (OverflowError, OSError, ValueError):
        return "a day out of any calendar"


GUARDS = {"cmk-ready": cmk_ready}
CAUTIOUS = ("cmk-ready",)
