"""What every hostile test starts from: an empty home, and few playbooks, since each command reads them anew."""

from __future__ import annotations

import shutil

import pytest

from hipaa_tui.support.package_data import content_folder

PLAYBOOKS = ("aws/s3/tls-only.yaml", "aws/kms/rotation.yaml", "azure/network/nsg-open-to-internet.yaml")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """HIPAA_TUI_HOME, not made yet."""
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def few_playbooks(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("shipped")
    for name in PLAYBOOKS:
        source = content_folder("playbooks") / name
        shutil.copy(source, folder / source.name)  # fails where a playbook was moved
    monkeypatch.setattr("hipaa_tui.playbooks.load.content_folder", lambda _: folder)
    return folder
