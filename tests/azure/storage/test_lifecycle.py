"""Lifecycle rules of an account: deletions are put off, and put back."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.storage.lifecycle import deletions, kept_for, new_deletions
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, azure, bring, resource, storage_account, target

LIFE = "azure.storage.lifecycle"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/audit-logs"


def reading(cloud, id, where):
    return setting(id).read(cloud, target(where))


# Immutability ----------------------------------------------------------------------------------------


@pytest.fixture
def cloud():
    with azure(storage_account(), resource(CONTAINER, properties={})) as one:
        yield one


# Lifecycle -------------------------------------------------------------------------------------------


def rule(days=None, name="tidy", prefixes=(), kind="baseBlob", enabled=True, **more):
    age = "daysAfterModificationGreaterThan" if kind == "baseBlob" else "daysAfterCreationGreaterThan"
    actions = {kind: {**({"delete": {age: days}} if days is not None else {}), **more}}
    filters = {"blobTypes": ["blockBlob"], **({"prefixMatch": list(prefixes)} if prefixes else {})}
    return {
        "name": name,
        "enabled": enabled,
        "type": "Lifecycle",
        "definition": {"actions": actions, "filters": filters},
    }


def test_lifecycle_rules_are_put_off_and_put_back(cloud):
    where = target(ACCOUNT)
    assert reading(cloud, LIFE, ACCOUNT).absent
    first = {"rules": [rule(30, tierToCool={"daysAfterModificationGreaterThan": 10})]}
    bring(cloud, LIFE, where, first)
    assert bring(cloud, LIFE, where, first) == []
    later = kept_for(reading(cloud, LIFE, ACCOUNT).value, {"days": 2190})
    bring(cloud, LIFE, where, later)
    base = reading(cloud, LIFE, ACCOUNT).value["rules"][0]["definition"]["actions"]["baseBlob"]
    assert base["delete"]["daysAfterModificationGreaterThan"] == 2190
    assert base["tierToCool"]["daysAfterModificationGreaterThan"] == 10
    bring(cloud, LIFE, where, first)
    assert setting(LIFE).same(reading(cloud, LIFE, ACCOUNT).value, first)
    bring(cloud, LIFE, where, None)
    assert reading(cloud, LIFE, ACCOUNT).absent


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        (None, [rule(30)], 1),
        ([rule(30)], [rule(30, name="renamed")], 0),
        ([rule(30)], [rule(60)], 0),
        ([rule(60)], [rule(30)], 1),
        ([rule(30)], [rule(30, prefixes=["logs/"])], 0),
        ([rule(30, prefixes=["logs/"])], [rule(30)], 1),
        ([rule(30)], [rule(30, enabled=False)], 0),
        ([rule(30, enabled=False)], [rule(30)], 1),
        ([rule(30)], [rule(30), rule(5, name="v", kind="version")], 1),
        (None, [rule(tierToCool={"daysAfterModificationGreaterThan": 1})], 0),
    ],
)
def test_only_new_or_earlier_deletions_cannot_be_undone(before, after, new):
    old = {"rules": before} if before else None
    assert len(new_deletions(old, {"rules": after})) == new
    assert bool(setting(LIFE).cannot_be_undone(old, {"rules": after})) is bool(new)


def test_what_the_service_writes_out_is_the_same():
    shown = rule(
        30.0, tierToCool={"daysAfterModificationGreaterThan": 10.0, "daysAfterCreationGreaterThan": None}
    )
    sent = rule(30, tierToCool={"daysAfterModificationGreaterThan": 10})
    assert setting(LIFE).same({"rules": [shown]}, {"rules": [sent]})
    assert deletions({"rules": [shown]})[0].days == 30


def test_without_rules_there_is_nothing_to_put_off():
    with pytest.raises(ValueError, match="no lifecycle rules"):
        kept_for(None, {"days": 2190})
