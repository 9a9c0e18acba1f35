"""Fixtures of the tests of AWS's services."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.store.database import open_store


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """An empty journal."""
    return Journal(open_store(tmp_path / "home" / "store.db"))
