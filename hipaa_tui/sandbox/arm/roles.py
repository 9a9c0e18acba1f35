"""Shows role definitions at any scope: the built-in ones everywhere, a custom one where it is assignable."""

from __future__ import annotations

from copy import deepcopy

from hipaa_tui.sandbox.arm import catalogue, views
from hipaa_tui.sandbox.arm.address import Address, is_at_or_above, subscription_of
from hipaa_tui.sandbox.arm.errors import ArmError
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.paths import same_text
from hipaa_tui.sandbox.arm.rules.authorization import DEFINITIONS, built_in_roles
from hipaa_tui.support.json_value import Json


def roles_at(estate: Estate, scope: str) -> list[dict[str, Json]]:
    """The definitions that can be assigned at `scope`, each with the id it has there."""
    found = [_at(role, scope) for role in built_in_roles()]
    found += [views.shown(estate, one) for one in estate.of_type(DEFINITIONS) if _is_custom(one, scope)]
    return found


def _is_custom(one: Resource, scope: str) -> bool:
    held = one.body["properties"].get("assignableScopes", ())
    return any(is_at_or_above(str(each), scope) or is_at_or_above(scope, str(each)) for each in held)


def get_role(estate: Estate, at: Address) -> dict[str, Json]:
    """The definition that an address names at whatever scope. ArmError 404 where there is none."""
    for role in roles_at(estate, at.scope):
        if same_text(role["name"], at.name):
            return role
    kept = estate.get(at.id)
    if kept is not None:
        return views.shown(estate, kept)
    code = catalogue.find(at.type).missing
    raise ArmError(404, code, f"The specified role definition with ID '{at.name}' does not exist.")


def _at(role: dict[str, Json], scope: str) -> dict[str, Json]:
    """A built-in role as it is named at a scope: by the subscription, not by what lies in it."""
    subscription = subscription_of(scope)
    prefix = "/".join(scope.split("/")[:3]) if subscription else ""
    return {
        "id": f"{prefix}/providers/Microsoft.Authorization/roleDefinitions/{role['name']}",
        **deepcopy(role),
    }
