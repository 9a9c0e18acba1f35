"""Definitions and assignments of Azure Policy, at a subscription or at a management group."""

from __future__ import annotations

from tests.azure.server import SCOPE, resource

MANAGEMENT = "/providers/Microsoft.Management/managementGroups/root"


def definition(condition, effect="Deny", *, scope=SCOPE, name="rule", details=None, **more):
    then = {"effect": effect, **({"details": details} if details is not None else {})}
    return resource(
        f"{scope}/providers/Microsoft.Authorization/policyDefinitions/{name}",
        properties={
            "displayName": f"Policy {name}",
            "mode": "All",
            "policyRule": {"if": condition, "then": then},
            **more,
        },
    )


def assigned(what, *, scope=SCOPE, name="here", **more):
    id = f"{scope}/providers/Microsoft.Authorization/policyAssignments/{name}"
    return resource(id, properties={"policyDefinitionId": what["id"], "enforcementMode": "Default", **more})
