"""Asks whether an Azure Policy would refuse a change, refuse its way back, or undo it behind our back.

Azure holds every write against the policies that are assigned at the resource and above it: Deny refuses
it, Modify and Append alter it, DeployIfNotExists puts things (back) afterwards
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
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Reading
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import Json, at, reference_of

_INSTEAD: Final = (
    "change it in the policy or ask its owner for an exemption, and bring the resource in order where it is "
    "declared (`hipaa-tui patch` writes the Terraform)"
)
_BESIDE: Final = frozenset({"microsoft.insights/diagnosticsettings"})
"""Of these a policy makes one of its own beside ours."""


@dataclass(frozen=True)
class _Write:
    """One call, and the resource as it will be. `written` are the properties that it says, by lower-case path."""

    id: str
    type: str
    method: str
    resource: Mapping[str, Any]
    written: Mapping[str, Json]


def policy_deny(look: Look) -> Verdict:
    """Blocks what a policy denies for certain; warns of one that may, that refuses the way back, or undoes it."""
    policies, unseen = effective(look, look.target.account)
    notes: list[str] = []
    for draft in look.changes:
        reading = look.read(draft.setting, draft.target)
        for write in _writes(look, draft, Reading(draft.before, reading.identity), draft.after):
            mine = [one for one in policies if _about(one, write)]
            if denying := [one for one in mine if _refuses(one, write) is True]:
                return (
                    Outcome.BLOCK,
                    f"the policy {denying[0].words} refuses the change of {draft.target.name}: {_INSTEAD}",
                )
            notes += _doubts(mine, write)
            notes += [
                f"the policy {one.words} sets the same on {draft.target.name} and may set it back: {_INSTEAD}"
                for one in deploying(policies, write.type, write.id.rpartition("/")[2], write.id)
                if write.type not in _BESIDE
            ]
        notes += _way_back(look, draft, reading, policies)
    if unseen:
        notes.append(unseen)
    if notes:
        return Outcome.WARN, "; ".join(dict.fromkeys(notes))
    return Outcome.PASS, "no policy refuses the change or undoes it"


def _about(policy: Policy, write: _Write) -> bool:
    if not policy.reaches(write.id) or (policy.indexed and "location" not in write.resource):
        return False
    groups = [one.get("selectors") or [] for one in policy.selectors]
    return not groups or any(all(_selects(one, write) for one in group) for group in groups)


def _selects(selector: Mapping[str, Any], write: _Write) -> bool:
    """Can the selector be about the resource? By a kind that is not known here it can."""
    held = {"resourcetype": write.type, "resourcelocation": str(write.resource.get("location", "")).lower()}
    mine = held.get(str(selector.get("kind")).lower(), "")
    if not mine:
        return True
    wanted, others = ({str(one).lower() for one in selector.get(key) or ()} for key in ("in", "notIn"))
    return (not wanted or mine in wanted) and mine not in others


def _refuses(policy: Policy, write: _Write) -> bool | None:
    """True: it is refused; False: not by this policy; None: that cannot be told."""
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
    for one in policies:
        if _refuses(one, write) is None and _names(one, write):
            yield f"the policy {one.words} may refuse the change, which cannot be told from here: {_INSTEAD}"
        if one.effect in {"modify", "append"} and _alters(one, write):
            yield f"the policy {one.words} writes another value in its place: {_INSTEAD}"


def _names(policy: Policy, write: _Write) -> bool:
    """Does the rule ask about a property that is written?"""
    if policy.effect == "denyaction":
        return True
    asked = {path_of(alias, write.type) for alias in aliases(policy.rule.get("if"))}
    return any(
        path and (path.split("[")[0] in write.written or any(one.startswith(path) for one in write.written))
        for path in asked
    )


def _alters(policy: Policy, write: _Write) -> bool:
    if holds(policy.rule.get("if"), write.resource, policy.values) is False:
        return False
    details = at(policy.rule, "then.details")
    operations = details if isinstance(details, list) else at(details, "operations")
    for one in operations if isinstance(operations, list) else ():
        path = path_of(str(one.get("field", "")), write.type)
        if path and path in write.written and str(one.get("operation", "add")).lower() != "remove":
            value = resolved(one.get("value"), policy.values)
            if str(value).lower() != str(write.written[path]).lower():
                return True
    return False


def _way_back(look: Look, draft: Draft, reading: Reading, policies: Sequence[Policy]) -> Iterator[str]:
    """Policies that refuse the rollback: one that denies what stands there now would not let it come back."""
    try:
        back = list(_writes(look, draft, Reading(draft.after, reading.identity), draft.before))
    except (ValueError, KeyError):
        return
    for write in back:
        for one in policies:
            if _about(one, write) and _refuses(one, write) is True:
                yield f"the policy {one.words} would refuse the way back"


def _writes(look: Look, draft: Draft, before: Reading, after: Json) -> Iterator[_Write]:
    for call in setting(draft.setting).calls(draft.target, before, after):
        found = _write(look, call)
        if found is not None:
            yield found


def _write(look: Look, call: Call) -> _Write | None:
    path = call.arguments["path"]
    found = parse(path) if isinstance(path, str) else None
    if found is None or call.operation == "POST":
        return None
    body = call.arguments.get("body") or {}
    held = _held(look, str(path), str(call.arguments["api_version"])) if call.operation != "PUT" else {}
    resource = {**held, **body, "id": path, "type": found.type, "name": found.name}
    if call.operation == "PATCH":
        resource["properties"] = {**(held.get("properties") or {}), **(body.get("properties") or {})}
    return _Write(
        str(path), found.type.lower(), call.operation, resource, dict(_leaves(body.get("properties")))
    )


def _held(look: Look, path: str, version: str) -> dict[str, Any]:
    try:
        return get(look.cloud, path, version)
    except CloudError as error:
        if error.status != 404:
            raise
        return {}


def _leaves(value: Json, at: str = "") -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping) and reference_of(value) is None:
        for key, one in value.items():
            yield from _leaves(one, f"{at}.{key}".lower().removeprefix("."))
    elif at:
        yield at, value


GUARDS = {"policy-deny": policy_deny}
