"""Draws a screen without a terminal, for the pictures in the documentation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipaa_tui.workbench import Workbench


def export_screenshot(
    bench_factory: Callable[[], Workbench],
    path: Path,
    size: tuple[int, int] = (120, 36),
    *,
    keys: Sequence[str] = (),
    banner: str = "",
) -> None:
    """Write an SVG of `size` (columns, lines) to `path` after pressing the `keys` one by one.

    `keys` are Textual's names ("enter", "p", "2"). After each one, waits for the work that it started.
    """
    asyncio.run(_export(bench_factory, path, size, keys, banner))


async def _export(
    bench_factory: Callable[[], Workbench],
    path: Path,
    size: tuple[int, int],
    keys: Sequence[str],
    banner: str,
) -> None:
    from hipaa_tui.tui.app import HipaaTuiApp

    app = HipaaTuiApp(bench_factory, banner=banner)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await app.settled()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            await app.settled()
        await pilot.pause(0.1)
        path.write_text(app.export_screenshot(title="hipaa-tui"), encoding="utf-8")
