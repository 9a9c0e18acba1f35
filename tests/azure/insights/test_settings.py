"""Of a resource's diagnostic settings only our own is ever written or removed."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.insights.settings import OWN, VERSION, with_diagnostic_setting
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import reference
from tests.azure.server import ACCOUNT, WORKSPACE, azure, bring, raw, resource, storage_account, target

DIAGNOSTIC = setting("azure.insights.diagnostic-setting")
COLLECTION = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
LOGS = [{"category": name, "enabled": True} for name in ("StorageRead", "StorageWrite", "StorageDelete")]
SINK = resource(
    WORKSPACE, location="eastus", properties={"sku": {"name": "PerGB2018"}, "retentionInDays": 90}
)
OTHER = {"storageAccountId": f"{ACCOUNT}logs", "logs": [{"category": "StorageWrite", "enabled": True}]}


@pytest.fixture
def bare():
    with azure(storage_account(), SINK) as cloud:
        yield cloud


@pytest.fixture
def shared():
    with azure(storage_account(), SINK, resource(f"{COLLECTION}/theirs", properties=OTHER)) as cloud:
        yield cloud


def wanted(current):
    return with_diagnostic_setting(current, {"workspaceId": WORKSPACE, "logs": LOGS})


def test_none_is_absent_and_ours_comes_and_goes(bare):
    where = target(ACCOUNT)
    assert DIAGNOSTIC.read(bare, where).absent
    (call,) = bring(bare, DIAGNOSTIC.id, where, wanted(None))
    assert call.arguments["path"] == f"{COLLECTION}/{OWN}"
    assert call.arguments["body"] == {"properties": {"workspaceId": WORKSPACE, "logs": LOGS}}
    reading = DIAGNOSTIC.read(bare, where)
    assert DIAGNOSTIC.same(reading.value, wanted(None))
    assert bring(bare, DIAGNOSTIC.id, where, wanted(reading.value)) == []
    bring(bare, DIAGNOSTIC.id, where, None)
    assert DIAGNOSTIC.read(bare, where).absent


def test_somebody_elses_is_seen_and_left_alone(shared):
    where = target(ACCOUNT)
    before = DIAGNOSTIC.read(shared, where)
    theirs = raw(shared, f"{COLLECTION}/theirs", VERSION)
    assert [one["name"] for one in before.value["settings"]] == ["theirs"]
    calls = bring(shared, DIAGNOSTIC.id, where, wanted(before.value))
    assert [call.arguments["path"] for call in calls] == [f"{COLLECTION}/{OWN}"]
    assert len(DIAGNOSTIC.read(shared, where).value["settings"]) == 2
    # Back to what it was: ours goes, theirs stays.
    calls = bring(shared, DIAGNOSTIC.id, where, before.value)
    assert [(call.operation, call.arguments["path"]) for call in calls] == [("DELETE", f"{COLLECTION}/{OWN}")]
    assert raw(shared, f"{COLLECTION}/theirs", VERSION) == theirs


def test_what_others_do_is_no_drift(shared):
    before = DIAGNOSTIC.read(shared, target(ACCOUNT)).value
    assert DIAGNOSTIC.same(before, None)
    assert DIAGNOSTIC.same(wanted(before), wanted(None))


def test_what_ours_already_sends_it_goes_on_sending():
    ours = {
        "name": OWN,
        "workspaceId": WORKSPACE,
        "logAnalyticsDestinationType": "Dedicated",
        "logs": [{"category": "StorageRead", "enabled": False}, {"categoryGroup": "audit", "enabled": True}],
    }
    (found,) = wanted({"settings": [ours]})["settings"]
    assert found["logAnalyticsDestinationType"] == "Dedicated"
    assert found["logs"] == [*LOGS, {"categoryGroup": "audit", "enabled": True}]


def test_what_the_service_adds_is_no_difference():
    answered = {
        "name": OWN,
        "workspaceId": WORKSPACE.lower(),
        "storageAccountId": None,
        "logs": [
            *({**one, "retentionPolicy": {"enabled": False, "days": 0}} for one in reversed(LOGS)),
            {"category": "Other", "enabled": False},
        ],
        "metrics": [{"category": "Transaction", "enabled": False}],
    }
    assert DIAGNOSTIC.same({"settings": [answered]}, wanted(None))
    assert not DIAGNOSTIC.same({"settings": [{**answered, "logs": LOGS[:2]}]}, wanted(None))


def test_a_workspace_may_come_from_an_earlier_change():
    value = with_diagnostic_setting(None, {"workspaceId": reference("c1", "id"), "logs": LOGS})
    (call,) = DIAGNOSTIC.write(target(ACCOUNT), DIAGNOSTIC_ABSENT, value)
    assert call.arguments["body"]["properties"]["workspaceId"] == reference("c1", "id")


class _Absent:
    value = None
    absent = True


DIAGNOSTIC_ABSENT = _Absent()
