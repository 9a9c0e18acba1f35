"""Etags, locks, long-running operations, PUT that replaces and PATCH that merges."""

from __future__ import annotations

import pytest

from tests.sandbox.arm_harness import (
    ACCOUNT,
    BLOB,
    GROUP,
    NSG,
    RULE,
    SSH_RULE,
    SUBSCRIPTION,
    VNET,
    WORKSPACE,
    Wire,
)

HTTPS_RULE = {**SSH_RULE, "priority": 110, "destinationPortRange": "443"}


def test_network_resources_have_an_etag_that_if_match_holds_to(wire: Wire) -> None:
    before = wire.get(RULE)
    assert before.headers["etag"] == before.body["etag"]
    narrowed = {"properties": {**SSH_RULE, "sourceAddressPrefix": "10.0.0.0/8"}}
    assert wire.put(RULE, narrowed, If_Match=before.body["etag"]).status == 200
    stale = wire.put(RULE, narrowed, If_Match=before.body["etag"])
    assert (stale.status, stale.code) == (412, "PreconditionFailed")
    assert wire.delete(RULE, If_Match=before.body["etag"]).status == 412
    assert wire.put(f"{NSG}/securityRules/new", {"properties": HTTPS_RULE}, If_Match="*").status == 412


def test_a_group_and_its_rules_share_one_etag(wire: Wire) -> None:
    before = wire.get(NSG).body["etag"]
    assert wire.get(RULE).body["etag"] == before
    wire.put(f"{NSG}/securityRules/https", {"properties": HTTPS_RULE}, If_Match=before)
    assert wire.get(NSG).body["etag"] != before
    assert wire.get(RULE).body["etag"] == wire.get(NSG).body["etag"]


def test_if_none_match_refuses_to_overwrite(wire: Wire) -> None:
    assert wire.put(RULE, {"properties": SSH_RULE}, If_None_Match="*").status == 412
    assert wire.put(f"{NSG}/securityRules/https", {"properties": HTTPS_RULE}, If_None_Match="*").status == 201


def test_storage_accounts_have_no_etag_and_ignore_if_match(wire: Wire) -> None:
    answer = wire.patch(ACCOUNT, {"properties": {"minimumTlsVersion": "TLS1_2"}}, If_Match='"nonsense"')
    assert answer.status == 200
    assert "etag" not in answer.body
    assert "etag" not in answer.headers


@pytest.mark.parametrize("scope", [NSG, GROUP, SUBSCRIPTION])
def test_locks_at_or_above_refuse(wire: Wire, scope: str) -> None:
    lock = f"{scope}/providers/Microsoft.Authorization/locks/keep"
    assert wire.put(lock, {"properties": {"level": "CanNotDelete"}}).status == 201
    answer = wire.delete(RULE)
    assert (answer.status, answer.code) == (409, "ScopeLocked")
    assert wire.put(RULE, {"properties": SSH_RULE}).status == 200
    assert wire.put(lock, {"properties": {"level": "ReadOnly"}}).status == 200
    assert wire.put(RULE, {"properties": SSH_RULE}).code == "ScopeLocked"
    assert wire.patch(NSG, {"tags": {}}).code == "ScopeLocked"
    assert lock in [
        one["id"] for one in wire.get(f"{NSG}/providers/Microsoft.Authorization/locks").body["value"]
    ]
    assert wire.delete(lock).status == 200
    assert wire.delete(RULE).status == 202


def test_a_lock_below_keeps_what_is_above_from_being_deleted(wire: Wire) -> None:
    wire.put(
        f"{ACCOUNT}/providers/Microsoft.Authorization/locks/keep", {"properties": {"level": "CanNotDelete"}}
    )
    assert wire.delete(GROUP).code == "ScopeLocked"
    assert wire.delete(NSG.replace("nsg-app", "other")).status == 204


def test_a_network_write_is_under_way_first_and_done_after_polling(wire: Wire) -> None:
    wire.hook("PUT", "state", {**wire.hook("GET", "state"), "polls": 2})
    answer = wire.put(f"{NSG}/securityRules/https", {"properties": HTTPS_RULE})
    assert answer.status == 201
    assert answer.body["properties"]["provisioningState"] == "Updating"
    path = answer.headers["azure-asyncoperation"].partition(str(wire.port))[2]
    states = [wire.send("GET", path, version="").body["status"] for _ in range(4)]
    assert states == ["InProgress", "InProgress", "Succeeded", "Succeeded"]
    assert wire.get(f"{NSG}/securityRules/https").body["properties"]["provisioningState"] == "Succeeded"


def test_a_network_deletion_answers_202_and_ends(wire: Wire) -> None:
    answer = wire.delete(RULE)
    assert answer.status == 202
    path = answer.headers["location"].partition(str(wire.port))[2]
    assert [wire.send("GET", path, version="").status for _ in range(3)] == [202, 204, 204]
    assert wire.get(RULE).status == 404


def test_storage_is_created_by_way_of_a_location(wire: Wire) -> None:
    made = ACCOUNT.replace("phidata", "second01")
    body = {"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    answer = wire.put(made, body)
    assert (answer.status, answer.body) == (202, None)
    path = answer.headers["location"].partition(str(wire.port))[2]
    assert wire.send("GET", path, version="").status == 202
    done = wire.send("GET", path, version="")
    assert (done.status, done.body["properties"]["minimumTlsVersion"]) == (200, "TLS1_0")
    assert wire.put(made, body).status == 200
    assert wire.send("GET", path.replace("operationResults/", "operationResults/0"), version="").status == 404


def test_a_put_of_a_group_without_rules_deletes_them(wire: Wire) -> None:
    answer = wire.put(NSG, {"location": "eastus"})
    assert answer.status == 200
    assert answer.body["properties"]["securityRules"] == []
    assert len(answer.body["properties"]["defaultSecurityRules"]) == 6
    assert wire.get(RULE).status == 404


def test_a_put_of_a_group_brings_the_rules_that_it_lists(wire: Wire) -> None:
    rules = [{"name": "https", "properties": HTTPS_RULE}]
    answer = wire.put(NSG, {"location": "eastus", "properties": {"securityRules": rules}})
    assert [one["name"] for one in answer.body["properties"]["securityRules"]] == ["https"]
    bad = [{"name": "https", "properties": {**HTTPS_RULE, "priority": 50}}]
    refused = wire.put(NSG, {"location": "eastus", "properties": {"securityRules": bad}})
    assert (refused.status, refused.target) == (400, "properties.securityRules[0].properties.priority")
    # Refused as a whole: the rule that was there still is.
    assert wire.get(f"{NSG}/securityRules/https").body["properties"]["priority"] == 110


def test_the_patch_of_a_group_is_for_tags_only_and_rules_have_none(wire: Wire) -> None:
    answer = wire.patch(NSG, {"tags": {"a": "b"}})
    assert (answer.status, answer.body["tags"]) == (200, {"a": "b"})
    assert wire.get(RULE).status == 200
    assert wire.patch(NSG, {"properties": {"securityRules": []}}).code == "InvalidRequestContent"
    assert (wire.patch(RULE, {"properties": SSH_RULE}).status) == 405
    assert wire.patch(BLOB, {"properties": {}}).status == 405


def test_a_group_shows_who_uses_it_and_stays_while_it_is_used(wire: Wire) -> None:
    assert wire.get(NSG).body["properties"]["subnets"] == [{"id": f"{VNET}/subnets/app"}]
    assert wire.delete(NSG).code == "InUseNetworkSecurityGroupCannotBeDeleted"
    assert wire.delete(f"{VNET}/subnets/app").status == 202
    assert wire.delete(NSG).status == 202


def test_patch_replaces_nested_objects_and_keeps_the_rest(wire: Wire) -> None:
    rules = {"defaultAction": "Deny", "ipRules": [{"value": "203.0.113.7"}]}
    properties = wire.patch(ACCOUNT, {"properties": {"networkAcls": rules}}).body["properties"]
    assert properties["networkAcls"] == {
        "defaultAction": "Deny",
        "ipRules": [{"value": "203.0.113.7", "action": "Allow"}],
    }
    assert properties["allowBlobPublicAccess"] is True
    answer = wire.patch(ACCOUNT, {"properties": {"networkAcls": {"bypass": "None"}}})
    assert (answer.code, answer.target) == ("InvalidRequestContent", "properties.networkAcls.defaultAction")
    assert wire.patch(ACCOUNT, {"tags": {"new": "1"}}).body["tags"] == {"new": "1"}
    assert (
        wire.patch(ACCOUNT, {"properties": {"supportsHttpsTrafficOnly": None}}).body["properties"][
            "supportsHttpsTrafficOnly"
        ]
        is False
    )


def test_a_put_replaces_all_but_what_the_service_made(wire: Wire) -> None:
    before = wire.get(ACCOUNT).body
    body = {"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    after = wire.put(ACCOUNT, body).body
    assert after["properties"]["primaryEndpoints"] == before["properties"]["primaryEndpoints"]
    assert after["properties"]["supportsHttpsTrafficOnly"] is True
    assert "tags" not in after


def test_a_failed_write_changes_nothing(wire: Wire) -> None:
    before = wire.hook("GET", "state")
    subnets = [
        {"name": "ok", "properties": {"addressPrefix": "10.0.2.0/24"}},
        {"name": "bad", "properties": {"networkSecurityGroup": {"id": f"{NSG}x"}}},
    ]
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": []}, "subnets": subnets}}
    assert wire.put(VNET, body).code == "InvalidResourceReference"
    assert wire.hook("GET", "state") == before


def test_a_resource_group_takes_everything_along(wire: Wire) -> None:
    assert wire.delete(GROUP).status == 202
    assert wire.get(ACCOUNT).code == "ResourceGroupNotFound"
    assert wire.get(f"{SUBSCRIPTION}/resources").body == {"value": []}
    assert wire.get(WORKSPACE).status == 404
