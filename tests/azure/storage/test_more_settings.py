"""Network rules, immutability and lifecycle of storage are read, written, found the same and put back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa_tui.azure.storage.immutability import PERIOD, kept_unchanged
from hipaa_tui.azure.storage.lifecycle import deletions, kept_for, new_deletions
from hipaa_tui.azure.storage.network import with_storage_firewall
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import ACCOUNT, SUBSCRIPTION, azure, bring, raw, resource, storage_account, target

NETWORK, LOCK, LIFE = (
    "azure.storage.network-rules",
    "azure.storage.container-immutability",
    "azure.storage.lifecycle",
)
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/audit-logs"
SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a"


def reading(cloud, id, where):
    return setting(id).read(cloud, target(where))


# Network ---------------------------------------------------------------------------------------------


def test_a_rule_set_is_closed_and_put_back_exactly():
    acls = {
        "defaultAction": "Allow",
        "bypass": "Logging",
        "ipRules": [{"value": "203.0.113.7", "action": "Allow"}],
        "virtualNetworkRules": [{"id": SUBNET, "action": "Allow", "state": "Succeeded"}],
        "resourceAccessRules": [{"tenantId": "t", "resourceId": "/r"}],
    }
    with azure(storage_account(networkAcls=acls)) as cloud:
        before = reading(cloud, NETWORK, ACCOUNT)
        wanted = with_storage_firewall(before.value, {"allowed": ["198.51.100.0/24", "203.0.113.7/32"]})
        (call,) = bring(cloud, NETWORK, target(ACCOUNT), wanted)
        assert set(call.arguments["body"]["properties"]) == {"networkAcls"}
        live = raw(cloud, ACCOUNT, VERSION)["properties"]["networkAcls"]
        assert live["defaultAction"] == "Deny"
        assert {one["value"] for one in live["ipRules"]} == {"203.0.113.7", "198.51.100.0/24"}
        assert live["virtualNetworkRules"][0]["id"] == SUBNET
        assert live["resourceAccessRules"] == acls["resourceAccessRules"]
        assert live["bypass"] == "AzureServices, Logging"
        assert bring(cloud, NETWORK, target(ACCOUNT), wanted) == []
        bring(cloud, NETWORK, target(ACCOUNT), before.value)
        assert setting(NETWORK).same(reading(cloud, NETWORK, ACCOUNT).value, before.value)
        live = raw(cloud, ACCOUNT, VERSION)["properties"]["networkAcls"]
        assert (live["defaultAction"], live["bypass"]) == ("Allow", "Logging")


def test_an_account_that_says_nothing_is_open():
    with azure(storage_account()) as cloud:
        found = reading(cloud, NETWORK, ACCOUNT).value
    assert found["publicNetworkAccess"] == "Enabled"
    assert found["networkAcls"]["defaultAction"] == "Allow"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"bypass": "Logging, AzureServices"}, {"bypass": "AzureServices,Logging"}, True),
        ({"bypass": "None"}, {"bypass": "AzureServices"}, False),
        ({"ipRules": [{"value": "203.0.113.7"}]}, {"ipRules": [{"value": "203.0.113.7/32"}]}, True),
        ({"virtualNetworkRules": [{"id": SUBNET}]}, {"virtualNetworkRules": [{"id": SUBNET.upper()}]}, True),
        ({"ipv6Rules": [{"value": "2001:db8::/32"}]}, {}, False),
    ],
)
def test_rule_sets_that_mean_the_same_are_the_same(one, other, same):
    assert setting(NETWORK).same({"networkAcls": one}, {"networkAcls": other}) is same


@pytest.mark.parametrize("text", ["10.0.0.0/8", "192.168.1.0/24", "2001:db8::/32"])
def test_a_firewall_takes_public_addresses_only(text):
    with pytest.raises(ValueError, match="public IPv4"):
        with_storage_firewall({}, {"allowed": [text]})


def test_two_addresses_are_allowed_one_by_one_and_not_too_many():
    found = with_storage_firewall({}, {"allowed": ["203.0.113.6/31"], "public": False})
    assert [one["value"] for one in found["networkAcls"]["ipRules"]] == ["203.0.113.6", "203.0.113.7"]
    assert found["publicNetworkAccess"] == "Disabled"
    many = [f"198.51.100.{a}/32" for a in range(256)] + [f"203.0.113.{a}/32" for a in range(256)]
    with pytest.raises(ValueError, match="400"):
        with_storage_firewall({}, {"allowed": many})


# Immutability ----------------------------------------------------------------------------------------


@pytest.fixture
def cloud():
    with azure(storage_account(), resource(CONTAINER, properties={})) as one:
        yield one


def test_an_unlocked_policy_is_made_changed_and_taken_away(cloud):
    where = target(CONTAINER)
    assert reading(cloud, LOCK, CONTAINER).absent
    wanted = kept_unchanged(None, {"days": 30, "append": True})
    bring(cloud, LOCK, where, wanted)
    assert reading(cloud, LOCK, CONTAINER).value == {
        PERIOD: 30,
        "allowProtectedAppendWrites": True,
        "state": "Unlocked",
    }
    assert bring(cloud, LOCK, where, wanted) == []
    longer = kept_unchanged(wanted, {"days": 2190})
    (call,) = bring(cloud, LOCK, where, longer)
    assert call.arguments["if_match"]
    assert setting(LOCK).cannot_be_undone(wanted, longer) == ""
    bring(cloud, LOCK, where, None)
    assert reading(cloud, LOCK, CONTAINER).absent


def test_a_policy_that_was_deleted_is_none():
    """What Azure shows of a policy that was deleted: a period of no days."""
    policy = resource(f"{CONTAINER}/immutabilityPolicies/default", properties={PERIOD: 0})
    with azure(storage_account(), resource(CONTAINER, properties={}), policy) as cloud:
        assert reading(cloud, LOCK, CONTAINER).absent


def test_locking_is_final_and_marked(cloud):
    where, one = target(CONTAINER), setting(LOCK)
    final = kept_unchanged(None, {"days": 30, "append": True, "lock": True})
    assert "2190" in one.cannot_be_undone(None, {**final, PERIOD: 2190})
    before = one.read(cloud, where)
    put, lock = one.write(where, before, final)
    assert (put.operation, lock.operation) == ("PUT", "POST")
    assert lock.arguments["if_match"] == {"$known_after_apply": "self.etag"}
    made = cloud.call(put)
    cloud.call(replace(lock, arguments={**lock.arguments, "if_match": made["etag"]}))
    locked = one.read(cloud, where)
    assert locked.value["state"] == "Locked"
    assert one.between(where, None, final) == [{**final, "state": "Unlocked"}]
    with pytest.raises(ValueError, match="cannot be removed"):
        one.calls(where, locked, None)
    for less in ({**final, PERIOD: 29}, {**final, "state": "Unlocked"}):
        with pytest.raises(ValueError, match="locked"):
            one.calls(where, locked, less)
    longer = {**final, PERIOD: 60}
    assert "60 days" in one.cannot_be_undone(final, longer)
    (extend,) = bring(cloud, LOCK, where, longer)
    assert extend.arguments["path"].endswith("/extend")
    assert one.read(cloud, where).value[PERIOD] == 60
    assert one.cannot_be_undone(longer, longer) == ""


def test_a_change_of_somebody_elses_in_between_is_refused(cloud):
    where, one = target(CONTAINER), setting(LOCK)
    bring(cloud, LOCK, where, kept_unchanged(None, {"days": 5}))
    seen = one.read(cloud, where)
    bring(cloud, LOCK, where, kept_unchanged(seen.value, {"days": 6}))
    (late,) = one.calls(where, seen, kept_unchanged(seen.value, {"days": 7}))
    with pytest.raises(CloudError, match="Precondition"):
        cloud.call(late)


def test_a_policy_is_never_loosened():
    have = {PERIOD: 100, "allowProtectedAppendWritesAll": True, "state": "Locked"}
    assert kept_unchanged(have, {"days": 30, "append": True}) == have


def test_containers_are_listed_but_not_of_accounts_without_blobs(cloud):
    files = f"{ACCOUNT[:-5]}share"
    share = storage_account(files, primaryEndpoints={"file": "https://f/"})
    share["kind"] = "FileStorage"
    with azure(storage_account(), share, resource(CONTAINER, properties={})) as both:
        kind = resource_type("Microsoft.Storage/storageAccounts/blobServices/containers")
        found = kind.list(both, SUBSCRIPTION, "", "AzureCloud")
    assert [one.id for one in found] == [CONTAINER]
    assert found[0].region == "eastus"
    assert kind.target(ACCOUNT, SUBSCRIPTION, "") is None


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
