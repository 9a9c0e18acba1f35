"""A cloud that asks to wait, is busy, or does not know yet what was just made is waited for: bounded, shown, and until
somebody stops it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hipaa_tui.journal.states import RunState
from hipaa_tui.providers.model import Call, Cancelled, CloudError
from hipaa_tui.providers.retryable import retry_after
from hipaa_tui.runs.change_executor import PATIENCE
from hipaa_tui.runs.model import ChangeState
from tests.azure.server import raw
from tests.runs.engine import ACCOUNT, SECOND, SECURE, Engine, Meddling, accounts, azure


@pytest.fixture
def engine(tmp_path):
    with azure(*accounts()) as cloud:
        yield Engine(tmp_path, cloud)


class Watching:
    """Progress that keeps what it was told, and asks to stop after so many words about waiting."""

    def __init__(self, stop_after=None):
        self.said = []
        self._stop_after = stop_after

    def step(self, done, total, what):
        self.said.append(what)
        if self._stop_after is not None and len(self.waits) > self._stop_after:
            raise Cancelled

    @property
    def waits(self):
        return [what for what in self.said if what.startswith("waiting")]


def properties(engine, id=ACCOUNT):
    return raw(engine.cloud, id, "2025-08-01")["properties"]


@pytest.mark.parametrize("status", [429, 503])
def test_what_azure_asks_to_wait_is_waited_before_a_write_is_made_again(engine, status):
    engine.fault(status=status, code="TooManyRequests", headers={"Retry-After": "60"})
    watching = Watching()
    run = engine.apply(engine.plan(), progress=watching)
    assert run.state is RunState.DONE
    assert 60 <= engine.waited < 61
    assert watching.waits[0] == "waiting 60 s: requested by Azure"
    assert watching.waits[-1] == "waiting 1 s: requested by Azure"
    assert len(engine.writes()) == 2


def test_a_date_is_honored_as_a_number_of_seconds_is(engine):
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    engine.fault(status=429, code="TooManyRequests", headers={"Retry-After": until})
    assert engine.apply(engine.plan()).state is RunState.DONE
    assert 80 < engine.waited < 95


def test_several_such_answers_are_waited_for_up_to_ten_minutes_in_all(engine):
    engine.fault(status=429, code="TooManyRequests", times=9, headers={"Retry-After": "60"})
    assert engine.apply(engine.plan()).state is RunState.DONE
    assert 540 <= engine.waited < PATIENCE


def test_nobody_waits_longer_than_that(engine):
    engine.fault(status=429, code="TooManyRequests", times=99, headers={"Retry-After": "60"})
    run = engine.apply(engine.plan((SECURE, ACCOUNT), (SECURE, SECOND)))
    assert run.changes[0].state is ChangeState.FAILED
    assert (
        "waited 600 s, and Azure asks for 60 s more; the limit for one change is 600 s" in run.changes[0].note
    )
    assert engine.waited < 2 * PATIENCE + 5


def test_who_is_asked_for_an_hour_gives_up_at_once(engine):
    engine.fault(
        path_contains="patientfiles", status=429, code="TooManyRequests", headers={"Retry-After": "3600"}
    )
    run = engine.apply(engine.plan((SECURE, ACCOUNT), (SECURE, SECOND)))
    assert [change.state for change in run.changes] == [ChangeState.FAILED, ChangeState.APPLIED]
    assert "Azure asks for 3600 s more" in run.changes[0].note
    assert engine.waited < 5


def test_a_wait_is_stopped_by_the_person_who_watches_it(engine):
    engine.fault(status=429, code="TooManyRequests", headers={"Retry-After": "300"})
    run = engine.apply(engine.plan(), progress=Watching(stop_after=5))
    assert engine.waited < 10
    assert run.changes[0].state is ChangeState.FAILED
    assert "stopped by the operator while waiting" in run.changes[0].note
    assert properties(engine)["supportsHttpsTrafficOnly"] is False
    assert len(engine.writes()) == 1


def test_what_somebody_changed_during_the_wait_is_not_overwritten(engine):
    """Whoever kept the resource busy may have left another value there."""
    engine.fault(status=409, code="AnotherOperationInProgress", message="Wait for it.")
    plan = engine.plan()
    body = {"properties": {"minimumTlsVersion": "TLS1_1"}}
    other = Call(
        "azure", "Microsoft.Storage", "PATCH", {"path": ACCOUNT, "api_version": "2025-08-01", "body": body}
    )
    applying = engine.applying(plan)
    applying.sleep = lambda _: engine.cloud.call(other)
    run = engine.view(applying.start())
    assert run.changes[0].state is ChangeState.DRIFTED
    assert properties(engine)["minimumTlsVersion"] == "TLS1_1"


BUSY = [
    (409, "AnotherOperationInProgress", "Another operation on this or dependent resource is in progress."),
    (409, "Conflict", "Another update operation is in progress. Please retry later."),
    (409, "Conflict", "Cannot modify this site because another operation is in progress. Details: Id: 54a7"),
    (409, "StorageAccountOperationInProgress", "An operation is currently performing on this storage account that requires exclusive access."),
    (409, "OperationNotAllowed", "The operation is not allowed while the resource is being updated."),
    (409, "ServerIsBusy", "Cannot complete operation while server 'db' is busy processing another operation. Try again later."),
    (409, "ServerBusy", "Server 'db' is busy with another operation. Please try again later."),
    (429, "RetryableError", "A retryable error occurred."),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "message"), BUSY)
def test_a_busy_resource_is_waited_for_and_shown(engine, status, code, message):
    engine.fault(status=status, code=code, message=message, times=12)
    watching = Watching()
    run = engine.apply(engine.plan(), progress=watching)
    assert run.state is RunState.DONE
    assert 29 < engine.waited < PATIENCE
    assert watching.waits
    assert all(": " in what for what in watching.waits)
    assert len(engine.writes()) == 13


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (409, "StorageAccountAlreadyTaken", "The storage account named patientfiles is already taken."),
        (409, "Conflict", "A resource of that name already exists in another resource group."),
        (409, "OperationNotAllowed", "Operation could not be completed as it results in exceeding approved quota."),
        (409, "ScopeLocked", "The scope cannot perform write operation because following scope is locked."),
        (400, "PrincipalNotFound", "Principal 5a9db0c5000040008000 does not exist in the directory."),
    ],
)  # fmt: skip
def test_what_a_person_has_to_mend_is_not_waited_for(engine, status, code, message):
    engine.fault(status=status, code=code, message=message, times=99)
    run = engine.apply(engine.plan())
    assert run.changes[0].state is ChangeState.FAILED
    assert engine.waited < 1
    assert len(engine.writes()) == 1


def test_a_resource_that_stays_busy_is_given_up_and_said(engine):
    engine.fault(status=409, code="AnotherOperationInProgress", message="Wait for it.", times=999)
    run = engine.apply(engine.plan())
    assert "and it is still busy; the limit for one change is 600 s" in run.changes[0].note
    assert PATIENCE - 20 < engine.waited < PATIENCE + 5


def test_a_rollback_waits_as_well(engine):
    run = engine.apply(engine.plan())
    engine.fault(status=429, code="TooManyRequests", headers={"Retry-After": "45"})
    engine.fault(status=409, code="StorageAccountOperationInProgress", message="exclusive access", times=3)
    back = engine.apply(engine.rollback_plan(run.run))
    assert back.state is RunState.DONE
    assert engine.waited > 45
    assert properties(engine)["supportsHttpsTrafficOnly"] is False


def test_a_read_that_is_asked_to_wait_for_long_is_waited_for_by_the_run(engine):
    """The SDK waits itself for up to two minutes; what is longer is for the run, where a person sees it."""
    plan = engine.plan()
    seen = []

    def ask(call):
        # The reads before the first write are the checks of the plan: no run is under way there.
        if call.operation == "PATCH":
            engine.fault(method="GET", status=429, code="TooManyRequests", headers={"Retry-After": "200"})
            seen.append(call)

    watching = Watching()
    applying = engine.applying(plan, {"azure": Meddling(engine.cloud, ask)}, watching)
    assert engine.view(applying.start()).state is RunState.DONE
    assert watching.waits[0] == "waiting 200 s: requested by Azure"
    assert engine.waited >= 200


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "60"}, 60),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"x-amz-retry-after": "2500"}, 2.5),
        ({"x-ms-retry-after-ms": "700"}, 0.7),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({}, None),
    ],
)
def test_what_an_answer_asks_for(headers, seconds):
    assert retry_after(headers) == seconds


def test_a_wish_that_nobody_can_read_is_no_bug_of_ours(engine):
    engine.fault(status=429, code="TooManyRequests", headers={"Retry-After": "soon"})
    engine.fault(method="GET", status=429, code="TooManyRequests", headers={"Retry-After": "soon"})
    assert engine.apply(engine.plan()).state is RunState.DONE


def test_an_error_without_an_answer_asks_for_nothing():
    error = CloudError("NoAnswer", "", transient=True)
    assert (error.retry_after, error.retryable) == (None, None)
