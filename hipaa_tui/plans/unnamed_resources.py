"""Finds a resource for a finding that names none: "no trail records object reads" is fixed in one of the trails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hipaa_tui.clouds.connections import cloud_of
from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.model import Skipped
from hipaa_tui.plans.planner import FixRequest
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.providers.model import CloudError, Clouds
from hipaa_tui.providers.registry import resource_types


def with_unnamed_resources(
    wanted: Sequence[FixRequest],
    skipped: Sequence[Skipped],
    findings: Iterable[Finding],
    clouds: Clouds,
    catalogue: Catalogue,
) -> tuple[list[FixRequest], list[Skipped]]:
    """(the wishes, with one more for each such finding; what is still skipped, with its reason).

    The resource is one that the plan already changes, else the account's first in that region.
    """
    by_id = {finding.fingerprint: finding for finding in findings}
    more: list[FixRequest] = []
    left: list[Skipped] = []
    for one in skipped:
        finding = by_id.get(one.subject)
        playbook = catalogue.for_check(finding.check) if finding else None
        kind = resource_types().get(playbook.resource) if playbook and not playbook.guided else None
        if finding is None or playbook is None or kind is None or not kind.missing_resource_suffix:
            left.append(one)
            continue
        if not finding.resource.endswith(kind.missing_resource_suffix):
            left.append(one)
            continue
        try:
            cloud = cloud_of(clouds, finding.provider, finding.account)
            targets = kind.list(cloud, finding.account, finding.region, finding.partition)
        except CloudError as error:
            reason = f"the {kind.title.lower()} to change cannot be determined: {error}"
            left.append(Skipped(one.subject, one.resource, one.playbook, reason))
            continue
        known = {wish.target.key for wish in wanted if wish.target.type == kind.name}
        targets.sort(key=lambda target: target.key not in known)
        if targets:
            more.append(FixRequest(playbook, targets[0], (finding.fingerprint,)))
        else:
            reason = f"the account has no {kind.title.lower()} in {finding.region}: create one first"
            left.append(Skipped(one.subject, one.resource, one.playbook, reason))
    return _merged([*wanted, *more]), left


def _merged(wanted: Iterable[FixRequest]) -> list[FixRequest]:
    found: dict[tuple[str, str, str], FixRequest] = {}
    for wish in wanted:
        key = (wish.playbook.id, wish.target.key, wish.target.region)
        earlier = found[key].findings if key in found else ()
        found[key] = FixRequest(wish.playbook, wish.target, tuple(dict.fromkeys((*earlier, *wish.findings))))
    return list(found.values())
