"""A Defender plan is turned on with what it has, found the same, and turned off again."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.security.settings import VERSION, with_defender_plan
from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import SCOPE, SUBSCRIPTION, azure, bring, raw, resource, target

PRICING = "azure.security.pricing"


def plan(name, tier="Free", **more):
    id = f"{SCOPE}/providers/Microsoft.Security/pricings/{name}"
    return resource(id, properties={"pricingTier": tier, **more})


def id_of(name):
    return plan(name)["id"]


def test_a_plan_goes_on_and_off_and_the_others_stay():
    with azure(plan("VirtualMachines", freeTrialRemainingTime="P30D"), plan("KeyVaults")) as cloud:
        where = target(id_of("VirtualMachines"))
        before = setting(PRICING).read(cloud, where)
        assert before.identity["freeTrialRemainingTime"] == "P30D"
        wanted = with_defender_plan(before.value, {"plan": "VirtualMachines", "sub_plan": ""})
        assert wanted["subPlan"] == "P2"
        bring(cloud, PRICING, where, wanted)
        assert raw(cloud, where.id, VERSION)["properties"]["pricingTier"] == "Standard"
        assert bring(cloud, PRICING, where, wanted) == []
        bring(cloud, PRICING, where, before.value)
        assert raw(cloud, where.id, VERSION)["properties"]["pricingTier"] == "Free"
        assert setting(PRICING).same(setting(PRICING).read(cloud, where).value, before.value)
        assert raw(cloud, id_of("KeyVaults"), VERSION)["properties"]["pricingTier"] == "Free"


def test_extensions_go_along_and_come_back():
    kept = {"name": "AgentlessVmScanning", "isEnabled": "True", "additionalExtensionProperties": {"a": "b"}}
    there = plan("VirtualMachines", "Standard", subPlan="P1", enforce="False", extensions=[kept])
    with azure(there) as cloud:
        where = target(there["id"])
        before = setting(PRICING).read(cloud, where).value
        bring(
            cloud, PRICING, where, with_defender_plan(before, {"plan": "VirtualMachines", "sub_plan": "P2"})
        )
        live = raw(cloud, where.id, VERSION)["properties"]
        assert (live["subPlan"], live["enforce"], live["extensions"]) == ("P2", "False", [kept])
        bring(cloud, PRICING, where, before)
        assert setting(PRICING).read(cloud, where).value == before


def test_an_extension_that_the_service_adds_is_no_drift():
    ours = with_defender_plan({"pricingTier": "Free"}, {"plan": "VirtualMachines"})
    theirs = {**ours, "extensions": [{"name": "AgentlessVmScanning", "isEnabled": "True"}]}
    off = {**theirs, "extensions": [{"name": "AgentlessVmScanning", "isEnabled": "False"}]}
    one = setting(PRICING)
    assert one.same(ours, theirs)
    assert not one.same(theirs, off)
    assert not one.same(ours, {"pricingTier": "Free"})
    assert not one.same(ours, {**ours, "subPlan": "P1"})


@pytest.mark.parametrize(
    ("name", "current", "sub", "extensions"),
    [
        (
            "StorageAccounts",
            {},
            "DefenderForStorageV2",
            [{"name": "OnUploadMalwareScanning", "isEnabled": "False"}],
        ),
        ("StorageAccounts", {"subPlan": "PerTransaction"}, "PerTransaction", []),
        ("AppServices", {}, None, []),
    ],
)
def test_no_sub_plan_is_exchanged_and_no_scanning_turned_on_by_the_way(name, current, sub, extensions):
    found = with_defender_plan(current, {"plan": name})
    assert found.get("subPlan") == sub
    assert found["extensions"] == extensions


def test_plans_are_listed():
    with azure(plan("Arm"), plan("KeyVaults", "Standard")) as cloud:
        kind = resource_type("Microsoft.Security/pricings")
        found = kind.list(cloud, SUBSCRIPTION, "", "AzureCloud")
        assert {one.name for one in found} == {"Arm", "KeyVaults"}
        assert kind.tags(cloud, found[0]) == {}
