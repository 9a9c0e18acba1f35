"""Plans of playbooks on a live server, their runs and rollbacks, and what a scan finds."""

from __future__ import annotations

from typing import Any

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.runs.verify import verify
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()


def found(playbook: Playbook, aws: Cloud, **given: str) -> set[str]:
    """The ids of the resources that a scan finds for the playbook."""
    seen = scan([playbook], [Place("aws", ACCOUNT, REGION)], {"aws": aws}, parameters=given)
    assert seen.problems == ()
    return {one.resource for one in seen.findings}


def names_found(id: str, aws: Cloud) -> set[str]:
    """The names of the resources that a scan finds for the playbook of this id."""
    seen = scan([CATALOGUE.get(id)], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert seen.problems == (), id
    return {one.resource_name for one in seen.findings}


def finds(aws: Cloud, id: str, region: str = REGION) -> bool:
    """Does a scan of the region find something wrong?"""
    seen = scan([CATALOGUE.get(id)], [Place("aws", ACCOUNT, region)], {"aws": aws})
    assert seen.problems == ()
    return bool(seen.findings)


def plan_of(aws: Cloud, id: str, *targets: Target, **given: str) -> Plan:
    """The plan of the playbook of this id on targets."""
    return make_plan([FixRequest(CATALOGUE.get(id), one, ()) for one in targets], {"aws": aws}, given)


def planned(playbook: Playbook, aws: Cloud, resources: Any = None, **given: str) -> Plan:
    """The plan of the playbook on resources of these ids: all that a scan finds if not said."""
    kind = resource_types()[playbook.resource]
    ids = sorted(found(playbook, aws) if resources is None else resources)
    targets = [kind.target(id, ACCOUNT, REGION) for id in ids]
    return make_plan([FixRequest(playbook, one, (one.id,)) for one in targets], {"aws": aws}, given)


def applied(plan: Plan, aws: Cloud, journal: Journal) -> str:
    """The run of the plan, which is done and verified."""
    run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    assert all(one.verified for one in verify(plan, {"aws": aws}))
    return run


def undone(run: str, aws: Cloud, journal: Journal) -> Plan:
    """The rollback of the run, which is done."""
    back = rollback_plan(journal, run, {"aws": aws})
    assert not back.blocked
    if not back.changes:
        return back
    Applying(back, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    return back


def comes_and_goes(playbook: Playbook, aws: Cloud, journal: Journal) -> None:
    """Find, apply, verify, take back, and find the same again: all of it comes back."""
    wrong = found(playbook, aws)
    assert wrong
    plan = planned(playbook, aws)
    assert plan.skipped == ()
    assert not plan.blocked
    assert not any(change.irreversible for change in plan.changes)
    run = applied(plan, aws, journal)
    assert found(playbook, aws) == set()
    undone(run, aws, journal)
    assert found(playbook, aws) == wrong
    for change in plan.changes:
        if change.target.id in wrong:
            live = fresh({"aws": aws}, change.setting, change.target).value
            assert setting(change.setting).same(live, change.before), change.setting


def there_and_back(aws: Cloud, journal: Journal, plan: Plan) -> None:
    """Apply it, and take it back; the first values of each setting are there again."""
    clouds = {"aws": aws}
    assert plan.blocked == ()
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    back = Applying(rollback_plan(journal, run, clouds), clouds, journal, sleep=lambda seconds: None)
    assert journal.row(back.start()).state == "done"
    for change in plan.changes:
        live = fresh(clouds, change.setting, change.target).value
        assert setting(change.setting).same(live, change.before), change.setting
