"""Checks what purge protection and a closed firewall mean for the callers of a key vault, and for its re-creation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.insights.settings import others, own
from hipaa_tui.azure.keyvault.settings import DEFAULT_DAYS, VERSION, identity_of
from hipaa_tui.azure.resource_types import get
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
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
_SEARCHED = 256
"""Characters of a tag that are searched: Azure's limit for a tag value."""


def vault_purge_protection(context: GuardContext) -> Verdict:
    """Warns when a tag suggests that the vault is short-lived; the reason says what purge protection makes permanent.

    A pipeline that deletes the vault cannot create it again under the same name until the retention period is over
    (https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview).
    """
    enabling = [
        draft
        for draft in context.changes
        if draft.setting == PURGE and not setting(PURGE).same(draft.before, draft.after)
    ]
    if not enabling:
        return Outcome.PASS, "the purge protection of the vault does not change"
    target = enabling[0].target
    days = at(enabling[0].before, "softDeleteRetentionInDays") or DEFAULT_DAYS
    meaning = (
        f"purge protection cannot be turned off again, and after a deletion the name {target.name} stays "
        f"reserved for {days} days"
    )
    tags = resource_type(target.type).tags(context.cloud, target)
    tag = _short_lived(tags)
    if tag:
        return (
            Outcome.WARN,
            f"{meaning}; the tag {tag} suggests a short-lived vault: a pipeline that deletes it cannot create it "
            "again under that name until then",
        )
    return Outcome.PASS, meaning


def _short_lived(tags: Mapping[str, str]) -> str:
    """The tag that suggests a short-lived vault, as key=value; "" when none does."""
    for key, value in tags.items():
        if key.lower() in _SHORT_LIVED:
            return f"{key}={value}"
        if any(_EPHEMERAL.search(text[:_SEARCHED]) for text in (key, value)):
            return f"{key}={value}"
    return ""


def vault_callers(context: GuardContext) -> Verdict:
    """Blocks when the firewall would admit no network, or lock out Azure services that encrypt with the vault's keys.

    Otherwise warns: only the vault's AuditEvent log shows who calls it.
    """
    closing = [draft for draft in context.changes if draft.setting == NETWORK and _closes(draft)]
    if not closing:
        return Outcome.PASS, "the change closes no network path to the vault"
    draft = closing[0]
    after, before = _plain(draft.after), _plain(draft.before)
    rules = after["networkAcls"]
    if rules["bypass"] != "AzureServices" and before["networkAcls"]["bypass"] == "AzureServices":
        return (
            Outcome.BLOCK,
            "Azure's trusted services would be locked out, so data that they encrypt with the vault's keys would "
            "become unavailable: keep AzureServices in the firewall's bypass",
        )
    endpoints = identity_of(get(context.cloud, draft.target.id, VERSION))["privateEndpoints"]
    approved = [endpoint for endpoint in endpoints if str(endpoint.get("status")).lower() == "approved"]
    waiting = len(endpoints) - len(approved)
    if after["publicNetworkAccess"] == "Disabled":
        if not approved:
            more = f" ({waiting} wait for approval)" if waiting else ""
            return (
                Outcome.BLOCK,
                f"the vault has no approved private endpoint{more}, so only Azure's trusted services could reach it: "
                "create one and move the callers to it first",
            )
    elif not (rules["ipRules"] or rules["virtualNetworkRules"] or approved):
        return (
            Outcome.BLOCK,
            "the firewall would allow no address and no subnet, and there is no approved private endpoint: "
            "answer allowed_cidrs with the callers' networks first",
        )
    return Outcome.WARN, _callers_advice(context, draft)


def _closes(draft: PlannedChange) -> bool:
    """Whether the change closes a network path that is open now."""
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
    canonical: dict[str, Any] = setting(NETWORK).canonical(value or {})
    return canonical


def _callers_advice(context: GuardContext, draft: PlannedChange) -> str:
    value = context.read(DIAGNOSTICS, draft.target).value
    settings = [*others(value), *([own(value)] if own(value) else [])]
    logged = [
        diagnostic_setting
        for diagnostic_setting in settings
        if diagnostic_setting and any(_audits(log) for log in diagnostic_setting.get("logs") or [])
    ]
    workspace = next(
        (
            str(diagnostic_setting["workspaceId"])
            for diagnostic_setting in logged
            if diagnostic_setting.get("workspaceId")
        ),
        "",
    )
    if not logged:
        return (
            "the vault has no AuditEvent log, so its callers are unknown: turn the log on and wait some days, or "
            "verify every caller yourself"
        )
    if not workspace:
        return "check in the vault's AuditEvent log first which addresses (callerIpAddress) call it"
    return (
        f"query the workspace {workspace.rpartition('/')[2]} first: AzureDiagnostics | where ResourceProvider == "
        f"'MICROSOFT.KEYVAULT' and Resource =~ '{draft.target.name}' and TimeGenerated > ago(30d) | summarize "
        "count() by CallerIPAddress, identity_claim_appid_g"
    )


def _audits(log: Mapping[str, Any]) -> bool:
    category = str(log.get("category") or log.get("categoryGroup")).lower()
    return bool(log.get("enabled")) and category in {"auditevent", "audit", "alllogs"}


GUARDS = {"vault-purge-protection": vault_purge_protection, "vault-callers": vault_callers}
BLOCK_ON_ERROR = ("vault-callers",)
