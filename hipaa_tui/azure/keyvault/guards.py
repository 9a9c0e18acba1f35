"""Looks at what closing or locking a key vault does to those who use it and to those who recreate it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.insights.settings import others, own
from hipaa_tui.azure.keyvault.settings import DEFAULT_DAYS, VERSION, identity_of
from hipaa_tui.azure.resource_types import get
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import Json, at

PURGE = "azure.keyvault.purge-protection"
NETWORK = "azure.keyvault.network"
DIAGNOSTICS = "azure.insights.diagnostic-setting"
_EPHEMERAL = re.compile(
    r"(?i)(^|[^a-z])(ephemeral|temporary|temp|tmp|test|tests|testing|sandbox|preview|ci|pr\d*|dev|development)([^a-z]|$)"
)
_SHORT_LIVED = frozenset(
    {"ttl", "expires", "expires-on", "expiry", "delete-after", "deleteafter", "auto-delete"}
)
_LOOKED_AT = 256
"""Characters of a tag that are looked at: Azure's own limit for a value."""


def vault_purge_protection(look: Look) -> Verdict:
    """Says what purge protection takes away for good, and warns where tags say that the vault is short-lived.

    A vault that a pipeline deletes and makes again under the same name cannot be made again for the days
    of its retention (https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview).
    """
    raised = [
        draft
        for draft in look.changes
        if draft.setting == PURGE and not setting(PURGE).same(draft.before, draft.after)
    ]
    if not raised:
        return Outcome.PASS, "the protection of the vault stays as it is"
    target = raised[0].target
    days = at(raised[0].before, "softDeleteRetentionInDays") or DEFAULT_DAYS
    meaning = f"it cannot be turned off again, and once {target.name} is deleted its name stays taken for {days} days"
    tags = resource_type(target.type).tags(look.cloud, target)
    said = _short_lived(tags)
    if said:
        return (
            Outcome.WARN,
            f"{meaning}; the tag {said} says that the vault is short-lived: whatever deletes it and makes it "
            "again under that name will fail until then",
        )
    return Outcome.PASS, meaning


def _short_lived(tags: Mapping[str, str]) -> str:
    """The tag that says that the vault does not last, as key=value; "" where none does."""
    for key, value in tags.items():
        if key.lower() in _SHORT_LIVED:
            return f"{key}={value}"
        if any(_EPHEMERAL.search(text[:_LOOKED_AT]) for text in (key, value)):
            return f"{key}={value}"
    return ""


def vault_callers(look: Look) -> Verdict:
    """Blocks where the network would let nobody in, or lock out the services that encrypt by the vault's keys.

    Who else calls can be read only from the vault's AuditEvent log.
    """
    closing = [draft for draft in look.changes if draft.setting == NETWORK and _closes(draft)]
    if not closing:
        return Outcome.PASS, "no way to the vault is closed"
    draft = closing[0]
    after, before = _plain(draft.after), _plain(draft.before)
    rules = after["networkAcls"]
    if rules["bypass"] != "AzureServices" and before["networkAcls"]["bypass"] == "AzureServices":
        return (
            Outcome.BLOCK,
            "Azure's trusted services would be locked out, and with them whatever they encrypt by the "
            "vault's keys: keep bypass AzureServices",
        )
    endpoints = identity_of(get(look.cloud, draft.target.id, VERSION))["privateEndpoints"]
    approved = [one for one in endpoints if str(one.get("status")).lower() == "approved"]
    waiting = len(endpoints) - len(approved)
    if after["publicNetworkAccess"] == "Disabled":
        if not approved:
            more = f" ({waiting} wait for approval)" if waiting else ""
            return (
                Outcome.BLOCK,
                f"the vault has no approved private endpoint{more}, so none but Azure's trusted services "
                "would reach it: make one and move the callers there first",
            )
    elif not (rules["ipRules"] or rules["virtualNetworkRules"] or approved):
        return (
            Outcome.BLOCK,
            "the firewall would let in no address and no subnet, and there is no approved private endpoint: "
            "name the networks of the callers (allowed_cidrs) first",
        )
    return Outcome.WARN, _who_calls(look, draft)


def _closes(draft: Draft) -> bool:
    """Does the change shut out anybody who gets in now?"""
    old, new = _plain(draft.before), _plain(draft.after)
    rules, wanted = old["networkAcls"], new["networkAcls"]
    if old["publicNetworkAccess"] != "Disabled" and (
        new["publicNetworkAccess"] == "Disabled"
        or (rules["defaultAction"] == "Allow" and wanted["defaultAction"] == "Deny")
    ):
        return True
    gone = any(set(rules[key]) - set(wanted[key]) for key in ("ipRules", "virtualNetworkRules"))
    lost = rules["bypass"] == "AzureServices" and wanted["bypass"] != "AzureServices"
    return lost or (gone and wanted["defaultAction"] == "Deny")


def _plain(value: Json) -> dict[str, Any]:
    found: dict[str, Any] = setting(NETWORK).canonical(value or {})
    return found


def _who_calls(look: Look, draft: Draft) -> str:
    value = look.read(DIAGNOSTICS, draft.target).value
    settings = [*others(value), *([own(value)] if own(value) else [])]
    logged = [one for one in settings if one and any(_audits(log) for log in one.get("logs") or [])]
    workspace = next((str(one["workspaceId"]) for one in logged if one.get("workspaceId")), "")
    if not logged:
        return (
            "the vault writes no AuditEvent log, so nobody can say who calls it from where: turn the log on "
            "and wait some days, or be sure of every caller"
        )
    if not workspace:
        return "look in the vault's AuditEvent log first which addresses (callerIpAddress) call it"
    return (
        f"ask the workspace {workspace.rpartition('/')[2]} first: AzureDiagnostics | where ResourceProvider == "
        f"'MICROSOFT.KEYVAULT' and Resource =~ '{draft.target.name}' and TimeGenerated > ago(30d) | summarize "
        "count() by CallerIPAddress, identity_claim_appid_g"
    )


def _audits(log: Mapping[str, Any]) -> bool:
    named = str(log.get("category") or log.get("categoryGroup")).lower()
    return bool(log.get("enabled")) and named in {"auditevent", "audit", "alllogs"}


GUARDS = {"vault-purge-protection": vault_purge_protection, "vault-callers": vault_callers}
CAUTIOUS = ("vault-callers",)
