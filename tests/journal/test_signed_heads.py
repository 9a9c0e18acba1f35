"""Whatever is done to the journal or to an export of it is found: edited, removed, swapped, added or cut off."""

import io
import json
import sqlite3
import stat
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from hipaa_tui.journal.chain import BEGINNING, Walk, link_hash
from hipaa_tui.journal.export import verify_export, write_export
from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.proofs import JournalProofs
from hipaa_tui.journal.signed_heads import KeptHeads, cut_off, expected, head_from, read_heads, sign_head
from hipaa_tui.journal.states import RunState
from hipaa_tui.store.database import open_store
from hipaa_tui.store.schema import records
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.signing import open_identity
from tests.runs.plans import change, plan


class Desk:
    """A home with a journal, as a workbench sets it up."""

    def __init__(self, root, known=()):
        self.root = root
        self.store = open_store(root / "store.db")
        self.journal = Journal(self.store)
        self.me = open_identity(root)
        whose = {self.me.key: "this home", **dict.fromkeys(known, "a colleague")}
        self.kept = KeptHeads(root, "store.db")
        self.keeping = JournalProofs(self.journal, self.kept, lambda: self.me, lambda key: whose.get(key, ""))

    def a_run(self, *changes):
        run = self.journal.begin(plan(*changes))
        self.journal.append(run, "change.intent", {"change": "c1", "calls": []})
        self.journal.append(run, "change.verified", {"change": "c1", "identity": {}, "value": {"ö": 1.5}})
        self.journal.finish(run, RunState.DONE)
        return run

    def tamper(self, *statements):
        connection = sqlite3.connect(self.root / "store.db")
        for trigger in ("records_are_never_edited", "records_are_never_removed"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    def write_anew_from(self, seq):
        """What somebody does who knows the format: another content, and every hash behind it computed afresh."""
        links, previous = list(self.journal.links()), ""
        statements = []
        for link in links:
            line = link.line.replace('"kind":"', '"kind":"x') if link.seq == seq else link.line
            if link.seq >= seq:
                previous = previous or link.previous
                hash = link_hash(previous, line)
                body = line.replace("'", "''")
                statements.append(
                    f"UPDATE records SET body='{body}', previous='{previous}', hash='{hash}' WHERE seq={link.seq}"  # noqa: S608
                )
                previous = hash
        self.tamper(*statements)


@pytest.fixture
def desk(tmp_path):
    found = Desk(tmp_path / "home")
    found.a_run()
    found.journal.note("exceptions", "exception.granted", {"id": "x1", "until": "2027-01-01"})
    found.journal.note("plan:" + "a" * 64, "plan.approved", {"approval": {"comment": "fine"}})
    found.a_run(change("c1", "other"))
    return found


def faults(desk, links, heads=()):
    walk = Walk(expected(heads))
    found = list(walk.faults(links))
    return found + list(cut_off(walk, heads, "the journal"))


def mutated(links, how, at, other, text):
    """The links after one act of somebody."""
    done = list(links)
    at, other = at % len(done), other % len(done)
    link = done[at]
    match how:
        case "edit":
            where = len(text) % len(link.line)
            done[at] = replace(link, line=link.line[:where] + (text or "x") + link.line[where + 1 :])
        case "refile":
            done[at] = replace(link, run=text)
        case "rehash":
            done[at] = replace(link, line=text, hash=link_hash(link.previous, text))
        case "remove":
            del done[at]
        case "swap":
            done[at], done[other] = done[other], done[at]
        case "renumber":
            done[at] = replace(link, seq=link.seq + 1 + other)
        case "copy":
            done.insert(other, link)
        case "truncate":
            done = done[:at]
    return done


ACTS = st.sampled_from(["edit", "refile", "rehash", "remove", "swap", "renumber", "copy", "truncate"])
LIMITS = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@LIMITS
@given(how=ACTS, at=st.integers(0, 50), other=st.integers(0, 50), text=st.text(max_size=40))
def test_any_single_act_on_any_record_is_found(desk, how, at, other, text):
    links = list(desk.journal.links())
    head = head_from(sign_head(desk.me, links[-1].seq, links[-1].hash))
    assert faults(desk, links, [head]) == []
    after = mutated(links, how, at, other, text)
    assert after == links or faults(desk, after, [head])


@LIMITS
@given(data=st.data())
def test_any_single_act_on_an_exported_file_is_found(desk, tmp_path, data):
    out = io.StringIO()
    run = data.draw(st.sampled_from(["", desk.journal.rows()[0].id]))
    write_export(desk.journal, desk.me, out, run)
    lines = out.getvalue().splitlines(keepends=True)
    at, other = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
    done = list(lines)
    match data.draw(st.sampled_from(["edit", "remove", "swap", "copy", "truncate", "cut"])):
        case "edit":
            where = data.draw(st.integers(0, len(lines[at]) - 2))
            done[at] = lines[at][:where] + data.draw(st.characters(codec="utf-8")) + lines[at][where + 1 :]
        case "remove":
            del done[at]
        case "swap":
            done[at], done[other] = done[other], done[at]
        case "copy":
            done.insert(other, lines[at])
        case "truncate":
            done = done[:at]
        case "cut":
            done[at] = lines[at][: data.draw(st.integers(0, len(lines[at]) - 2))]
    path = tmp_path / "export.jsonl"
    path.write_text("".join(done), encoding="utf-8", newline="")
    if _says_the_same(done, lines):
        return
    try:
        export, found = verify_export(path)
    except InputError:
        return
    assert found or not export.head.key, "an act went unnoticed"


def _says_the_same(done, lines):
    try:
        return [json.loads(line) for line in done] == [json.loads(line) for line in lines]
    except ValueError:
        return False


def test_a_whole_journal_is_whole_in_the_store_and_in_a_file(desk, tmp_path):
    assert desk.keeping.verify().faults == ()
    statement = desk.keeping.export("", tmp_path / "all.jsonl")
    proof = desk.keeping.verify_file(tmp_path / "all.jsonl")
    assert (proof.faults, proof.records, statement["seq"]) == ((), 10, 10)
    assert stat.S_IMODE((tmp_path / "all.jsonl").stat().st_mode) == 0o600
    assert desk.keeping.verify().faults == ()


def test_records_cut_off_from_the_end_show_against_the_heads_that_this_home_signed(desk):
    before = desk.keeping.verify()
    assert "no signed head to compare with" in before.notes[0]
    desk.keeping.head()
    desk.tamper("DELETE FROM records WHERE seq > 7")
    assert list(desk.journal.broken_links()) == [], "the chain alone cannot show it"
    (fault,) = desk.keeping.verify().faults
    assert "the journal ends at record 7" in fault
    assert "the last 3 records were cut off" in fault


def test_a_note_that_was_removed_shows(desk):
    desk.tamper("DELETE FROM records WHERE run = 'exceptions'")
    assert any("record 5 is missing" in fault for fault in desk.keeping.verify().faults)


def test_a_record_that_was_filed_under_another_run_shows(desk):
    first, second = (row.id for row in desk.journal.rows())
    desk.tamper(f"UPDATE records SET run = '{first}' WHERE run = '{second}' AND seq = 2")  # noqa: S608
    (fault,) = desk.keeping.verify().faults
    assert "record 2 was filed under" in fault


@pytest.mark.parametrize("seq", [1, 4, 10])
def test_a_journal_that_was_written_anew_shows_against_a_head(desk, tmp_path, seq):
    desk.keeping.head()
    desk.write_anew_from(seq)
    assert list(desk.journal.broken_links()) == [], "the chain alone cannot show it"
    assert any("record 10 is not the one that was signed" in fault for fault in desk.keeping.verify().faults)


def test_a_head_kept_elsewhere_is_compared(desk, tmp_path):
    path = tmp_path / "head.json"
    path.write_text(json.dumps(desk.keeping.head()))
    desk.kept.path.unlink()
    desk.a_run(change("c1", "third"))
    assert desk.keeping.verify(read_heads(path)).faults == ()
    desk.tamper("DELETE FROM records WHERE seq >= 10")
    assert "ends at record 9" in desk.keeping.verify(read_heads(path)).faults[0]


def test_an_edited_head_is_not_believed(desk, tmp_path):
    statement = desk.keeping.head()
    path = tmp_path / "head.json"
    path.write_text(json.dumps({**statement, "seq": 3}))
    assert any("is invalid" in fault for fault in desk.keeping.verify(read_heads(path)).faults)


def test_a_head_of_a_stranger_is_said(desk, tmp_path):
    other = open_identity(tmp_path / "other")
    head = desk.journal.head()
    path = tmp_path / "head.json"
    path.write_text(json.dumps(sign_head(other, head.seq, head.hash)))
    heads = read_heads(path)
    assert "signed by an unknown key" in desk.keeping.verify(heads).faults[0]
    assert desk.keeping.verify(heads, [other.key]).faults == ()
    assert "not by the given one" in desk.keeping.verify(heads, [desk.me.key]).faults[0]


def test_a_forged_or_torn_line_among_the_kept_heads_is_said_and_the_next_one_is_whole(desk, tmp_path):
    desk.keeping.head()
    with desk.kept.path.open("a") as file:
        file.write('{"store": "store.db", "he')
    desk.keeping.head()
    assert desk.keeping.verify().faults == (
        "heads.jsonl: line 2 is not a signed head: it was edited or truncated",
    )
    forged = sign_head(open_identity(tmp_path / "other"), 1, BEGINNING)
    desk.kept.path.write_text(json.dumps({"store": "store.db", "head": forged}) + "\n")
    assert any("not signed by this home" in fault for fault in desk.keeping.verify().faults)
    assert stat.S_IMODE(desk.kept.path.stat().st_mode) == 0o600


def test_heads_of_another_store_are_not_compared(desk):
    KeptHeads(desk.root, "postgresql://team/journal").keep(sign_head(desk.me, 500, "f" * 64))
    assert desk.keeping.verify().faults == ()


def test_a_runs_evidence_is_verified_on_another_machine_with_the_public_key_alone(desk, tmp_path):
    run = desk.journal.rows()[0].id
    statement = desk.keeping.export(run[:-1], tmp_path / "run.jsonl")
    assert statement["run"] == {"id": run, "records": 4, "digest": statement["run"]["digest"]}
    elsewhere = Desk(tmp_path / "auditor")
    proof = elsewhere.keeping.verify_file(tmp_path / "run.jsonl", keys=[desk.me.key])
    assert (proof.faults, proof.records) == ((), 4)
    assert run in proof.notes[0]
    assert "unknown key" in elsewhere.keeping.verify_file(tmp_path / "run.jsonl").faults[0]
    colleague = Desk(tmp_path / "colleague", known=[desk.me.key])
    assert colleague.keeping.verify_file(tmp_path / "run.jsonl").faults == ()


def test_an_export_that_somebody_signed_anew_is_not_believed(desk, tmp_path):
    desk.keeping.export("", tmp_path / "all.jsonl")
    forger = Desk(tmp_path / "forger")
    forger.a_run()
    forger.keeping.export("", tmp_path / "forged.jsonl")
    assert desk.keeping.verify_file(tmp_path / "forged.jsonl", keys=[desk.me.key]).faults


def test_an_export_is_compared_with_a_head_kept_elsewhere(desk, tmp_path):
    desk.keeping.export("", tmp_path / "early.jsonl")
    desk.a_run(change("c1", "third"))
    head = head_from(desk.keeping.head())
    (fault,) = desk.keeping.verify_file(tmp_path / "early.jsonl", [head]).faults
    assert "the file ends at record 10" in fault


@pytest.mark.parametrize(
    "text", ["", "hello\n", "{}\n", "[1]\n", '{"kind": "hipaa-tui journal head"}\n', "\x00\n", "[" * 5000]
)
def test_a_file_that_is_no_export_is_one_sentence(desk, tmp_path, text):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    for read in (desk.keeping.verify_file, read_heads):
        with pytest.raises(InputError, match=r"x\.jsonl") as error:
            read(path)
        assert "\n" not in str(error.value)


def test_a_long_journal_is_walked_page_by_page(tmp_path):
    desk = Desk(tmp_path / "home")
    previous, rows = BEGINNING, []
    filler = "x" * 2000
    for seq in range(1, 10_001):
        line = json.dumps(
            {"at": "", "body": filler, "kind": "k", "run": "r", "seq": seq}, separators=(",", ":")
        )
        hash = link_hash(previous, line)
        rows.append({"seq": seq, "run": "r", "body": line, "previous": previous, "hash": hash})
        previous = hash
    with desk.store.writing() as connection:
        connection.execute(insert(records), rows)
    del rows
    tracemalloc.start()
    assert list(desk.journal.broken_links()) == []
    desk.keeping.export("", tmp_path / "all.jsonl")
    assert desk.keeping.verify_file(tmp_path / "all.jsonl").faults == ()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 1024 * 1024, "20 MB of records must not be in memory at once"


@pytest.mark.parametrize("at", [1, 4])
def test_a_record_of_a_run_that_was_written_anew_with_its_hash_shows(desk, tmp_path, at):
    path = tmp_path / "run.jsonl"
    desk.keeping.export(desk.journal.rows()[0].id, path)
    lines = path.read_text().splitlines()
    previous = json.loads(lines[at])["previous"]
    for number in range(at, len(lines)):
        record = json.loads(lines[number])
        record["line"] = record["line"].replace('"at":"2', '"at":"1') if number == at else record["line"]
        record |= {"previous": previous, "hash": link_hash(previous, record["line"])}
        lines[number], previous = json.dumps(record), record["hash"]
    path.write_text("\n".join(lines) + "\n")
    assert any("are not the signed ones" in fault for fault in desk.keeping.verify_file(path).faults)


def test_a_run_of_a_whole_journal_may_be_rolled_back(desk):
    desk.keeping.head()
    for row in desk.journal.rows():
        desk.keeping.refuse_edited(row.id)


def test_an_edited_prior_value_is_not_written_back(desk):
    first = desk.journal.rows()[-1].id
    desk.tamper(
        """UPDATE records SET body = replace(body, '"allowBlobPublicAccess":true', '"allowBlobPublicAccess":null')"""
    )
    with pytest.raises(RefusedError, match="nothing was changed: the journal is broken"):
        desk.keeping.refuse_edited(first)


@pytest.mark.parametrize("seq", [1, 4, 10])
def test_a_journal_that_was_written_anew_is_not_rolled_back_from(desk, seq):
    desk.keeping.head()
    desk.write_anew_from(seq)
    with pytest.raises(RefusedError, match="is not the one that was signed"):
        desk.keeping.refuse_edited(desk.journal.rows()[-1].id)


def test_a_journal_whose_end_was_cut_off_is_not_rolled_back_from(desk):
    desk.keeping.head()
    desk.tamper("DELETE FROM records WHERE seq > 7")
    with pytest.raises(RefusedError, match="the last 3 records were cut off"):
        desk.keeping.refuse_edited(desk.journal.rows()[-1].id)


def test_what_is_wrong_behind_a_run_does_not_keep_it_from_being_rolled_back(desk):
    first = desk.journal.rows()[-1].id
    last = desk.journal.last_of(first)
    desk.tamper(f"UPDATE records SET body = body || ' ' WHERE seq = {last + 1}")  # noqa: S608
    assert desk.keeping.verify().faults
    desk.keeping.refuse_edited(first)
