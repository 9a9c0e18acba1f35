"""The facts of a plan that a policy decides on: its fixes with account, risk and resources, and the totals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.providers.model import GLOBAL_REGION, Target
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.support.json_value import ABSENT

UNKNOWN_RISK = "high"
"""The risk of a change whose playbook states none: unknown counts as high."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One playbook on one resource; `targets` are the existing resources that it changes."""

    playbook: str
    risk: str
    name: str
    targets: tuple[Target, ...]
    accounts: tuple[str, ...]
    irreversible: bool
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type in one account and region."""

    provider: str
    type: str
    account: str
    region: str
    partition: str


def fixes(plan: Plan) -> list[Fix]:
    """The plan's groups with their changes; a change without a group is a fix of its own."""
    groups = {group.id: group for group in plan.groups}
    made = made_by(plan)
    members: dict[str, list[Change]] = {}
    for change in plan.changes:
        members.setdefault(change.group if change.group in groups else f"change {change.id}", []).append(
            change
        )
    found = []
    for id, changes in members.items():
        group = groups.get(id)
        main = next((c.target for c in changes if group and c.target.id == group.resource), changes[0].target)
        targets = {c.target.key: c.target for c in changes if c.target.key not in made}
        found.append(
            Fix(
                playbook=group.playbook if group else changes[0].playbook,
                risk=str(group.effects.get("risk", UNKNOWN_RISK)) if group else UNKNOWN_RISK,
                name=main.name,
                targets=tuple(targets.values()),
                accounts=tuple(dict.fromkeys(change.target.account for change in changes)),
                irreversible=any(change.irreversible for change in changes),
                findings=tuple(dict.fromkeys(finding for change in changes for finding in change.findings)),
            )
        )
    return found


def made_by(plan: Plan) -> set[str]:
    """The keys of the resources that the plan creates."""
    return {
        change.target.key
        for change in plan.changes
        if change.before is ABSENT and setting(change.setting).creates_resource
    }


def reach(plan: Plan) -> int:
    """The number of resources that the plan changes or creates."""
    return len({change.target.key for change in plan.changes})


def kinds(plan: Plan) -> Counter[Kind]:
    """The number of existing resources of each type that the plan changes in each place."""
    made = made_by(plan)
    targets = {c.target.key: c.target for c in plan.changes if c.target.key not in made}
    return Counter(_kind(target) for target in targets.values())


def _kind(target: Target) -> Kind:
    known = resource_types().get(target.type)
    region = target.region if known is not None and known.regional else GLOBAL_REGION
    return Kind(target.provider, target.type, target.account, region, target.partition)


def undoes(plan: Plan, run: Plan) -> bool:
    """Does a rollback plan only restore what that run's plan found? Then the policy may exempt it."""
    earlier: dict[tuple[str, str], list[object]] = {}
    for change in run.changes:
        earlier.setdefault((change.setting, change.target.key), []).append(change.before)
    return plan.kind == "rollback" and all(
        change.after in earlier.get((change.setting, change.target.key), ()) for change in plan.changes
    )
