"""A workspace for logs is made once, and its retention is never lowered."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.insights.workspaces import VERSION, with_workspace
from hipaa_tui.providers.registry import setting
from tests.azure.server import WORKSPACE, azure, bring, raw, resource, target

SETTING = setting("azure.operationalinsights.workspace")
VALUE = {"location": "eastus", "sku": "PerGB2018", "retentionInDays": 365}


def test_it_is_created_and_known_beforehand():
    with azure() as cloud:
        where = target(WORKSPACE)
        assert SETTING.read(cloud, where).absent
        assert SETTING.planned_identity(where, VALUE)["id"] == WORKSPACE
        (call,) = bring(cloud, SETTING.id, where, VALUE)
        assert call.arguments["body"] == {
            "location": "eastus",
            "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 365},
        }
        reading = SETTING.read(cloud, where)
        assert SETTING.same(reading.value, VALUE)
        assert reading.identity["id"].lower() == WORKSPACE.lower()
        assert bring(cloud, SETTING.id, where, VALUE) == []
        with pytest.raises(ValueError, match="cannot be removed"):
            SETTING.remove(where, reading)


def test_a_change_sends_the_retention_alone_and_keeps_the_rest():
    there = resource(
        WORKSPACE,
        location="East US",
        properties={"sku": {"name": "pergb2018"}, "retentionInDays": 30, "features": {"x": 1}},
    )
    with azure(there) as cloud:
        (call,) = bring(cloud, SETTING.id, target(WORKSPACE), {**VALUE, "retentionInDays": 400})
        assert (call.operation, call.arguments["body"]) == ("PATCH", {"properties": {"retentionInDays": 400}})
        assert raw(cloud, WORKSPACE, VERSION)["properties"]["features"] == {"x": 1}
        with pytest.raises(ValueError, match="cannot move"):
            bring(cloud, SETTING.id, target(WORKSPACE), {**VALUE, "location": "westeurope"})


def test_an_existing_one_keeps_its_place_and_its_longer_retention():
    there = {"location": "westeurope", "sku": "CapacityReservation", "retentionInDays": 730}
    assert with_workspace(there, VALUE) == there
    assert with_workspace({**there, "retentionInDays": 30}, VALUE) == {**there, "retentionInDays": 365}
    assert with_workspace(None, VALUE) == VALUE
