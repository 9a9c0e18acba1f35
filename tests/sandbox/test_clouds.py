"""The sandbox starts, stays apart from the real clouds, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hipaa_tui.aws.cloud import connect as connect_aws
from hipaa_tui.azure.cloud import connect as connect_azure
from hipaa_tui.sandbox import clouds
from hipaa_tui.sandbox.clouds import Sandbox
from hipaa_tui.sandbox.estate_azure import SUBSCRIPTION
from hipaa_tui.support.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "a-real-token",
    "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
    "AWS_CONFIG_FILE": "/home/somebody/.aws/config",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/real",
    "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AZURE_CLIENT_SECRET": "a-real-secret",
    "ARM_CLIENT_SECRET": "another-real-secret",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "NO_PROXY": "intranet.example",
}


def is_open(port: int) -> bool:
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def soon(done, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def real_world(monkeypatch):
    """A shell in which somebody works on real clouds."""
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def active(sandbox):
    sandbox.activate()
    yield sandbox
    sandbox.deactivate()


def test_both_clouds_answer_by_their_sdks(real_world, active):
    aws, azure = connect_aws(), connect_azure()
    assert aws.caller().accounts == ("123456789012",)
    assert aws.region == "us-east-1"
    assert azure.caller().accounts == (SUBSCRIPTION,)
    assert azure.endpoint.sandbox


def test_nothing_of_the_real_clouds_is_left_while_it_is_active(real_world, active):
    for name, value in REAL.items():
        assert os.environ.get(name) != value or name == "HTTPS_PROXY", name
    assert not [name for name in os.environ if name.startswith(("ARM_", "AZURE_CLIENT"))]
    assert "AWS_ROLE_ARN" not in os.environ
    assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost,::1"
    assert Path(os.environ["AWS_CONFIG_FILE"]).read_text() == "[default]\n"


def test_the_environment_is_put_back(real_world, sandbox):
    before = dict(os.environ)
    sandbox.activate()
    sandbox.activate()
    os.environ["HIPAA_TUI_TEST"] = "set meanwhile"
    sandbox.deactivate()
    sandbox.deactivate()
    assert os.environ.pop("HIPAA_TUI_TEST") == "set meanwhile"
    assert dict(os.environ) == before


def test_an_update_alone_leads_away_from_the_real_clouds(real_world, sandbox, monkeypatch):
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    assert connect_aws().caller().accounts == ("123456789012",)
    assert os.environ["AWS_ENDPOINT_URL_S3"] == sandbox.aws_url


def test_another_process_gets_an_environment_without_real_credentials(real_world, sandbox):
    found = sandbox.isolated({**REAL, "PATH": "/bin"})
    assert found["PATH"] == "/bin"
    assert not {"AWS_ROLE_ARN", "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET"} & set(found)
    assert found["AWS_ACCESS_KEY_ID"] == "testing"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc")
def test_the_servers_never_see_real_credentials(real_world, tmp_path):
    code = "import sys; from pathlib import Path; from hipaa_tui.sandbox.clouds import Sandbox\n"
    code += (
        "one = Sandbox(Path(sys.argv[1]))._spawn('x', Path(sys.argv[1]) / 'x.log', ['http.server', '0'])\n"
    )
    code += "environ = Path(f'/proc/{one.process.pid}/environ')\n"
    # The kernel shows nothing for a moment while the new program takes the process over.
    code += "while not environ.read_text(): pass\n"
    code += "print(environ.read_text()); one.end()"
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "PYTHONPATH" in said
    assert "a-real" not in said
    assert "AKIAREAL" not in said


@pytest.fixture
def stand_in(monkeypatch):
    """Lets another module stand in for moto from the n-th start on: what is cheap starts in its place."""

    def replace(start, arguments):
        real, moto_starts = Sandbox._spawn, []

        def spawn(self, title, log, given):
            if given[0] == "hipaa_tui.sandbox.moto_extensions":
                moto_starts.append(given)
                if len(moto_starts) >= start:
                    given = [one.format(port=given[-1]) for one in arguments]
            return real(self, title, log, given)

        monkeypatch.setattr(Sandbox, "_spawn", spawn)

    return replace


def test_a_taken_port_is_left_alone_and_nothing_outlives_the_sandbox(monkeypatch, stand_in):
    stand_in(2, ["http.server", "{port}", "--bind", "127.0.0.1"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = clouds._free_port
        ports = iter([taken.getsockname()[1]])
        monkeypatch.setattr(clouds, "_free_port", lambda: next(ports, None) or free())
        sandbox = Sandbox().start()
        try:
            assert port_of(sandbox.aws_url) != taken.getsockname()[1]
            folder = sandbox.folder
            assert folder is not None
            assert (folder / "moto.log").exists()
            if os.name == "posix":
                assert folder.stat().st_mode & 0o077 == 0
            used = [port_of(sandbox.aws_url), port_of(sandbox.arm_url)]
            assert all(is_open(port) for port in used)
            processes = [server.process for server in sandbox._servers]
            assert len(processes) == 2
            assert sandbox.start() is sandbox
            sandbox.activate()
        finally:
            sandbox.stop()
            sandbox.stop()
    assert "HIPAA_TUI_ARM_ENDPOINT" not in os.environ
    assert all(process.returncode is not None for process in processes), "a zombie is left"
    assert not any(is_open(port) for port in used)
    assert not folder.exists()
    with pytest.raises(InputError, match="not running"):
        sandbox.environment()


PARENT = """
import json, sys, time
from pathlib import Path
from hipaa_tui.sandbox.clouds import Sandbox
with Sandbox(Path(sys.argv[1])) as sandbox:
    pids = [server.process.pid for server in sandbox._servers]
    print(json.dumps([sandbox.aws_url, sandbox.arm_url, pids]), flush=True)
    time.sleep(120)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_servers_survive_ctrl_c_and_die_with_a_killed_parent(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert parent.stdout is not None
        aws, arm, pids = json.loads(parent.stdout.readline())
        ports = [port_of(aws), port_of(arm)]
        assert all(is_open(port) for port in ports)
        for pid in pids:  # what Ctrl-C does to the whole group: the servers go on
            os.kill(pid, signal.SIGINT)
        time.sleep(0.3)
        assert all(is_open(port) for port in ports)
        parent.kill()
        parent.wait()
        assert soon(lambda: not any(is_open(port) for port in ports)), "a server outlived its parent"
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def test_a_missing_moto_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"install hipaa-tui\[demo\]"):
        Sandbox().start()


def test_a_server_that_dies_says_why_in_one_line(stand_in, tmp_path):
    stand_in(1, ["no.such.module"])
    with pytest.raises(InputError, match=r"AWS \(moto\) did not start: .*'no'.*; its log is .*log") as error:
        Sandbox(tmp_path).start()
    assert "\n" not in str(error.value)


def test_a_server_that_never_answers_is_given_up(monkeypatch, stand_in, tmp_path):
    stand_in(1, ["http.server", "{port}", "--bind", "127.0.0.1"])
    monkeypatch.setattr(clouds, "_answers", lambda port, path: False)
    monkeypatch.setattr(clouds, "START_SECONDS", 0.2)
    with pytest.raises(InputError, match="did not answer within 0 s"):
        Sandbox(tmp_path).start()


def test_the_child_needs_a_module():
    ended = subprocess.run(
        [sys.executable, "-m", "hipaa_tui.sandbox.parent_watch"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("usage:")
