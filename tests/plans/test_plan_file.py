"""A plan file is the plan that was approved, or it is refused."""

import json
import stat
from dataclasses import replace

import pytest

from hipaa_tui.plans.model import Plan, open_plan, save
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import reference
from tests.runs.plans import change, plan


def test_a_saved_plan_reads_back_with_its_hash(tmp_path):
    path = tmp_path / "plan.json"
    save(plan(), path)
    assert open_plan(path) == plan()
    assert json.loads(path.read_text())["hash"] == plan().hash
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "edit",
    [
        lambda p: p["changes"][0].update(after={"allowBlobPublicAccess": True}),
        lambda p: p["changes"][0]["guards"].clear(),
        lambda p: p["changes"][0]["calls"][0]["arguments"].update(path="/subscriptions/other"),
        lambda p: p.update(hash="0" * 64),
        lambda p: p.update(created="2020-01-01"),
        lambda p: p["changes"][0].update(extra=1),
        lambda p: p.pop("changes"),
        lambda p: p.update(format=99),
        lambda p: p.update(changes="none"),
        lambda p: p["changes"][0].update(target=None),
    ],
)
def test_an_edited_plan_is_refused_in_one_sentence(tmp_path, edit):
    document = plan().as_json()
    edit(document)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="plan again") as caught:
        open_plan(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00\x01", '{"hash": 1}', "[" * 100_000])
def test_what_is_no_plan_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(InputError, match="plan"):
        open_plan(path)


def test_a_missing_plan_is_said(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        open_plan(tmp_path / "gone.json")


def test_leaving_out_what_is_blocked_makes_another_plan():
    both = plan(change("c1"), change("c2", "other", Outcome.BLOCK))
    rest = both.without_blocked()
    assert [c.id for c in rest.changes] == ["c1"]
    assert rest.hash != both.hash
    assert "a guard blocks it" in {s.reason for s in rest.skipped}


def test_what_builds_on_a_fix_that_is_left_out_is_left_out_too():
    blocked = change("c1", outcome=Outcome.BLOCK)
    same_setting = change("c2")
    uses_it = replace(change("c3", "third"), after={"key": reference("c1", "Arn")})
    apart = change("c4", "fourth")
    rest = plan(blocked, same_setting, uses_it, apart).without_blocked()
    assert [c.id for c in rest.changes] == ["c4"]
    assert [s.reason for s in rest.skipped] == [
        "a guard blocks it",
        "it depends on a fix that is left out",
        "it depends on a fix that is left out",
    ]


def test_what_comes_before_a_fix_that_is_left_out_stays():
    rest = plan(change("c1"), change("c2", irreversible="for ever")).without_irreversible()
    assert [c.id for c in rest.changes] == ["c1"]
    assert "cannot be undone" in rest.skipped[0].reason


def test_the_hash_is_that_of_the_content():
    assert plan().hash == Plan.from_json(plan().as_json()).hash != plan(change(name="b")).hash
