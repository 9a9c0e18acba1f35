"""Guards of lifecycle rules and immutability: what would be deleted too soon, or locked for ever."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.storage.immutability import PERIOD, kept_unchanged
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, azure, resource, storage_account, target, verdict

LIFE, LOCK = "azure.storage.lifecycle", "azure.storage.container-immutability"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
RULES = f"{ACCOUNT}/managementPolicies/default"


def container(name, **properties):
    return resource(f"{CONTAINERS}/{name}", properties=properties)


def rule(days, prefixes=(), name="tidy"):
    filters = {"blobTypes": ["blockBlob"], **({"prefixMatch": list(prefixes)} if prefixes else {})}
    actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": days}}}
    return {
        "name": name,
        "enabled": True,
        "type": "Lifecycle",
        "definition": {"actions": actions, "filters": filters},
    }


def rules(*some):
    return resource(RULES, properties={"policy": {"rules": list(some)}})


# Lifecycle -------------------------------------------------------------------------------------------

SCANS = container("scans")
LOGS = container("audit-logs")


@pytest.mark.parametrize(
    ("there", "after", "outcome", "words"),
    [
        ([SCANS], [rule(30)], Outcome.WARN, "tidy deletes blobs after 30 days: make sure"),
        ([SCANS, LOGS], [rule(30)], Outcome.BLOCK, "audit-logs may hold documentation"),
        ([SCANS, LOGS], [rule(30, ["scans/"])], Outcome.WARN, "in scans/"),
        ([SCANS, LOGS], [rule(30, ["audit"])], Outcome.BLOCK, "2190 days"),
        ([SCANS, LOGS], [rule(2189)], Outcome.BLOCK, "45 CFR 164.316(b)(2)(i)"),
        ([SCANS, LOGS], [rule(2190)], Outcome.WARN, "make sure"),
        ([SCANS], [rule(30, ["scans/policies/"])], Outcome.BLOCK, "scans/policies/ may hold"),
        ([SCANS, rules(rule(90))], [rule(30)], Outcome.BLOCK, "sooner"),
        ([SCANS, rules(rule(90))], [rule(90), rule(30, ["scans/"], "second")], Outcome.BLOCK, "sooner"),
        ([SCANS, rules(rule(30))], [rule(90)], Outcome.PASS, "kept today"),
        ([SCANS, LOGS, rules(rule(30))], [rule(90)], Outcome.WARN, "already"),
        ([SCANS, LOGS, rules(rule(30))], [rule(2190)], Outcome.PASS, "kept today"),
    ],
)
def test_no_rule_deletes_what_has_to_be_kept(there, after, outcome, words):
    found = verdict(
        "storage-retention-kept", storage_account(), *there, drafts=[(LIFE, ACCOUNT, {"rules": after})]
    )
    assert found[0] is outcome, found
    assert words in found[1]


def test_a_tag_of_the_account_counts_too():
    account = {**storage_account(), "tags": {"purpose": "Compliance archive"}}
    found = verdict("storage-retention-kept", account, SCANS, drafts=[(LIFE, ACCOUNT, {"rules": [rule(30)]})])
    assert found[0] is Outcome.BLOCK
    assert "tag purpose" in found[1]


def test_rules_that_stay_are_nobodys_concern():
    found = verdict(
        "storage-retention-kept",
        storage_account(),
        drafts=[("azure.storage.transport", ACCOUNT, {"minimumTlsVersion": "TLS1_2"})],
    )
    assert found[0] is Outcome.PASS


# Immutability ----------------------------------------------------------------------------------------


def immutability(*more, name="audit-logs", wanted, asked=None, **properties):
    """What the guard says of a policy on the container, with `asked` as its argument."""
    id = f"{CONTAINERS}/{name}"
    with azure(storage_account(), container(name, **properties), *more) as cloud:
        before = setting(LOCK).read(cloud, target(id)).value
        draft = PlannedChange(LOCK, target(id), before, wanted(before))
        arguments = {} if asked is None else {"days": asked}
        look = GuardContext(cloud, draft.target, [draft], {}, arguments, SettingReader({"azure": cloud}))
        return guards()[0]["immutability-locked"](look)


def policy(**how):
    return lambda now: kept_unchanged(now, {"days": 30, "append": True, **how})


@pytest.mark.parametrize(
    ("name", "how", "asked", "outcome", "words"),
    [
        ("audit-logs", {}, 30, Outcome.PASS, "stays unlocked"),
        ("audit-logs", {"lock": True}, 30, Outcome.WARN, "never unlocked, shortened or removed"),
        ("audit-logs", {"lock": True}, 29, Outcome.BLOCK, "the answer was 29"),
        ("audit-logs", {"lock": True}, None, Outcome.BLOCK, "no number of days was answered"),
        ("insights-logs-auditevent", {}, 30, Outcome.PASS, "stays unlocked"),
        ("insights-logs-auditevent", {"append": False}, 30, Outcome.BLOCK, "Azure Monitor appends"),
        ("azure-webjobs-hosts", {}, 30, Outcome.BLOCK, "are overwritten in normal use"),
        ("tfstate", {}, 30, Outcome.BLOCK, "are overwritten in normal use"),
    ],
)
def test_what_locking_means_is_said_before(name, how, asked, outcome, words):
    found = immutability(name=name, wanted=policy(**how), asked=asked)
    assert found[0] is outcome, found
    assert words in found[1]


def test_a_period_that_is_longer_already_is_not_locked_by_the_way():
    there = resource(
        f"{CONTAINERS}/audit-logs/immutabilityPolicies/default",
        properties={PERIOD: 3650, "state": "Unlocked"},
    )
    found = immutability(there, wanted=policy(lock=True), asked=30)
    assert found[0] is Outcome.BLOCK
    assert "3650 days, but the answer was 30" in found[1]


def test_a_policy_without_a_period_is_none():
    found = immutability(wanted=lambda _: {"state": "Unlocked"}, asked=30)
    assert found[0] is Outcome.BLOCK


def test_legal_holds_and_rules_that_will_wait_are_named():
    held = {"hasLegalHold": True, "legalHold": {"tags": [{"tag": "case42"}]}}
    found = immutability(rules(rule(7)), wanted=policy(), asked=30, **held)
    assert found[0] is Outcome.WARN
    assert "case42" in found[1]
    assert "once the immutability period is over" in found[1]


def test_a_policy_that_stays_keeps_nothing_more():
    there = resource(
        f"{CONTAINERS}/audit-logs/immutabilityPolicies/default", properties={PERIOD: 30, "state": "Unlocked"}
    )
    assert immutability(there, wanted=lambda now: now)[0] is Outcome.PASS
