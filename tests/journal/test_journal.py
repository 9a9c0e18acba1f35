"""The journal keeps every record in one chain, and says where it was tampered with."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import FencedError, RunState
from hipaa_tui.runs.views import view
from hipaa_tui.store.database import open_store
from hipaa_tui.support.errors import InputError, RefusedError
from tests.runs.plans import change, plan


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "store.db"


@pytest.fixture
def journal(path):
    return Journal(open_store(path))


def a_run(journal, *changes):
    run = journal.begin(plan(*changes))
    journal.append(run, "change.intent", {"change": "c1", "calls": []})
    journal.append(run, "change.outcome", {"change": "c1"})
    journal.append(run, "change.verified", {"change": "c1", "identity": {}, "value": {}})
    journal.finish(run, RunState.DONE)
    return run


def tamper(path, *statements):
    connection = sqlite3.connect(path)
    for trigger in ("records_are_never_edited", "records_are_never_removed"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_run_is_told_from_its_records(journal):
    run = a_run(journal)
    seen = view(journal, journal.row(run))
    assert seen.state is RunState.DONE
    assert [(c.state.value, c.verified) for c in seen.changes] == [("applied", True)]
    assert list(journal.broken_links()) == []


def test_the_plan_with_its_prior_values_is_journaled_before_anything_else(journal):
    run = journal.begin(plan())
    first = journal.of(run)[0]
    assert first.kind == "run.started"
    assert first.body["plan"]["changes"][0]["before"] == {"allowBlobPublicAccess": True}
    assert journal.plan(run) == plan()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE records SET body = replace(body, 'intent', 'outcome') WHERE seq = 2", "record 2 was edited"),
        ("DELETE FROM records WHERE seq = 3", "record 3 is missing"),
        ("UPDATE records SET previous = hash WHERE seq = 4", "record 4 does not follow"),
        ("UPDATE records SET seq = 99 WHERE seq = 5", "records 5 to 98 are missing"),
    ],
)
def test_tampering_is_found_and_said(journal, path, statement, sentence):
    a_run(journal)
    tamper(path, statement)
    assert any(sentence in fault for fault in journal.broken_links())


def test_the_store_itself_refuses_to_edit_a_record(journal, path):
    a_run(journal)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM records")
    connection.close()


def test_files_are_readable_by_their_owner_only(journal, path):
    a_run(journal)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_run_whose_process_was_killed_is_found(journal, path):
    program = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from tests.runs.plans import plan\n"
        "from hipaa_tui.journal.journal import Journal\n"
        "from hipaa_tui.store.database import open_store\n"
        "journal = Journal(open_store(Path(sys.argv[1])))\n"
        "run = journal.begin(plan())\n"
        "journal.append(run, 'change.intent', {'change': 'c1', 'calls': []})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, str(path), str(root)], check=False)
    assert done.returncode == -9
    (row,) = journal.rows()
    assert row.interrupted
    seen = view(journal, row)
    assert seen.state is RunState.INTERRUPTED
    assert seen.changes[0].state.value == "writing"
    journal.take_over(row.id)
    assert not journal.rows()[0].interrupted


def test_a_run_that_is_alive_cannot_be_taken_over(journal):
    run = journal.begin(plan())
    with pytest.raises(RefusedError, match="nothing to resume"):
        journal.take_over(run)


def test_two_runs_never_touch_one_resource_at_once(journal):
    journal.begin(plan())
    with pytest.raises(RefusedError, match="is in progress"):
        journal.begin(plan())
    journal.begin(plan(change(name="another")))


def test_a_worker_that_was_replaced_writes_no_more(journal, path):
    run = journal.begin(plan())
    connection = sqlite3.connect(path)
    connection.execute("UPDATE runs SET owner = 'elsewhere:1:1'")
    connection.commit()
    connection.close()
    with pytest.raises(FencedError, match="taken over"):
        journal.append(run, "change.intent", {"change": "c1"})


def test_a_run_is_found_by_the_start_of_its_id(journal):
    run = a_run(journal)
    assert journal.row(run[:12]).id == run
    with pytest.raises(InputError, match="there is no run"):
        journal.row("nothing")
    with pytest.raises(InputError):
        journal.row("")


def test_a_newer_schema_is_refused(journal, path):
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="schema 99"):
        open_store(path)


@pytest.mark.parametrize(
    "content", [b"not a database at all, but some text that is long enough", b"\x00" * 5000]
)
def test_a_damaged_store_is_said_and_kept(path, content):
    path.parent.mkdir(mode=0o700)
    path.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        open_store(path)
    assert path.read_bytes() == content


def test_somebody_elses_database_is_refused(path):
    path.parent.mkdir(mode=0o700)
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="belongs to another program"):
        open_store(path)


def test_a_locked_store_is_said(journal, path, monkeypatch):
    monkeypatch.setattr("hipaa_tui.store.sqlite.BUSY_SECONDS", 0.05)
    journal = Journal(open_store(path))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(InputError, match="another hipaa-tui process is writing"):
        journal.begin(plan())
    connection.execute("ROLLBACK")
    connection.close()
