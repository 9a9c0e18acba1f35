"""The store keeps what was committed, and says in one sentence what is wrong with it."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import RunState
from hipaa_tui.store import schema, sqlite
from hipaa_tui.store.database import StoreError, open_store
from hipaa_tui.support.errors import InputError, RefusedError
from tests.runs.plans import plan


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "store.db"


def older(path, *, running=True):
    """A store of schema 1 with one run, as version 1 wrote it."""
    store = open_store(path)
    journal = Journal(store)
    run = journal.begin(plan())
    journal.append(run, "change.intent", {"change": "c1"})
    if not running:
        journal.finish(run, RunState.DONE)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE leases")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
        connection.execute("UPDATE runs SET owner = 'elsewhere:1:1', beat = '2020-01-01T00:00:00.000+00:00'")
        connection.commit()
    return run


def records(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM records ORDER BY seq").fetchall()


def test_an_older_store_is_backed_up_and_then_migrated(path):
    run = older(path)
    before = records(path)
    store = open_store(path)
    (backup,) = (path.parent / "backups").iterdir()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert stat.S_IMODE(backup.parent.stat().st_mode) == 0o700
    assert records(backup) == records(path) == before
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchall() == [("1",)]
    journal = Journal(store)
    assert list(journal.broken_links()) == []
    with pytest.raises(RefusedError, match=f"run {run} on phistore was interrupted"):
        journal.begin(plan())
    assert len(list((path.parent / "backups").iterdir())) == 1, "it is migrated once"


def test_a_run_that_had_ended_has_nothing_after_the_migration(path):
    older(path, running=False)
    Journal(open_store(path)).begin(plan())


def test_a_store_whose_backup_cannot_be_written_is_left_as_it_is(path):
    older(path)
    (path.parent / "backups").write_text("a file where the folder has to be")
    with pytest.raises(InputError, match="backups"):
        open_store(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT value FROM meta").fetchall() == [("1",)]


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    older(path)

    def broken(connection):
        schema.leases.create(connection)
        raise ZeroDivisionError

    monkeypatch.setitem(sys.modules["hipaa_tui.store.migrations"].STEPS, 2, broken)
    with pytest.raises(ZeroDivisionError):
        open_store(path)
    with closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert "leases" not in tables
        assert connection.execute("SELECT value FROM meta").fetchall() == [("1",)]


FULL = """
    import resource, signal, sys
    from pathlib import Path
    from hipaa_tui.support.errors import InputError, RefusedError
    from hipaa_tui.journal.journal import Journal
    from hipaa_tui.store.database import open_store

    store = open_store(Path(sys.argv[1]))
    journal = Journal(store)
    (row,) = journal.rows()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = Path(sys.argv[1]).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    kept = 0
    try:
        while True:
            journal.note("plan:x", "plan.approved", {"text": "x" * 3000})
            kept += 1
    except InputError as error:
        print(kept, error)
"""


def test_a_disk_without_room_is_said_and_loses_nothing(path):
    journal = Journal(open_store(path))
    journal.begin(plan())
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(path)], capture_output=True, text=True, check=True
    )
    kept, said = done.stdout.split(" ", 1)
    assert "committed data is safe" in said
    assert str(path) in said
    assert len(journal.of("plan:x")) == int(kept)
    assert list(journal.broken_links()) == []
    journal.note("plan:x", "plan.approved", {})


def test_a_database_that_is_full_is_said(path):
    store = open_store(path)

    def cramped(connection, _record):
        cursor = connection.cursor()
        cursor.execute("PRAGMA max_page_count=40")
        cursor.close()

    event.listen(store.engine, "connect", cramped)
    journal = Journal(store)
    with pytest.raises(StoreError, match="full: free some space"):
        for _ in range(100):
            journal.note("x", "note", {"text": "x" * 3000})
    assert list(journal.broken_links()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who is refused")
def test_a_read_only_home_is_said():
    program = (
        "import os, sys; from pathlib import Path\n"
        "from hipaa_tui.store.database import open_store\n"
        "from hipaa_tui.support.errors import InputError\n"
        "os.setuid(65534)\n"
        "try: open_store(Path(sys.argv[1]))\n"
        "except InputError as error: print(error)\n"
    )
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", program, f"{home}/store.db"], capture_output=True, text=True, check=True
        )
        assert "Permission denied; make it writable for your user, or set HIPAA_TUI_HOME" in done.stdout
        assert list(Path(home).iterdir()) == []


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused(tmp_path, kind):
    mounts = tmp_path / "mounts"
    shared = tmp_path / "a share"
    shared.mkdir()
    place = str(shared).replace(" ", "\\040")
    mounts.write_text(f"rootfs / ext4 rw 0 0\nserver:/x {place} {kind} rw 0 0\n")
    with pytest.raises(InputError, match="network file system"):
        sqlite.refuse_network(shared / "home", mounts)
    sqlite.refuse_network(tmp_path / "local", mounts)


def test_a_corrupt_page_is_said_and_the_file_is_kept(path):
    journal = Journal(open_store(path))
    for _ in range(40):
        journal.note("x", "note", {"text": "x" * 3000})
    content = bytearray(path.read_bytes())
    content[8192:60_000] = b"\xff" * (60_000 - 8192)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged .*backup"):
        list(Journal(open_store(path)).broken_links())
    assert path.read_bytes() == content


def test_a_reader_never_waits_for_a_writer_to_begin(path):
    store = open_store(path)
    with store.writing() as connection:
        connection.execute(insert(schema.meta).values(key="half", value="done"))
        with store.reading() as other:
            assert other.execute(select(schema.meta.c.key)).scalars().all() == ["schema"]


def test_records_are_json_lines_with_no_secret_of_the_environment(path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    Journal(open_store(path)).begin(plan())
    (row,) = records(path)
    assert json.loads(row[2])["kind"] == "run.started"
    assert b"wJalrXUtnFEMI" not in path.read_bytes()
