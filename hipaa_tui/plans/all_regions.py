"""Plans per-region settings (such as EBS encryption by default) in every enabled region.

A report says "not in all regions" in a single finding; fixing region by region is error-prone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hipaa_tui.clouds.connections import cloud_of
from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.model import COMPLIES, Skipped
from hipaa_tui.plans.planner import FixRequest, fix_requests
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.providers.model import CloudError, Clouds
from hipaa_tui.providers.registry import resource_types


def in_every_region(
    wanted: Sequence[FixRequest],
    clouds: Clouds,
    catalogue: Catalogue,
    open_findings: Sequence[Finding],
    *,
    excepted: Sequence[Finding] = (),
    all_regions: bool = False,
) -> tuple[list[FixRequest], list[Skipped]]:
    """(the wishes, with those on per-region settings repeated for every enabled region; what was left out).

    Applies to playbooks with `regions: all`, and with `all_regions` to every per-region setting. Open findings of those
    regions join the wish; a region whose finding is excepted is left out. For an account whose regions cannot be
    listed the single wish stays, and the reason is returned.
    """
    found: dict[tuple[str, str, str], FixRequest] = {}
    problems: list[Skipped] = []
    laid_out: set[tuple[str, str]] = set()
    asked = {_key(wish) for wish in wanted}
    for wish in wanted:
        kind = resource_types()[wish.playbook.resource]
        _put(found, wish)
        if not kind.per_region or not (all_regions or wish.playbook.regions == "all"):
            continue
        account = wish.target.account
        if (wish.playbook.id, account) in laid_out:
            continue
        laid_out.add((wish.playbook.id, account))
        cloud = cloud_of(clouds, wish.target.provider, account)
        try:
            regions = cloud.scan_regions(everywhere=True)
            targets = [
                target
                for region in regions
                for target in kind.list(cloud, account, region, wish.target.partition)
            ]
        except CloudError as error:
            reason = f"only {wish.target.region} is planned, since the regions cannot be listed: {error}"
            problems.append(Skipped("", wish.target.id, wish.playbook.id, reason))
            continue
        for target in targets:
            _put(found, FixRequest(wish.playbook, target, ()))
    if laid_out:
        for wish in fix_requests(excepted, catalogue)[0]:
            if _key(wish) in found and _key(wish) not in asked:
                del found[_key(wish)]
                reason = "its finding is excepted"
                problems.append(Skipped(wish.findings[0], wish.target.id, wish.playbook.id, reason))
        for wish in fix_requests(open_findings, catalogue)[0]:
            key = _key(wish)
            if key in found:
                _put(found, wish)
    return list(found.values()), problems


def _key(wish: FixRequest) -> tuple[str, str, str]:
    return wish.playbook.id, wish.target.key, wish.target.region


def _put(found: dict[tuple[str, str, str], FixRequest], wish: FixRequest) -> None:
    """Add the wish, or its findings to an existing one for the same resource."""
    earlier = found.get(_key(wish))
    ids = tuple(dict.fromkeys((*(earlier.findings if earlier else ()), *wish.findings)))
    found[_key(wish)] = FixRequest(wish.playbook, wish.target, ids)


def without_the_compliant(skipped: Iterable[Skipped]) -> tuple[Skipped, ...]:
    """What was left out, without compliant regions that no finding is about."""
    return tuple(one for one in skipped if one.subject or one.kind != COMPLIES)
