"""The network rules of an account: closed, put back exactly, and what means the same."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.storage.network import with_storage_firewall
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, azure, bring, raw, storage_account, target

NETWORK = "azure.storage.network-rules"
SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a"


def reading(cloud, id, where):
    return setting(id).read(cloud, target(where))


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
