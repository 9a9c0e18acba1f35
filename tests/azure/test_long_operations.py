"""Any 2xx of a write is success, and a long operation is waited for by whoever resumes the run."""

import pytest

from hipaa_tui.azure.cloud import connect
from hipaa_tui.azure.resource_types import request
from hipaa_tui.azure.sdk import pipeline
from hipaa_tui.journal.states import RunState
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.operations import listening
from tests.azure.keyvault.test_playbooks import BACKUPS, MINE
from tests.azure.server import ACCOUNT, assignment, azure
from tests.azure.test_cloud import VAULT, WORKSPACE, Scripted
from tests.azure.vaults import KEY, RECOVERY, key, ready_vault, recovery_vault
from tests.runs.engine import Engine

ASSIGNMENT = assignment(1, "p")["id"]


@pytest.fixture
def scripted():
    servers = []

    def make(answer):
        servers.append(Scripted(answer))
        return servers[-1]

    yield make
    for one in servers:
        one.server.shutdown()
        one.server.server_close()


@pytest.mark.parametrize("status", [200, 201, 203, 204, 205, 206, 226])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ACCOUNT),
        ("PATCH", f"{VAULT}/v"),
        ("PUT", f"{VAULT}/v"),
        ("PUT", ASSIGNMENT),
        ("DELETE", ASSIGNMENT),
        ("DELETE", f"{VAULT}/v"),
        ("POST", f"{ACCOUNT}/regenerate"),
    ],
)
def test_any_2xx_of_a_write_is_success(scripted, method, path, status):
    body = b"" if status in {204, 205} else {"id": path, "properties": {"provisioningState": "Succeeded"}}
    server = scripted(lambda *_: (status, body, {}))
    answer = connect(endpoint=server.url).call(request(method, path, "2022-04-01", {}))
    assert answer.get("id", path) == path
    assert server.seen[0][0] == method
    assert len([one for one in server.seen if one[0] == method]) == 1


@pytest.mark.parametrize("status", [201, 202])
@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", ACCOUNT), ("PUT", ASSIGNMENT), ("POST", f"{ACCOUNT}/failover"), ("PATCH", f"{VAULT}/v")],
)
def test_what_azure_goes_on_with_is_followed_whatever_the_sdk_expects(scripted, method, path, status):
    polls = [{"status": "InProgress"}, {"status": "Succeeded"}]

    def answer(verb, url):
        if "operations/1" in url:
            return 200, polls.pop(0), {}
        if verb == "GET":
            return 200, {"id": path, "done": True}, {}
        return status, {}, {"Azure-AsyncOperation": f"{server.url}/operations/1?t=1"}

    server = scripted(answer)
    begun = []
    with listening(begun.append):
        connect(endpoint=server.url).call(request(method, path, "2022-04-01", {}))
    assert polls == []
    assert begun == [f"{server.url}/operations/1?t=1"]


def test_an_operation_that_fails_after_a_2xx_is_no_success(scripted):
    def answer(verb, url):
        if "operations/1" in url:
            return 200, {"status": "Failed", "error": {"code": "QuotaExceeded", "message": "No more."}}, {}
        return 201, {}, {"Azure-AsyncOperation": f"{server.url}/operations/1"}

    server = scripted(answer)
    with pytest.raises(CloudError, match="QuotaExceeded"):
        connect(endpoint=server.url).call(request("PATCH", ACCOUNT, "2025-08-01", {}))


def test_a_question_that_is_throttled_does_not_undo_what_was_accepted(scripted):
    def answer(verb, url):
        if "operations/1" in url:
            return 429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "500"}
        return 202, {}, {"Azure-AsyncOperation": f"{server.url}/operations/1"}

    server = scripted(answer)
    with pytest.raises(CloudError) as caught:
        connect(endpoint=server.url).call(request("PUT", WORKSPACE, "1", {}))
    error = caught.value
    assert (error.code, error.transient, error.without_effect) == ("OperationNotFollowed", True, False)
    assert error.retry_after == 500


@pytest.mark.parametrize(
    ("status", "body", "ended"),
    [
        (200, {"status": "InProgress"}, False),
        (200, {"status": "Running"}, False),
        (200, {"status": "Succeeded"}, True),
        (200, {"status": "Failed"}, True),
        (200, {"status": "Canceled"}, True),
        (202, {}, False),
        (200, {"id": "x"}, True),
        (204, b"", True),
    ],
)
def test_how_far_an_operation_is(scripted, status, body, ended):
    server = scripted(lambda *_: (status, body, {}))
    assert connect(endpoint=server.url).operation_ended(f"{server.url}/operations/1") is ended


def test_an_operation_on_another_host_gets_no_token(scripted):
    server = scripted(lambda *_: (200, {}, {}))
    with pytest.raises(CloudError, match="another host"):
        connect(endpoint=server.url).operation_ended("https://evil.example/operations/1")
    assert server.seen == []


@pytest.fixture
def killed(tmp_path, monkeypatch):
    """(an engine, the id of a run whose process died while Azure worked on what it had accepted)."""
    with azure(recovery_vault(), ready_vault(), key(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        plan = engine.plan((BACKUPS, RECOVERY), key_id=KEY)

        def die(*_):
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(pipeline, "ended", die)
            with pytest.raises(KeyboardInterrupt):
                engine.apply(plan)
        (row,) = engine.journal.rows()
        engine.expire(row.id)
        yield engine, row.id


def operations(engine):
    return [r for r in engine.hook("requests")["value"] if "/locations/" in r["path"]]


def test_who_resumes_waits_for_the_operation_and_does_not_send_it_again(killed):
    engine, run = killed
    (record,) = [r for r in engine.journal.of(run) if r.kind == "change.accepted"]
    assert record.body["operation"].startswith(engine.cloud.endpoint.url)
    before = len(engine.writes())
    done = engine.resume(run)
    assert done.state is RunState.DONE, done.note
    first = operations(engine)[0]
    assert first["path"] in record.body["operation"]
    assert not [w for w in engine.writes()[before:] if w["body"] == engine.writes()[before - 1]["body"]]
    assert list(engine.journal.broken_links()) == []


def test_an_operation_that_is_forgotten_leaves_the_decision_to_a_look(killed):
    engine, run = killed
    engine.fault(method="GET", path_contains="/locations/", status=404, code="OperationNotFound")
    assert engine.resume(run).state is RunState.DONE


def test_a_run_that_nobody_killed_asks_after_nothing_twice(tmp_path):
    with azure(recovery_vault(), ready_vault(), key(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        run = engine.apply(engine.plan((BACKUPS, RECOVERY), key_id=KEY))
        assert run.state is RunState.DONE
        kinds = [r.kind for r in engine.journal.of(run.run)]
        assert kinds.index("change.accepted") == kinds.index("change.intent") + 1
