"""A write of several calls that is cut between any two of them is recognised and finished, whatever it writes."""

import pytest

from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_types
from tests.aws.estate import build
from tests.aws.estates import families
from tests.aws.server import ACCOUNT, REGION, reset
from tests.runs.engine import Engine, Meddling

READS = ("Get", "List", "Describe", "Head", "Simulate")
OTHERS = {id for one in families() for id in (*one.PLAYBOOKS, *getattr(one, "ONE_WAY", ()))}
PLAYBOOKS = [
    one.id
    for one in load().playbooks.values()
    if one.provider == "aws" and not one.guided and one.id not in OTHERS
]
PLACES = [Place("aws", ACCOUNT, REGION)]


class Cut(Exception):
    """The process is gone."""


def plan_of(playbook_id, clouds):
    playbook = load().get(playbook_id)
    kind = resource_types()[playbook.resource]
    found = sorted({one.resource for one in scan([playbook], PLACES, clouds).findings})
    # Two resources show what a cut between them does; more would only say it again.
    fix_requests = [FixRequest(playbook, kind.target(id, ACCOUNT, REGION), ()) for id in found[:2]]
    return make_plan(fix_requests, clouds, {}).without_blocked()


def cutting(cloud, after):
    """The cloud with its process gone once that many writes took effect."""
    seen = []

    def count(call):
        if not call.operation.startswith(READS):
            if len(seen) == after:
                raise Cut
            seen.append(call)

    return Meddling(cloud, count)


@pytest.mark.slow
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_write_that_is_cut_is_finished(aws, moto, tmp_path, playbook):
    build(aws)
    plan = plan_of(playbook, {"aws": aws})
    if all(len(change.calls) < 2 for change in plan.changes):
        return  # nothing to cut: the kill matrix has writes of one call
    writes = sum(len(change.calls) for change in plan.changes)
    for after in range(1, writes):
        reset(moto)
        build(aws)
        engine = Engine(tmp_path / str(after), aws)
        engine.clouds = {"aws": aws}
        with pytest.raises(Cut):
            engine.apply(plan_of(playbook, engine.clouds), {"aws": cutting(aws, after)})
        (row,) = engine.journal.rows()
        engine.reopen(row.id)
        run = engine.resume(row.id)
        assert run.state is RunState.DONE, f"cut after {after} of {writes} writes: {run.note}"
