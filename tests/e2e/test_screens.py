"""The screens over the real core and a real server: what a person presses is what happens in the cloud."""

import pytest

from hipaa_tui.providers.registry import setting
from hipaa_tui.support.config import Home
from hipaa_tui.workbench import Workbench
from tests.azure.server import ACCOUNT, HTTPS, azure, storage_account, target
from tests.tui.driving import name, opened, press, said, seen


@pytest.fixture
def cloud(monkeypatch):
    with azure(storage_account()) as found:
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", found.endpoint.url)
        yield found


@pytest.fixture
def bench(cloud, tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    desk = Workbench(Home(tmp_path / "home"))
    desk.scan(providers=["azure"], playbooks=["azure.storage.secure-transfer"])
    return desk


def transport(cloud):
    return setting("azure.storage.transport").read(cloud, target(ACCOUNT)).value


async def test_from_the_queue_to_a_verified_fix_and_back(bench, cloud):
    before = transport(cloud)
    async with opened(bench, "enter", "p") as (app, pilot):
        assert name(app) == "PreviewScreen"
        assert "minimumTlsVersion: TLS1_0 → TLS1_2" in said(app)
        assert transport(cloud) == before, "a preview changes nothing"
        await press(pilot, "a", "y")
        assert "all verified by a fresh read" in seen(app)
        assert transport(cloud) == HTTPS
        assert bench.queue(state="fixed")
        await press(pilot, "u")
        assert "TLS1_2 → TLS1_0" in said(app)
        await press(pilot, "a", "y")
        assert transport(cloud) == before
        assert bench.queue(state="open")
        await press(pilot, "h")
        assert seen(app).count("done") == 2


async def test_drift_since_the_preview_is_refused_on_screen(bench, cloud):
    from tests.azure.server import bring

    async with opened(bench, "enter", "p") as (app, pilot):
        theirs = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_1"}
        bring(cloud, "azure.storage.transport", target(ACCOUNT), theirs)
        await press(pilot, "a", "y")
        assert "has changed since the plan was made" in " ".join((seen(app) + said(app)).split())
        assert transport(cloud) == theirs
        assert bench.runs() == []
