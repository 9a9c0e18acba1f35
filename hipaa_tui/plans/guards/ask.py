"""Asks the guards of a playbook, and turns what they could not see into a warning or a block."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from hipaa_tui.json_value import Json
from hipaa_tui.plans.guards.model import Draft, GuardResult, Look, Managed, Outcome, Read, guards, nobody
from hipaa_tui.settings.model import Cloud, CloudError, Target

EVERYWHERE = ("caller-account", "permitted", "managed-elsewhere", "no-secret-in-value")
"""Asked for every playbook, before its own."""


def ask(
    specs: Sequence[Mapping[str, Json]],
    *,
    cloud: Cloud,
    target: Target,
    changes: Sequence[Draft],
    parameters: Mapping[str, Json],
    read: Read,
    memory: MutableMapping[str, Json] | None = None,
    managed: Managed = nobody,
) -> tuple[GuardResult, ...]:
    """The results in order. `specs` are {"name", "arguments"} with everything filled in.

    `memory` is shared between the groups of one planning, so that they do not ask the same thing again.
    """
    known, cautious = guards()
    # What holds for one account is not said of another: a plan may reach several.
    kept = {} if memory is None else memory.setdefault(f"{target.provider} {target.account}", {})
    results = []
    for spec in specs:
        name = str(spec["name"])
        if name not in known:
            reason = "this version of hipaa-tui has no guard of that name: plan again"
            results.append(GuardResult(name, Outcome.BLOCK, reason))
            continue
        look = Look(cloud, target, changes, parameters, spec["arguments"], read, kept, managed)
        try:
            outcome, reason = known[name](look)
        except (CloudError, ValueError) as error:
            outcome = Outcome.BLOCK if name in cautious else Outcome.WARN
            reason = f"could not look: {error}"
        results.append(GuardResult(name, outcome, reason))
    return tuple(results)
