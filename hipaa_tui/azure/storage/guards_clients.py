"""Looks who would be shut out of a storage account once its firewall is closed.

Azure's own services are let in as long as `bypass` names them; everybody else needs a private endpoint, a
subnet or an address on the list. Requests from the account's own region never match an address rule
(https://learn.microsoft.com/azure/storage/common/storage-network-security-limitations).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.insights.settings import others, own
from hipaa_tui.azure.lookups import FUNCTIONS, MONITOR, below, held, listed
from hipaa_tui.azure.resource_types import get
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import Json

SETTING = "azure.storage.network-rules"
DIAGNOSTICS = "azure.insights.diagnostic-setting"
_TRUSTED = "AzureServices"
_WAYS = ("ipRules", "ipv6Rules", "virtualNetworkRules", "resourceAccessRules")


def storage_clients(look: Look) -> Verdict:
    """Blocks where nobody would be let in, or a site, a function app or Azure's own services would not."""
    closing = [draft for draft in look.changes if draft.setting == SETTING and _closes(draft)]
    if not closing:
        return Outcome.PASS, "no way to the account is closed"
    draft = closing[0]
    before, after = _plain(draft.before), _plain(draft.after)
    rules = after["networkAcls"]
    account = get(look.cloud, draft.target.id, VERSION)
    names = [str(one.get("name")) for one in below(look, "blobServices/default/containers", "blob", account)]
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
            "the account serves a static website ($web), whose visitors would all be refused: move the site "
            "to an account of its own first",
        )
    endpoints = look.read(SETTING, draft.target).identity.get("privateEndpoints") or []
    approved = [one for one in endpoints if str(one.get("status")).lower() == "approved"]
    closed = after["publicNetworkAccess"] == "disabled"
    let_in = [] if closed else [key for key in _WAYS if rules[key]]
    if not approved and not let_in:
        waiting = f" ({len(endpoints)} wait for approval)" if endpoints else ""
        more = "" if closed else ", or name the networks of the clients (allowed_cidrs)"
        return (
            Outcome.BLOCK,
            f"there is no approved private endpoint{waiting} and no rule lets anybody in, so every client would "
            f"be refused: make a private endpoint first{more}",
        )
    apps = _function_apps(look, account, names)
    if apps and not approved and "virtualNetworkRules" not in let_in:
        return (
            Outcome.BLOCK,
            f"{apps}, and neither a private endpoint nor a subnet would let the app in (an address rule does not "
            "count within the region): connect the app to a network first",
        )
    notes = [f"{apps}: be sure that the app comes by the private endpoint or the subnet"] if apps else []
    if approved and not let_in:
        notes.append("every client has to resolve the account's name to the private endpoint")
    notes.append(_who_calls(look, draft))
    notes.append("your own reads of data (portal, Terraform, AzCopy) need one of these ways too")
    return Outcome.WARN, "; ".join(notes)


def _plain(value: Json) -> dict[str, Any]:
    found: dict[str, Any] = setting(SETTING).canonical(value or {})
    return found


def _closes(draft: Draft) -> bool:
    """Does the change shut out anybody who gets in now?"""
    old, new = _plain(draft.before), _plain(draft.after)
    rules, wanted = old["networkAcls"], new["networkAcls"]
    if old["publicNetworkAccess"] == "enabled" and (
        new["publicNetworkAccess"] != "enabled"
        or (rules["defaultAction"] == "allow" and wanted["defaultAction"] == "deny")
    ):
        return True
    gone = any(set(rules[key]) - set(wanted[key]) for key in (*_WAYS, "bypass"))
    return gone and wanted["defaultAction"] == "deny"


def _function_apps(look: Look, account: Mapping[str, Any], names: list[str]) -> str:
    """That function apps keep state or content in the account, as half a sentence; "" where nothing says so."""
    state = [name for name in names if FUNCTIONS.fullmatch(name)]
    apps = [
        str(one.get("name", "")).lower()
        for one in held(look, look.target.account)
        if str(one.get("type", "")).lower() == "microsoft.web/sites"
        and "functionapp" in str(one.get("kind", "")).lower()
    ]
    shares = [str(one.get("name")) for one in below(look, "fileServices/default/shares", "file", account)]
    content = [share for share in shares if any(share.lower().startswith(app) for app in apps if app)]
    if content:
        return f"a function app has its content in the file share {listed(content)}"
    return f"a function app keeps its state here ({listed(state)})" if state else ""


def _who_calls(look: Look, draft: Draft) -> str:
    value = look.read(DIAGNOSTICS, draft.target).value
    settings = [*others(value), *([own(value)] if own(value) else [])]
    logged = [one for one in settings if one and any(log.get("enabled") for log in one.get("logs") or [])]
    workspace = next((str(one["workspaceId"]) for one in logged if one.get("workspaceId")), "")
    if not logged:
        return (
            "the account writes no logs, so nobody can say who calls it from where: turn them on and wait some "
            "days, or be sure of every client"
        )
    if not workspace:
        return "look in the account's logs first which addresses (callerIpAddress) call it"
    return (
        f"ask the workspace {workspace.rpartition('/')[2]} first: StorageBlobLogs | where AccountName =~ "
        f"'{draft.target.name}' and TimeGenerated > ago(30d) | summarize count() by CallerIpAddress, "
        "UserAgentHeader, AuthenticationType"
    )


GUARDS = {"storage-clients": storage_clients}
CAUTIOUS = ("storage-clients",)
