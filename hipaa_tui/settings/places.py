"""Finds the accounts, subscriptions and regions that the credentials reach, and says what they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipaa_tui.settings.model import GLOBAL_REGION, CloudError, Clouds


@dataclass(frozen=True, slots=True)
class Place:
    """An account and a region of one provider that a scan looks at."""

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
    """(where a scan can look, a sentence for each provider that cannot be reached).

    `providers` empty means every one; `regions` empty means the session's AWS region, or with
    `all_regions` every enabled one; `subscriptions` empty every one that the credentials reach.
    """
    found: list[Place] = []
    unreachable: list[str] = []
    for provider in providers or ("aws", "azure"):
        try:
            cloud = clouds[provider]
            caller = cloud.caller()
        except CloudError as error:
            unreachable.append(f"{provider}: {error}")
            continue
        if provider == "aws":
            found += [
                Place("aws", account, region, caller.partition)
                for account in caller.accounts
                for region in regions or cloud.scan_regions(everywhere=all_regions)
            ]
        else:
            chosen = [one for one in caller.accounts if not subscriptions or one in subscriptions]
            found += [Place("azure", one, GLOBAL_REGION, caller.partition) for one in chosen]
    return found, unreachable
