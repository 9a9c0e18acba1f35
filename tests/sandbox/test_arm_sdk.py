"""The real Azure SDKs take the sandbox for Azure (how the clients are made: see arm_harness)."""

from __future__ import annotations

import time

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from tests.sandbox.arm_harness import (
    ACCOUNT,
    ALICE,
    BLOB,
    BOB,
    GROUP,
    NSG,
    OWNER,
    READER,
    RULE,
    SSH_RULE,
    SUBSCRIPTION,
    WORKSPACE,
    Clients,
    assignment,
    diagnostics,
)


def test_a_storage_account_is_read_and_updated(clients: Clients) -> None:
    accounts = clients.storage.storage_accounts
    before = accounts.get_properties("rg-phi", "phidata")
    assert before.enable_https_traffic_only is False or before.properties.supports_https_traffic_only is False
    accounts.update(
        "rg-phi", "phidata", {"properties": {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}}
    )
    after = accounts.get_properties("rg-phi", "phidata").as_dict()
    assert after["properties"]["supportsHttpsTrafficOnly"] is True
    assert after["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert after["properties"]["allowBlobPublicAccess"] is True


def test_accounts_are_listed_by_subscription_and_by_group(clients: Clients) -> None:
    accounts = clients.storage.storage_accounts
    assert [one.name for one in accounts.list()] == ["phidata"]
    assert [one.id for one in accounts.list_by_resource_group("RG-PHI")] == [ACCOUNT]
    with pytest.raises(ResourceNotFoundError):
        list(accounts.list_by_resource_group("nowhere"))


def test_the_create_poller_of_storage_ends_quickly_with_its_own_interval(clients: Clients) -> None:
    begun = time.monotonic()
    body = {"location": "eastus", "kind": "StorageV2", "sku": {"name": "Standard_GRS"}}
    account = clients.storage.storage_accounts.begin_create("rg-phi", "flowlogs01", body).result()
    assert account.name == "flowlogs01"
    assert account.as_dict()["properties"]["provisioningState"] == "Succeeded"
    assert time.monotonic() - begun < 5


def test_containers_and_the_blob_service_work(clients: Clients) -> None:
    service = clients.storage.blob_services.get_service_properties("rg-phi", "phidata")
    assert service.name == "default"
    clients.storage.blob_containers.create(
        "rg-phi", "phidata", "records", {"properties": {"publicAccess": "Blob"}}
    )
    listed = list(clients.storage.blob_containers.list("rg-phi", "phidata"))
    assert [one.name for one in listed] == ["records"]


def test_a_role_assignment_is_created_found_and_removed(clients: Clients) -> None:
    roles = clients.authorization.role_assignments
    name = assignment(SUBSCRIPTION, 7).rpartition("/")[2]
    body = {"properties": {"roleDefinitionId": READER, "principalId": BOB, "principalType": "User"}}
    created = roles.create(SUBSCRIPTION, name, body)
    assert created.id == assignment(SUBSCRIPTION, 7)
    assert roles.get_by_id(created.id).principal_id == BOB
    assert {one.name for one in roles.list_for_scope(SUBSCRIPTION)} >= {name}
    assert [one.name for one in roles.list_for_scope(SUBSCRIPTION, filter=f"principalId eq '{BOB}'")] == [
        name
    ]
    assert roles.delete_by_id(created.id).principal_id == BOB
    assert roles.delete_by_id(created.id) is None
    with pytest.raises(ResourceNotFoundError) as caught:
        roles.get_by_id(created.id)
    assert caught.value.error is not None
    assert caught.value.error.code == "RoleAssignmentNotFound"


def test_the_same_assignment_under_another_guid_is_refused(clients: Clients) -> None:
    body = {"properties": {"roleDefinitionId": OWNER, "principalId": ALICE}}
    with pytest.raises(ResourceExistsError) as caught:
        clients.authorization.role_assignments.create_by_id(assignment(SUBSCRIPTION, 2), body)
    assert caught.value.error is not None
    assert caught.value.error.code == "RoleAssignmentExists"


def test_inherited_assignments_are_listed_at_a_resource(clients: Clients) -> None:
    listed = clients.authorization.role_assignments.list_for_scope(ACCOUNT, filter="atScope()")
    assert [one.id for one in listed] == [assignment(SUBSCRIPTION, 1)]


def test_built_in_roles_have_their_real_guids(clients: Clients) -> None:
    definitions = clients.authorization.role_definitions
    assert len(list(definitions.list(SUBSCRIPTION))) >= 13
    (found,) = definitions.list(GROUP, filter="roleName eq 'Storage Account Contributor'")
    assert found.name == "17d1049b-9a84-46fb-8f53-869881c3d3ab"
    assert definitions.get_by_id(OWNER).role_name == "Owner"


def test_permissions_are_an_owners_unless_configured(clients: Clients) -> None:
    (permission,) = clients.authorization.permissions.list_for_resource_group("rg-phi")
    assert permission.actions == ["*"]


def test_a_security_rule_is_written_and_removed_by_id(clients: Clients) -> None:
    resources = clients.resources.resources
    begun = time.monotonic()
    narrowed = {"properties": {**SSH_RULE, "sourceAddressPrefix": "203.0.113.0/24"}}
    written = resources.begin_create_or_update_by_id(RULE, narrowed, api_version="2025-07-01").result()
    assert written.properties["provisioningState"] == "Succeeded"
    group = resources.get_by_id(NSG, api_version="2025-07-01")
    assert group.properties["securityRules"][0]["properties"]["sourceAddressPrefix"] == "203.0.113.0/24"
    resources.begin_delete_by_id(RULE, api_version="2025-07-01").result()
    with pytest.raises(ResourceNotFoundError):
        resources.get_by_id(RULE, api_version="2025-07-01")
    assert time.monotonic() - begun < 5


def test_a_diagnostic_setting_is_written_and_removed_by_id(clients: Clients) -> None:
    resources = clients.resources.resources
    id = diagnostics(BLOB)
    body = {"properties": {"workspaceId": WORKSPACE, "logs": [{"category": "StorageRead", "enabled": True}]}}
    resources.begin_create_or_update_by_id(id, body, api_version="2021-05-01-preview").result()
    assert resources.get_by_id(id, api_version="2021-05-01-preview").properties["workspaceId"] == WORKSPACE
    resources.begin_delete_by_id(id, api_version="2021-05-01-preview").result()
    with pytest.raises(ResourceNotFoundError):
        resources.get_by_id(id, api_version="2021-05-01-preview")


def test_existence_tags_and_lists_work_by_id(clients: Clients) -> None:
    resources = clients.resources.resources
    assert resources.check_existence_by_id(NSG, api_version="2025-07-01") is True
    assert resources.check_existence_by_id(f"{NSG}x", api_version="2025-07-01") is False
    resources.begin_update_by_id(NSG, {"tags": {"owner": "net"}}, api_version="2025-07-01").result()
    assert resources.get_by_id(NSG, api_version="2025-07-01").tags == {"owner": "net"}
    listed = resources.list(filter="resourceType eq 'Microsoft.Network/networkSecurityGroups'")
    assert [one.id for one in listed] == [NSG]
    assert [group.name for group in clients.resources.resource_groups.list()] == ["rg-phi"]


def test_paging_is_followed_by_the_sdk(clients: Clients) -> None:
    for number in range(60):
        body = {"location": "eastus"}
        clients.resources.resource_groups.create_or_update(f"rg-{number:03d}", body)
    assert len(list(clients.resources.resource_groups.list())) == 61


def test_a_refusal_reaches_the_sdk_with_code_and_message(clients: Clients) -> None:
    with pytest.raises(HttpResponseError) as caught:
        clients.storage.storage_accounts.update(
            "rg-phi", "phidata", {"properties": {"minimumTlsVersion": "TLS9"}}
        )
    assert caught.value.status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "InvalidRequestPropertyValue"
    assert caught.value.error.target == "properties.minimumTlsVersion"
