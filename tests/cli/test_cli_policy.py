"""Approvals, windows, caps and exceptions on the command line, over a real server and between separate homes."""

import json
import os
from datetime import UTC, date, datetime, timedelta

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.journal.journal import Journal
from hipaa_tui.providers.registry import setting
from hipaa_tui.store.database import open_store
from hipaa_tui.support.config import Home
from hipaa_tui.support.signing import open_identity
from tests.azure.server import ACCOUNT, HTTPS, azure, storage_account, target

SECURE = "azure.storage.secure-transfer"


def accounts(count):
    return [ACCOUNT, *(ACCOUNT.replace("patientfiles", f"files{number:02}") for number in range(1, count))]


class Team:
    """Several people, each with a home of their own, and one cloud."""

    def __init__(self, folder, cloud, monkeypatch, capsys):
        self.folder = folder
        self.cloud = cloud
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.said = self.error = ""

    def run(self, *arguments, who="op"):
        self._monkeypatch.setenv("HIPAA_TUI_HOME", str(self.folder / who))
        code = run([str(one) for one in arguments])
        self.said, self.error = self._capsys.readouterr()
        return code

    def json(self, *arguments, who="op"):
        self.run(*arguments, "--json", who=who)
        return json.loads(self.said)

    def key(self, who):
        return open_identity(self.folder / who).key

    def policy(self, text, who="op"):
        people = "\n".join(f"  {name}: {self.key(name)}" for name in ("ada", "grace"))
        (self.folder / who).mkdir(mode=0o700, exist_ok=True)
        (self.folder / who / "policy.yaml").write_text(f"approvers:\n{people}\n{text}\n")

    def planned(self, name="plan.json", *more):
        assert self.run("scan", "--provider", "azure", "--playbook", SECURE) == 0
        path = self.folder / name
        assert self.run("plan", "--playbook", SECURE, "-o", path, *more) == 0, self.error
        return path

    def fixed(self, id=ACCOUNT):
        return setting("azure.storage.transport").read(self.cloud, target(id)).value == HTTPS

    def started(self, who="op"):
        journal = Journal(open_store(Home(self.folder / who).store))
        return journal.of(journal.rows()[0].id)[0].body


@pytest.fixture
def make(tmp_path, monkeypatch, capsys):
    entered = []

    def make(count=1):
        block = azure(*(storage_account(id) for id in accounts(count)))
        cloud = block.__enter__()
        entered.append(block)
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123 - no terminal
        return Team(tmp_path, cloud, monkeypatch, capsys)

    yield make
    for block in entered:
        block.__exit__(None, None, None)


ALWAYS = "approvals: [{count: 1}]"


def test_an_approval_travels_as_a_file_and_goes_on_record(make):
    team = make()
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    assert "needs 1 approval by ada or grace" in team.said
    assert team.run("apply", plan, "--yes") == 3
    assert "needs 1 approval by ada or grace" in team.error
    assert not team.fixed()
    assert team.run("approve", plan, "--yes", "--comment", "CHG-7", "-o", ok, who="ada") == 0
    assert oct(ok.stat().st_mode & 0o777) == "0o600"
    assert team.run("apply", plan, "--yes", "--approval", ok) == 0, team.error
    assert team.fixed()
    context = team.started()["context"]
    assert [one["comment"] for one in context["approvals"]] == ["CHG-7"]
    assert context["by"]["key"] == team.key("op")
    assert set(context["by"]) == {"user", "host", "name", "key"}
    assert context["principals"]["azure"]
    assert len(context["policy"]) == 64
    assert team.run("journal", "verify") == 0


def test_an_approval_can_be_taken_over_before_it_is_needed(make):
    team = make()
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    team.run("approve", plan, "--yes", "-o", ok, who="grace")
    assert team.run("approvals", plan) == 0
    assert "no approvals yet" in team.said
    assert team.run("approvals", plan, ok) == 0
    assert "(valid)" in team.said
    assert "approved by grace" in team.said
    assert team.json("approvals", plan)["policy"]["missing"] == []
    assert team.run("apply", plan, "--yes") == 0, team.error


def test_where_the_team_shares_a_store_the_approval_alone_is_enough(make):
    team = make()
    team.policy(ALWAYS)
    plan = team.planned()
    (team.folder / "ada" / "store.db").symlink_to(team.folder / "op" / "store.db")
    assert team.run("approve", plan, "--yes", who="ada") == 0
    assert team.run("apply", plan, "--yes") == 0, team.error


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda value: {**value, "comment": "edited"}, "is invalid"),
        (lambda value: {**value, "expires": "2031-01-01T00:00:00+00:00"}, "is invalid"),
        (lambda value: {**value, "plan": "0" * 64}, "is invalid"),
    ],
)
def test_an_edited_approval_is_refused_and_nothing_happens(make, change, sentence):
    team = make()
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    team.run("approve", plan, "--yes", "-o", ok, who="ada")
    ok.write_text(json.dumps(change(json.loads(ok.read_text()))))
    assert team.run("apply", plan, "--yes", "--approval", ok) == 3
    assert sentence in team.error
    assert team.error.count("\n") == 1
    assert not team.fixed()


def test_a_file_that_is_no_approval_has_exit_code_2(make):
    team = make()
    team.policy(ALWAYS)
    plan, bad = team.planned(), team.folder / "bad.json"
    for text in ("", "{}", "[" * 9000, '{"kind": "hipaa-tui approval"}'):
        bad.write_text(text)
        assert team.run("apply", plan, "--yes", "--approval", bad) == 2
        assert "not an approval" in team.error
    assert team.run("apply", plan, "--yes", "--approval", "gone.json") == 2
    assert not team.fixed()


def test_the_approval_of_a_stranger_or_of_oneself_is_refused(make):
    team = make()
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    assert team.run("approve", plan, "--yes", "-o", ok, who="mallory") == 0
    assert team.run("apply", plan, "--yes", "--approval", ok) == 3
    assert "is not an approver in the policy" in team.error
    assert team.run("approve", plan, "--yes") == 3
    assert "is not among the approvers" in team.error
    people = f"approvers: {{op: {team.key('op')}, ada: {team.key('ada')}}}\n{ALWAYS}\n"
    (team.folder / "op" / "policy.yaml").write_text(people)
    assert team.run("approve", plan, "--yes") == 3
    assert "you made this plan" in team.error
    # What ada made, op may approve; what op made and approved elsewhere still does not count.
    assert team.run("apply", plan, "--yes", who="op") == 3
    assert not team.fixed()


def test_a_plan_that_was_made_anew_or_shortened_needs_its_own_approval(make):
    team = make(2)
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    team.run("approve", plan, "--yes", "-o", ok, who="ada")
    again = team.folder / "again.json"
    finding = team.json("findings")[0]["id"]
    assert team.run("plan", "--finding", finding, "-o", again) == 0
    assert team.run("apply", again, "--yes", "--approval", ok) == 3
    assert "makes a new plan, which has to be approved itself" in team.error
    assert not team.fixed()


def test_what_a_guard_blocks_is_left_out_before_it_is_approved(make, tmp_path):
    from dataclasses import replace

    from hipaa_tui.plans.model import open_plan, save
    from hipaa_tui.providers.guard import GuardResult, Outcome

    team = make(2)
    team.policy(ALWAYS)
    whole, rest, ok = team.planned(), tmp_path / "rest.json", tmp_path / "ok.json"
    plan = open_plan(whole)
    block = GuardResult("a-guard", Outcome.BLOCK, "for a reason")
    changes = (replace(plan.changes[0], guards=(block,)), *plan.changes[1:])
    save(replace(plan, changes=changes), whole)
    assert team.run("approve", whole, "--yes", who="ada") == 3
    assert "--skip-blocked" in team.error
    assert team.run("apply", whole, "--yes", "--skip-blocked") == 3
    assert "leaving fixes out makes a new plan, which was not approved" in team.error
    assert team.run("plan", whole, "--skip-blocked", "-o", rest) == 0
    assert team.run("approve", rest, "--yes", "-o", ok, who="ada") == 0
    assert team.run("apply", whole, "--yes", "--skip-blocked", "--approval", ok) == 0, team.error
    assert [team.fixed(id) for id in accounts(2)].count(True) == 1


def test_an_approval_that_expired_is_refused(make, monkeypatch):
    team = make()
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    from hipaa_tui.plans.model import open_plan
    from hipaa_tui.policy.approvals import approve

    earlier = datetime.now(UTC) - timedelta(days=8)
    statement = approve(open_identity(team.folder / "ada"), open_plan(plan).hash, name="ada", now=earlier)
    ok.write_text(json.dumps(statement))
    assert team.run("apply", plan, "--yes", "--approval", ok) == 3
    assert "expired on" in team.error
    assert not team.fixed()


FROZEN = "freezes: [{reason: 'year end', from: 2020-01-01, to: 2099-12-31}]"


def test_a_freeze_holds_a_plan_and_lets_a_rollback_through(make):
    team = make()
    plan = team.planned()
    assert team.run("apply", plan, "--yes") == 0
    done = team.json("history")[0]["run"]
    team.policy(FROZEN)
    assert team.run("rollback", done, "--yes") == 0, team.error
    assert not team.fixed()
    again = team.planned("again.json")
    assert "frozen until Fri 2100-01-01 00:00 UTC: year end" in team.said
    assert team.run("apply", again, "--yes") == 3
    assert "frozen until" in team.error
    assert not team.fixed()
    team.policy(FROZEN + "\nrollbacks: {windows: true}")


def test_a_rollback_waits_where_the_policy_says_so(make):
    team = make()
    assert team.run("apply", team.planned(), "--yes") == 0
    team.policy(FROZEN + "\nrollbacks: {windows: true}")
    assert team.run("rollback", team.json("history")[0]["run"], "--yes") == 3
    assert "frozen until" in team.error
    assert team.fixed()


def test_what_only_calls_itself_a_rollback_is_held(make):
    from dataclasses import replace

    from hipaa_tui.plans.model import open_plan, save

    team = make()
    plan = team.planned()
    disguised = replace(open_plan(plan), kind="rollback", of_run="20260101-000000-aaaaaa")
    save(disguised, plan)
    team.policy(FROZEN)
    assert team.run("apply", plan, "--yes") == 3
    assert "frozen until" in team.error
    assert not team.fixed()


def test_a_rule_for_a_tag_reads_the_tags_of_the_resources(make):
    team = make()
    team.policy("approvals: [{tags: {team: surgery}}]")
    plan = team.planned()
    assert team.json("approvals", plan)["policy"]["missing"] == []
    team.policy("approvals: [{tags: {Team: records}}]")
    assert team.json("approvals", plan)["policy"]["missing"]


def test_a_large_plan_needs_its_number(make):
    team = make(12)
    team.policy("blast_radius: {resources: 25, percent: 50, population: 10}")
    plan = team.planned()
    assert "the plan changes 12 resources (12 of 12 Storage account resources" in team.said
    assert team.run("apply", plan, "--yes") == 3
    assert "--reach 12" in team.error
    assert team.run("apply", plan, "--yes", "--reach", "11") == 3
    assert not team.fixed()
    assert team.run("apply", plan, "--yes", "--reach", "12") == 0, team.error
    assert all(team.fixed(id) for id in accounts(12))
    assert team.started()["context"]["reach"] == 12
    assert team.run("rollback", team.json("history")[0]["run"], "--yes") == 0, team.error


def test_a_small_plan_in_a_large_account_needs_no_number(make):
    team = make(12)
    team.run("scan", "--provider", "azure", "--playbook", SECURE)
    ids = [row["id"] for row in team.json("findings")][:6]
    plan = team.folder / "plan.json"
    assert team.run("plan", "--finding", *ids, "-o", plan) == 0
    assert team.run("apply", plan, "--yes") == 0, team.error


def test_an_interrupted_run_is_resumed_under_the_policy_with_what_its_run_had(make):
    team = make()
    team.policy(ALWAYS)
    plan, ok = team.planned(), team.folder / "ok.json"
    team.run("approve", plan, "--yes", "-o", ok, who="ada")
    home = Home(team.folder / "op")
    from hipaa_tui.plans.model import open_plan

    journal = Journal(open_store(home.store))
    run_id = journal.begin(open_plan(plan), {"approvals": [json.loads(ok.read_text())]})
    journal.lay_down(run_id, "stopped in a test")
    team.policy(ALWAYS + "\n" + FROZEN)
    assert team.run("resume", run_id, "--yes") == 3
    assert "frozen until" in team.error
    assert not team.fixed()
    team.policy(ALWAYS)
    assert team.run("resume", run_id, "--yes") == 0, team.error
    assert team.fixed()


def test_a_broken_policy_stops_everything_that_writes(make):
    team = make()
    plan = team.planned()
    (team.folder / "op" / "policy.yaml").write_text("colour: red")
    assert team.run("apply", plan, "--yes") == 2
    assert "there is no entry 'colour'" in team.error
    (team.folder / "op" / "policy.yaml").unlink()
    (team.folder / "op" / "config.toml").write_text(f"policy = '{team.folder}/gone.yaml'\n")
    assert team.run("apply", plan, "--yes") == 2
    assert "the policy cannot be read" in team.error
    assert not team.fixed()


# Exceptions


def test_an_excepted_finding_is_shown_and_not_planned_until_it_is_over(make, monkeypatch):
    team = make(2)
    team.planned()
    ids = [row["id"] for row in team.json("findings")]
    assert team.run("except", ids[0], "--owner", "Ada", "--until", "2090-06-30", "--reason", "brochures") == 0
    assert [row["id"] for row in team.json("findings", "--state", "excepted")] == [ids[0]]
    assert [row["id"] for row in team.json("findings", "--state", "open")] == [ids[1]]
    assert {row["state"] for row in team.json("findings")} == {"open", "excepted"}
    assert team.json("show", ids[0])["exception"]["owner"] == "Ada"
    assert len(team.json("plan", "--all")["changes"]) == 1
    assert len(team.json("plan", "--playbook", SECURE)["changes"]) == 1
    named = team.json("plan", "--finding", *ids)
    assert [one["reason"] for one in named["skipped"]] == ["excepted by Ada until 2090-06-30: brochures"]
    assert len(named["changes"]) == 1
    assert team.run("scan", "--provider", "azure", "--playbook", SECURE) == 0
    assert [row["id"] for row in team.json("findings", "--state", "excepted")] == [ids[0]]
    later = date(2090, 7, 1)
    monkeypatch.setattr("hipaa_tui.triage.exceptions.today", lambda: later)
    assert {row["state"] for row in team.json("findings")} == {"open"}


def test_a_plan_of_before_does_not_change_what_is_excepted_since(make):
    team = make()
    plan = team.planned()
    (row,) = team.json("findings")
    team.run("except", row["id"], "--owner", "Ada", "--until", "2090-06-30", "--reason", "r")
    assert team.run("apply", plan, "--yes") == 3
    assert "is excepted (by Ada until 2090-06-30: r)" in team.error
    assert not team.fixed()


def test_an_exception_is_listed_and_ended_and_both_stand_in_the_chain(make):
    team = make()
    team.planned()
    (row,) = team.json("findings")
    one = team.json("except", row["id"], "--owner", "Ada", "--until", "2090-06-30", "--reason", "r")
    assert team.run("except", row["id"], "--owner", "Bo", "--until", "2090-06-30", "--reason", "r") == 2
    assert "is already excepted by Ada" in team.error
    assert [(x["id"], x["state"]) for x in team.json("exceptions")] == [(one["id"], "active")]
    assert team.run("exceptions") == 0
    assert "2090-06-30" in team.said
    assert team.run("exceptions", "--end", one["id"]) == 0
    assert team.json("exceptions")[0]["state"] == "ended"
    assert team.json("findings")[0]["state"] == "open"
    assert team.run("exceptions", "--end", one["id"]) == 2
    assert team.run("journal", "verify") == 0
    assert "2 records" in team.said


@pytest.mark.parametrize(
    ("until", "owner", "sentence"),
    [
        ("2020-01-01", "Ada", "is in the past"),
        ("soon", "Ada", "is not a date"),
        ("2090-02-30", "Ada", "is not a date"),
        ("2090-01-01", "  ", "needs an owner"),
    ],
)
def test_an_exception_without_owner_or_with_a_day_that_is_over_is_refused(make, until, owner, sentence):
    team = make()
    team.planned()
    (row,) = team.json("findings")
    assert team.run("except", row["id"], "--owner", owner, "--until", until, "--reason", "r") == 2
    assert sentence in team.error
    assert team.json("exceptions") == []


# The journal's commands


def test_the_evidence_of_a_run_is_verified_by_an_auditor_with_the_public_key_alone(make):
    team = make()
    assert team.run("apply", team.planned(), "--yes") == 0
    done, file = team.json("history")[0]["run"], team.folder / "run.jsonl"
    assert team.run("journal", "export", done, "-o", file) == 0
    assert team.run("journal", "verify", file, "--key", team.key("op"), who="auditor") == 0, team.said
    assert "is intact" in team.said
    assert team.run("journal", "verify", file, who="auditor") == 4
    assert "signed by an unknown key" in team.said
    file.write_text(file.read_text().replace("minimumTlsVersion", "maximumTlsVersion", 1))
    assert team.run("journal", "verify", file, "--key", team.key("op"), who="auditor") == 4
    assert "was edited" in team.said
    assert team.run("journal", "verify", team.folder / "op" / "store.db") == 2
    assert team.run("journal", "verify", "gone.jsonl") == 2


def test_a_head_and_an_export_of_everything_go_to_stdout_or_to_a_file(make):
    team = make()
    assert team.run("apply", team.planned(), "--yes") == 0
    head = team.folder / "head.json"
    assert team.run("journal", "head", "-o", head) == 0
    assert team.run("journal", "verify", "--head", head) == 0
    assert "intact" in team.said
    assert team.run("journal", "export") == 0
    lines = team.said.splitlines()
    assert len(lines) == json.loads(lines[0])["seq"] + 1
    whole = team.folder / "all.jsonl"
    whole.write_text(team.said)
    assert team.json("journal", "verify", whole, "--head", head)["whole"]
    whole.write_text("\n".join(lines[:-1]) + "\n")
    assert team.run("journal", "verify", whole) == 4
    assert "the last record was cut off" in team.said


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "-o", "x"],
        ["verify", "--key", "nonsense"],
        ["verify", "--head", "gone.json"],
        ["head", "x"],
        ["head", "--key", "x"],
        ["export", "a", "b"],
        ["export", "no-such-run"],
    ],
)
def test_wrong_usage_of_the_journal_is_exit_code_2(make, arguments):
    team = make()
    assert team.run("journal", *arguments) == 2
    assert team.error.count("\n") == 1
