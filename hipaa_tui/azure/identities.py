"""The identity that Azure makes for a resource, by which the resource itself asks for a key.

A user-assigned identity beside it is kept: a PATCH of `identity` replaces it whole, so those that are there
are named again. ABSENT means that there is no system-assigned identity. Taking it away deletes its
principal for good; one that is made later is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.keyvault.keys import key_of
from hipaa_tui.azure.recoveryservices.settings import VERSION as RECOVERY_VERSION
from hipaa_tui.azure.recoveryservices.settings import RecoveryVaults
from hipaa_tui.azure.recoveryservices.settings import identity_of as recovery_identity
from hipaa_tui.azure.resource_types import get, operations
from hipaa_tui.azure.resource_types import request as arm_request
from hipaa_tui.azure.storage.settings import VERSION as STORAGE_VERSION
from hipaa_tui.azure.storage.settings import StorageAccounts
from hipaa_tui.azure.storage.settings import identity_of as storage_identity
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

SYSTEM: Final = {"type": "SystemAssigned"}


def user_assigned(identity: Mapping[str, Any] | None) -> list[str]:
    """The ids of the user-assigned identities of a resource's `identity`."""
    return sorted((identity or {}).get("userAssignedIdentities") or {})


class _SystemIdentity(Setting):
    """{"type": "SystemAssigned"}, or ABSENT. The identity of the reading has its `principalId`."""

    title = "System-assigned identity"
    settle_seconds = 60.0
    version: str
    both: str
    """How the service spells that a resource has both kinds."""

    def describe(self, found: Mapping[str, Any]) -> dict[str, Json]:
        """The identity of the resource itself."""
        raise NotImplementedError

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = get(cloud, target.id, self.version)
        identity = found.get("identity") or {}
        has = "systemassigned" in str(identity.get("type", "")).lower()
        known: dict[str, Json] = {**self.describe(found), "userAssigned": user_assigned(identity)}
        if has:
            known |= {key: identity[key] for key in ("principalId", "tenantId") if identity.get(key)}
        return Reading(dict(SYSTEM) if has else ABSENT, known)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [] if not before.absent else [self._patch(target, before, self.both, "SystemAssigned")]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [] if before.absent else [self._patch(target, before, "UserAssigned", "None")]

    def _patch(self, target: Target, before: Reading, beside: str, alone: str) -> Call:
        others = before.identity.get("userAssigned") or []
        identity: dict[str, Json] = {"type": beside if others else alone}
        if others:
            identity["userAssignedIdentities"] = {id: {} for id in others}
        return arm_request("PATCH", target.id, self.version, {"identity": identity})


class StorageIdentity(_SystemIdentity):
    id = "azure.storage.system-identity"
    resource = StorageAccounts.name
    reads = operations("Microsoft.Storage", "GET")
    writes = operations("Microsoft.Storage", "PATCH")
    removes = operations("Microsoft.Storage", "PATCH")
    terraform = ("azurerm_storage_account",)
    version = STORAGE_VERSION
    both = "SystemAssigned,UserAssigned"

    def describe(self, found: Mapping[str, Any]) -> dict[str, Json]:
        return storage_identity(found)


class RecoveryIdentity(_SystemIdentity):
    id = "azure.recoveryservices.system-identity"
    resource = RecoveryVaults.name
    reads = operations("Microsoft.RecoveryServices", "GET")
    writes = operations("Microsoft.RecoveryServices", "PATCH")
    removes = operations("Microsoft.RecoveryServices", "PATCH")
    terraform = ("azurerm_recovery_services_vault",)
    version = RECOVERY_VERSION
    both = "SystemAssigned, UserAssigned"

    def describe(self, found: Mapping[str, Any]) -> dict[str, Json]:
        return recovery_identity(found)


def with_identity_for_key(_current: Json, wanted: Json) -> Json:
    """An identity of the resource's own, to ask for the key that `key_id` names. ValueError where it names none."""
    key_of(str(wanted.get("key_id", "")), str(wanted.get("partition") or "AzureCloud"))
    return dict(SYSTEM)


SETTINGS = (StorageIdentity(), RecoveryIdentity())
BUILDERS = {"with_identity_for_key": with_identity_for_key}
