"""Decides, from facts alone, whether a plan may be applied now, and what it still needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hipaa_tui.plans.model import Plan
from hipaa_tui.policy.approvals import Approval, why_not
from hipaa_tui.policy.calendar import is_frozen, is_open, next_opening, thaw, told
from hipaa_tui.policy.model import Policy, Rule, Scope
from hipaa_tui.policy.plan_facts import Fix, Kind, fixes, kinds, reach
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.support.json_value import Json


@dataclass(frozen=True)
class Facts:
    """What a decision depends on, beside plan and policy."""

    now: datetime
    applier: str
    """The public key of whoever applies the plan."""
    maker: str = ""
    """The public key of whoever made the plan, if known."""
    approvals: Sequence[Approval] = ()
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Tags by target key. Missing: they could not be read."""
    population: Mapping[Kind, int] = field(default_factory=dict)
    """Number of resources of a type in a place. Missing: they could not be counted."""
    excepted: Mapping[str, str] = field(default_factory=dict)
    """Finding → its exception: by whom, until when and why."""
    undoes_run: bool = False
    """Is it a rollback that only restores what its run changed?"""


@dataclass(frozen=True, slots=True)
class Decision:
    """What blocks a plan, and what is recorded with it."""

    refusals: tuple[str, ...] = ()
    """Reasons that no approval can lift: a freeze, a closed window, an exception."""
    missing: tuple[str, ...] = ()
    """Approvals that are still needed."""
    reach: int = 0
    """The number of resources that the operator has to confirm; 0 if the plan is below the limits."""
    reason: str = ""
    """Why the number has to be confirmed."""
    granted: tuple[str, ...] = ()
    """The requirements that are met, for people: who approved it, which window is open."""
    approvals: tuple[Mapping[str, Json], ...] = ()
    """The statements of the valid approvals."""
    windows: tuple[str, ...] = ()
    """The names of the open windows that allow it."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """Every reason why it cannot be applied now, whatever the operator confirms."""
        return (*self.refusals, *self.missing)

    def objections(self, said: int | None) -> tuple[str, ...]:
        """Every reason why it cannot be applied if the operator confirmed that number of resources."""
        if not self.reach or said == self.reach:
            return self.blocks
        if said is None:
            return (*self.blocks, f"{self.reason}: confirm with --reach {self.reach}")
        return (
            *self.blocks,
            f"{self.reason}, not {said}: confirm with --reach {self.reach}",
        )

    def as_json(self) -> dict[str, Json]:
        return {
            "refusals": list(self.refusals),
            "missing": list(self.missing),
            "reach": self.reach or None,
            "reason": self.reason,
            "granted": list(self.granted),
            "windows": list(self.windows),
        }


def decide(plan: Plan, policy: Policy, facts: Facts) -> Decision:
    """The decision on a plan. A pure function."""
    found = fixes(plan)
    back = facts.undoes_run
    refusals: list[str] = [] if plan.kind == "rollback" else _excepted(found, facts)
    windows: list[str] = []
    granted: list[str] = []
    if not back or policy.rollbacks.windows:
        refusals += _frozen(found, policy, facts)
        closed, windows = _windows(found, policy, facts)
        refusals += closed
        granted += [f"within the change window {name}" for name in windows]
    missing: list[str] = []
    counted: list[Approval] = []
    if not back or policy.rollbacks.approvals:
        missing, counted = _approvals(plan, found, policy, facts)
        granted += [_approved(policy, one) for one in counted]
    number, reason = (0, "") if back and not policy.rollbacks.blast_radius else _reach(plan, policy, facts)
    return Decision(
        tuple(refusals),
        tuple(missing),
        number,
        reason,
        tuple(granted),
        tuple(one.statement for one in counted),
        tuple(windows),
    )


def rules_for(plan: Plan, policy: Policy, facts: Facts) -> list[tuple[Rule, Fix]]:
    """The rules that require approvals of this plan, each with the first fix that matches."""
    found = []
    for rule in policy.rules:
        fix = next((fix for fix in fixes(plan) if _matches(rule, fix, facts)), None)
        if fix is not None:
            found.append((rule, fix))
    return found


def _matches(rule: Rule, fix: Fix, facts: Facts) -> bool:
    return (
        (not rule.risks or fix.risk in rule.risks)
        and (not rule.playbooks or fix.playbook in rule.playbooks)
        and (rule.irreversible is None or fix.irreversible == rule.irreversible)
        and _covered(rule.scope, fix, facts)
    )


def _covered(scope: Scope, fix: Fix, facts: Facts) -> bool:
    if not fix.targets:  # all of it is new: there is nothing yet that could have a tag
        return any(scope.covers(account, {}) for account in fix.accounts)
    return any(scope.covers(target.account, facts.tags.get(target.key)) for target in fix.targets)


def _excepted(found: Sequence[Fix], facts: Facts) -> list[str]:
    return [
        f"{fix.name}: finding {finding} is excepted ({facts.excepted[finding]}); plan again to leave it out"
        for fix in found
        for finding in fix.findings
        if finding in facts.excepted
    ]


def _frozen(found: Sequence[Fix], policy: Policy, facts: Facts) -> list[str]:
    sentences = []
    for freeze in policy.freezes:
        if not is_frozen(freeze, facts.now):
            continue
        held = [
            fix for fix in found if fix.risk not in freeze.excepted and _covered(freeze.scope, fix, facts)
        ]
        if held:
            sentences.append(
                f"frozen until {told(thaw(freeze), freeze.zone)}: {freeze.reason}{_about(held, found)}"
            )
    return sentences


def _windows(found: Sequence[Fix], policy: Policy, facts: Facts) -> tuple[list[str], list[str]]:
    """(a sentence for what is outside of its windows, the names of the open windows that allow something)."""
    through: dict[str, None] = {}
    closed: dict[tuple[str, ...], list[Fix]] = {}
    for fix in found:
        mine = [window for window in policy.windows if _covered(window.scope, fix, facts)]
        opened = [window.name for window in mine if is_open(window, facts.now)]
        through.update(dict.fromkeys(opened))
        if mine and not opened:
            closed.setdefault(tuple(window.name for window in mine), []).append(fix)
    sentences = []
    for names, held in closed.items():
        openings = [
            (opening, window.zone)
            for window in policy.windows
            if window.name in names and (opening := next_opening(window, facts.now))
        ]
        first = min(openings, key=lambda pair: pair[0].timestamp(), default=None)
        when = f"next opens {told(*first)}" if first else "it does not open within a year"
        what = (
            f"the change window {names[0]}" if len(names) == 1 else f"the change windows {', '.join(names)}"
        )
        sentences.append(f"outside of {what}: {when}{_about(held, found)}")
    return sentences, list(through)


def _about(held: Sequence[Fix], found: Sequence[Fix]) -> str:
    """Which of the fixes it is about, if not all."""
    if len(held) == len(found):
        return ""
    names = list(dict.fromkeys(fix.name for fix in held))
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f" ({', '.join(names[:3])}{more})"


def _approvals(
    plan: Plan, found: Sequence[Fix], policy: Policy, facts: Facts
) -> tuple[list[str], list[Approval]]:
    """(what is still needed, the valid approvals)."""
    good: dict[str, Approval] = {}
    bad: list[str] = []
    for approval in facts.approvals:
        reason = why_not(approval, plan.hash, policy, now=facts.now, applier=facts.applier, maker=facts.maker)
        if reason:
            bad.append(reason)
        else:
            good.setdefault(policy.name_of(approval.key), approval)
    needed: dict[str, Approval] = {}
    sentences = []
    for rule, fix in rules_for(plan, policy, facts):
        mine = {name: one for name, one in good.items() if name in rule.approvers}
        needed.update(mine)
        if len(mine) < rule.count:
            left = rule.count - len(mine)
            able = [name for name in rule.approvers if name not in mine and name not in _own(policy, facts)]
            word = "approval" if left == 1 else "approvals"
            more = "more " if mine else ""
            sentences.append(
                f"needs {left} {more}{word} by {' or '.join(able) or 'someone other than you'} "
                f"(rule {rule.number} of the policy, for {fix.playbook} on {fix.name})"
            )
    if sentences and bad:
        sentences[-1] += "; " + "; ".join(dict.fromkeys(bad))
    return sentences, list(needed.values())


def _own(policy: Policy, facts: Facts) -> set[str]:
    return {policy.name_of(key) for key in (facts.applier, facts.maker) if key} - {""}


def _approved(policy: Policy, approval: Approval) -> str:
    comment = f": {approval.comment}" if approval.comment else ""
    return f"approved by {policy.name_of(approval.key)} on {approval.at:%Y-%m-%d %H:%M}{comment}"


def _reach(plan: Plan, policy: Policy, facts: Facts) -> tuple[int, str]:
    """(the number to confirm, why); (0, "") if the plan is below the limits."""
    total, cap = reach(plan), policy.blast_radius
    reasons = [f"more than {cap.resources}"] if total > cap.resources else []
    for kind, number in kinds(plan).items():
        if number <= cap.percent * cap.population / 100:
            continue  # of whatever the account has, it is not too large a share of a population that counts
        known = resource_types().get(kind.type)
        what = f"{known.title if known else kind.type} resources of {kind.account}{f' in {kind.region}' if kind.region else ''}"
        population = facts.population.get(kind)
        if population is None:
            reasons.append(f"{number} {what}, whose total could not be counted")
        elif population >= cap.population and number * 100 > cap.percent * population:
            reasons.append(f"{number} of {population} {what}, more than {cap.percent}%")
    return (total, f"the plan changes {total} resources ({'; '.join(reasons)})") if reasons else (0, "")
