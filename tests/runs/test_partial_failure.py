"""What fails half-way is put back, or left to be resumed, or said with the exact commands: never half done in silence."""

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.journal.states import FencedError, RunState
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.runs.model import ChangeState
from hipaa_tui.store.database import StoreError
from hipaa_tui.support.errors import IncompleteError
from tests.azure.server import ACCOUNT, SCOPE, assignment, azure, bring, storage_account, target
from tests.runs.engine import LOGS, SECOND, SECURE, Engine, Meddling

OWNER = "azure.authorization.owner-narrowed"
ROBOT = assignment(1, "5e0c7b0a-0000-4000-8000-000000000001", "ServicePrincipal")
PEOPLE = [
    assignment(2, "5e0c7b0a-0000-4000-8000-000000000002"),
    assignment(3, "5e0c7b0a-0000-4000-8000-000000000003"),
]
ROLE = "azure.authorization.role-assignment"
TRANSPORT = "azure.storage.transport"
BAD = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_0"}
GOOD = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}
THEIRS = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_1"}


@pytest.fixture
def engine(tmp_path):
    with azure(storage_account(), storage_account(SECOND), ROBOT, *PEOPLE) as cloud:
        yield Engine(tmp_path, cloud)


def assignments(engine):
    path = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments"
    call = Call("azure", "Microsoft.Authorization", "GET", {"path": path, "api_version": "2022-04-01"})
    return sorted(one["name"] for one in engine.cloud.pages(call, "value"))


def states(run):
    return [change.state for change in run.changes]


def kinds(engine, run):
    return [record.kind for record in engine.journal.of(run.run)]


def test_a_fix_whose_second_half_is_refused_is_put_back(engine):
    before = assignments(engine)
    plan = engine.plan((OWNER, ROBOT["id"]), (SECURE, ACCOUNT))
    engine.fault(method="DELETE", path_contains="roleAssignments", status=403, code="AuthorizationFailed")
    run = engine.apply(plan)
    assert states(run) == [ChangeState.UNDONE, ChangeState.FAILED, ChangeState.APPLIED]
    assert assignments(engine) == before, "the narrow role is gone again and the broad one is still there"
    assert "undone" in run.changes[0].note
    assert "1 changes of a failed fix were undone" in run.note
    assert run.state is RunState.PARTIAL, "the other fix stands"
    assert "change.undone" in kinds(engine, run)


def test_a_run_whose_only_fix_was_put_back_has_changed_nothing(engine):
    plan = engine.plan((OWNER, ROBOT["id"]))
    engine.fault(method="DELETE", path_contains="roleAssignments", status=403, code="AuthorizationFailed")
    run = engine.apply(plan)
    assert run.state is RunState.STOPPED
    assert "nothing is changed" in run.note
    again = engine.apply(engine.plan((OWNER, ROBOT["id"])))
    assert again.state is RunState.DONE, "and it can be planned again"


def test_what_cannot_be_put_back_is_said_with_the_commands(engine):
    plan = engine.plan((OWNER, ROBOT["id"]))
    engine.fault(
        method="DELETE", path_contains="roleAssignments", status=403, code="AuthorizationFailed", times=2
    )
    run = engine.apply(plan)
    assert run.state is RunState.PARTIAL
    assert states(run) == [ChangeState.APPLIED, ChangeState.FAILED]
    assert "was not undone" in run.note
    assert "by hand: az rest --method delete" in run.note or "by hand: az role assignment delete" in run.note
    back = engine.apply(engine.rollback_plan(run.run))
    assert back.state is RunState.DONE
    assert assignments(engine) == sorted(one["name"] for one in (ROBOT, *PEOPLE))


def test_putting_back_never_overwrites_what_somebody_changed_meanwhile(engine):
    plan = engine.plan((OWNER, ROBOT["id"]))
    narrow = plan.changes[0].target

    def meddle(call):
        if call.operation == "DELETE" and ROBOT["name"] in call.arguments["path"]:
            bring(engine.cloud, ROLE, narrow, None)
            theirs = {**plan.changes[0].after, "description": "somebody else's"}
            bring(engine.cloud, ROLE, narrow, theirs)
            raise CloudError("AuthorizationFailed", "no", status=403, call=call)

    run = engine.apply(plan, {"azure": Meddling(engine.cloud, meddle)})
    assert "it was changed in the meantime" in run.note
    assert fresh(engine.clouds, ROLE, narrow).value["description"] == "somebody else's"


def test_what_is_kept_on_purpose_stays_and_is_said(engine):
    plan = engine.plan((LOGS, ACCOUNT))
    engine.fault(method="PUT", path_contains="diagnosticSettings", status=403, code="AuthorizationFailed")
    run = engine.apply(plan)
    assert run.changes[0].state is ChangeState.APPLIED
    assert run.state is RunState.PARTIAL
    assert "stays: " in run.note


def test_the_broad_role_stays_while_the_narrow_one_does_not_show(engine):
    before = assignments(engine)
    plan = engine.plan((OWNER, ROBOT["id"]))
    narrow = plan.changes[0].target.name
    engine.hook("lag", {"path_contains": narrow, "reads": 1000})
    run = engine.apply(plan)
    assert states(run) == [ChangeState.APPLIED, ChangeState.PENDING]
    assert run.changes[0].verified is False
    assert run.state is RunState.PARTIAL
    assert set(before) <= set(assignments(engine))


def test_a_session_that_ends_in_the_middle_lays_the_run_down(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))
    engine.fault(path_contains="claimfiles", status=401, code="ExpiredAuthenticationToken")
    run = engine.apply(plan)
    assert run.state is RunState.INTERRUPTED
    assert states(run) == [ChangeState.APPLIED, ChangeState.WRITING]
    assert f"hipaa-tui resume {run.run}" in run.note
    done = engine.resume(run.run)
    assert done.state is RunState.DONE
    assert done.note == ""


def test_a_cloud_out_of_reach_lays_the_run_down(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    def unplug(call):
        if call.operation == "PATCH" and "claimfiles" in call.arguments["path"]:
            raise CloudError("NotReached", "no route", transient=True, sent=False, call=call)

    run = engine.view(engine.applying(plan, {"azure": Meddling(engine.cloud, unplug)}).start())
    assert run.state is RunState.INTERRUPTED
    assert "unreachable" in run.note
    assert engine.resume(run.run).state is RunState.DONE


def test_throttling_is_waited_out(engine):
    engine.fault(status=429, code="TooManyRequests", times=7)
    run = engine.apply(engine.plan())
    assert run.state is RunState.DONE
    assert engine.waited > 8


def test_a_server_that_keeps_failing_is_given_up_and_said(engine):
    engine.fault(status=503, code="ServiceUnavailable", times=50)
    run = engine.apply(engine.plan())
    assert states(run) == [ChangeState.FAILED]
    assert "ServiceUnavailable" in run.changes[0].note
    assert run.changes[0].verified is False


def test_a_time_out_after_the_effect_is_no_second_write(engine):
    engine.fault(status=0, after_effect=True)
    run = engine.apply(engine.plan())
    assert run.state is RunState.DONE
    assert len(engine.writes()) == 1


def test_a_resource_that_is_deleted_meanwhile_fails_alone(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    def delete(call):
        if call.operation == "PATCH" and "patientfiles" in call.arguments["path"]:
            path = {"path": ACCOUNT, "api_version": call.arguments["api_version"]}
            engine.cloud.call(Call("azure", "Microsoft.Storage", "DELETE", path))

    run = engine.apply(plan, {"azure": Meddling(engine.cloud, delete)})
    assert states(run) == [ChangeState.FAILED, ChangeState.APPLIED]
    assert run.state is RunState.PARTIAL


def test_a_resource_that_is_gone_before_its_turn_is_said_to_be_gone(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    def delete(call):
        if call.operation == "PATCH" and "patientfiles" in call.arguments["path"]:
            path = {"path": SECOND, "api_version": call.arguments["api_version"]}
            engine.cloud.call(Call("azure", "Microsoft.Storage", "DELETE", path))

    run = engine.apply(plan, {"azure": Meddling(engine.cloud, delete)})
    assert states(run) == [ChangeState.APPLIED, ChangeState.FAILED]
    assert "does not exist any more" in run.changes[1].note


def test_nothing_is_sent_that_could_not_be_journaled(engine, monkeypatch):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))
    real = type(engine.journal)._append

    def full(self, connection, run, kind, body):
        if kind == "change.intent" and body["change"] == "c2":
            raise StoreError("the store x: database or disk is full: make room and try again")
        return real(self, connection, run, kind, body)

    monkeypatch.setattr(type(engine.journal), "_append", full)
    with pytest.raises(IncompleteError, match=r"disk is full.*hipaa-tui resume"):
        engine.apply(plan)
    assert len(engine.writes()) == 1
    assert fresh(engine.clouds, TRANSPORT, target(SECOND)).value == BAD


def test_a_write_whose_outcome_could_not_be_journaled_is_recognised_later(engine, monkeypatch):
    real = type(engine.journal)._append

    def full(self, connection, run, kind, body):
        if kind == "change.outcome":
            raise StoreError("the store x: database or disk is full: make room and try again")
        return real(self, connection, run, kind, body)

    monkeypatch.setattr(type(engine.journal), "_append", full)
    with pytest.raises(IncompleteError):
        engine.apply(engine.plan())
    monkeypatch.undo()
    (row,) = engine.journal.rows()
    engine.expire(row.id)
    run = engine.resume(row.id)
    assert run.state is RunState.DONE
    assert len(engine.writes()) == 1


def test_a_worker_that_lost_its_run_in_the_middle_raises_the_alarm(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    def steal(call):
        if call.operation == "PATCH" and "patientfiles" in call.arguments["path"]:
            run = engine.journal.rows()[0].id
            engine.expire(run)
            engine.other().take_over(run)

    with pytest.raises(FencedError, match=r"ALARM: .*PATCH.*patientfiles.*hipaa-tui verify"):
        engine.apply(plan, {"azure": Meddling(engine.cloud, steal)})
    assert len(engine.writes()) == 1, "the call in flight, and none after it"
    (row,) = engine.journal.rows()
    assert "ALARM" in engine.view(row.id).note
    assert list(engine.journal.broken_links()) == []


# Who takes a run over believes no record.


def killed_after_the_first(engine):
    """A run of two changes whose worker died after the first."""
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    def die(call):
        if call.operation == "PATCH" and "claimfiles" in call.arguments["path"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.apply(plan, {"azure": Meddling(engine.cloud, die)})
    (row,) = engine.journal.rows()
    engine.expire(row.id)
    return row.id


def test_drift_between_crash_and_resume_stops_the_run(engine):
    run = killed_after_the_first(engine)
    bring(engine.cloud, TRANSPORT, target(SECOND), THEIRS)
    writes = len(engine.writes())
    seen = engine.resume(run)
    assert states(seen) == [ChangeState.APPLIED, ChangeState.DRIFTED]
    for value in ("TLS1_0", "TLS1_2", "TLS1_1"):
        assert value in seen.note
    assert len(engine.writes()) == writes
    assert fresh(engine.clouds, TRANSPORT, target(SECOND)).value == THEIRS
    assert engine.plan((SECURE, SECOND)).changes, "and it can be planned again"


@pytest.mark.parametrize("theirs", [THEIRS, BAD])
def test_what_was_done_and_changed_by_somebody_else_before_the_resume_is_said(engine, theirs):
    run = killed_after_the_first(engine)
    bring(engine.cloud, TRANSPORT, target(ACCOUNT), theirs)
    writes = len(engine.writes())
    seen = engine.resume(run)
    assert seen.changes[0].state is ChangeState.DRIFTED
    assert seen.state is RunState.PARTIAL
    assert len(engine.writes()) == writes
    assert fresh(engine.clouds, TRANSPORT, target(ACCOUNT)).value == theirs


def test_a_guard_that_blocks_by_the_time_of_the_resume_leaves_that_fix_out(engine):
    plan = engine.plan((SECURE, ACCOUNT), (SECURE, SECOND))

    class Dying:
        def step(self, done, total, what):
            if done == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.apply(plan, progress=Dying())
    (row,) = engine.journal.rows()
    engine.expire(row.id)
    put = {
        "path": f"{SECOND}/providers/Microsoft.Authorization/locks/keep",
        "api_version": "2020-05-01",
        "body": {"properties": {"level": "ReadOnly"}},
    }
    engine.cloud.call(Call("azure", "Microsoft.Authorization", "PUT", put))
    seen = engine.resume(row.id)
    assert states(seen) == [ChangeState.APPLIED, ChangeState.FAILED]
    assert "resource-locks" in seen.changes[1].note
    assert fresh(engine.clouds, TRANSPORT, target(SECOND)).value == BAD
