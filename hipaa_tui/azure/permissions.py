"""Derives from a call the ARM actions that it needs, so that no table of permissions can be forgotten.

ARM names its actions after the type in the path and the method: a PUT or PATCH of a storage account is
Microsoft.Storage/storageAccounts/write (Azure RBAC, "Azure resource provider operations"). What a
service checks beside its own action stands in `_linked`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at

_VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


def for_call(call: Call) -> tuple[str, ...]:
    """The actions that the call needs, its own first. ValueError for a method that ARM does not have."""
    path = str(call.arguments["path"])
    if call.operation == "POST":
        parent, _, action = path.rstrip("/").rpartition("/")
        return (f"{_type(parent)}/{action}/action",)
    if call.operation not in _VERBS:
        raise ValueError(f"{call.operation} is not a method of ARM")
    kind = _type(path)
    return (f"{kind}/{_VERBS[call.operation]}", *_linked(kind, call))


def _type(path: str) -> str:
    """The type of a resource, or of the members of a collection, by its path."""
    parts = [part for part in path.split("/") if part]
    lowered = [part.lower() for part in parts]
    if "providers" not in lowered:
        return "Microsoft.Resources/subscriptions" + (
            "/resourceGroups" if "resourcegroups" in lowered else ""
        )
    at_ = len(lowered) - 1 - lowered[::-1].index("providers")
    namespace, *rest = parts[at_ + 1 :]
    return "/".join((namespace, *rest[::2]))


def _linked(kind: str, call: Call) -> Iterator[str]:
    """What ARM checks on the resources that the body names (remarks on linked access checks)."""
    if call.operation in {"PUT", "PATCH"} and at(
        call.arguments.get("body"), "identity.userAssignedIdentities"
    ):
        # Checked on each identity that is named, those that the resource has already included.
        yield "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    properties = at(call.arguments.get("body"), "properties")
    if call.operation not in {"PUT", "PATCH"} or not isinstance(properties, Mapping):
        return
    if kind.lower() == "microsoft.insights/diagnosticsettings":
        # The service reads the sink's key on the caller's behalf.
        if properties.get("workspaceId"):
            yield "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
        if properties.get("storageAccountId"):
            yield "Microsoft.Storage/storageAccounts/listKeys/action"
        if properties.get("eventHubAuthorizationRuleId"):
            yield "Microsoft.EventHub/namespaces/authorizationRules/listKeys/action"
    if kind.lower() == "microsoft.keyvault/vaults" and "enableRbacAuthorization" in properties:
        # Whoever changes the permission model decides about access.
        yield "Microsoft.Authorization/roleAssignments/write"
    if kind.lower() == "microsoft.network/networksecuritygroups/securityrules" and (
        properties.get("sourceApplicationSecurityGroups")
        or properties.get("destinationApplicationSecurityGroups")
    ):
        yield "Microsoft.Network/applicationSecurityGroups/joinNetworkSecurityRule/action"
