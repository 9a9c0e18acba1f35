"""A policy file is read whole or refused with one sentence; nothing in it is passed over in silence."""

import re
from datetime import date, time
from pathlib import Path

import pytest

from hipaa_tui.policy.load import load_policy
from hipaa_tui.policy.model import BlastRadius, Policy, Rollbacks
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.signing import open_identity

DOCS = Path(__file__).parents[2] / "docs" / "policy.md"


@pytest.fixture
def key(tmp_path):
    return open_identity(tmp_path / "ada").key


def load(tmp_path, text):
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    return load_policy(path)


def test_everything_that_the_documentation_shows_is_read(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    for name in ("ada", "grace", "linus"):
        text = text.replace(f"ed25519:<{name}>", open_identity(tmp_path / name).key)
    policy = load(tmp_path, text)
    assert sorted(policy.approvers) == ["ada", "grace", "linus"]
    assert [(rule.count, sorted(rule.risks), rule.irreversible) for rule in policy.rules] == [
        (1, ["high"], None),
        (2, [], True),
        (1, [], None),
    ]
    assert policy.rules[1].approvers == ("ada", "grace")
    assert policy.rules[2].scope.tags == {"env": ("prod", "production")}
    assert policy.rules[2].scope.accounts == {"123456789012"}
    window = policy.windows[0]
    assert (window.start, window.end, window.zone.key) == (time(22), time(4), "America/New_York")
    assert sorted(window.days) == [4, 5]
    (freeze,) = policy.freezes
    assert (freeze.first, freeze.last, freeze.excepted) == (date(2026, 12, 18), date(2027, 1, 3), {"low"})
    assert policy.blast_radius == BlastRadius(100, 50, 50)
    assert policy.rollbacks == Rollbacks()
    assert len(policy.digest) == 64


def test_an_empty_policy_is_the_built_in_one(tmp_path):
    policy = load(tmp_path, "")
    assert (policy.rules, policy.windows, policy.freezes) == ((), (), ())
    assert policy.blast_radius == Policy().blast_radius


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour: red", "there is no entry 'colour'; the entries are approvers"),
        ("approvals: [{risk: high, colour: 1}]", "approvals, entry 1: there is no entry 'colour'"),
        (
            "approvals: [{risk: huge}]",
            "approvals, entry 1.risk must be one of low, medium, high, not 'huge'",
        ),
        ("approvals: {risk: high}", "approvals must be a list"),
        ("approvals: [{count: 0}]", "count must be a number from 1 to 20"),
        ("approvals: [{risk: high}]", "requires 1 approvals, but there are 0 approvers"),
        ("approvals: [{approvers: [ada]}]", "'ada' is not listed under approvers"),
        ("approvers: [ada]", "approvers must be an object"),
        ("approvers: {ada: ssh-ed25519 AAAA}", "not a public key"),
        ("windows: [{name: x, from: '22:00', to: '4:00', zone: UTC}]", "must be a time of day"),
        ("windows: [{name: x, from: 22:00, to: 25:00, zone: UTC}]", "must be a time of day"),
        ("windows: [{name: x, from: 22:00, to: 04:00}]", "zone is missing"),
        ("windows: [{name: x, from: 22:00, to: 04:00, zone: Mars/Base}]", "unknown time zone 'Mars/Base'"),
        ("windows: [{name: x, from: 22:00, to: 04:00, zone: ../../etc/passwd}]", "unknown time zone"),
        ("windows: [{name: x, days: [someday], from: 22:00, to: 04:00, zone: UTC}]", "not 'someday'"),
        ("freezes: [{reason: x, from: 2026-12-18, to: 2026-12-17}]", "ends before it begins"),
        ("freezes: [{reason: x, from: 2026-02-30, to: 2026-12-17}]", "must be a date"),
        ("freezes: [{from: 2026-12-18, to: 2026-12-19}]", "reason is missing"),
        ("blast_radius: {percent: 101}", "percent must be a number from 1 to 100"),
        ("blast_radius: {resources: true}", "must be a number"),
        ("rollbacks: {approvals: maybe}", "must be true or false"),
        ("approvals: [{tags: prod}]", "tags must be an object"),
        ("a: &a [1]\nb: *a", "aliases are not allowed"),
        ("windows: []\nwindows: []", "duplicate key"),
        ("a: [", "invalid YAML"),
        ("- a", "must be an object"),
        ("!!python/object/apply:os.system [ls]", "invalid YAML"),
        ("a: " + "[" * 3000, "not"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_the_file(tmp_path, text, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)) as error:
        load(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "policy.yaml"))
    assert "\n" not in str(error.value)


def test_two_people_cannot_have_one_key(tmp_path, key):
    with pytest.raises(InputError, match="ada and grace have the same key"):
        load(tmp_path, f"approvers: {{ada: '{key}', grace: '{key}'}}")


def test_a_policy_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="the policy cannot be read"):
        load_policy(tmp_path / "gone.yaml")


def test_account_ids_are_texts_whatever_they_look_like(tmp_path, key):
    policy = load(
        tmp_path, f"approvers: {{ada: '{key}'}}\napprovals: [{{accounts: [012345670123, 123456789012, 7]}}]"
    )
    assert policy.rules[0].scope.accounts == {"012345670123", "123456789012", "7"}
