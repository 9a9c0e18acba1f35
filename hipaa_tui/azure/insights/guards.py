"""Checks that a resource has room for one more diagnostic setting, and that the workspace accepts the logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.insights.settings import MOST, SINKS, others, own
from hipaa_tui.azure.insights.workspaces import Workspaces
from hipaa_tui.azure.resource_ids import parse
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import reference_of

DIAGNOSTICS = "azure.insights.diagnostic-setting"


WORKSPACE = "azure.operationalinsights.workspace"


_KEYS = "Microsoft.OperationalInsights/workspaces/sharedKeys/action"


def diagnostic_settings_room(context: GuardContext) -> Verdict:
    """Blocks a sixth diagnostic setting, a category sent twice to one place, and a workspace that refuses the logs."""
    for draft in context.changes:
        planned = own(draft.after) if draft.setting == DIAGNOSTICS else None
        if planned is None:
            continue
        if own(draft.before) is None and len(others(draft.before)) >= MOST:
            return (
                Outcome.BLOCK,
                f"the resource has {MOST} diagnostic settings already, which is Azure's limit: remove one first",
            )
        for other in others(draft.before):
            shared = sorted(_categories(planned) & _categories(other))
            sink = next((key for key in SINKS if _same_sink(planned.get(key), other.get(key))), None)
            if shared and sink:
                return (
                    Outcome.BLOCK,
                    f"the diagnostic setting {other['name']} already sends {', '.join(shared)} to the same "
                    "destination: add the missing categories to it, or choose another workspace",
                )
        if refused := _workspace_refuses(context, planned):
            return Outcome.BLOCK, refused
    return Outcome.PASS, "the resource has room for one more diagnostic setting"


def _workspace_refuses(context: GuardContext, wanted: Mapping[str, Any]) -> str:
    """Why the workspace would not accept the logs; "" when it would.

    The workspace may be in any region (https://learn.microsoft.com/azure/azure-monitor/platform/diagnostic-settings).
    """
    id = wanted.get("workspaceId")
    if not isinstance(id, str):
        return ""
    resource_id = parse(id)
    workspace = Workspaces().target(
        id, resource_id.subscription if resource_id else "", "", context.target.partition
    )
    if workspace is None:
        return f"{id} is not the id of a Log Analytics workspace"
    if context.read(WORKSPACE, workspace).absent:
        return f"the workspace {workspace.name} does not exist: create it first, or name another one"
    if context.cloud.denied((_KEYS,), workspace).actions:
        return f"you may not send logs to the workspace {workspace.name}: ask for {_KEYS} on it first"
    return ""


def _categories(setting: Mapping[str, Any]) -> set[str]:
    return {
        str(entry.get("category") or entry.get("categoryGroup"))
        for kind in ("logs", "metrics")
        for entry in setting.get(kind) or []
        if entry.get("enabled")
    }


def _same_sink(one: Any, other: Any) -> bool:
    if not one or not other or reference_of(one) is not None:
        return False
    return str(one).lower() == str(other).lower()


GUARDS = {"diagnostic-settings-room": diagnostic_settings_room}
