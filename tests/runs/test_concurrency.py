"""Two processes on one store never have one resource at once."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import RunState
from hipaa_tui.store.database import open_store
from tests.store.postgresql_server import MISSING, postgresql_server, programs

RACING = """
    import os, sys, time
    from pathlib import Path
    from tests.runs.plans import plan
    from hipaa_tui.support.errors import RefusedError
    from hipaa_tui.journal.journal import Journal
    from hipaa_tui.journal.states import RunState
    from hipaa_tui.store.database import open_store

    where, flag = sys.argv[1:3]
    journal = Journal(open_store(where if "://" in where else Path(where)))
    had = refused = 0
    print("ready", flush=True)
    sys.stdin.readline()
    while had < 8:
        try:
            run = journal.begin(plan())
        except RefusedError:
            refused += 1
            continue
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))  # fails where another one has the resource
        journal.append(run, "change.intent", {"change": "c1"})
        time.sleep(0.02)
        os.unlink(flag)
        journal.finish(run, RunState.DONE)
        had += 1
    print(refused)
"""


def race(where, folder, workers=4):
    """How often the workers were refused while another had the resource. Fails where two had it."""
    open_store(where)
    command = [sys.executable, "-c", textwrap.dedent(RACING), str(where), str(folder / "flag")]
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=100)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * workers
    journal = Journal(open_store(where))
    rows = journal.rows()
    assert len(rows) == 8 * workers
    assert {row.state for row in rows} == {RunState.DONE}
    assert list(journal.broken_links()) == []
    return sum(map(int, outputs))


def test_processes_that_race_for_a_resource_have_it_one_after_the_other(tmp_path):
    assert race(tmp_path / "home" / "store.db", tmp_path) > 0


@pytest.mark.skipif(programs() is None, reason=MISSING)
def test_they_do_so_on_postgresql_too(tmp_path):
    with postgresql_server() as url:
        assert race(url, tmp_path) > 0
