"""What the sandbox refuses of immutability policies and lists of policies, as Azure would."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.resource_types import members, request
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.model import CloudError
from tests.azure.server import ACCOUNT, GROUP, SCOPE, assignment, azure, resource, storage_account

CONTAINER = f"{ACCOUNT}/blobServices/default/containers/logs"
POLICY = f"{CONTAINER}/immutabilityPolicies/default"
PERIOD = "immutabilityPeriodSinceCreationInDays"
MANAGEMENT = "/providers/Microsoft.Management/managementGroups/root"
PERSON, GROUP_ID = "33333333-0000-4000-8000-000000000001", "33333333-0000-4000-8000-000000000002"


def extend(days, etag="*"):
    return request("POST", f"{POLICY}/extend", VERSION, {"properties": {PERIOD: days}}, if_match=etag)


@pytest.mark.parametrize(
    ("state", "call", "code"),
    [
        ("Unlocked", extend(9), "ContainerImmutabilityPolicyNotLocked"),
        ("Locked", extend(4), "InvalidRequestPropertyValue"),
        ("Locked", extend(9, None), "PreconditionFailed"),
        ("Locked", extend(9, '"other"'), "PreconditionFailed"),
        ("Locked", extend(9), ""),
        ("Locked", request("DELETE", POLICY, VERSION, if_match="*"), "ContainerImmutabilityPolicyLocked"),
    ],
)
def test_a_locked_policy_only_grows(state, call, code):
    policy = resource(POLICY, properties={PERIOD: 5, "state": state})
    with azure(storage_account(), resource(CONTAINER, properties={}), policy) as cloud:
        if not code:
            assert cloud.call(call)["properties"][PERIOD] == 9
            return
        with pytest.raises(CloudError) as refused:
            cloud.call(call)
    assert refused.value.code == code


def test_assignments_of_policies_are_listed_from_above_and_below():
    def assigned(scope, name):
        id = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
        return resource(id, properties={"policyDefinitionId": "x"})

    there = [assigned(MANAGEMENT, "a"), assigned(SCOPE, "b"), assigned(GROUP, "c")]
    with azure(*there) as cloud:
        path = f"{SCOPE}/providers/Microsoft.Authorization/policyAssignments"
        assert {one["name"] for one in members(cloud, path, "2022-06-01")} == {"a", "b", "c"}


def test_a_filter_finds_what_a_member_has_through_a_group():
    there = [assignment(1, GROUP_ID, "Group"), assignment(2, "somebody")]
    with azure(*there, groups={GROUP_ID: [PERSON]}) as cloud:
        path = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments"
        found = members(cloud, path, "2022-04-01", f"assignedTo('{PERSON}')")
        assert [one["name"] for one in found] == [there[0]["name"]]
        assert len(members(cloud, path, "2022-04-01")) == 2
