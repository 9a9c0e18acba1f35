"""Makes every screen test independent of the settings, the locale and the person's own home."""

from __future__ import annotations

import pytest
from pytest_textual_snapshot import SVGImageExtension

from . import bench as stand_in

# The plugin says "svg" under the name that syrupy 4 reads; later versions read this one.
SVGImageExtension.file_extension = "svg"


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch, tmp_path):
    for name in ("LC_ALL", "LC_CTYPE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("hipaa_tui.providers.registry.setting", stand_in.setting)
    monkeypatch.setattr("hipaa_tui.clouds.call_description.command", stand_in.command)


@pytest.fixture
def bench():
    return stand_in.StandIn()
