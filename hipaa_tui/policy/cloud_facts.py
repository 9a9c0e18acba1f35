"""Looks up in the clouds what a decision needs, and nothing that it does not."""

from __future__ import annotations

from hipaa_tui.clouds.connections import cloud_of
from hipaa_tui.plans.model import Plan
from hipaa_tui.policy.model import BlastRadius, Policy
from hipaa_tui.policy.plan_facts import Kind, fixes, kinds
from hipaa_tui.providers.model import CloudError, Clouds
from hipaa_tui.providers.registry import resource_types


def tags_of(plan: Plan, policy: Policy, clouds: Clouds) -> dict[str, dict[str, str]]:
    """The tags of the plan's resources by their key, where a part of the policy asks for them.

    What could not be read is left out: it is then taken to have the tags.
    """
    scopes = [scope for scope in policy.scopes() if scope.tags]
    found: dict[str, dict[str, str]] = {}
    for target in {t.key: t for fix in fixes(plan) for t in fix.targets}.values():
        if not any(scope.covers(target.account, None) for scope in scopes):
            continue
        known = resource_types().get(target.type)
        try:
            found[target.key] = (
                dict(known.tags(cloud_of(clouds, target.provider, target.account), target)) if known else {}
            )
        except CloudError:
            continue
    return found


def population_of(plan: Plan, cap: BlastRadius, clouds: Clouds) -> dict[Kind, int]:
    """How many resources there are of each type of which the plan changes so many that the share could matter.

    What could not be counted is left out.
    """
    found: dict[Kind, int] = {}
    for kind, number in kinds(plan).items():
        known = resource_types().get(kind.type)
        if known is None or number <= cap.percent * cap.population / 100:
            continue
        try:
            listed = known.list(
                cloud_of(clouds, kind.provider, kind.account), kind.account, kind.region, kind.partition
            )
        except CloudError:
            continue
        found[kind] = len({target.key for target in listed})
    return found
