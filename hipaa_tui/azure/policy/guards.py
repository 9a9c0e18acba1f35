"""Checks whether an Azure Policy would deny a change or its rollback, or modify or revert the change afterwards.

Azure evaluates every write against the policies that are assigned at the resource and above it: Deny refuses it,
Modify and Append alter it, and DeployIfNotExists deploys resources afterwards, which can revert it
(https://learn.microsoft.com/azure/governance/policy/concepts/effect-basics).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.azure.policy.assignments import Policy, deploying, effective, resolved
from hipaa_tui.azure.policy.rule_evaluation import aliases, holds, path_of
from hipaa_tui.azure.resource_ids import parse
from hipaa_tui.azure.resource_types import get
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Call, CloudError, Reading
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import Json, at, reference_of

_ADVICE: Final = (
    "change the policy or ask its owner for an exemption, and fix the resource in the code that declares it "
    "(`hipaa-tui patch` writes the Terraform)"
)
_DEPLOYED_SEPARATELY: Final = frozenset({"microsoft.insights/diagnosticsettings"})
"""Types of which a policy deploys its own resource next to ours, without touching ours."""


@dataclass(frozen=True)
class _Write:
    """One call and the resource that results. `written` are the properties in its body, by lower-case path."""

    id: str
    type: str
    method: str
    resource: Mapping[str, Any]
    written: Mapping[str, Json]


def policy_deny(context: GuardContext) -> Verdict:
    """Blocks when a policy certainly denies the change.

    Warns when one may deny, modify or revert the change, or deny its rollback.
    """
    policies, unseen = effective(context, context.target.account)
    notes: list[str] = []
    for draft in context.changes:
        reading = context.read(draft.setting, draft.target)
        for write in _writes(context, draft, Reading(draft.before, reading.identity), draft.after):
            applying = [policy for policy in policies if _applies(policy, write)]
            if denying := [policy for policy in applying if _denies(policy, write) is True]:
                return (
                    Outcome.BLOCK,
                    f"the policy {denying[0].words} denies the change of {draft.target.name}: {_ADVICE}",
                )
            notes += _doubts(applying, write)
            notes += [
                f"the policy {policy.words} deploys the same setting on {draft.target.name} and may revert it: "
                f"{_ADVICE}"
                for policy in deploying(policies, write.type, write.id.rpartition("/")[2], write.id)
                if write.type not in _DEPLOYED_SEPARATELY
            ]
        notes += _deny_rollback(context, draft, reading, policies)
    if unseen:
        notes.append(unseen)
    if notes:
        return Outcome.WARN, "; ".join(dict.fromkeys(notes))
    return Outcome.PASS, "no policy denies or reverts the change"


def _applies(policy: Policy, write: _Write) -> bool:
    if not policy.reaches(write.id) or (policy.indexed and "location" not in write.resource):
        return False
    groups = [one.get("selectors") or [] for one in policy.selectors]
    return not groups or any(all(_selects(one, write) for one in group) for group in groups)


def _selects(selector: Mapping[str, Any], write: _Write) -> bool:
    """Whether the resource selector can match the resource; a selector of an unknown kind can."""
    values = {"resourcetype": write.type, "resourcelocation": str(write.resource.get("location", "")).lower()}
    value = values.get(str(selector.get("kind")).lower(), "")
    if not value:
        return True
    wanted, excluded = ({str(one).lower() for one in selector.get(key) or ()} for key in ("in", "notIn"))
    return (not wanted or value in wanted) and value not in excluded


def _denies(policy: Policy, write: _Write) -> bool | None:
    """Whether the policy denies the write; None when that cannot be determined."""
    if policy.effect == "denyaction":
        actions = resolved(at(policy.rule, "then.details.actionNames") or [], policy.values)
        if write.method != "DELETE" or not (
            isinstance(actions, list) and "delete" in map(str.lower, actions)
        ):
            return False
    elif policy.effect != "deny" or write.method == "DELETE":
        return False
    return holds(policy.rule.get("if"), write.resource, policy.values)


def _doubts(policies: Sequence[Policy], write: _Write) -> Iterator[str]:
    for policy in policies:
        if _denies(policy, write) is None and _refers_to(policy, write):
            yield f"the policy {policy.words} may deny the change, but its condition could not be evaluated: {_ADVICE}"
        if policy.effect in {"modify", "append"} and _alters(policy, write):
            yield f"the policy {policy.words} replaces the value with another one: {_ADVICE}"


def _refers_to(policy: Policy, write: _Write) -> bool:
    """Whether the rule refers to a property that is written."""
    if policy.effect == "denyaction":
        return True
    paths = {path_of(alias, write.type) for alias in aliases(policy.rule.get("if"))}
    return any(
        path and (path.split("[")[0] in write.written or any(one.startswith(path) for one in write.written))
        for path in paths
    )


def _alters(policy: Policy, write: _Write) -> bool:
    if holds(policy.rule.get("if"), write.resource, policy.values) is False:
        return False
    details = at(policy.rule, "then.details")
    operations = details if isinstance(details, list) else at(details, "operations")
    for operation in operations if isinstance(operations, list) else ():
        path = path_of(str(operation.get("field", "")), write.type)
        if path and path in write.written and str(operation.get("operation", "add")).lower() != "remove":
            value = resolved(operation.get("value"), policy.values)
            if str(value).lower() != str(write.written[path]).lower():
                return True
    return False


def _deny_rollback(
    context: GuardContext, draft: PlannedChange, reading: Reading, policies: Sequence[Policy]
) -> Iterator[str]:
    """Policies that would deny the rollback, since they deny the value before the change."""
    try:
        back = list(_writes(context, draft, Reading(draft.after, reading.identity), draft.before))
    except (ValueError, KeyError):
        return
    for write in back:
        for policy in policies:
            if _applies(policy, write) and _denies(policy, write) is True:
                yield f"the policy {policy.words} would deny the rollback"


def _writes(context: GuardContext, draft: PlannedChange, before: Reading, after: Json) -> Iterator[_Write]:
    for call in setting(draft.setting).calls(draft.target, before, after):
        write = _write(context, call)
        if write is not None:
            yield write


def _write(context: GuardContext, call: Call) -> _Write | None:
    path = call.arguments["path"]
    resource_id = parse(path) if isinstance(path, str) else None
    if resource_id is None or call.operation == "POST":
        return None
    body = call.arguments.get("body") or {}
    current = (
        _current(context, str(path), str(call.arguments["api_version"])) if call.operation != "PUT" else {}
    )
    resource = {**current, **body, "id": path, "type": resource_id.type, "name": resource_id.name}
    if call.operation == "PATCH":
        resource["properties"] = {**(current.get("properties") or {}), **(body.get("properties") or {})}
    return _Write(
        str(path), resource_id.type.lower(), call.operation, resource, dict(_leaves(body.get("properties")))
    )


def _current(context: GuardContext, path: str, version: str) -> dict[str, Any]:
    try:
        return get(context.cloud, path, version)
    except CloudError as error:
        if error.status != 404:
            raise
        return {}


def _leaves(value: Json, at: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and reference_of(value) is None:
        for key, item in value.items():
            yield from _leaves(item, f"{at}.{key}".lower().removeprefix("."))
    elif at:
        yield at, value


GUARDS = {"policy-deny": policy_deny}
