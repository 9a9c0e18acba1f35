"""Runs the guards of a playbook; a guard that fails becomes a warning or a block."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from functools import cache
from types import MappingProxyType

from hipaa_tui.plans import default_guards, guard_permissions, guard_secrets
from hipaa_tui.providers import registry
from hipaa_tui.providers.guard import (
    Guard,
    GuardContext,
    GuardResult,
    Managed,
    Outcome,
    PlannedChange,
    Read,
    nobody,
)
from hipaa_tui.providers.model import Cloud, CloudError, Target
from hipaa_tui.support.json_value import Json

EVERYWHERE = ("caller-account", "permitted", "managed-elsewhere", "no-secret-in-value")
"""Guards that run for every playbook, before its own."""
_OF_EVERY_PLAN = (default_guards, guard_permissions, guard_secrets)


@cache
def guards() -> tuple[Mapping[str, Guard], frozenset[str]]:
    """Every guard by name, and the names of those that block when they fail."""
    of_services, cautious = registry.guards()
    of_plans = {name: guard for module in _OF_EVERY_PLAN for name, guard in module.GUARDS.items()}
    twice = of_services.keys() & of_plans.keys()
    if twice:
        raise ValueError(f"guard {', '.join(sorted(twice))} is declared twice")
    blocking = {name for module in _OF_EVERY_PLAN for name in getattr(module, "BLOCK_ON_ERROR", ())}
    return MappingProxyType({**of_plans, **of_services}), cautious | blocking


def ask(
    specs: Sequence[Mapping[str, Json]],
    *,
    cloud: Cloud,
    target: Target,
    changes: Sequence[PlannedChange],
    parameters: Mapping[str, Json],
    read: Read,
    memory: MutableMapping[str, Json] | None = None,
    managed: Managed = nobody,
) -> tuple[GuardResult, ...]:
    """Runs the guards and returns their results in order. `specs` are {"name", "arguments"} without placeholders.

    `memory` is shared between the groups of one planning, so that the same call is not made twice.
    """
    known, cautious = guards()
    # Memory is kept per account: a plan may reach several.
    account_memory = {} if memory is None else memory.setdefault(f"{target.provider} {target.account}", {})
    results = []
    for spec in specs:
        name = str(spec["name"])
        if name not in known:
            reason = "this version of hipaa-tui has no such guard: plan again"
            results.append(GuardResult(name, Outcome.BLOCK, reason))
            continue
        context = GuardContext(
            cloud, target, changes, parameters, spec["arguments"], read, account_memory, managed
        )
        try:
            outcome, reason = known[name](context)
        except (CloudError, ValueError) as error:
            outcome = Outcome.BLOCK if name in cautious else Outcome.WARN
            reason = f"the check failed: {error}"
        results.append(GuardResult(name, outcome, reason))
    return tuple(results)
