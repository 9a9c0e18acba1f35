"""Shows a kept resource as Azure would: with its etag, what it embeds, and the state of a running operation."""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from hipaa_tui.sandbox.arm import catalogue
from hipaa_tui.sandbox.arm.estate import TENANT, Estate, Resource
from hipaa_tui.sandbox.arm.paths import place
from hipaa_tui.sandbox.arm.rules import SHOW
from hipaa_tui.support.json_value import Json

_SHORT: Final = (
    "id",
    "name",
    "type",
    "kind",
    "managedBy",
    "location",
    "tags",
    "identity",
    "sku",
    "plan",
    "zones",
)
"""What a list over all types shows of each resource."""


def shown(estate: Estate, resource: Resource, running: str = "") -> dict[str, Json]:
    """The resource as a reader gets it. `running` is what a running operation does to it ("Updating")."""
    kind = catalogue.find(resource.type)
    body = deepcopy(resource.body)
    for path, collection in kind.embeds.items():
        members = [
            shown(estate, one)
            for one in estate.under(f"{resource.id}/{collection}")
            if _is_child(resource, one)
        ]
        place(body, path, members)
    if kind.provisioning:
        place(body, "properties.provisioningState", running or "Succeeded")
    show = SHOW.get(resource.type.lower())
    if show is not None:
        show(estate, body)
    if kind.etag:
        body["etag"] = estate.etag(resource)
    return body


def short(resource: Resource) -> dict[str, Json]:
    """The resource as a list over all types shows it: without its properties."""
    return {key: resource.body[key] for key in _SHORT if key in resource.body}


def subscription(entry: dict[str, Json]) -> dict[str, Json]:
    """A subscription as ARM shows it."""
    id = str(entry["subscriptionId"])
    return {
        "id": f"/subscriptions/{id}",
        "subscriptionId": id,
        "displayName": entry["displayName"],
        "tenantId": TENANT,
        "state": entry.get("state", "Enabled"),
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "Internal_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
    }


def _is_child(parent: Resource, one: Resource) -> bool:
    return one.key.count("/") == parent.key.count("/") + 2
