"""The queue: what is most urgent stands first, and everything can be reached from the keyboard."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from hipaa_tui.journal.states import RunState
from hipaa_tui.support.config import Config, TerraformCode
from hipaa_tui.support.errors import InputError

from .bench import ROWS, StandIn, make_plan, run_of
from .driving import LARGE, SMALL, name, opened, press, said, seen, type_text


async def test_the_most_urgent_finding_stands_first(bench):
    async with opened(bench) as (app, _):
        lines = seen(app).splitlines()
        assert "97 CRIT  Bucket can be read by anyone" in lines[3]
        assert lines[3].startswith(">")
        assert "phi-exports" not in seen(app), "fixed findings are hidden at first"


async def test_80_columns_keep_urgency_finding_resource_and_state(bench):
    async with opened(bench, size=SMALL) as (app, _):
        assert "Urgency" in seen(app)
        assert "Finding" in seen(app)
        row = next(line for line in seen(app).splitlines() if "VPC keeps no flow logs" in line)
        assert "84 HIGH" in row
        assert "vpc-0a1b2c3d" in row
        assert "open" in row
        assert not app.screen.query_one("#detail").display


async def test_120_columns_show_the_detail_beside_the_list(bench):
    async with opened(bench, "j", size=LARGE) as (app, _):
        assert "Anyone on the path can read PHI" in seen(app)
        assert "Transmission security" in seen(app)


async def test_a_very_wide_list_has_controls_and_playbook(bench):
    async with opened(bench, size=(240, 40)) as (app, _):
        assert "HIPAA control" in seen(app)
        assert "aws.s3.public-access" in seen(app)


async def test_every_key_hint_is_on_an_80_column_footer(bench):
    async with opened(bench) as (app, _):
        footer = seen(app).splitlines()[-1]
        for hint in (
            "/ Filter",
            "Space Mark",
            "p Plan",
            "s State",
            "l Load",
            "r Scan",
            "h History",
            "? Help",
        ):
            assert hint in footer


async def test_filter_wants_every_word_and_esc_clears_it(bench):
    async with opened(bench, "slash") as (app, pilot):
        await type_text(pilot, "bucket PLAIN")
        assert "No finding matches" in seen(app)
        await press(pilot, "escape", "slash")
        await type_text(pilot, "claims tls")
        assert [row.id for row in app.screen.findings.rows] == ["f02"]
        await press(pilot, "enter", "j", "k")
        assert [row.id for row in app.screen.findings.rows] == ["f02"], "the filter stays"
        await press(pilot, "escape")
        assert len(app.screen.findings.rows) == 8


async def test_the_filter_survives_a_visit_to_a_finding(bench):
    async with opened(bench, "slash") as (app, pilot):
        await type_text(pilot, "flow")
        await press(pilot, "enter", "enter", "escape")
        assert name(app) == "QueueScreen"
        assert [row.id for row in app.screen.findings.rows] == ["f04"]


async def test_s_shows_fixed_findings_too(bench):
    async with opened(bench, "s") as (app, pilot):
        assert "phi-exports" in seen(app)
        await press(pilot, "s")
        assert "phi-exports" not in seen(app)


async def test_g_and_G_go_to_the_ends(bench):
    async with opened(bench, "G") as (app, pilot):
        assert app.screen.findings.current.id == "f08"
        await press(pilot, "g")
        assert app.screen.findings.current.id == "f01"


async def test_marked_findings_become_one_plan(bench):
    async with opened(bench, "space", "space", "p") as (app, pilot):
        assert "2 marked findings, one plan" in said(app)
        await press(pilot, "p")
        assert name(app) == "PreviewScreen"
        assert bench.planned == [{"findings": ["f01", "f02"], "given": {}}]
        assert "2 changes to 1 resource" in said(app)


async def test_the_mark_is_a_sign_and_esc_takes_it_away(bench):
    async with opened(bench, "space") as (app, pilot):
        assert " ●   97 CRIT"[:3] in seen(app)
        assert "1 marked" in seen(app)
        await press(pilot, "escape")
        assert "marked" not in seen(app)


async def test_an_empty_queue_says_what_to_do_next():
    async with opened(StandIn(rows=())) as (app, _):
        assert "No findings yet" in seen(app)
        assert "Press l to load a report" in seen(app)
        assert "Press r to scan" in seen(app)


async def test_a_wrong_path_is_said_under_the_field_and_a_right_one_loads(tmp_path):
    bench = StandIn(rows=())
    report = tmp_path / "prowler.json"
    report.write_text("[]")
    async with opened(bench, "l") as (app, pilot):
        await type_text(pilot, "nowhere")
        await press(pilot, "enter")
        assert "nowhere: no such file or folder" in seen(app)
        app.screen.query_one("Input").value = str(report)
        await press(pilot, "enter")
        assert bench.loaded == [report]
        assert "Bucket can be read by anyone" in seen(app)


async def test_what_is_not_located_in_the_code_is_told_with_the_reason(tmp_path):
    bench = StandIn(rows=())
    reason = "bucket of main.tf:4 can be several; say with --var-file which .tfvars file counts"
    bench.unlocated = [
        {"check": check, "reason": reason, "candidates": ["phi-dev", "phi-prod"]}
        for check in ("CKV_AWS_18", "CKV_AWS_21")
    ]
    report = tmp_path / "report.sarif"
    report.write_text("{}")
    async with opened(bench, "l") as (app, pilot):
        assert "add the code's folder as [[terraform]] to config.toml" in said(app)
        app.screen.query_one("Input").value = str(report)
        await press(pilot, "enter")
        assert name(app) == "NoticeScreen"
        told = app.screen.text
        assert "1 of 3 rows about code were mapped to a resource." in told
        assert f"CKV_AWS_18, CKV_AWS_21: {reason}: phi-dev, phi-prod." in told


async def test_the_load_screen_says_where_it_looks_for_code(tmp_path):
    bench = StandIn(rows=())
    bench.config = Config(terraform=(TerraformCode(tmp_path),))
    async with opened(bench, "l") as (app, _):
        assert "Terraform code is searched for in 1 folder listed in config.toml." in said(app)


async def test_a_report_that_is_none_is_told_in_one_sentence(tmp_path):
    bench = StandIn()
    bench.fails = InputError("x.json: this is no report that hipaa-tui knows")
    async with opened(bench, "l") as (app, pilot):
        app.screen.query_one("Input").value = str(tmp_path)
        await press(pilot, "enter")
        assert name(app) == "NoticeScreen"
        assert "this is no report" in seen(app)
        await press(pilot, "escape")
        assert name(app) == "QueueScreen"


async def test_a_scan_can_be_stopped(bench):
    bench.hold = threading.Event()
    async with opened(bench) as (app, pilot):
        await pilot.press("r")
        await pilot.pause(0.3)
        assert "Scanning" in seen(app)
        assert "Esc stops this" in seen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "Stopping" in seen(app)
        bench.hold.set()
        await app.settled()
        await pilot.pause()
        assert name(app) == "QueueScreen"


async def test_a_finished_scan_says_what_it_found(bench):
    async with opened(bench, "r") as (app, _):
        assert any("2 do not comply, 1 of them new" in note.message for note in app._notifications)


async def test_an_interrupted_run_is_announced_and_leads_to_the_history():
    plan = make_plan([ROWS[3]])
    bench = StandIn(runs=[run_of(plan, "01TESTRUN001", RunState.INTERRUPTED, 1)])
    async with opened(bench) as (app, pilot):
        assert "Run 01TESTRUN001 was interrupted: resume it or roll it back" in seen(app)
        await press(pilot, "h")
        assert name(app) == "HistoryScreen"


async def test_y_copies_the_resource(bench):
    async with opened(bench, "y") as (app, _):
        assert app.clipboard == "arn:aws:s3:::phi-claims-archive"


async def test_keys_can_be_remapped(bench):
    async with opened(bench, "f8", keymap={"queue.history": "f8"}) as (app, pilot):
        assert name(app) == "HistoryScreen"
        await press(pilot, "escape", "h")
        assert name(app) == "QueueScreen"


async def test_a_store_that_cannot_be_opened_is_told_and_one_can_leave():
    def refuse():
        raise InputError("the store was written by a newer version; install that one")

    from hipaa_tui.tui.app import HipaaTuiApp

    app = HipaaTuiApp(refuse)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await app.settled()
        await pilot.pause()
        assert "written by a newer version" in seen(app)
        await press(pilot, "escape", "h", "p", "slash")
        assert "The store could not be opened" in seen(app)


async def test_a_bug_ends_in_a_sentence_with_a_log_file(tmp_path):
    def broken():
        raise ZeroDivisionError("secret detail")

    from hipaa_tui.tui.app import HipaaTuiApp

    app = HipaaTuiApp(broken)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        await app.settled()
        await pilot.pause()
        assert "Internal error (ZeroDivisionError)" in seen(app)
        assert "Traceback" not in seen(app)
        (log,) = (tmp_path / "home" / "logs").iterdir()
        assert "secret detail" in log.read_text()


async def test_the_first_paint_does_not_wait_for_the_workbench():
    from hipaa_tui.tui.app import HipaaTuiApp

    door = threading.Event()

    def slow():
        door.wait(5)
        return StandIn()

    app = HipaaTuiApp(slow)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        assert "Opening the store" in seen(app)
        await pilot.press("h", "p", "s", "enter")
        assert name(app) == "QueueScreen", "nothing can be asked of a workbench that is not open"
        door.set()
        await app.settled()
        await pilot.pause()
        assert "Bucket can be read by anyone" in seen(app)


async def test_100_000_findings_draw_only_the_rows_in_sight(monkeypatch):
    many = [
        replace(ROWS[0], id=f"n{number:06}", title=f"Finding number {number}") for number in range(100_000)
    ]
    start = time.perf_counter()
    async with opened(StandIn(rows=many)) as (app, pilot):
        print(f"100,000 rows shown after {time.perf_counter() - start:.2f} s")
        rows = app.screen.findings
        drawn: set[int] = set()
        draw = rows._row
        monkeypatch.setattr(rows, "_row", lambda index, width: drawn.add(index) or draw(index, width))
        start = time.perf_counter()
        await press(pilot, "G")
        assert "Finding number 99999" in seen(app)
        await press(pilot, "slash")
        await type_text(pilot, "77777")
        print(f"moved and filtered in {time.perf_counter() - start:.2f} s")
        assert [row.id for row in rows.rows] == ["n077777"]
        assert len(drawn) < 200
        assert len(list(app.screen.walk_children())) < 60


async def test_a_long_notice_scrolls_and_keeps_its_way_out(bench):
    async with opened(bench) as (app, pilot):
        app.tell("one sentence " * 400)
        await pilot.pause()
        assert "Enter or Esc closes this." in seen(app)
        await press(pilot, "enter")
        assert name(app) == "QueueScreen"
