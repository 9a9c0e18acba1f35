"""Finds the accounts, subscriptions and regions that the credentials can reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipaa_tui.clouds.connections import accounts_of
from hipaa_tui.providers.model import GLOBAL_REGION, Cloud, CloudError, Clouds


@dataclass(frozen=True, slots=True)
class Place:
    """An account and a region of one provider to scan."""

    provider: str
    account: str
    region: str = GLOBAL_REGION
    partition: str = "aws"


def places(
    clouds: Clouds,
    providers: Sequence[str],
    regions: Sequence[str],
    subscriptions: Sequence[str],
    *,
    all_regions: bool = False,
) -> tuple[list[Place], list[str]]:
    """(the places to scan, a sentence for each account, region or provider that cannot be reached).

    Empty `providers`: every provider. Empty `regions`: the session's AWS region, or with `all_regions` every enabled
    one. Empty `subscriptions`: every one that the credentials can reach.
    """
    found: list[Place] = []
    unreachable: list[str] = []
    partitions: dict[Cloud, str] = {}
    for provider in providers or ("aws", "azure"):
        try:
            reached, unreached = accounts_of(clouds, provider)
        except CloudError as error:
            unreachable.append(f"{provider}: {error}")
            continue
        unreachable += unreached
        for account, cloud in reached.items():
            if provider == "azure" and subscriptions and account not in subscriptions:
                continue
            try:
                if cloud not in partitions:
                    partitions[cloud] = cloud.caller().partition
                partition = partitions[cloud]
                if provider == "azure":
                    found.append(Place("azure", account, GLOBAL_REGION, partition))
                    continue
                enabled = _regions(cloud, regions, all_regions=all_regions)
            except CloudError as error:
                unreachable.append(f"{provider} {account}: {error}")
                continue
            found += [
                Place("aws", account, one, partition) for one in enabled if not regions or one in regions
            ]
            unreachable += [
                f"aws {account}: region {one} is not enabled there, or does not exist"
                for one in regions
                if one not in enabled
            ]
    return found, unreachable


def _regions(cloud: Cloud, regions: Sequence[str], *, all_regions: bool) -> Sequence[str]:
    """The regions to scan, or the enabled ones if some are named. Raises CloudError."""
    try:
        return cloud.scan_regions(everywhere=all_regions or bool(regions))
    except CloudError:
        if not regions:
            raise
        return regions  # whoever may not list the regions can still name them
