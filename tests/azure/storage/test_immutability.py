"""The immutability policy of a container: made, changed, locked for good, and never loosened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa_tui.azure.storage.immutability import PERIOD, kept_unchanged
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import ACCOUNT, SUBSCRIPTION, azure, bring, resource, storage_account, target

LOCK = "azure.storage.container-immutability"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/audit-logs"


def reading(cloud, id, where):
    return setting(id).read(cloud, target(where))


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
