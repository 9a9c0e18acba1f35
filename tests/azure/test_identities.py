"""A system-assigned identity of an account or a vault is made beside the others, and goes again."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.permissions import for_call
from hipaa_tui.providers.registry import setting
from tests.azure.server import GROUP, azure, bring, resource, target
from tests.azure.vaults import (
    RECOVERY_IDENTITY,
    STORAGE_IDENTITY,
    account,
    recovery_vault,
)

OTHER = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("id", [STORAGE_IDENTITY, RECOVERY_IDENTITY])
def test_an_identity_is_made_beside_those_that_are_there_and_goes_again(id, others):
    there = account() if id == STORAGE_IDENTITY else recovery_vault()
    if others:
        there["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}}}
    with azure(there, resource(OTHER, location="eastus", properties={})) as cloud:
        where, one = target(there["id"]), setting(id)
        assert one.read(cloud, where).absent
        (call,) = bring(cloud, id, where, {"type": "SystemAssigned"})
        assert ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action" in for_call(call)) is others
        reading = one.read(cloud, where)
        assert reading.value == {"type": "SystemAssigned"}
        assert reading.identity["principalId"]
        assert reading.identity["userAssigned"] == ([OTHER] if others else [])
        assert bring(cloud, id, where, {"type": "SystemAssigned"}) == []
        bring(cloud, id, where, None)
        after = one.read(cloud, where)
        assert after.absent
        assert "principalId" not in after.identity
        assert after.identity["userAssigned"] == ([OTHER] if others else [])
