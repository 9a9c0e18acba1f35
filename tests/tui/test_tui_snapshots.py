"""Pictures of the screens: what an operator sees changes only on purpose (`pytest --snapshot-update`)."""

from __future__ import annotations

import pytest

from hipaa_tui.journal.states import RunState
from hipaa_tui.tui.app import HipaaTuiApp
from hipaa_tui.tui.screenshot import export_screenshot

from .bench import ROWS, StandIn, make_plan, run_of
from .driving import LARGE, SMALL, press

FLOW = ("j", "j", "j", "enter", "p")
ALL_FIVE = ("space", "space", "space", "space", "space", "p", "p")
LOCK = ("G", "k", "enter", "p")


def _history() -> StandIn:
    runs = [run_of(make_plan([ROWS[3]]), "01TESTRUN002", upto=1, state=RunState.PARTIAL)]
    return StandIn(runs=[*runs, run_of(make_plan([ROWS[0]]), "01TESTRUN001")])


def _interrupted() -> StandIn:
    return StandIn(runs=[run_of(make_plan([ROWS[3]]), "01TESTRUN001", RunState.INTERRUPTED, 1)])


@pytest.mark.parametrize(
    ("make", "keys", "size"),
    [
        pytest.param(StandIn, (), SMALL, id="queue-small"),
        pytest.param(StandIn, ("j", "space"), LARGE, id="queue-large"),
        pytest.param(lambda: StandIn(rows=()), (), SMALL, id="queue-empty"),
        pytest.param(_interrupted, (), SMALL, id="interrupted-run"),
        pytest.param(StandIn, FLOW[:4], LARGE, id="finding"),
        pytest.param(StandIn, ("j", "enter", "p"), SMALL, id="preview-small"),
        pytest.param(StandIn, ALL_FIVE, LARGE, id="preview-blocked"),
        pytest.param(StandIn, (*FLOW, "2"), SMALL, id="preview-calls"),
        pytest.param(StandIn, ("j", "enter", "p", "a"), SMALL, id="confirm"),
        pytest.param(StandIn, (*LOCK, "a"), SMALL, id="confirm-irreversible"),
        pytest.param(StandIn, (*FLOW, "a", "y"), SMALL, id="run-done"),
        pytest.param(_history, ("h",), LARGE, id="history"),
        pytest.param(StandIn, ("question_mark",), LARGE, id="help"),
        pytest.param(StandIn, (*FLOW, "t", "enter"), SMALL, id="patch-made"),
        pytest.param(StandIn, (*FLOW, "t", "enter", "o"), LARGE, id="patch-push"),
    ],
)
def test_screen(snap_compare, make, keys, size):
    bench = make()

    async def run_before(pilot) -> None:
        await pilot.pause()
        await pilot.app.settled()
        await press(pilot, *keys)

    assert snap_compare(HipaaTuiApp(lambda: bench), terminal_size=size, run_before=run_before)


def test_a_screenshot_is_exported_without_a_terminal(tmp_path):
    path = tmp_path / "preview.svg"
    export_screenshot(StandIn, path, (100, 30), keys=("j", "enter", "p"), banner="sandbox")
    text = path.read_text()
    assert text.startswith("<svg")
    assert "DenyInsecureTransport" in text
    assert "sandbox" in text
