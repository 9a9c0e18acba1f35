"""Finds clients that would be locked out of a storage account once its firewall is closed.

Trusted Azure services keep access as long as `bypass` names them. All other clients need a private endpoint, or a rule
for their subnet or address. Requests from the account's own region never match an IP rule
(https://learn.microsoft.com/azure/storage/common/storage-network-security-limitations).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.insights.settings import others, own
from hipaa_tui.azure.lookups import FUNCTIONS, MONITOR, below, held, listed
from hipaa_tui.azure.resource_types import get
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import Json

SETTING = "azure.storage.network-rules"
DIAGNOSTICS = "azure.insights.diagnostic-setting"
_TRUSTED = "AzureServices"
_RULES = ("ipRules", "ipv6Rules", "virtualNetworkRules", "resourceAccessRules")


def storage_clients(context: GuardContext) -> Verdict:
    """Blocks when no client would keep access, or a static website, a function app or Azure services would lose it.

    Otherwise warns: only the account's logs show who calls it.
    """
    closing = [draft for draft in context.changes if draft.setting == SETTING and _closes(draft)]
    if not closing:
        return Outcome.PASS, "the change closes no network path to the account"
    draft = closing[0]
    before, after = _plain(draft.before), _plain(draft.after)
    rules = after["networkAcls"]
    account = get(context.cloud, draft.target.id, VERSION)
    names = [
        str(one.get("name")) for one in below(context, "blobServices/default/containers", "blob", account)
    ]
    logs = [name for name in names if MONITOR.fullmatch(name)]
    if _TRUSTED not in rules["bypass"] and (_TRUSTED in before["networkAcls"]["bypass"] or logs):
        whose = f", which write {listed(logs)}," if logs else ""
        return (
            Outcome.BLOCK,
            f"Azure's trusted services{whose} would be locked out: keep AzureServices in the firewall's bypass",
        )
    if "$web" in names:
        return (
            Outcome.BLOCK,
            "the account serves a static website ($web), and the firewall would refuse its visitors: move the site "
            "to a separate account first",
        )
    endpoints = context.read(SETTING, draft.target).identity.get("privateEndpoints") or []
    approved = [one for one in endpoints if str(one.get("status")).lower() == "approved"]
    closed = after["publicNetworkAccess"] == "disabled"
    allowing = [] if closed else [key for key in _RULES if rules[key]]
    if not approved and not allowing:
        waiting = f" ({len(endpoints)} wait for approval)" if endpoints else ""
        more = "" if closed else ", or answer allowed_cidrs with the clients' networks"
        return (
            Outcome.BLOCK,
            f"there is no approved private endpoint{waiting} and no rule allows a network, so every client would "
            f"be refused: create a private endpoint first{more}",
        )
    apps = _function_apps(context, account, names)
    if apps and not approved and "virtualNetworkRules" not in allowing:
        return (
            Outcome.BLOCK,
            f"{apps}, and no private endpoint or subnet rule would allow the app (IP rules do not apply within the "
            "region): integrate the app with a virtual network first",
        )
    notes = (
        [f"{apps}: make sure that the app connects through the private endpoint or the subnet"]
        if apps
        else []
    )
    if approved and not allowing:
        notes.append("every client must resolve the account's name to the private endpoint")
    notes.append(_callers_advice(context, draft))
    notes.append("your own data access (portal, Terraform, AzCopy) needs one of these network paths too")
    return Outcome.WARN, "; ".join(notes)


def _plain(value: Json) -> dict[str, Any]:
    found: dict[str, Any] = setting(SETTING).canonical(value or {})
    return found


def _closes(draft: PlannedChange) -> bool:
    """Whether the change closes a network path that is open now."""
    old, new = _plain(draft.before), _plain(draft.after)
    rules, wanted = old["networkAcls"], new["networkAcls"]
    if old["publicNetworkAccess"] == "enabled" and (
        new["publicNetworkAccess"] != "enabled"
        or (rules["defaultAction"] == "allow" and wanted["defaultAction"] == "deny")
    ):
        return True
    gone = any(set(rules[key]) - set(wanted[key]) for key in (*_RULES, "bypass"))
    return gone and wanted["defaultAction"] == "deny"


def _function_apps(context: GuardContext, account: Mapping[str, Any], names: list[str]) -> str:
    """A clause that says that function apps keep state or content in the account; "" when nothing suggests it."""
    state = [name for name in names if FUNCTIONS.fullmatch(name)]
    apps = [
        str(one.get("name", "")).lower()
        for one in held(context, context.target.account)
        if str(one.get("type", "")).lower() == "microsoft.web/sites"
        and "functionapp" in str(one.get("kind", "")).lower()
    ]
    shares = [str(one.get("name")) for one in below(context, "fileServices/default/shares", "file", account)]
    content = [share for share in shares if any(share.lower().startswith(app) for app in apps if app)]
    if content:
        return f"a function app keeps its content in the file share {listed(content)}"
    return f"a function app keeps its state in this account ({listed(state)})" if state else ""


def _callers_advice(context: GuardContext, draft: PlannedChange) -> str:
    value = context.read(DIAGNOSTICS, draft.target).value
    settings = [*others(value), *([own(value)] if own(value) else [])]
    logged = [
        diagnostic_setting
        for diagnostic_setting in settings
        if diagnostic_setting and any(log.get("enabled") for log in diagnostic_setting.get("logs") or [])
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
            "the account has no resource logs, so its clients are unknown: turn the logs on and wait some "
            "days, or verify every client yourself"
        )
    if not workspace:
        return "check in the account's logs first which addresses (callerIpAddress) call it"
    return (
        f"query the workspace {workspace.rpartition('/')[2]} first: StorageBlobLogs | where AccountName =~ "
        f"'{draft.target.name}' and TimeGenerated > ago(30d) | summarize count() by CallerIpAddress, "
        "UserAgentHeader, AuthenticationType"
    )


GUARDS = {"storage-clients": storage_clients}
BLOCK_ON_ERROR = ("storage-clients",)
