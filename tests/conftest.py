"""Fixtures that every room's tests share."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hipaa_tui.aws.cloud import connect
from tests.aws.server import ENVIRONMENT, REGION, moto_server, reset

# Nobody watches the screens move; read when textual is first imported.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")

# A machine under load is no failure: no example has a time limit. CI draws the same examples in every run.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_xdist_auto_num_workers():
    """One more than there are cores: tests wait for servers and screens about a fifth of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def moto():
    """The URL of one moto server for the whole session."""
    with moto_server() as url:
        yield url


@pytest.fixture(scope="session")
def connected():
    """One connection for the whole session: making the SDK's clients takes longer than most tests."""
    return connect(region=REGION)


@pytest.fixture
def aws(moto, connected, monkeypatch):
    """AWS as a Cloud on an empty account, by the real SDK over HTTP."""
    reset(moto)
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": moto}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    return connected


@pytest.fixture
def own_git(monkeypatch, tmp_path):
    """Nobody's own git configuration counts, nor their terraform."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "EMAIL")):
            monkeypatch.delenv(name)
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Ops\n\temail = ops@example.org\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setattr("shutil.which", lambda name, *_: None)


@pytest.fixture
def repo(own_git, tmp_path) -> Path:
    """An empty repository."""
    folder = tmp_path / "repo"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder
