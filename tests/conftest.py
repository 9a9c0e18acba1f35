"""Fixtures that every room's tests share."""

import os

import pytest

from hipaa_tui.aws.cloud import connect
from tests.aws.server import ENVIRONMENT, REGION, moto_server, reset

# Nobody watches the screens move; read when textual is first imported.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")


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
