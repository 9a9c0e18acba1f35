"""The identity that Azure makes for a resource, by which the resource itself asks for a key.

A user-assigned identity beside it is kept: a PATCH of `identity` replaces it whole, so those that are there
are named again. ABSENT means that there is no system-assigned identity. Taking it away deletes its
principal for good; one that is made later is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.keyvault.keys import key_of
from hipaa_tui.azure.recoveryservices.settings import VERSION as RECOVERY_VERSION
from hipaa_tui.azure.recoveryservices.settings import RecoveryVaults
from hipaa_tui.azure.recoveryservices.settings import identity_of as recovery_identity
from hipaa_tui.azure.storage.settings import VERSION as STORAGE_VERSION
from hipaa_tui.azure.storage.settings import StorageAccounts
from hipaa_tui.azure.storage.settings import identity_of as storage_identity
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

SYSTEM: Final = {"type": "SystemAssigned"}


def user_assigned(identity: Mapping[str, Any] | None) -> list[str]:
    """The ids of the user-assigned identities of a resource's `identity`."""
    return sorted((identity or {}).get("userAssignedIdentities") or {})


class _SystemIdentity(Declared):
    """{"type": "SystemAssigned"}, or ABSENT. The identity of the reading has its `principalId`."""

    title = "System-assigned identity"
    place = "identity"
    members = ("type",)
    removal = "PATCH"
    settle_seconds = 60.0
    both: ClassVar[str]
    """How the service spells that a resource has both kinds."""

    def value(self, found: Mapping[str, Any]) -> Json:
        return dict(SYSTEM) if _has_own(found) else ABSENT

    def describe(self, found: Mapping[str, Any]) -> dict[str, Json]:
        """The identity of the resource itself."""
        raise NotImplementedError

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        identity = found.get("identity") or {}
        known = {**self.describe(found), "userAssigned": user_assigned(identity)}
        if _has_own(found):
            known |= {key: identity[key] for key in ("principalId", "tenantId") if identity.get(key)}
        return known

    def changes(self, before: Reading, after: Json) -> Json:
        if before.absent is (after is ABSENT):
            return {}
        others = before.identity.get("userAssigned") or []
        beside, alone = ("UserAssigned", "None") if after is ABSENT else (self.both, "SystemAssigned")
        if not others:
            return {"type": alone}
        return {"type": beside, "userAssignedIdentities": {id: {} for id in others}}


def _has_own(found: Mapping[str, Any]) -> bool:
    """Has the resource a system-assigned identity?"""
    return "systemassigned" in str((found.get("identity") or {}).get("type", "")).lower()


class StorageIdentity(_SystemIdentity):
    id = "azure.storage.system-identity"
    resource = StorageAccounts.name
    terraform = ("azurerm_storage_account",)
    version = STORAGE_VERSION
    both = "SystemAssigned,UserAssigned"

    def describe(self, found: Mapping[str, Any]) -> dict[str, Json]:
        return storage_identity(found)


class RecoveryIdentity(_SystemIdentity):
    id = "azure.recoveryservices.system-identity"
    resource = RecoveryVaults.name
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
