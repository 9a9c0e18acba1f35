"""A run does no harm and loses nothing: proven on the real SDKs over HTTP, with faults on the way."""

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Cancelled
from hipaa_tui.runs.model import ChangeState
from hipaa_tui.support.errors import InputError, RefusedError
from tests.azure.server import azure, bring, target
from tests.runs.engine import ACCOUNT, LOGS, PRIVATE, SECOND, SECURE, Engine, Meddling, accounts

GOOD = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}
BAD = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_0"}
THEIRS = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_1"}


@pytest.fixture
def engine(tmp_path):
    with azure(*accounts()) as cloud:
        yield Engine(tmp_path, cloud)


def transport(engine, id=ACCOUNT):
    return fresh(engine.clouds, "azure.storage.transport", target(id)).value


def states(run):
    return [(change.state, change.verified) for change in run.changes]


def test_a_plan_is_carried_out_and_confirmed_by_a_fresh_look(engine):
    run = engine.apply(engine.plan())
    assert run.state is RunState.DONE
    assert states(run) == [(ChangeState.APPLIED, True)]
    assert transport(engine) == GOOD


def test_the_calls_are_the_ones_that_the_plan_says(engine):
    plan = engine.plan()
    engine.apply(plan)
    (write,) = engine.writes()
    (call,) = plan.changes[0].calls
    assert (write["method"], write["path"].partition("?")[0].lower()) == (
        call.operation,
        call.arguments["path"].lower(),
    )
    assert write["body"] == call.arguments["body"]


def test_every_intent_is_on_disk_before_its_call(engine):
    seen = []

    def look(call):
        if call.operation == "PATCH":
            run = engine.journal.rows()[0].id
            seen.append([record.kind for record in engine.journal.of(run)])

    engine.apply(engine.plan(), {"azure": Meddling(engine.cloud, look)})
    assert seen == [["run.started", "change.intent"]]


def test_drift_between_plan_and_apply_is_refused_with_the_three_values(engine):
    plan = engine.plan()
    bring(engine.cloud, "azure.storage.transport", target(ACCOUNT), THEIRS)
    before = len(engine.writes())
    with pytest.raises(RefusedError) as caught:
        engine.apply(plan)
    for value in ("TLS1_0", "TLS1_2", "TLS1_1"):
        assert value in str(caught.value)
    assert len(engine.writes()) == before
    assert transport(engine) == THEIRS
    assert engine.journal.rows() == []


def test_drift_between_two_changes_of_a_run_stops_it(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    def meddle(call):
        if call.operation == "PATCH" and call.arguments["path"].endswith("patientfiles"):
            bring(engine.cloud, "azure.storage.transport", target(SECOND), THEIRS)

    run = engine.apply(plan, {"azure": Meddling(engine.cloud, meddle)})
    assert run.state is RunState.PARTIAL
    assert states(run) == [(ChangeState.APPLIED, True), (ChangeState.DRIFTED, False)]
    assert transport(engine, SECOND) == THEIRS
    assert "TLS1_1" in run.changes[1].note
    assert f"rollback {run.run}" in run.note


def test_what_stands_as_wanted_already_is_not_written_again(engine):
    plan = engine.plan()
    bring(engine.cloud, "azure.storage.transport", target(ACCOUNT), GOOD)
    before = len(engine.writes())
    run = engine.apply(plan)
    assert run.state is RunState.DONE
    assert states(run) == [(ChangeState.SKIPPED, True)]
    assert len(engine.writes()) == before


def test_an_answer_that_is_lost_after_the_effect_is_not_a_second_write(engine):
    plan = engine.plan()
    engine.fault(status=503, code="ServerBusy", after_effect=True)
    run = engine.apply(plan)
    assert run.state is RunState.DONE
    assert len(engine.writes()) == 1


def test_a_passing_failure_is_tried_again(engine):
    plan = engine.plan()
    engine.fault(status=503, code="ServerBusy", times=2)
    run = engine.apply(plan)
    assert run.state is RunState.DONE
    assert len(engine.writes()) == 3


def test_a_failure_that_does_not_pass_ends_the_run_in_bounded_time(engine):
    plan = engine.plan()
    engine.fault(status=503, code="ServerBusy", times=100)
    run = engine.apply(plan)
    assert run.changes[0].state is ChangeState.FAILED
    assert len(engine.writes()) == 4
    assert transport(engine) == BAD


def test_a_denied_write_is_said_and_fixes_that_do_not_build_on_it_go_on(engine):
    plan = engine.plan((SECURE, SECOND), (SECURE, ACCOUNT))
    engine.fault(path_contains="claimfiles", status=403, code="AuthorizationFailed")
    run = engine.apply(plan)
    assert run.state is RunState.PARTIAL
    assert states(run) == [(ChangeState.FAILED, False), (ChangeState.APPLIED, True)]
    assert "AuthorizationFailed" in run.changes[0].note
    assert f"rollback {run.run}" in run.note
    back = engine.apply(engine.rollback_plan(run.run))
    assert back.state is RunState.DONE
    assert transport(engine) == transport(engine, SECOND) == BAD


def test_what_builds_on_a_failed_change_is_left_alone(engine):
    plan = engine.plan((LOGS, ACCOUNT), (SECURE, ACCOUNT))
    engine.fault(method="PUT", path_contains="workspaces", status=403, code="AuthorizationFailed")
    run = engine.apply(plan)
    assert run.state is RunState.PARTIAL
    assert [change.state for change in run.changes] == [
        ChangeState.FAILED,
        ChangeState.PENDING,
        ChangeState.APPLIED,
    ]
    assert transport(engine) == GOOD


def test_a_read_that_is_late_is_waited_for(engine):
    plan = engine.plan()
    engine.hook("lag", {"path_contains": "patientfiles", "reads": 3})
    run = engine.apply(plan)
    assert run.state is RunState.DONE
    assert engine.waited > 0


def test_a_change_that_never_shows_is_reported_as_not_verified(engine):
    plan = engine.plan()
    engine.hook("lag", {"path_contains": "patientfiles", "reads": 10_000})
    run = engine.apply(plan)
    assert run.state is RunState.UNVERIFIED
    assert states(run) == [(ChangeState.APPLIED, False)]


def test_a_bug_of_ours_leaves_no_run_that_seems_under_way(engine):
    def broken(call):
        if call.operation == "PATCH":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engine.apply(engine.plan(), {"azure": Meddling(engine.cloud, broken)})
    (row,) = engine.journal.rows()
    assert row.state is RunState.PARTIAL
    assert f"rollback {row.id}" in row.note
    assert engine.apply(engine.plan()).state is RunState.DONE, "and nothing stands in the way of the next run"


def test_the_operator_can_stop_at_the_next_safe_place(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    class Stopping:
        def step(self, done, total, what):
            if done == 1:
                raise Cancelled

    run = engine.apply(plan, progress=Stopping())
    assert run.state is RunState.PARTIAL
    assert states(run) == [(ChangeState.APPLIED, True), (ChangeState.PENDING, None)]
    assert "stopped by the user" in run.note


def test_a_rollback_is_a_plan_that_puts_the_text_back(engine):
    run = engine.apply(engine.plan((SECURE, ACCOUNT), (PRIVATE, ACCOUNT)))
    plan = engine.rollback_plan(run.run)
    assert plan.kind == "rollback"
    assert [change.setting for change in plan.changes] == [
        "azure.storage.blob-public-access",
        "azure.storage.transport",
    ]
    assert Plan.from_json(plan.as_json()) == plan
    back = engine.apply(plan)
    assert back.state is RunState.DONE
    assert transport(engine) == BAD


def test_a_rollback_never_overwrites_what_somebody_changed_since(engine):
    run = engine.apply(engine.plan())
    bring(engine.cloud, "azure.storage.transport", target(ACCOUNT), THEIRS)
    plan = engine.rollback_plan(run.run)
    assert plan.blocked
    with pytest.raises(RefusedError, match="it was changed since"):
        engine.apply(plan)
    assert transport(engine) == THEIRS


def test_a_run_that_wrote_nothing_has_nothing_to_roll_back(engine):
    plan = engine.plan()
    bring(engine.cloud, "azure.storage.transport", target(ACCOUNT), GOOD)
    run = engine.apply(plan)
    with pytest.raises(InputError, match="nothing to roll back"):
        engine.rollback_plan(run.run)


def test_a_plan_of_a_version_that_would_call_otherwise_is_refused(engine):
    document = engine.plan().as_json()
    document["changes"][0]["calls"][0]["arguments"]["body"]["properties"]["allowSharedKeyAccess"] = True
    document.pop("hash")
    from hipaa_tui.support.json_value import content_hash

    forged = Plan.from_json({"hash": content_hash(document), **document})
    with pytest.raises(InputError, match="other calls"):
        engine.apply(forged)
    assert engine.writes() == []
