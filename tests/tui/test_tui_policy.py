"""On the screens, too, nothing goes past the policy: it is shown in the preview and asked once more before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hipaa_tui.policy.decide import Decision
from hipaa_tui.triage.exceptions import Excepted

from .bench import ROWS, StandIn
from .driving import LARGE, name, opened, press, said, seen, type_text

TLS = ("j", "enter", "p")
FROZEN = Decision(refusals=("frozen until Mon 2027-01-04 00:00 UTC: year end",))
WAITING = Decision(missing=("needs 1 approval by ada (rule 1 of the policy, for aws.s3.tls-only on x)",))
WIDE = Decision(reach=40, reason="the plan reaches 40 resources (more than 25)")
GOOD = Decision(granted=("approved by ada on 2026-12-04 12:00", "within the change window night"))


def bench_with(decision):
    bench = StandIn()
    bench.policy = decision
    return bench


async def test_a_freeze_is_shown_in_the_preview_and_cannot_be_applied():
    bench = bench_with(FROZEN)
    async with opened(bench, *TLS) as (app, pilot):
        assert "✗ frozen until Mon 2027-01-04 00:00 UTC: year end" in seen(app)
        await press(pilot, "a")
        assert name(app) == "NoticeScreen"
        assert "Not applied: frozen until" in " ".join(said(app).split())
        await press(pilot, "escape")
        assert bench.applied == []


async def test_what_speaks_for_the_plan_is_shown():
    bench = bench_with(GOOD)
    async with opened(bench, *TLS) as (app, pilot):
        assert "✓ approved by ada" in seen(app)
        await press(pilot, "a", "y")
        assert len(bench.applied) == 1


async def test_a_large_plan_is_applied_only_after_its_number_was_typed():
    bench = bench_with(WIDE)
    async with opened(bench, *TLS) as (app, pilot):
        assert "the plan reaches 40 resources (more than 25)" in seen(app)
        await press(pilot, "a", "y")
        assert name(app) == "ConfirmScreen"
        assert "type 40 exactly" in said(app)
        assert bench.applied == []
        app.screen.query_one("#reach").value = "4"
        app.screen.query_one("#apply").press()
        await press(pilot)
        assert bench.applied == []
        app.screen.query_one("#reach").value = "40"
        app.screen.query_one("#apply").press()
        await press(pilot)
        assert name(app) == "RunScreen"
        assert len(bench.applied) == 1


async def test_the_policy_is_asked_again_when_one_applies():
    bench = bench_with(GOOD)
    async with opened(bench, *TLS) as (app, pilot):
        bench.policy = FROZEN
        await press(pilot, "a")
        assert name(app) == "NoticeScreen"
        assert bench.applied == []


class _Gate:
    def __init__(self, bench):
        self.bench = bench
        self.taken = []

    def take(self, plan, path):
        self.taken.append((plan.hash, path.name))
        self.bench.policy = GOOD


async def test_an_approval_that_came_as_a_file_is_taken_over(tmp_path):
    bench = bench_with(WAITING)
    bench.gate = _Gate(bench)
    (tmp_path / "ok.json").write_text("{}")
    async with opened(bench, *TLS, size=LARGE) as (app, pilot):
        assert "✗ needs 1 approval by ada" in seen(app)
        assert "Approval" in seen(app).splitlines()[-1]
        await press(pilot, "v")
        await type_text(pilot, str(tmp_path / "gone.json"))
        await press(pilot, "enter")
        assert "no such file" in said(app)
        app.focused.value = str(tmp_path / "ok.json")
        await press(pilot, "enter")
        assert bench.gate.taken[0][1] == "ok.json"
        assert "✓ approved by ada" in seen(app)
        assert "Approval" not in seen(app).splitlines()[-1]


async def test_no_approval_is_offered_where_none_is_needed(bench):
    async with opened(bench, *TLS, "v", size=LARGE) as (app, _):
        assert name(app) == "PreviewScreen"
        assert "Approval" not in seen(app).splitlines()[-1]


class _Exceptions:
    def __init__(self, bench):
        self.bench = bench
        self.ended = []

    def grant(self, finding, owner, until, reason):
        row = next(row for row in self.bench.rows if row.id == finding)
        one = Excepted(
            "x1", row.id, "", "", row.resource, row.title, owner, date.fromisoformat(until), reason, "", ""
        )
        new = replace(row, state="excepted", exception=one)
        self.bench.rows = [new if old.id == finding else old for old in self.bench.rows]
        return one

    def end(self, id):
        self.ended.append(id)
        self.bench.rows = [replace(row, state="open", exception=None) for row in self.bench.rows]


async def test_a_finding_is_excepted_with_owner_day_and_reason_and_comes_back_when_that_is_ended(bench):
    bench.exceptions = _Exceptions(bench)
    async with opened(bench, "j", "enter", "x", size=LARGE) as (app, pilot):
        assert name(app) == "ExceptionForm"
        await press(pilot, "enter", "enter", "enter")
        assert ": required" in said(app)
        for field, text in (("owner", "Ada"), ("until", "2020-01-01"), ("reason", "brochures")):
            app.screen.query_one(f"#except-{field}").value = text
        app.screen.query_one("#except-reason").focus()
        await press(pilot, "enter")
        assert "2020-01-01 is in the past" in said(app)
        app.screen.query_one("#except-until").value = "2090-06-30"
        app.screen.query_one("#except-reason").focus()
        await press(pilot, "enter")
        assert name(app) == "QueueScreen"
        assert ROWS[1].title not in seen(app)
        await press(pilot, "s")
        assert "excepted" in seen(app)
        await press(pilot, "slash")
        await type_text(pilot, "excepted")
        await press(pilot, "enter", "enter")
        assert "by Ada until 2090-06-30: brochures" in said(app)
        assert "End exception" in seen(app).splitlines()[-1]
        await press(pilot, "e")
        assert bench.exceptions.ended == ["x1"]
        assert name(app) == "QueueScreen"


async def test_several_findings_at_once_or_a_fixed_one_cannot_be_excepted(bench):
    async with opened(bench, "space", "space", "p", "x") as (app, _):
        assert name(app) == "FindingScreen"
    async with opened(bench, "s", "G", "enter", "x") as (app, _):
        assert name(app) == "FindingScreen"


async def test_read_only_screens_write_nothing(bench):
    async with opened(bench, *TLS, "a", read_only=True) as (app, _):
        assert name(app) == "NoticeScreen"
        assert "read-only" in said(app)
        assert bench.applied == []
