"""Prints a run's result, and gives its exit code."""

from __future__ import annotations

from hipaa_tui.cli.terminal import say
from hipaa_tui.journal.states import RunState
from hipaa_tui.runs.model import ChangeState, RunView
from hipaa_tui.support.errors import ExitCode


def exit_code(run: RunView) -> ExitCode:
    """0: done and verified. 3: stopped by drift, nothing is changed. 4: anything else that is not done."""
    if run.state is RunState.DONE:
        return ExitCode.DONE
    drifted = any(change.state is ChangeState.DRIFTED for change in run.changes)
    if run.state is RunState.STOPPED and drifted:
        return ExitCode.REFUSED
    return ExitCode.INCOMPLETE


def print_run(run: RunView) -> None:
    """Print the run's state and that of each change to stdout."""
    back = f", rolled back by {run.rolled_back_by}" if run.rolled_back_by else ""
    undoes = f" of run {run.of_run}" if run.of_run else ""
    say(f"run {run.run}: {run.kind}{undoes}, {run.state.value}{back}")
    for change in run.changes:
        verified = {True: "verified", False: "not verified", None: "not checked"}[change.verified]
        say(f"  {change.id} {change.setting} {change.resource}: {change.state.value}, {verified}")
        if change.note:
            say(f"     {change.note}")
    if run.note:
        say(f"  {run.note}")
