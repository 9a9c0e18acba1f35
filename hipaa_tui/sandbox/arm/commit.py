"""Turns an accepted body into what is kept: with defaults, what cannot change, rules, and children."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Final

from hipaa_tui.sandbox.arm import catalogue, schema
from hipaa_tui.sandbox.arm.address import Address, parse_plain
from hipaa_tui.sandbox.arm.catalogue import Type
from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content, bad_value
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.paths import dig, place, same_text, take
from hipaa_tui.sandbox.arm.rules import CHECK, FILL
from hipaa_tui.sandbox.arm.rules.others import fill_managed_identity
from hipaa_tui.sandbox.arm.rules.storage import services
from hipaa_tui.support.json_value import Json

_ODD_NAME: Final = re.compile(r"[<>%&?#*]|[. ]$")
"""What the names of hardly any type may hold; for types without a rule of their own."""
_IDENTITY: Final = ("identity.principalId", "identity.tenantId")


def seed(estate: Estate, body: dict[str, Json], at: Address) -> None:
    """Keep a resource as it is given, with what the service would have made up; nothing is checked."""
    new: dict[str, Json] = {"properties": {}, **deepcopy(body)}
    old = estate.get(at.id)
    type = named(at, new)
    change = Change(estate, at.id, type, old.body if old is not None else None, new, {})
    commit(catalogue.find(at.type), change, embedded=True, check=False)


def named(at: Address, new: dict[str, Json]) -> str:
    """Write id, name and type into a body, the type in the table's spelling, and give the type."""
    new["id"], new["name"], new["type"] = at.id, at.name, catalogue.find(at.type).name
    return str(new["type"])


def check_name(kind: Type, at: Address) -> None:
    """ArmError 400 where the type has no such names."""
    bad = not kind.naming.search(at.name) if kind.naming is not None else _ODD_NAME.search(at.name)
    if bad:
        raise ArmError(
            400, "InvalidResourceName", f"'{at.name}' is not a valid name for {at.type}.", target="name"
        )


def keep(kind: Type, old: Resource | None, new: dict[str, Json], sent: dict[str, Json]) -> None:
    """Carry over into `new` what a write cannot touch. ArmError (400, 409) where `sent` tries."""
    if old is None:
        return
    for path in kind.fixed():
        asked, held = dig(sent, path), dig(old.body, path)
        # Not to have said it, and to have said no, are the same.
        if asked is not None and asked != held and not (asked is False and held is None):
            raise bad_value(f"The property '{path}' is set at creation and cannot be changed.", path)
    for path in (*kind.kept(), *(_IDENTITY if isinstance(new.get("identity"), dict) else ())):
        held = dig(old.body, path)
        if held is not None and dig(new, path) is None:
            place(new, path, deepcopy(held))
    there, asked = old.body.get("location"), sent.get("location")
    if there and asked and not same_text(str(there).replace(" ", ""), asked):
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{old.body['name']}' already exists in location '{there}'. A resource with the same "
            f"name cannot be created in location '{asked}'.",
            target="location",
        )


def still_complete(kind: Type, sent: dict[str, Json], new: dict[str, Json]) -> None:
    """ArmError 400 where what a PATCH sent lacks something; what was there before may be old and need not fit."""
    for name in sent.keys() - {"properties"}:
        if name in kind.body.below:
            schema.missing(kind.body.below[name], new[name], name)
    properties = kind.body.below.get("properties")
    for name in sent.get("properties") or ():
        if properties is not None and name in properties.below:
            schema.missing(properties.below[name], new["properties"][name], f"properties.{name}")


def commit(kind: Type, change: Change, *, embedded: bool, check: bool = True) -> Resource:
    """Complete the change by defaults and rules, and keep it.

    `embedded` says that the body also lists the children that the type embeds, as a PUT's does.
    """
    estate = change.estate
    for path, value in kind.defaults.items() if check and embedded else ():
        if dig(change.new, path) is None:
            place(change.new, path, deepcopy(value))
    change.new.setdefault("properties", {})
    children = {path: take(change.new, path) for path in kind.embeds}
    rule, fill = CHECK.get(change.type.lower()), FILL.get(change.type.lower())
    if check and rule is not None:
        rule(change)
    if fill is not None:
        fill(change)
    fill_managed_identity(change, strict=check)
    # Made anew on each read.
    take(change.new, "properties.provisioningState")
    change.new.pop("etag", None)
    resource = estate.put(change.new)
    for path, collection in kind.embeds.items() if embedded else ():
        _replace_children(change, path, collection, children[path], check=check)
    for child in kind.children if change.old is None else ():
        _make_child(change, child)
    # A child's write has given the parent another etag.
    return estate.get(resource.id) or resource


def _replace_children(change: Change, path: str, collection: str, wanted: Json, *, check: bool) -> None:
    """Bring the members of a child collection to what the parent's body lists: the others go."""
    estate, holder = change.estate, f"{change.id}/{collection}"
    members = wanted if isinstance(wanted, list) else []
    for index, member in enumerate(members):
        if not isinstance(member, dict) or not isinstance(member.get("name"), str):
            raise bad_content(f"'{path}[{index}]' has no name.", f"{path}[{index}].name")
    names = {str(member["name"]).lower() for member in members}
    if len(names) < len(members):
        raise bad_content(f"'{path}' names a member twice.", path)
    for one in list(estate.under(holder)) if check else ():
        if one.key.removeprefix(f"{holder.lower()}/").split("/")[0] not in names:
            estate.delete(one.id)
    for index, member in enumerate(members):
        at = parse_plain(f"{holder}/{member['name']}")
        if not check:
            seed(estate, member, at)
            continue
        try:
            _put_child(change, at, member)
        except ArmError as error:
            error.target = f"{path}[{index}].{error.target}".rstrip(".")
            raise


def _put_child(change: Change, at: Address, member: dict[str, Json]) -> None:
    kind = catalogue.find(at.type)
    check_name(kind, at)
    sent = schema.clean(kind, member)
    schema.complete(kind, sent)
    old = change.estate.get(at.id)
    new = deepcopy(sent)
    keep(kind, old, new, sent)
    type = named(at, new)
    inner = Change(change.estate, at.id, type, old.body if old is not None else None, new, sent, change.oid)
    commit(kind, inner, embedded=True)


def _make_child(change: Change, child: str) -> None:
    """Make a child that comes into being with its parent, unless it is there or the parent has none such."""
    collection = child.partition("/")[0]
    service = collection.removesuffix("Services").lower()
    if collection.endswith("Services") and service not in services(change.new):
        return
    at = parse_plain(f"{change.id}/{child}")
    if change.estate.get(at.id) is None:
        new: dict[str, Json] = {"properties": {}}
        type = named(at, new)
        commit(catalogue.find(at.type), Change(change.estate, at.id, type, None, new, {}), embedded=True)
