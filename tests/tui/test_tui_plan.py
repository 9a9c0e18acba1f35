"""From a finding to a change: nothing is written before it was seen and said yes to."""

from __future__ import annotations

import json
import threading

from hipaa_tui.journal.states import RunState
from hipaa_tui.patches.git.publish import Opened

from .bench import FINAL_WORD, ROWS, StandIn, make_plan, refused, run_of
from .driving import LARGE, name, opened, press, said, seen

TLS = ("j", "enter", "p")
FLOW = ("j", "j", "j", "enter", "p")
ALL_FIVE = ("space", "space", "space", "space", "space", "p", "p")
LOCK = ("G", "k", "enter", "p")


async def test_a_finding_says_why_it_matters_and_what_its_playbook_asks(bench):
    async with opened(bench, *FLOW[:4]) as (app, _):
        text = said(app)
        assert "Without flow logs there is no record of who reached" in text
        assert "164.312(b)  Audit controls (required)" in text
        assert "about 0.50 USD per GB recorded" in text
        assert "retention_days: Days that the records are kept  (90 to 3653)" in text


async def test_a_wrong_answer_is_said_under_its_field_and_no_plan_is_made(bench):
    async with opened(bench, *FLOW[:4]) as (app, pilot):
        app.screen.query("Input").first().value = "30"
        await pilot.pause()
        await press(pilot, "p")
        assert "retention_days=30: must be 90 or more" in seen(app)
        assert name(app) == "FindingScreen"
        assert bench.planned == []


async def test_only_changed_answers_go_into_the_plan(bench):
    async with opened(bench, *FLOW[:4]) as (app, pilot):
        app.screen.query("Input").first().value = "400"
        await press(pilot, "p")
        assert bench.planned == [{"findings": ["f04"], "given": {"aws.ec2.flow-logs.retention_days": "400"}}]
        assert "RetentionInDays: 400" in seen(app)


async def test_a_guided_playbook_shows_its_steps_and_offers_no_plan(bench):
    async with opened(bench, "j", "j", "enter") as (app, pilot):
        assert "Assign a hardware key." in said(app)
        assert "Evidence: The serial number" in said(app)
        assert "Plan the fix" not in seen(app).splitlines()[-1]
        await press(pilot, "p", "enter")
        assert bench.planned == []


async def test_a_finding_without_playbook_says_what_else_can_be_done(bench):
    async with opened(bench, "G", "enter") as (app, _):
        assert "No playbook covers this check" in said(app)
        assert "add a playbook of your own" in said(app)


async def test_the_preview_has_every_section(bench):
    async with opened(bench, *TLS) as (app, pilot):
        assert "1. Bucket policy of phi-claims-archive: changed" in seen(app)
        assert "+ Statement.1.Sid: DenyInsecureTransport" in seen(app)
        assert f"plan {make_plan([ROWS[1]]).hash[:12]}" in seen(app)
        await press(pilot, "2")
        assert "s3:PutBucketPolicy in us-east-1" in seen(app)
        assert "$ aws s3 PutBucketPolicy" in seen(app)
        await press(pilot, "3")
        assert "✓ pass" in seen(app)
        assert "! warn" in seen(app)
        assert "Limits" in seen(app)
        await press(pilot, "4")
        assert "To apply" in seen(app)
        assert "To roll back" in seen(app)
        await press(pilot, "5")
        assert "a rollback restores the earlier value" in said(app)
        assert make_plan([ROWS[1]]).hash in seen(app)


async def test_values_known_after_apply_are_said_so(bench):
    async with opened(bench, *FLOW) as (app, _):
        assert "+ LogDestination: (known after apply)" in seen(app)


async def test_what_a_plan_leaves_out_is_listed_with_its_reason(bench):
    async with opened(bench, *ALL_FIVE) as (app, pilot):
        await press(pilot, "5")
        assert "its playbook is guided: the steps are done by hand" in said(app)


async def test_a_blocked_plan_is_refused_and_the_rest_is_another_plan(bench):
    async with opened(bench, *ALL_FIVE, "a") as (app, pilot):
        assert "Not applied: blocked by a guard" in seen(app)
        assert "3 SSH sessions are open right now" in seen(app)
        await press(pilot, "y")
        assert bench.applied == []
        await press(pilot, "b")
        assert name(app) == "PreviewScreen"
        assert "4 changes to 2 resources" in seen(app)
        await press(pilot, "a", "y")
        assert len(bench.applied) == 1
        assert not bench.applied[0].blocked


async def test_a_plan_that_is_blocked_altogether_offers_no_rest(bench):
    async with opened(bench, "j", "j", "j", "j", "enter", "p", "a") as (app, pilot):
        assert "Nothing else is in the plan" in seen(app)
        await press(pilot, "b")
        assert name(app) == "BlockedScreen"
        await press(pilot, "escape")
        assert name(app) == "PreviewScreen"


async def test_enter_alone_never_confirms(bench):
    async with opened(bench, *TLS, "a") as (app, pilot):
        assert app.focused.id == "cancel"
        assert "1 change to 1 resource in account 123456789012" in seen(app)
        await press(pilot, "enter")
        assert name(app) == "PreviewScreen"
        assert bench.applied == []


async def test_previewing_twice_does_not_apply(bench):
    async with opened(bench, *TLS, "p", "p", "enter") as (app, _):
        assert name(app) == "PreviewScreen"
        assert bench.applied == []


async def test_what_cannot_be_undone_asks_for_the_resources_name(bench):
    async with opened(bench, *LOCK, "a") as (app, pilot):
        assert FINAL_WORD in said(app)
        await press(pilot, "y")
        assert "type audit-trail exactly" in seen(app)
        assert bench.applied == []
        app.screen.query_one("Input").value = "audit-trail"
        await press(pilot, "enter")
        assert bench.applied == [], "typing the name does not confirm yet"
        app.screen.query_one("#apply").focus()
        await press(pilot, "enter")
        assert len(bench.applied) == 1


async def test_read_only_refuses_with_a_sentence(bench):
    async with opened(bench, *TLS, "a", read_only=True) as (app, _):
        assert "Nothing can be applied in read-only mode" in seen(app)
        assert bench.applied == []


async def test_applying_ends_in_verified_changes_and_a_fresh_queue(bench):
    async with opened(bench, *FLOW, "a", "y") as (app, pilot):
        assert name(app) == "RunScreen"
        assert "2 of 2 changes made; all verified" in seen(app)
        assert "✓ verified" in seen(app)
        assert "run 01TESTRUN001" in seen(app)
        await press(pilot, "escape")
        assert name(app) == "QueueScreen"
        assert "VPC keeps no flow logs" not in seen(app)


async def test_a_run_under_way_shows_each_change_and_stops_at_a_safe_place(bench):
    bench.hold = threading.Event()
    async with opened(bench, *FLOW) as (app, pilot):
        await pilot.press("a")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause(0.3)
        assert "✓ done" in seen(app)
        assert "> writing" in seen(app)
        assert "1 of 2" in seen(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "Stopping at the next safe point" in seen(app)
        bench.hold.set()
        await app.settled()
        await pilot.pause()
        assert "Applied in part: 1 of 2 changes made" in said(app)
        assert "stopped by the user" in said(app)


async def test_leaving_waits_for_the_run_to_come_to_a_safe_place(bench):
    bench.hold = threading.Event()
    async with opened(bench, *FLOW) as (app, pilot):
        await pilot.press("a")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause(0.2)
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert app.is_running
        bench.hold.set()
        await app.settled()
    assert bench.past[0].state is RunState.PARTIAL


async def test_drift_is_told_and_nothing_is_claimed(bench):
    async with opened(bench, *TLS) as (app, pilot):
        bench.fails = refused()
        await press(pilot, "a", "y")
        assert "the live configuration has changed since the plan was made" in said(app)
        assert "verified" not in seen(app)


async def test_an_unverified_run_does_not_call_itself_done(bench):
    bench.state = RunState.UNVERIFIED
    async with opened(bench, *TLS, "a", "y") as (app, _):
        assert "Not all verified" in said(app)


async def test_a_run_is_rolled_back_from_its_result(bench):
    async with opened(bench, *FLOW, "a", "y", "u") as (app, pilot):
        assert "Rollback preview" in seen(app)
        assert "Rollback of run 01TESTRUN001" in seen(app)
        assert ": removed" in seen(app)
        await press(pilot, "a")
        assert "Roll back: 2 changes" in seen(app)
        await press(pilot, "y")
        assert bench.past[0].kind == "rollback"


async def test_history_rolls_back_by_preview_and_confirmation(bench):
    past = StandIn(runs=[run_of(make_plan([ROWS[0]]), "01TESTRUN000")])
    async with opened(past, "h", "u") as (app, pilot):
        assert name(app) == "PreviewScreen"
        assert past.applied == []
        await press(pilot, "a", "y")
        assert past.applied[0].kind == "rollback"
        assert past.applied[0].of_run == "01TESTRUN000"


async def test_history_shows_the_changes_of_the_highlighted_run():
    past = StandIn(runs=[run_of(make_plan([ROWS[3]]), "01TESTRUN000")])
    async with opened(past, "h", size=LARGE) as (app, _):
        assert "2026-03-02 09:15" in seen(app)
        assert "Log group of" in seen(app)
    async with opened(past, "h", "enter") as (app, _):
        assert name(app) == "RecordScreen"
        assert "✓ verified" in seen(app)


async def test_an_interrupted_run_is_continued_after_a_question():
    bench = StandIn(runs=[run_of(make_plan([ROWS[3]]), "01TESTRUN001", RunState.INTERRUPTED, 1)])
    async with opened(bench, "h", "c") as (app, pilot):
        assert "Resume run 01TESTRUN001" in said(app)
        assert app.focused.id == "cancel"
        await press(pilot, "y")
        assert "all verified" in said(app)


async def test_continue_is_only_offered_for_interrupted_runs():
    bench = StandIn(runs=[run_of(make_plan([ROWS[3]]), "01TESTRUN001")])
    async with opened(bench, "h") as (app, _):
        assert "Roll back" in seen(app).splitlines()[-1]
        assert "Continue" not in seen(app).splitlines()[-1]


async def test_a_patch_shows_commit_diff_and_what_it_leaves_out(bench, tmp_path):
    async with opened(bench, *FLOW, "t") as (app, pilot):
        branch = app.screen.query_one("#branch")
        assert branch.value.startswith("hipaa-tui/aws.ec2.flow-logs-")
        app.screen.query_one("#repo").value = str(tmp_path / "nowhere")
        await press(pilot, "enter")
        assert "no such folder" in said(app)
        app.screen.query_one("#repo").value = str(tmp_path)
        await press(pilot, "enter")
        text = said(app)
        assert "4f1c2d3e5a6b" in text
        assert "managed by a module of another repository" in text
        assert '+resource "aws_flow_log" "main" {' in text
        assert "valid" in text
        await press(pilot, "y")
        assert app.clipboard.startswith("hipaa-tui/aws.ec2.flow-logs-")


async def test_a_patch_is_pushed_only_after_a_yes(bench, tmp_path):
    async with opened(bench, *FLOW, "t") as (app, pilot):
        app.screen.query_one("#repo").value = str(tmp_path)
        await press(pilot, "enter", "u")
        assert name(app) == "ConfirmPush"
        assert "origin (https://github.com/clinic/infra.git)" in said(app)
        assert "hunter2" not in seen(app)
        await press(pilot, "enter")
        assert (name(app), bench.calls) == ("PatchScreen", [])
        await press(pilot, "u", "y")
        (pushed,) = bench.calls
        assert pushed.startswith("push hipaa-tui/aws.ec2.flow-logs-")
        assert "Pushed      origin" in said(app)
        await press(pilot, "u")
        assert name(app) == "PatchScreen"  # once is enough


async def test_a_pull_request_is_opened_or_its_text_is_ready(bench, tmp_path):
    async with opened(bench, *FLOW, "t") as (app, pilot):
        app.screen.query_one("#repo").value = str(tmp_path)
        await press(pilot, "enter", "o", "y")
        assert "gh is not on PATH" in said(app)
        assert "https://github.com/clinic/infra/compare/main...hipaa-tui/aws.ec2.flow-logs-" in said(app)
        await press(pilot, "t")
        assert app.clipboard == "Record the network's traffic (vpc-main)\n\n## Why\n"
        bench.opened = Opened(link="https://github.com/clinic/infra/pull/7")
        await press(pilot, "o", "y")
        assert "https://github.com/clinic/infra/pull/7" in said(app)
        assert bench.calls[-1] == "open Record the network's traffic (vpc-main)"


async def test_who_commits_is_asked_where_git_does_not_know_it(bench, tmp_path):
    bench.known = ""
    async with opened(bench, *FLOW, "t") as (app, pilot):
        field = app.screen.query_one("#author")
        assert not field.display
        app.screen.query_one("#repo").value = str(tmp_path)
        await press(pilot, "enter")
        assert field.display
        assert app.focused is field
        field.value = "nobody"
        await press(pilot, "enter")
        assert "is not an author" in said(app)
        field.value = "Ada <ada@example.org>"
        await press(pilot, "enter")
        assert bench.author == "Ada <ada@example.org>"
        assert "4f1c2d3e5a6b" in said(app)


async def test_a_plan_is_written_to_a_new_file_only(bench, tmp_path):
    async with opened(bench, *TLS, "w") as (app, pilot):
        taken = tmp_path / "taken.json"
        taken.write_text("mine")
        app.screen.query_one("Input").value = str(taken)
        await press(pilot, "enter")
        assert "the file exists" in said(app)
        app.screen.query_one("Input").value = str(tmp_path / "plan.json")
        await press(pilot, "enter")
    assert taken.read_text() == "mine"
    assert json.loads((tmp_path / "plan.json").read_text())["hash"] == make_plan([ROWS[1]]).hash


async def test_y_copies_the_commands(bench):
    async with opened(bench, *TLS, "y") as (app, _):
        assert app.clipboard.startswith("# Bucket policy of phi-claims-archive\naws s3 PutBucketPolicy")


async def test_the_palette_offers_only_what_applies_here(bench):
    async with opened(bench, *TLS) as (app, _):
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert "Apply (a)" in offered
        assert not any(title.startswith(("Scan", "Mark", "Theme", "Screenshot")) for title in offered)


async def test_help_names_the_keys_of_the_screen_that_asked_first(bench):
    async with opened(bench, "h", "question_mark") as (app, pilot):
        text = said(app)
        assert text.index("Roll back") < text.index("Filter")
        assert "How to fix a finding safely" in text
        await press(pilot, "escape")
        assert name(app) == "HistoryScreen"
