"""Microsoft.Authorization: built-in roles, what an assignment may not change, and what it must name."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content, bad_value
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.paths import dig, same_text
from hipaa_tui.support.json_value import Json

ASSIGNMENTS: Final = "microsoft.authorization/roleassignments"
DEFINITIONS: Final = "microsoft.authorization/roledefinitions"
_BUILT_IN_SINCE: Final = "2015-02-02T21:55:09.8806423Z"


@cache
def built_in_roles() -> tuple[dict[str, Json], ...]:
    """The built-in roles that the sandbox knows, as definitions without an id."""
    text = files("hipaa_tui.sandbox.arm").joinpath("roles.json").read_text(encoding="utf-8")
    return tuple(_definition(role) for role in json.loads(text))


def _definition(role: dict[str, Any]) -> dict[str, Json]:
    return {
        "name": role["guid"],
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role["name"],
            "type": "BuiltInRole",
            "description": role["description"],
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": role["actions"],
                    "notActions": role.get("notActions", []),
                    "dataActions": role.get("dataActions", []),
                    "notDataActions": [],
                }
            ],
            "createdOn": _BUILT_IN_SINCE,
            "updatedOn": _BUILT_IN_SINCE,
            "createdBy": None,
            "updatedBy": None,
        },
    }


def role_name(estate: Estate, definition: str) -> str | None:
    """The name of the role that a roleDefinitionId names at whatever scope, None where there is none."""
    guid = definition.rpartition("/")[2].lower()
    for role in built_in_roles():
        if role["name"] == guid:
            return str(role["properties"]["roleName"])
    for one in estate.of_type(DEFINITIONS):
        if same_text(one.body["name"], guid):
            return str(one.body["properties"]["roleName"])
    return None


def _scope(id: str) -> str:
    return id[: id.lower().rindex("/providers/microsoft.authorization/")] or "/"


def _check_assignment(change: Change) -> None:
    new = change.properties
    definition = str(new["roleDefinitionId"])
    if "/providers/microsoft.authorization/roledefinitions/" not in definition.lower():
        raise bad_value(
            f"'{definition[:200]}' is not the id of a role definition.", "properties.roleDefinitionId"
        )
    if role_name(change.estate, definition) is None:
        raise ArmError(
            400,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{definition}' does not exist.",
        )
    if bool(new.get("condition")) != bool(new.get("conditionVersion")):
        raise bad_content("'condition' and 'conditionVersion' go together.", "properties.condition")
    scope = _scope(change.id)
    if change.old is not None:
        for name in ("roleDefinitionId", "principalId"):
            if not same_text(_last(change.old["properties"][name]), _last(new[name])):
                raise ArmError(
                    409,
                    "RoleAssignmentUpdateNotPermitted",
                    "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
                    target=f"properties.{name}",
                )
    for other in change.estate.under(_holder(scope, "roleAssignments")):
        theirs = other.body["properties"]
        same = all(
            same_text(_last(theirs[name]), _last(new[name])) for name in ("roleDefinitionId", "principalId")
        )
        if same and other.key != change.id.lower():
            raise ArmError(
                409,
                "RoleAssignmentExists",
                f"The role assignment already exists. The ID of the existing role assignment is {other.body['name']}.",
            )
    new.setdefault("principalType", "User")
    new["updatedOn"], new["updatedBy"] = change.estate.now(), change.oid or None


def _holder(scope: str, collection: str) -> str:
    return f"{scope.rstrip('/')}/providers/Microsoft.Authorization/{collection}"


def _last(id: Json) -> str:
    return str(id).rpartition("/")[2]


def _fill_assignment(change: Change) -> None:
    properties = change.properties
    properties["scope"] = _scope(change.id)
    properties.setdefault("createdOn", change.estate.now())
    properties.setdefault("createdBy", change.oid or None)
    properties.setdefault("condition", None)
    properties.setdefault("conditionVersion", None)


def _check_definition(change: Change) -> None:
    if any(same_text(role["name"], change.name) for role in built_in_roles()):
        raise ArmError(400, "RoleDefinitionUpdateNotPermitted", "A built-in role cannot be changed.")
    if not change.properties["assignableScopes"]:
        raise bad_value("At least one assignable scope is needed.", "properties.assignableScopes")
    name = change.properties["roleName"]
    for other in change.estate.of_type(DEFINITIONS):
        taken = same_text(other.body["properties"]["roleName"], name)
        if taken and not same_text(other.body["name"], change.name):
            raise ArmError(
                409,
                "RoleDefinitionWithSameNameExists",
                f"A custom role with the name '{name}' exists already.",
            )
    change.properties["type"] = "CustomRole"


def _keep_assigned(estate: Estate, definition: Resource) -> None:
    for one in estate.of_type(ASSIGNMENTS):
        if same_text(_last(dig(one.body, "properties.roleDefinitionId")), definition.body["name"]):
            raise ArmError(
                400,
                "RoleDefinitionHasAssignments",
                "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).",
            )


def _fill_scope(change: Change) -> None:
    change.properties["scope"] = _scope(change.id)


CHECK: Final = {ASSIGNMENTS: _check_assignment, DEFINITIONS: _check_definition}
FILL: Final = {ASSIGNMENTS: _fill_assignment, "microsoft.authorization/policyassignments": _fill_scope}
GONE: Final = {DEFINITIONS: _keep_assigned}
