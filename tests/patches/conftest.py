"""Fixtures of the patch tests."""

from __future__ import annotations

import pytest

from tests.patches.patch_clouds import Documents, account


@pytest.fixture(autouse=True)
def _own_git(own_git: None) -> None:
    """No patch test sees anybody's own git configuration."""


@pytest.fixture
def azure() -> Documents:
    """One storage account as auditors find it."""
    return Documents(account())
