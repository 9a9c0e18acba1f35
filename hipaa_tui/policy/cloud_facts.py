"""Reads from the clouds what a decision needs: tags, and numbers of resources."""

from __future__ import annotations

from hipaa_tui.clouds.connections import cloud_of
from hipaa_tui.plans.model import Plan
from hipaa_tui.policy.model import BlastRadius, Policy
from hipaa_tui.policy.plan_facts import Kind, fixes, kinds
from hipaa_tui.providers.model import CloudError, Clouds
from hipaa_tui.providers.registry import resource_types


def tags_of(plan: Plan, policy: Policy, clouds: Clouds) -> dict[str, dict[str, str]]:
    """The tags of the plan's resources by target key, if the policy uses tags.

    A resource whose tags cannot be read is left out, and then counts as matching.
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
    """The number of resources of each type of which the plan changes enough for the percentage to matter.

    A type that cannot be counted is left out.
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
