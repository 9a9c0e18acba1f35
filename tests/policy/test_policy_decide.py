"""What the policy says to a plan, decided from facts alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hipaa_tui.policy.approvals import approval_from, approve
from hipaa_tui.policy.decide import Facts, decide
from hipaa_tui.policy.model import BlastRadius, Freeze, Policy, Rollbacks, Rule, Scope, Window
from hipaa_tui.policy.plan_facts import kinds, undoes
from hipaa_tui.support.signing import open_identity
from tests.runs.plans import SUBSCRIPTION, account, change, plan

NOW = datetime(2026, 12, 4, 12, 0, tzinfo=UTC)  # a Friday
UTC_ZONE = ZoneInfo("UTC")
NIGHT = Window("night", frozenset({5, 6}), time(22), time(4), UTC_ZONE)
FREEZE = Freeze("year end", date(2026, 12, 1), date(2027, 1, 3), UTC_ZONE)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return {name: open_identity(folder / name) for name in ("ada", "grace", "carl", "eve")}


def policy(people, *rules, **more):
    approvers = {name: (people[name].key,) for name in ("ada", "grace", "carl")}
    named = tuple(replace(rule, approvers=rule.approvers or tuple(approvers)) for rule in rules)
    return Policy(path="policy.yaml", approvers=approvers, rules=named, **more)


def approved(people, name, of, *, at=NOW, days=7, **changed):
    statement = approve(people[name], of.hash, name=name, comment="looks right", days=days, now=at)
    return approval_from({**statement, **changed})


def risky(risk="high", name="phistore", **more):
    made = plan(change(name=name, **more))
    return replace(made, groups=(replace(made.groups[0], effects={"risk": risk}),))


def facts(people, *approvals, **more):
    return Facts(**{"now": NOW, "applier": people["eve"].key, "approvals": approvals, **more})


def many(count, **more):
    return plan(*(change(f"c{number}", f"store{number}") for number in range(count)), **more)


HIGH = Rule(1, risks=frozenset({"high"}))


def test_without_a_policy_an_ordinary_plan_needs_nothing(people):
    decision = decide(risky(), Policy(), facts(people))
    assert decision.objections(None) == ()
    assert decision.granted == ()


def test_a_rule_asks_for_an_approval_and_names_who_can_give_it(people):
    (sentence,) = decide(risky(), policy(people, HIGH), facts(people)).missing
    assert sentence.startswith(
        "needs 1 approval by ada or grace or carl (rule 1 of the policy, for azure.storage"
    )


def test_an_approval_of_the_very_plan_is_enough(people):
    made = risky()
    decision = decide(made, policy(people, HIGH), facts(people, approved(people, "ada", made)))
    assert decision.objections(None) == ()
    assert [statement["approver"] for statement in decision.approvals] == ["ada"]
    assert decision.granted == ("approved by ada on 2026-12-04 12:00: looks right",)


@pytest.mark.parametrize(
    ("rule", "made", "asked"),
    [
        (HIGH, risky("medium"), False),
        (Rule(1), risky("low"), True),
        (Rule(1, irreversible=True), risky(), False),
        (Rule(1, irreversible=True), risky(irreversible="for ever"), True),
        (Rule(1, playbooks=frozenset({"aws.s3.tls-only"})), risky(), False),
        (Rule(1, playbooks=frozenset({"azure.storage.blob-public-access"})), risky(), True),
        (Rule(1, scope=Scope(frozenset({"other"}))), risky(), False),
        (Rule(1, scope=Scope(frozenset({SUBSCRIPTION}))), risky(), True),
        (Rule(1, scope=Scope(frozenset({SUBSCRIPTION})), risks=frozenset({"low"})), risky(), False),
    ],
)
def test_a_rule_asks_only_where_all_that_it_says_is_so(people, rule, made, asked):
    assert bool(decide(made, policy(people, rule), facts(people)).missing) is asked


@pytest.mark.parametrize(
    ("tags", "asked"),
    [({"Env": "PROD"}, True), ({"env": "dev"}, False), ({}, False), (None, True)],
)
def test_a_tag_is_compared_whatever_its_case_and_one_that_cannot_be_read_counts(people, tags, asked):
    rule = Rule(1, scope=Scope(tags={"env": ("prod", "production")}))
    known = {} if tags is None else {account().key: tags}
    assert bool(decide(risky(), policy(people, rule), facts(people, tags=known)).missing) is asked


def test_two_approvals_are_of_two_people(people):
    made, two = risky(), policy(people, replace(HIGH, count=2))
    once = approved(people, "ada", made)
    again = approved(people, "ada", made, at=NOW - timedelta(hours=1))
    (sentence,) = decide(made, two, facts(people, once, again)).missing
    assert "needs 1 more approval by grace or carl" in sentence
    assert decide(made, two, facts(people, once, approved(people, "grace", made))).missing == ()


def test_only_the_named_people_count_for_a_rule(people):
    made = risky()
    rule = replace(HIGH, approvers=("grace",))
    assert decide(made, policy(people, rule), facts(people, approved(people, "ada", made))).missing
    assert not decide(made, policy(people, rule), facts(people, approved(people, "grace", made))).missing


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"days": 1, "at": NOW - timedelta(days=2)}, "expired on 2026-12-03 12:00 UTC"),
        ({"at": NOW + timedelta(hours=1)}, "dated in the future"),
        ({"comment": "edited"}, "signature of the approval by ada is invalid"),
        ({"expires": "2030-01-01T00:00:00+00:00"}, "is invalid"),
    ],
)
def test_an_approval_that_does_not_count_is_said(people, given, sentence):
    made = risky()
    (missing,) = decide(
        made, policy(people, HIGH), facts(people, approved(people, "ada", made, **given))
    ).missing
    assert sentence in missing


def test_the_approval_of_another_plan_does_not_count(people):
    whole = plan(change(), change("c2", "second"))
    rest = replace(whole, changes=whole.changes[:1], groups=whole.groups[:1])
    rule = policy(people, Rule(1))
    (missing,) = decide(rest, rule, facts(people, approved(people, "ada", whole))).missing
    assert f"ada approved plan {whole.hash[:12]}, but this is plan {rest.hash[:12]}" in missing


def test_a_stranger_cannot_approve(people):
    made = risky()
    (missing,) = decide(
        made, policy(people, HIGH), facts(people, approved(people, "eve", made), applier="x")
    ).missing
    assert "eve" in missing
    assert "is not an approver in the policy" in missing


def test_nobody_approves_what_they_apply_or_made_themselves(people):
    made = risky()
    mine = approved(people, "ada", made)
    (missing,) = decide(made, policy(people, HIGH), facts(people, mine, applier=people["ada"].key)).missing
    assert "by grace or carl" in missing
    assert "ada applies the plan, so someone else has to approve it" in missing
    (missing,) = decide(made, policy(people, HIGH), facts(people, mine, maker=people["ada"].key)).missing
    assert "ada made the plan" in missing


def test_a_persons_second_key_is_the_same_person(people):
    made = risky()
    two_keys = replace(
        policy(people, HIGH),
        approvers={"ada": (people["ada"].key, people["eve"].key), "grace": (people["grace"].key,)},
    )
    (missing,) = decide(made, two_keys, facts(people, approved(people, "ada", made))).missing
    assert "ada applies the plan" in missing


def test_outside_of_its_window_a_plan_waits_and_is_told_until_when(people):
    (refusal,) = decide(risky(), policy(people, windows=(NIGHT,)), facts(people)).refusals
    assert refusal == "outside of the change window night: next opens Sat 2026-12-05 22:00 UTC"


def test_within_its_window_it_goes_on_record_with_it(people):
    inside = facts(people, now=datetime(2026, 12, 5, 23, 0, tzinfo=UTC))
    decision = decide(risky(), policy(people, windows=(NIGHT,)), inside)
    assert (decision.blocks, decision.windows) == ((), ("night",))
    assert decision.granted == ("within the change window night",)


def test_of_several_windows_one_open_is_enough_and_the_soonest_is_told(people):
    noon = replace(NIGHT, name="noon", days=frozenset({4}), start=time(11), end=time(13))
    morning = replace(NIGHT, name="morning", days=frozenset({5}), start=time(9), end=time(10))
    assert decide(risky(), policy(people, windows=(NIGHT, noon)), facts(people)).windows == ("noon",)
    (refusal,) = decide(risky(), policy(people, windows=(NIGHT, morning)), facts(people)).refusals
    assert "Sat 2026-12-05 09:00 UTC" in refusal


def test_a_window_says_nothing_about_accounts_that_it_does_not_cover(people):
    elsewhere = replace(NIGHT, scope=Scope(frozenset({"other"})))
    assert decide(risky(), policy(people, windows=(elsewhere,)), facts(people)).blocks == ()


def test_a_freeze_holds_everything_but_its_exceptions(people):
    (refusal,) = decide(risky(), policy(people, freezes=(FREEZE,)), facts(people)).refusals
    assert refusal == "frozen until Mon 2027-01-04 00:00 UTC: year end"
    lenient = replace(FREEZE, excepted=frozenset({"low"}))
    assert decide(risky("low"), policy(people, freezes=(lenient,)), facts(people)).refusals == ()
    assert decide(risky("high"), policy(people, freezes=(lenient,)), facts(people)).refusals


def test_an_excepted_finding_is_not_changed_by_a_plan_of_before(people):
    (refusal,) = decide(
        risky(), Policy(), facts(people, excepted={"fc1": "by Ada until 2027-01-01: old"})
    ).refusals
    assert "finding fc1 is excepted (by Ada until 2027-01-01: old)" in refusal


def test_a_rollback_waits_for_nobody_unless_the_policy_says_so(people):
    back = replace(risky(), kind="rollback", of_run="r1")
    strict = policy(people, HIGH, windows=(NIGHT,), freezes=(FREEZE,))
    assert decide(back, strict, facts(people, undoes_run=True)).blocks == ()
    stricter = replace(strict, rollbacks=Rollbacks(approvals=True, windows=True))
    assert len(decide(back, stricter, facts(people, undoes_run=True)).blocks) == 3


def test_what_only_calls_itself_a_rollback_has_to_wait_like_any_plan(people):
    run = risky()
    (made,) = run.changes
    back = plan(replace(made, before=made.after, after=made.before), kind="rollback", of_run="r1")
    other = plan(replace(made, before=made.after, after={"allowBlobPublicAccess": "theirs"}), kind="rollback")
    assert undoes(back, run)
    assert not undoes(other, run)
    assert not undoes(plan(replace(made, target=account("another"))), run)
    assert decide(replace(other, groups=run.groups), policy(people, HIGH), facts(people)).missing


@pytest.mark.parametrize(("count", "asked"), [(100, False), (101, True)])
def test_above_100_resources_the_number_has_to_be_said_without_any_policy(people, count, asked):
    made = many(count)
    (kind,) = kinds(made)
    decision = decide(made, Policy(), facts(people, population={kind: 1000}))
    assert bool(decision.reach) is asked
    assert bool(decision.objections(None)) is asked
    assert decision.objections(count) == ()
    if asked:
        assert f"--reach {count}" in decision.objections(None)[0]
        assert "not 5" in decision.objections(5)[0]


@pytest.mark.parametrize(
    ("count", "population", "asked"),
    [
        (30, 60, False),
        (31, 60, True),
        (26, 50, True),
        (25, 25, False),
        (49, 49, False),
        (26, None, True),
        (25, None, False),
    ],
)
def test_above_half_of_a_population_that_counts_the_number_has_to_be_said(people, count, population, asked):
    made = many(count)
    (kind,) = kinds(made)
    known = {} if population is None else {kind: population}
    decision = decide(made, Policy(), facts(people, population=known))
    assert bool(decision.reach) is asked
    if asked:
        assert decision.reach == count
        assert (
            "could not be counted" if population is None else f"{count} of {population}"
        ) in decision.reason


def test_one_resource_counts_once_however_many_changes_it_has(people):
    made = plan(*(change(f"c{number}") for number in range(140)))
    assert decide(made, Policy(), facts(people)).reach == 0


def test_a_team_sets_its_own_cap(people):
    cap = BlastRadius(resources=1)
    assert decide(many(2), policy(people, blast_radius=cap), facts(people)).reach == 2
    back = facts(people, undoes_run=True)
    assert decide(many(2, kind="rollback"), policy(people, blast_radius=cap), back).reach == 0
    strict = policy(people, blast_radius=cap, rollbacks=Rollbacks(blast_radius=True))
    assert decide(many(2, kind="rollback"), strict, back).reach == 2


def test_a_change_without_its_group_counts_as_risky(people):
    alone = replace(plan(), groups=())
    assert decide(alone, policy(people, HIGH), facts(people)).missing
