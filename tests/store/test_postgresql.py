"""A team's store in PostgreSQL follows the same rules, on a real server."""

import subprocess
import sys
import threading

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import FencedError, RunState
from hipaa_tui.store.database import StoreError, open_store
from hipaa_tui.support.errors import InputError, RefusedError
from tests.runs.plans import change, plan
from tests.store.postgresql_server import MISSING, postgresql_server, programs

pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)


@pytest.fixture(scope="module")
def server():
    with postgresql_server() as url:
        yield url


@pytest.fixture
def url(server):
    """An empty database."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS hipaa_tui_backup_v1 CASCADE")
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


def statement(url, words):
    with open_store(url).engine.begin() as connection:
        connection.execute(text(words))


def test_a_run_is_journaled_and_its_chain_is_whole(url):
    journal = Journal(open_store(url))
    run = journal.begin(plan())
    journal.append(run, "change.intent", {"change": "c1"})
    journal.finish(run, RunState.DONE)
    assert [record.kind for record in Journal(open_store(url)).of(run)] == [
        "run.started",
        "change.intent",
        "run.finished",
    ]
    assert list(journal.broken_links()) == []


@pytest.mark.parametrize("words", ["DELETE FROM records", "UPDATE records SET body = ''", "TRUNCATE records"])
def test_the_server_refuses_to_edit_a_record(url, words):
    Journal(open_store(url)).begin(plan())
    with pytest.raises(ProgrammingError, match="append-only"):
        statement(url, words)


def test_two_machines_never_have_one_resource(url):
    first, second = Journal(open_store(url)), Journal(open_store(url))
    run = first.begin(plan())
    with pytest.raises(RefusedError, match="in progress"):
        second.begin(plan())
    second.begin(plan(change(name="another")))
    statement(url, "UPDATE runs SET beat = '2020-01-01T00:00:00.000+00:00'")
    second.take_over(run)
    with pytest.raises(FencedError):
        first.append(run, "change.intent", {"change": "c1"})


def test_many_writers_make_one_chain(url):
    open_store(url)

    def write(number):
        journal = Journal(open_store(url))
        for _ in range(10):
            journal.note(f"subject {number}", "note", {})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal = Journal(open_store(url))
    assert journal.head().seq == 60
    assert list(journal.broken_links()) == []


def test_an_older_schema_is_copied_before_it_is_migrated(url):
    run = Journal(open_store(url)).begin(plan())
    statement(url, "DROP TABLE leases")
    statement(url, "UPDATE meta SET value = '1' WHERE key = 'schema'")
    store = open_store(url)
    with store.reading() as connection:
        kept = connection.execute(text("SELECT run FROM hipaa_tui_backup_v1.records")).scalars().all()
        assert kept == [run]
        assert connection.execute(text("SELECT value FROM meta")).scalar() == "2"
    with pytest.raises(RefusedError, match=run):
        Journal(store).begin(plan())


def test_a_newer_schema_is_refused(url):
    open_store(url)
    statement(url, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    with pytest.raises(InputError, match="schema 99"):
        open_store(url)


def test_a_foreign_database_is_left_alone(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE theirs (x int)")
    with pytest.raises(InputError, match="belongs to another program"):
        open_store(url)


def test_a_writer_that_idles_inside_a_transaction_is_ended_by_the_server(url):
    with open_store(url).reading() as connection:
        limits = [
            connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("idle_in_transaction_session_timeout", "lock_timeout", "synchronous_commit")
        ]
    assert limits == ["30s", "30s", "on"]


def test_a_server_that_is_gone_is_said_without_the_password():
    with pytest.raises(StoreError, match="check that the server is running") as caught:
        open_store("postgresql://hipaa:geheim@127.0.0.1:1/postgres")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://host:port/x", "mysql://host/x", "file:///x", "x.db", ""])
def test_a_url_that_is_none_is_said(url):
    with pytest.raises(InputError, match="postgresql://USER@HOST:PORT/DATABASE"):
        open_store(url)


def test_the_store_is_chosen_in_the_config(url, tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(f'store = "{url}"\n')
    Journal(open_store(url)).begin(plan())
    done = subprocess.run(
        [sys.executable, "-m", "hipaa_tui", "history"],
        env={"HIPAA_TUI_HOME": str(home), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "apply" in done.stdout
    assert not (home / "store.db").exists()
