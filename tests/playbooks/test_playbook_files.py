"""A playbook file from anywhere is read safely, or refused in one sentence that says where it is wrong."""

import pytest

from hipaa_tui.playbooks.lint import lint
from hipaa_tui.playbooks.load import load, parse
from hipaa_tui.support.errors import InputError

GOOD = """\
id: azure.storage.team-own
title: Refuse plain HTTP to the account
resource: Microsoft.Storage/storageAccounts
why: Anyone on the path can read patients' data that travels over plain HTTP.
severity: high
controls: [164.312(e)(1)]
answers: {prowler: [a_check_of_our_own]}
changes:
  - setting: azure.storage.transport
    complies: {path: supportsHttpsTrafficOnly, equals: true}
    merge: {supportsHttpsTrafficOnly: true}
effects: {downtime: none, cost: none, limits: Clients over HTTP get 400., risk: low}
"""


def written(folder, text, name="own.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_team_adds_its_own_folder_of_playbooks(tmp_path):
    written(tmp_path, GOOD)
    found = load([tmp_path]).for_check("a_check_of_our_own")
    assert found is not None
    assert found.id == "azure.storage.team-own"


def test_a_good_playbook_passes_the_lint(tmp_path):
    assert lint([written(tmp_path, GOOD)], ()) == (1, [])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("id: x\nid: y\n", "duplicate key"),
        ("- a\n- b\n", "a playbook must be a YAML object"),
        ("id: [unclosed\n", "invalid YAML"),
        ("!!python/object/apply:os.system ['true']\n", "invalid YAML"),
        (GOOD.replace("why:", "reason:"), "reason"),
        (GOOD.replace("resource: Microsoft.Storage/storageAccounts", "resource: ../../etc"), "resource"),
        (GOOD.replace("    merge:", "    absent: {}\n    merge:"), "exactly one of"),
        ("x: " + "a" * 300_000, "larger than"),
        ("[" * 5000, "YAML"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, sentence):
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=sentence):
        parse(path)
    with pytest.raises(InputError, match=str(path)) as caught:
        load([tmp_path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("164.312(e)(1)", "164.399(z)", "no HIPAA citation"),
        ("azure.storage.transport", "azure.storage.nothing", "there is no setting"),
        ("Microsoft.Storage/storageAccounts", "Microsoft.Nothing/things", "not a resource type"),
        ("path: supportsHttpsTrafficOnly, equals: true", "path: x", "complies"),
        ("merge: {supportsHttpsTrafficOnly: true}", 'merge: {x: "{{ a.b( }}"}', "x"),
        ("merge: {supportsHttpsTrafficOnly: true}", "merge: {x: {$param: nope}}", "no parameter"),
        ("merge: {supportsHttpsTrafficOnly: true}", "merge: {x: {$from: key.id}}", "no earlier change"),
        ("effects:", "guards: [nothing-like-it]\neffects:", "there is no guard"),
    ],
)
def test_the_lint_finds_names_that_do_not_exist(tmp_path, old, new, sentence):
    _, problems = lint([written(tmp_path, GOOD.replace(old, new))], ())
    assert any(sentence in problem for problem in problems), problems


def test_two_playbooks_for_one_check_are_refused(tmp_path):
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("team-own", "team-two"), "two.yaml")
    with pytest.raises(InputError, match="already covered by"):
        load([tmp_path])


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load([tmp_path / "gone"])


TITLE = "Refuse plain HTTP to the account"


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        (TITLE.ljust(60, "x"), ""),
        (TITLE.ljust(61, "x"), "title: 61 characters, more than 60"),
        (f"{TITLE}.", "remove the full stop"),
    ],
)
def test_a_title_is_short_and_no_sentence(tmp_path, title, sentence):
    assert TITLE in GOOD
    _, problems = lint([written(tmp_path, GOOD.replace(TITLE, title))], ())
    assert [sentence in problem for problem in problems] == [True] * bool(sentence)


def test_two_playbooks_of_one_title_are_told_apart(tmp_path):
    other = (
        GOOD.replace("team-own", "team-two")
        .replace("a_check_of_our_own", "another")
        .replace(TITLE, TITLE.upper())
    )
    first, second = written(tmp_path, GOOD), written(tmp_path, other, "two.yaml")
    assert lint([first, second], ()) == (2, [f"{second}: title: azure.storage.team-own has the same title"])
