"""A role assignment is created, removed, and restored under its old GUID."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import CONTRIBUTOR, SCOPE, SUBSCRIPTION, assignment, azure, bring, resource, target

SETTING = setting("azure.authorization.role-assignment")
GROUP_OWNER = assignment(1, "11111111-0000-4000-8000-000000000001", "Group", description="all of IT")
PERSON = assignment(2, "11111111-0000-4000-8000-000000000002")
READER = resource(
    f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000003",
    properties={
        **PERSON["properties"],
        "roleDefinitionId": f"{SCOPE}/x/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    },
)


@pytest.fixture
def cloud():
    with azure(GROUP_OWNER, PERSON, READER) as one:
        yield one


def test_value_is_what_one_chooses_and_scope_is_identity(cloud):
    reading = SETTING.read(cloud, target(GROUP_OWNER["id"]))
    assert set(reading.value) == {"roleDefinitionId", "principalId", "principalType", "description"}
    assert reading.identity["scope"] == SCOPE


def test_removed_and_restored_under_the_same_guid(cloud):
    where = target(GROUP_OWNER["id"])
    before = SETTING.read(cloud, where).value
    bring(cloud, SETTING.id, where, None)
    assert SETTING.read(cloud, where).absent
    assert SETTING.remove(where, SETTING.read(cloud, where)) == []
    (call,) = bring(cloud, SETTING.id, where, before)
    assert call.arguments["path"] == GROUP_OWNER["id"]
    assert call.arguments["body"] == {"properties": before}
    assert SETTING.read(cloud, where).value == before
    assert bring(cloud, SETTING.id, where, before) == []


def test_role_and_principal_cannot_change(cloud):
    where = target(GROUP_OWNER["id"])
    before = SETTING.read(cloud, where).value
    with pytest.raises(ValueError, match="roleDefinitionId of a role assignment cannot change"):
        bring(
            cloud, SETTING.id, where, {**before, "roleDefinitionId": f"{SCOPE}/roleDefinitions/{CONTRIBUTOR}"}
        )


def test_a_role_is_the_same_at_any_scope():
    one = {"roleDefinitionId": f"{SCOPE}/providers/x/roleDefinitions/{CONTRIBUTOR}", "principalId": "A"}
    other = {"roleDefinitionId": f"/providers/x/roleDefinitions/{CONTRIBUTOR.upper()}", "principalId": "a"}
    assert SETTING.same(one, {**other, "condition": None, "description": ""})


def test_owners_are_listed_and_any_assignment_is_a_target(cloud):
    kind = resource_type("Microsoft.Authorization/roleAssignments")
    found = {one.id for one in kind.list(cloud, SUBSCRIPTION, "", "AzureCloud")}
    assert found == {GROUP_OWNER["id"], PERSON["id"]}
    above = "/providers/Microsoft.Management/managementGroups/hospital/providers/Microsoft.Authorization/roleAssignments/x"
    assert kind.target(above, SUBSCRIPTION, "").account == SUBSCRIPTION
    assert kind.target("00000000-0000-4000-8000-000000000001", SUBSCRIPTION, "") is None
