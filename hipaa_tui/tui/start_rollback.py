"""Starts a rollback the same way from every screen: computed in a thread, then previewed like any plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipaa_tui.tui.screens.base import Page


def preview_rollback(page: Page, run: str) -> None:
    """Compute the plan that undoes the run and show it; nothing is written before it is confirmed."""
    bench = page.hipaa.bench
    page.work(
        f"Planning the rollback of run {run} (read-only)",
        lambda progress: bench.rollback_plan(run, progress),
        page.hipaa.preview,
    )
