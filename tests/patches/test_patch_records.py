"""Every record tells the same facts, each in its format, and what others wrote in them is only ever text."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.guard import GuardResult, Outcome
from hipaa_tui.records.escapes import code_span, cut, fence, markdown
from hipaa_tui.records.model import Approved, Done, LeftOut, Patched, Ran, RecordData
from hipaa_tui.records.record import FORMATS, TEMPLATES, write
from hipaa_tui.records.templates import LONGEST, fill
from hipaa_tui.support.errors import InputError
from tests.patches.patch_clouds import ACCOUNT, Documents, account, commit, git, plan_for, target

TLS, LOGS = "azure.storage.secure-transfer", "azure.storage.blob-logs"
KEY = "kPzl2o1bT3q5Yw7r9uA0s2d4f6g8h1j3k5l7z9x1c3E="
HOSTILE = (
    "[click](https://evil.example/x) ![i](http://evil.example/p.png) <img src=x onerror=alert(1)> <script>x</script> "
    "@octocat #12 GH-7 !9 www.evil.example ```\n```sh\n~~~ `tick` </details> javascript:alert(1) \x1b[31m \u202ered "
    'a@evil.example $`x`$ | \\ "quote" {{ 7*7 }} {% raw %} [code]<b>x</b>[/code] {noformat} ' + "_*_"
)


@pytest.fixture
def plan() -> Plan:
    cloud = Documents(account())
    made = plan_for(cloud, (TLS, target(ACCOUNT)), (LOGS, target(ACCOUNT)))
    warned = replace(
        made.changes[0], guards=(GuardResult("old-clients", Outcome.WARN, "two clients use TLS 1.0"),)
    )
    groups = tuple(replace(one, findings=(f"finding-{one.id}",)) for one in made.groups)
    return replace(
        made,
        changes=(warned, *made.changes[1:]),
        groups=groups,
        made_by={"name": "Ada Ops", "key": KEY},
    )


def patched(plan: Plan, **more: Any) -> Patched:
    addresses = {change.id: ["azurerm_storage_account.patientfiles"] for change in plan.changes}
    return Patched("hipaa/fix", addresses, terraform="valid", files=["main.tf"], **more)


APPROVED = Approved("Dr. Second", "2026-03-01 09:00", "after the backup")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_tells_every_fact(plan: Plan, format: str) -> None:
    left = [LeftOut("c9", "/x/second", "drifted")]
    told = RecordData(plan, [APPROVED], patched(plan, left_out=left, notes=["main.tf:3 may be the same"]))
    text = write(told, format)
    words = (
        text
        if not format.endswith(("servicenow", "jira"))
        else json.dumps(json.loads(text), ensure_ascii=False)
    )
    for fact in (
        "finding-g1",
        "164.312(e)(1) Transmission security",
        TLS,
        ACCOUNT,
        "minimumTlsVersion: TLS1_0 → TLS1_2",
        plan.hash,
        "Ada Ops",
        "Dr. Second",
        "after the backup",
        "two clients use TLS 1.0",
        "The workspace charges per GB of logs ingested",
        "None for clients that use HTTPS with TLS 1.2",
        "valid",
        "drifted",
        "main.tf:3 may be the same",
        "azurerm_storage_account.patientfiles",
    ):
        assert fact in words or fact in words.replace("\\_", "_").replace("`", ""), fact


@pytest.mark.parametrize("format", FORMATS)
def test_the_record_of_a_run_tells_what_was_verified_and_when(plan: Plan, format: str) -> None:
    done = {
        change.id: Done("applied", "verified", f"2026-03-01T09:0{number}:00", "")
        for number, change in enumerate(plan.changes)
    }
    ran = Ran(
        "20260301-090000-abc123",
        "done",
        "2026-03-01T09:00",
        "2026-03-01T09:05",
        "ada@ops",
        done,
        "record 41, hash 9f8e",
    )
    text = write(RecordData(plan, [APPROVED], ran=ran), format)
    for fact in (
        "20260301-090000-abc123",
        "applied, verified on 2026-03-01T09:02:00",
        "record 41, hash 9f8e",
        "hipaa-tui rollback",
    ):
        assert fact in text, fact
    assert "state rm" not in text


@pytest.mark.parametrize("format", FORMATS)
def test_the_record_of_a_plan_promises_nothing_that_was_not_done(plan: Plan, format: str) -> None:
    text = write(RecordData(plan), format)
    assert "no one yet" in text or format == "commit"
    assert "Dr. Second" not in text
    assert "valid" not in text
    refused = write(RecordData(plan, [replace(APPROVED, reason="expired")]), format)
    assert "is not valid" in refused
    assert "Approved by Dr. Second" not in refused


def hostile(plan: Plan) -> RecordData:
    change = plan.changes[0]
    changes = tuple(
        replace(
            one,
            target=replace(one.target, name=HOSTILE),
            guards=(GuardResult("g", Outcome.WARN, HOSTILE),),
            before={"a": HOSTILE},
            after={"a": HOSTILE + "2"},
            irreversible=HOSTILE,
        )
        for one in plan.changes
        if one.id == change.id
    )
    groups = tuple(
        replace(
            one, title=HOSTILE, why=HOSTILE, resource=HOSTILE, findings=(HOSTILE,), effects={"cost": HOSTILE}
        )
        for one in plan.groups
        if one.id == change.group
    )
    wild = replace(plan, changes=changes, groups=groups, made_by={"name": HOSTILE, "key": KEY})
    more = patched(wild, left_out=[LeftOut("c1", HOSTILE, HOSTILE)], notes=[HOSTILE], imported=[HOSTILE])
    return RecordData(
        wild, [Approved(HOSTILE, "2026", HOSTILE)], replace(more, terraform=HOSTILE, files=[HOSTILE])
    )


def leaves(tokens: list[Token]) -> list[Token]:
    return [leaf for token in tokens for leaf in (token, *leaves(token.children or []))]


def test_markdown_of_others_is_text_and_nothing_else(plan: Plan) -> None:
    text = write(hostile(plan), "pr")
    assert "\x1b" not in text
    assert "\u202e" not in text
    found = leaves(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text))
    kinds = {token.type for token in found}
    assert (
        kinds & {"link_open", "image", "html_inline", "html_block", "table_open", "s_open", "code_block"}
        == set()
    )
    assert [token.info for token in found if token.type == "fence"] == ["diff"]
    own = {"Why", "Before and after", "Warnings", "Not included", "Tests", "Rollback", "Record"}
    heads = [
        found[at + 1].content
        for at, token in enumerate(found)
        if token.type == "heading_open" and token.tag == "h2"
    ]
    assert set(heads) == own
    for token in found:
        if token.type == "text":
            # What GitHub's and Azure DevOps' own filters look for in the finished page.
            assert not re.search(r"(^|\W)@\w|(^|\W)#\d|GH-\d|!\d|://|www\.\w", token.content), token.content
    assert sum(token.content.count("octocat") for token in found if token.type in {"text", "code_inline"}) > 5


@pytest.mark.parametrize("format", ["servicenow", "jira"])
def test_json_of_others_is_text_and_nothing_else(plan: Plan, format: str) -> None:
    text = write(hostile(plan), format)
    assert text.isascii()
    assert "\\u001b" not in text
    value = json.loads(text)
    if format == "servicenow":
        assert set(value) == {
            *(
                "short_description",
                "description",
                "type",
                "risk",
                "impact",
                "justification",
                "risk_impact_analysis",
            ),
            *("implementation_plan", "backout_plan", "test_plan", "correlation_id", "correlation_display"),
        }
        assert all(isinstance(one, str) and len(one) <= 4000 for one in value.values())
        assert "[code]" not in text
        assert len(value["short_description"]) <= 160
        return
    assert set(value) == {"fields"}
    assert set(value["fields"]) == {"issuetype", "labels", "summary", "description"}
    nodes = {"doc", "paragraph", "heading", "bulletList", "listItem", "codeBlock", "text"}

    def walk(node: dict[str, Any]) -> None:
        assert node["type"] in nodes
        assert "marks" not in node
        assert node["type"] != "text" or node["text"]
        for one in node.get("content", []):
            walk(one)

    walk(value["fields"]["description"])


def test_the_message_of_others_cannot_forge_a_trailer(plan: Plan, tmp_path: Path) -> None:
    told = hostile(plan)
    text = write(replace(told, approvals=[Approved("x\n\nMade-with: evil", "2026")]), "commit")
    assert not any(line.startswith(("Made-with: evil", "#")) for line in text.splitlines())
    found = subprocess.run(
        ["git", "interpret-trailers", "--parse"],
        input=text,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    ).stdout
    assert found.splitlines() == [f"Plan: {told.plan.hash}", "Made-with: hipaa-tui 0.1.0"]


@pytest.mark.parametrize("format", FORMATS)
def test_no_record_holds_a_secret(plan: Plan, format: str) -> None:
    group = replace(plan.groups[0], why="the password=hunter2secret was found in AKIAIOSFODNN7EXAMPLE")
    wild = replace(plan, groups=(group, *plan.groups[1:]))
    text = write(RecordData(wild, [replace(APPROVED, comment="token ghp_0123456789abcdefghij0123")]), format)
    assert "hunter2secret" not in text
    assert "AKIAIOSFODNN7EXAMPLE" not in text
    assert "ghp_0123" not in text


def test_a_team_overrides_one_template_and_keeps_the_others(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    commit(repo, main_tf="# state\n")
    own = tmp_path / "records"
    own.mkdir()
    (own / TEMPLATES["commit"]).write_text("CHG: {{ subject }}\n\n{{ groups[0].citations[0].told }}\n")
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    patch = make_patch(plan, repo, "hipaa/fix", {"azure": azure}, options=PatchOptions(records=own))
    assert patch.message.startswith("CHG: Require HTTPS")
    assert "164.312(e)(1) Transmission security" in patch.message
    assert git(repo, "log", "-1", "--format=%(trailers:key=Plan,valueonly)", "hipaa/fix") == plan.hash
    assert "## Before and after" in patch.body
    assert patch.told is not None
    assert json.loads(write(patch.told, "servicenow", own))["type"] == "normal"
    with pytest.raises(InputError, match="no such folder"):
        make_patch(
            plan, repo, "hipaa/two", {"azure": azure}, options=PatchOptions(records=tmp_path / "nowhere")
        )
    assert git(repo, "branch", "--list", "hipaa/two") == ""


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("fine\n{% if %}", r"pr\.md\.j2:2: invalid template"),
        ("fine\n\n{{ nothing }}", r"pr\.md\.j2:3: the template cannot be rendered: 'nothing' is undefined"),
        ("{{ subject.__class__ }}", r"pr\.md\.j2:1: .*unsafe"),
        ("{{ subject.format(1) }}", r"pr\.md\.j2:1: .*unsafe"),
        ("{{ plan.pop('hash') }}", r"pr\.md\.j2:1: .*unsafe"),
        ("{% include '/etc/passwd' %}", r"pr\.md\.j2:1: the template cannot be rendered"),
        ("x\n{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", r"j2:2: .*more than 50000 loop iterations"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", r"pr\.md\.j2: the template is nested too deeply"),
        ("{{ 'x' * 10**9 }}", r"pr\.md\.j2:1: .*it creates a text"),
        ("{{ 2 ** 99999999 }}", r"pr\.md\.j2:1: .*numbers are too large"),
        ("{{ '%099999999d' % 1 }}", r"pr\.md\.j2:1: .*cannot format text"),
        ("{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}", "it creates a text"),
        ("{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}", "it creates a text"),
        ("{% for i in range(9999) %}" + "x" * 999 + "{% endfor %}", r"outputs more than 2000000 characters"),
        ("{% set x %}{% for i in range(9999) %}{{ 'y' * 999 }}{% endfor %}{% endset %}", "outputs more than"),
        ("{{ (['ab'] * 500000) | length }}", "it creates a text or a list"),
        ("{{ range(10**9) | list }}", "a range has at most"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
    ],
)  # fmt: skip
def test_a_broken_or_greedy_template_is_a_sentence_with_its_place(
    plan: Plan, tmp_path: Path, template: str, sentence: str
) -> None:
    (tmp_path / "pr.md.j2").write_text(template)
    start = time.monotonic()
    with pytest.raises(InputError, match=sentence) as error:
        write(RecordData(plan), "pr", tmp_path)
    assert "\n" not in str(error.value)
    assert time.monotonic() - start < 3


def test_a_template_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "slow.txt"
    path.write_text("{% for i in range(9000) %}{{ ('ab' * 50) | length }}{% endfor %}")
    with pytest.raises(InputError, match=r"slow\.txt:1: .*takes longer than 0 s"):
        fill(path, {}, str, seconds=0.001)
    assert len(fill(path, {}, str)) < LONGEST


def test_a_template_that_gives_no_json_is_named(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "jira.json.j2").write_text('{"a": {{ subject }}}')
    with pytest.raises(InputError, match=r"jira\.json\.j2: the template's output is not valid JSON"):
        write(RecordData(plan), "jira", tmp_path)
    (tmp_path / "jira.json.j2").write_text(
        '{% set x %}"{{ groups[0].why }}"\n\\n{% endset %}{"a": "{{ groups[0].why }}", "b": {{ x | block | tojson }}}'
    )
    value = json.loads(write(hostile(plan), "jira", tmp_path))
    assert set(value) == {"a", "b"}
    assert '"quote"' in value["a"]
    assert value["b"] == f'"{value["a"]}"'
    (tmp_path / "jira.json.j2").write_bytes(b"\xff")
    with pytest.raises(InputError, match="not UTF-8"):
        write(RecordData(plan), "jira", tmp_path)


def test_code_and_fences_hold_any_text() -> None:
    render = MarkdownIt("commonmark").parse
    for text in ("a", "`", "``a`", " a ", "`a``b```", "-", "a\\"):
        (span,) = leaves(render(f"x {code_span(text)} y"))[1].children[1:2] or [None]
        assert span is not None
        assert (span.type, span.content) == ("code_inline", text)
    (block,) = render(fence(["```", "````x", "b"], "diff"))
    assert block.content == "```\n````x\nb\n"


@pytest.mark.parametrize(
    "text", ["# x", "- x", "1. x", "12) x", "+ x", "> x", "=== x", "    code", "~~~", "***", "&lt;b&gt;"]
)
def test_prose_stays_one_paragraph_with_these_words(text: str) -> None:
    (opening, inline, closing) = MarkdownIt("commonmark").parse(markdown(text))
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    assert "".join(one.content for one in inline.children or []) == text.strip()


def test_a_text_is_cut_at_a_line_where_that_loses_little() -> None:
    assert cut("short", 10) == "short"
    assert cut("line one\nline two\nline three", 22) == "line one\nline two\n…"
    assert len(cut("x" * 5000, 4000)) == 4000
