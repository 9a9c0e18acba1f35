"""Who may do what where: role assignments, each a resource with a GUID for a name.

An assignment's role and principal cannot be changed, so a narrower one is created beside it, and then
the broad one goes. A restored assignment gets its old GUID, so that whatever refers to it finds it
(Microsoft.Authorization 2022-04-01).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.resource_ids import parse
from hipaa_tui.azure.resource_types import members, parts
from hipaa_tui.providers.model import (
    Cloud,
    Reading,
    ResourceType,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

VERSION: Final = "2022-04-01"
TYPE: Final = "Microsoft.Authorization/roleAssignments"
OWNER: Final = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
"""GUID of the built-in role Owner, the same in every tenant."""
_CHOSEN: Final = (
    "roleDefinitionId",
    "principalId",
    "principalType",
    "condition",
    "conditionVersion",
    "description",
    "delegatedManagedIdentityResourceId",
)


def role_of(value: Json) -> str:
    """The GUID of the role in an assignment's value, in lower case."""
    return str(value.get("roleDefinitionId", "")).rpartition("/")[2].lower()


class RoleAssignments(ResourceType):
    """Assignments of the role Owner that apply to a subscription: at it, above it and below it.

    Only these are listed, since a subscription can have 4,000 assignments and only the Owners are in
    question. Any assignment can be a target.
    """

    name = TYPE
    title = "Role assignment"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = []
        for one in members(cloud, f"/subscriptions/{account}/providers/{TYPE}", VERSION):
            target = self.target(str(one.get("id", "")), account, "", partition)
            if target is not None and role_of(one.get("properties") or {}) == OWNER:
                found.append(target)
        return found

    def target(self, id: str, account: str, region: str, partition: str = "AzureCloud") -> Target | None:
        found = parse(id)
        if found is None or found.type.lower() != TYPE.lower() or not found.is_of(account):
            return None
        return Target(
            provider="azure",
            type=TYPE,
            account=found.subscription or account.lower(),
            region="",
            id=found.upto(1),
            name=found.name,
            partition=partition,
        )


class RoleAssignment(Declared):
    """{"roleDefinitionId", "principalId", "principalType", "condition"?, "conditionVersion"?, "description"?}"""

    id = "azure.authorization.role-assignment"
    title = "Role assignment"
    resource = TYPE
    version = VERSION
    members = _CHOSEN
    method = "PUT"
    removal = "DELETE"
    absent = ("RoleAssignmentNotFound", "ResourceNotFound", "NotFound")
    creates_resource = True
    settle_seconds = 120.0
    terraform = ("azurerm_role_assignment",)

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        properties = found.get("properties") or {}
        return {
            "id": found.get("id", target.id),
            "name": target.name,
            "scope": properties.get("scope") or parts(target.id).scope or "/",
            **{key: properties[key] for key in ("createdOn", "createdBy", "updatedOn") if key in properties},
        }

    def changes(self, before: Reading, after: Json) -> Json:
        if before.value is not ABSENT:
            old, new = self.canonical(before.value), self.canonical(after)
            if old == new:
                return {}
            for key in ("roleDefinitionId", "principalId"):
                if old.get(key) != new.get(key):
                    raise ValueError(
                        f"{key} of a role assignment cannot change: create another one and remove this"
                    )
        return {key: value for key, value in after.items() if value not in (None, "")}

    def canonical(self, value: Json) -> Json:
        kept = {key: item for key, item in value.items() if item not in (None, "")}
        # A role is the same at whatever scope it is named.
        return {**kept, "roleDefinitionId": role_of(value), "principalId": str(value["principalId"]).lower()}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"id": target.id, "name": target.name, "scope": parts(target.id).scope or "/"}


RESOURCE_TYPES = (RoleAssignments(),)
SETTINGS = (RoleAssignment(),)
