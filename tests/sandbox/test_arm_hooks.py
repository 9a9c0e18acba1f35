"""The sandbox's own hooks, and the sandbox as a process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hipaa_tui.sandbox.arm import ArmServer
from hipaa_tui.support.errors import InputError
from tests.sandbox.arm_harness import ACCOUNT, GROUP, NSG, OID, RULE, SSH_RULE, SUB, Wire, estate

NARROW = {"properties": {**SSH_RULE, "sourceAddressPrefix": "10.0.0.0/8"}}


def source(wire: Wire) -> str:
    return str(wire.get(RULE).body["properties"]["sourceAddressPrefix"])


def test_health_needs_no_token(arm: ArmServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", arm.port, timeout=5)
    connection.request("GET", "/_sandbox/health")
    assert json.loads(connection.getresponse().read()) == {"status": "ok", "subscriptions": [SUB]}
    connection.close()


def test_requests_are_logged_with_bodies_newest_last(wire: Wire) -> None:
    wire.get(ACCOUNT)
    wire.put(RULE, NARROW)
    first, last = wire.hook("GET", "requests")["value"]
    assert first["method"] == "GET"
    assert last == {
        "method": "PUT",
        "path": f"{RULE}?api-version=2025-07-01",
        "api_version": "2025-07-01",
        "status": 200,
        "body": NARROW,
        "oid": OID,
    }
    wire.hook("DELETE", "requests")
    assert wire.hook("GET", "requests") == {"value": []}


def test_a_fault_before_the_effect_changes_nothing(wire: Wire) -> None:
    fault = {
        "method": "PUT",
        "path_contains": "securityRules",
        "status": 429,
        "code": "TooManyRequests",
        "times": 2,
    }
    wire.hook("POST", "faults", {**fault, "headers": {"Retry-After": "1"}})
    for _ in range(2):
        answer = wire.put(RULE, NARROW)
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (429, "TooManyRequests", "1")
    assert source(wire) == "*"
    assert wire.put(RULE, NARROW).status == 200


def test_a_fault_after_the_effect_hides_that_it_took_place(wire: Wire) -> None:
    wire.hook(
        "POST",
        "faults",
        {"method": "PUT", "path_contains": "/ALLOW-SSH", "status": 500, "after_effect": True},
    )
    assert wire.put(RULE, NARROW).status == 500
    assert source(wire) == "10.0.0.0/8"


def test_a_fault_can_hang_up_instead_of_answering(arm: ArmServer, wire: Wire) -> None:
    wire.hook("POST", "faults", {"path_contains": "allow-ssh", "status": 0, "after_effect": True})
    other = Wire(arm.port)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        other.put(RULE, NARROW)
    assert source(wire) == "10.0.0.0/8"


def test_a_delay_holds_nobody_else_up(arm: ArmServer, wire: Wire) -> None:
    wire.hook("POST", "faults", {"path_contains": "allow-ssh", "delay_seconds": 0.2})
    slow = Wire(arm.port)
    slow.connection.connect()
    begun = time.monotonic()
    path = f"{RULE}?api-version=2025-07-01"
    slow.connection.request("GET", path, headers={"Authorization": "Bearer x"})
    time.sleep(0.02)
    wire.get(ACCOUNT)
    assert time.monotonic() - begun < 0.15
    assert slow.connection.getresponse().status == 200
    assert time.monotonic() - begun >= 0.2
    slow.connection.close()


@pytest.mark.parametrize("fault", [[], {"status": "x"}, {"times": None, "status": 500}, {"headers": 1}])
def test_a_fault_that_is_none_is_refused(wire: Wire, fault: object) -> None:
    assert wire.send("POST", "/_sandbox/faults", fault, version="").status == 400


def test_readers_lag_behind_a_write_for_as_many_reads(wire: Wire) -> None:
    wire.hook("POST", "lag", {"path_contains": "securityRules", "reads": 2})
    wire.put(RULE, NARROW)
    assert [source(wire) for _ in range(4)] == ["*", "*", "10.0.0.0/8", "10.0.0.0/8"]
    wire.delete(RULE)
    shown = [len(wire.get(NSG).body["properties"]["securityRules"]) for _ in range(3)]
    assert shown == [1, 1, 0]
    wire.put(f"{NSG}/securityRules/new", {"properties": SSH_RULE})
    assert [wire.get(f"{NSG}/securityRules/new").status for _ in range(3)] == [404, 404, 200]


def test_writes_are_never_behind(wire: Wire) -> None:
    wire.hook("POST", "lag", {"path_contains": "securityRules", "reads": 5})
    etag = wire.put(RULE, NARROW).body["etag"]
    assert wire.put(RULE, NARROW, If_Match=etag).status == 200


def test_the_state_goes_out_and_in_again(wire: Wire) -> None:
    state = wire.hook("GET", "state")
    wire.delete(GROUP)
    wire.hook("PUT", "state", state)
    assert wire.hook("GET", "state") == state
    assert source(wire) == "*"
    wire.hook("PUT", "state", {})
    assert len(wire.get("/subscriptions").body["value"]) == 1


def test_a_state_needs_only_ids(wire: Wire) -> None:
    wire.hook(
        "PUT",
        "state",
        {"resources": [{"id": RULE, "properties": SSH_RULE}, {"id": NSG, "location": "westeurope"}]},
    )
    assert wire.get(GROUP).body["location"] == "eastus"
    assert [one["name"] for one in wire.get(NSG).body["properties"]["securityRules"]] == ["allow-ssh"]


@pytest.mark.parametrize(
    "state",
    [[], {"resources": [{}]}, {"resources": [{"id": "x"}]}, {"resources": [{"id": GROUP, "properties": 1}]}, {"polls": -1},
     {"permissions": []}, {"subscriptions": [{}]}, {"resources": {"a": 1}},
     {"resources": [{"id": NSG, "properties": {"securityRules": [{}]}}]}],
)  # fmt: skip
def test_a_state_that_is_none_is_refused_and_the_old_one_stays(wire: Wire, state: object) -> None:
    before = wire.hook("GET", "state")
    assert wire.send("PUT", "/_sandbox/state", state, version="").status == 400
    assert wire.hook("GET", "state") == before


def test_a_reset_goes_back_to_the_start(wire: Wire) -> None:
    wire.hook("POST", "faults", {"status": 500, "times": 9})
    wire.hook("POST", "lag", {"path_contains": "", "reads": 9})
    wire.delete(GROUP)
    wire.hook("POST", "reset")
    assert wire.get(ACCOUNT).status == 200
    assert len(wire.hook("GET", "requests")["value"]) == 1


def test_unknown_hooks_and_methods_are_refused(wire: Wire) -> None:
    assert wire.send("GET", "/_sandbox/nothing", version="").status == 404
    assert wire.send("DELETE", "/_sandbox/state", version="").status == 405


def test_ids_and_answers_are_the_same_in_every_run() -> None:
    found = []
    for _ in range(2):
        with ArmServer(estate()) as server:
            one = Wire(server.port)
            found.append((one.get(NSG).body, one.put(RULE, NARROW).body, one.hook("GET", "state")))
            one.connection.close()
    assert found[0] == found[1]


def test_stopping_ends_kept_connections_and_may_be_repeated() -> None:
    server = ArmServer().start()
    one = Wire(server.port)
    one.get("/subscriptions")
    begun = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - begun < 2
    with pytest.raises(InputError):
        _ = server.url


def test_a_state_that_cannot_be_loaded_is_said_at_the_start() -> None:
    with pytest.raises(InputError, match="resources\\[0\\] has no id"):
        ArmServer({"resources": [{}]})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_where_it_listens_and_stops_on_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    state, port = tmp_path / "state.json", tmp_path / "port"
    state.write_text(json.dumps(estate()))
    command = [
        sys.executable,
        "-m",
        "hipaa_tui.sandbox.arm",
        "--port",
        "0",
        "--state",
        str(state),
        "--port-file",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"listening on http://127.0.0.1:{port.read_text().strip()}\n"
        one = Wire(int(port.read_text()))
        assert one.get(ACCOUNT).status == 200
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    "options", [["--host", "8.8.8.8"], ["--port", "99999"], ["--state", "/nowhere.json"]]
)
def test_bad_usage_is_one_sentence_and_exit_code_2(options: list[str]) -> None:
    command = [sys.executable, "-m", "hipaa_tui.sandbox.arm", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
