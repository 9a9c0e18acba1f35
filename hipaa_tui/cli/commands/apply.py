"""`apply`: apply a plan."""

from __future__ import annotations

import argparse

from hipaa_tui.cli.outcome import exit_code, print_run
from hipaa_tui.cli.preview import print_decision, print_plan
from hipaa_tui.cli.session import open_workbench, print_json
from hipaa_tui.cli.terminal import LineProgress, ask_reach, confirm, has_terminal
from hipaa_tui.plans.model import Plan, irreversible_targets, open_plan
from hipaa_tui.support.errors import IncompleteError, RefusedError
from hipaa_tui.workbench import Workbench


def run(options: argparse.Namespace) -> int:
    plan = open_plan(options.plan)
    return carry_out(open_workbench(options), plan, options)


def carry_out(workbench: Workbench, plan: Plan, options: argparse.Namespace) -> int:
    """Ask for confirmation unless --yes was given, apply the plan, and print the result. Returns the exit code."""
    workbench.refuse_read_only()
    plan = _rest(workbench, plan, options)
    reach = _asked(workbench, plan, options)
    progress = LineProgress()
    try:
        seen = workbench.apply(plan, reach=reach, approvals=options.approval, progress=progress)
    except KeyboardInterrupt:
        progress.clear()
        raise IncompleteError(
            "interrupted; `hipaa-tui history` shows what was done; resume the run or roll it back"
        ) from None
    progress.clear()
    if options.json:
        print_json(seen.as_json())
    else:
        print_run(seen)
    return exit_code(seen)


def _rest(workbench: Workbench, plan: Plan, options: argparse.Namespace) -> Plan:
    """The plan without what the options leave out. RefusedError if the policy requires approval of what remains."""
    rest = plan.without_blocked() if options.skip_blocked else plan
    rest = rest.without_irreversible() if options.skip_irreversible else rest
    if rest.changes and rest.hash != plan.hash:
        needed = workbench.decision(rest, options.approval).missing
        if needed:
            raise RefusedError(
                f"nothing was changed: {' | '.join(needed)}; leaving fixes out makes a new plan, which was not approved: "
                "write it with `hipaa-tui plan PLAN --skip-blocked -o FILE` and have that approved"
            )
    return rest


def _asked(workbench: Workbench, plan: Plan, options: argparse.Namespace) -> int | None:
    """Ask for confirmation. Returns the number of resources that the operator confirmed, if any. RefusedError for no."""
    needed = irreversible_targets(plan.changes)
    reach: int | None = options.reach
    if options.yes:
        missing = [name for name in needed if name not in options.confirm]
        if missing:
            raise RefusedError(
                f"the change to {missing[0]} cannot be undone: confirm with --confirm {missing[0]}, or leave such fixes "
                "out with --skip-irreversible; nothing was changed"
            )
        return reach
    if not has_terminal() or options.json:
        raise RefusedError("confirmation needs a terminal; without one, use --yes; nothing was changed")
    print_plan(plan)
    if plan.changes and not plan.blocked:
        decision = workbench.decision(plan, options.approval)
        print_decision(decision)
        if decision.blocks:
            raise RefusedError(f"nothing was changed: {' | '.join(decision.blocks)}")
        if decision.reach and reach is None:
            reach = ask_reach(decision.reach, decision.reason)
    resources = {change.target.key for change in plan.changes}
    confirm(
        f"Apply {len(plan.changes)} changes to {len(resources)} resources?",
        irreversible=needed,
        names=options.confirm,
    )
    return reach
