"""Loads a whole estate from JSON and dumps it again, so that a demo or a test begins where it wants.

{"resources": [{"id": "/subscriptions/…", …}], "subscriptions"?: [{"subscriptionId", "displayName"?,
"managementGroups"?}], "permissions"?: {scope: [{"actions", "notActions"}]}, "polls"?: 1,
"groups"?: {object id: [object ids of its members]}}

A resource needs only its id. Subscriptions and resource groups that ids lie in are made; a security
group may hold its rules and a network its subnets inside. Nothing is checked against the types: an
estate may hold what Azure would not let in today.
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.sandbox.arm.address import GROUP_TYPE, Address, Kind, parse_plain
from hipaa_tui.sandbox.arm.commit import seed
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content
from hipaa_tui.sandbox.arm.estate import SUBSCRIPTION, Estate
from hipaa_tui.support.json_value import Json

_LOCATION: Final = "eastus"


def load(estate: Estate, state: Json) -> None:
    """Replace everything by `state` ({} or None for one empty subscription). ArmError 400 where it is no state."""
    found = {} if state is None else state
    if not isinstance(found, dict):
        raise bad_content("a state is an object.")
    resources = found.get("resources", [])
    if not isinstance(resources, list):
        raise bad_content("'resources' is a list.", "resources")
    addresses = [_address(one, index) for index, one in enumerate(resources)]
    subscriptions, permissions, polls = _settings(found)
    new = estate.fresh()
    new.permissions, new.polls, new.groups = permissions, polls, _groups(found)
    for one in subscriptions:
        new.add_subscription(
            str(one["subscriptionId"]), str(one.get("displayName", "")), one.get("managementGroups")
        )
        new.subscriptions[str(one["subscriptionId"]).lower()] |= {
            key: value for key, value in one.items() if key == "state"
        }
    for address in addresses:
        _make_room(new, address)
    for address, one in zip(addresses, resources, strict=True):
        seed(new, one, address)
    if not new.subscriptions:
        new.add_subscription(SUBSCRIPTION)
    estate.adopt(new)


def _settings(state: dict[str, Json]) -> tuple[list[dict[str, Json]], dict[str, Json], int]:
    subscriptions, permissions = state.get("subscriptions", []), state.get("permissions", {})
    polls = state.get("polls", 1)
    if not isinstance(subscriptions, list) or not all(
        isinstance(one, dict) and one.get("subscriptionId") for one in subscriptions
    ):
        raise bad_content("'subscriptions' is a list of objects with a subscriptionId.", "subscriptions")
    if not isinstance(permissions, dict) or not all(isinstance(one, list) for one in permissions.values()):
        raise bad_content("'permissions' maps scopes to lists.", "permissions")
    if not isinstance(polls, int) or polls < 0:
        raise bad_content("'polls' is a number of polls.", "polls")
    return subscriptions, permissions, polls


def _groups(state: dict[str, Json]) -> dict[str, list[str]]:
    groups = state.get("groups", {})
    if not isinstance(groups, dict) or not all(isinstance(one, list) for one in groups.values()):
        raise bad_content("'groups' maps object ids to lists.", "groups")
    return groups


def _address(resource: Json, index: int) -> Address:
    at = f"resources[{index}]"
    if not isinstance(resource, dict) or not isinstance(resource.get("id"), str):
        raise bad_content(f"{at} has no id.", f"{at}.id")
    try:
        address = parse_plain(resource["id"])
    except ArmError as error:
        raise bad_content(f"{at}: {error.message}", f"{at}.id") from None
    if address.kind is not Kind.RESOURCE:
        raise bad_content(f"{at}: '{resource['id'][:200]}' is not the id of a resource.", f"{at}.id")
    if not isinstance(resource.get("properties", {}), dict):
        raise bad_content(f"{at}: 'properties' is not an object.", f"{at}.properties")
    return address


def _make_room(estate: Estate, address: Address) -> None:
    """Make the subscription and the resource group that the address lies in, where they are missing."""
    if address.subscription and address.subscription not in estate.subscriptions:
        estate.add_subscription(address.id.split("/")[2])
    group = address.group
    if group and address.type != GROUP_TYPE and estate.get(group) is None:
        seed(estate, {"location": _LOCATION}, parse_plain(group))
