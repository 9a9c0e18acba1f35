from __future__ import annotations

from collections.abc import Iterator

import pytest

from hipaa_tui.sandbox.arm import ArmServer
from hipaa_tui.sandbox.clouds import Sandbox
from tests.sandbox.arm_harness import Clients, Wire, estate


@pytest.fixture(scope="module")
def running() -> Iterator[ArmServer]:
    with ArmServer(estate()) as server:
        yield server


@pytest.fixture
def arm(running: ArmServer) -> ArmServer:
    running.router.reset()
    return running


@pytest.fixture
def wire(arm: ArmServer) -> Iterator[Wire]:
    found = Wire(arm.port)
    yield found
    found.connection.close()


@pytest.fixture(scope="module")
def built(running: ArmServer) -> Clients:
    return Clients(running.url)


@pytest.fixture
def clients(arm: ArmServer, built: Clients) -> Clients:
    return built


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Both local clouds for the whole session, not active: a test activates what it needs."""
    with Sandbox() as running:
        yield running
