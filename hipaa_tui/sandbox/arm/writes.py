"""Carries out PUT, PATCH, DELETE and POST, in the order in which Azure refuses: rights, locks, parents, etags, body."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from hipaa_tui.sandbox.arm import access, catalogue, schema, views
from hipaa_tui.sandbox.arm.address import Address
from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.commit import check_name, commit, keep, named, still_complete
from hipaa_tui.sandbox.arm.context import Context
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content, not_allowed, not_found
from hipaa_tui.sandbox.arm.estate import Resource
from hipaa_tui.sandbox.arm.messages import Response
from hipaa_tui.sandbox.arm.paths import same_text
from hipaa_tui.sandbox.arm.reads import require_parent, require_subscription
from hipaa_tui.sandbox.arm.rules import GONE
from hipaa_tui.sandbox.arm.rules.storage import extend_immutability, lock_immutability
from hipaa_tui.support.json_value import Json

_ACCOUNT: Final = "Microsoft.Storage/storageAccounts"
_POLICIES: Final = "microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies"
_ACTIONS: Final = {f"{_POLICIES}/lock": lock_immutability, f"{_POLICIES}/extend": extend_immutability}


def put(context: Context) -> Response:
    """Create the resource, or replace it as a whole."""
    kind, at = context.kind, context.at
    _begin(context, "write")
    if not kind.puttable:
        raise not_allowed("PUT", at.type)
    require_parent(context.estate, at)
    old = context.estate.get(at.id)
    _preconditions(context, kind, old)
    sent = _sent(context)
    schema.complete(kind, sent)
    if kind.tracked and not sent.get("location"):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    if old is None:
        check_name(kind, at)
    new = deepcopy(sent)
    keep(kind, old, new, sent)
    resource = commit(kind, _change(context, old, new, sent), embedded=True)
    return _written(context, resource, created=old is None)


def patch(context: Context) -> Response:
    """Merge into the resource. A nested object or list that is sent takes the place of the one there."""
    kind, at = context.kind, context.at
    _begin(context, "write")
    if kind.patch == ():
        raise not_allowed("PATCH", at.type)
    require_parent(context.estate, at)
    old = context.estate.get(at.id)
    _preconditions(context, kind, old)
    if old is None:
        raise not_found(at.id)
    sent = _sent(context)
    for path in _said(sent) if kind.patch is not None else ():
        if path not in (kind.patch or ()):
            allowed = ", ".join(kind.patch or ())
            raise bad_content(f"PATCH of this type changes {allowed} only, not '{path}'.", path)
    new = deepcopy(old.body)
    for name, value in sent.items():
        merged = {**(new.get("properties") or {}), **value} if name == "properties" else value
        new[name] = deepcopy(merged)
    keep(kind, old, new, sent)
    still_complete(kind, sent, new)
    resource = commit(kind, _change(context, old, new, sent), embedded=False)
    return _written(context, resource, created=False, at_once=kind.patch == ("tags",))


def delete(context: Context) -> Response:
    """Remove the resource and all below it; 204 where there is none."""
    kind, at, estate = context.kind, context.at, context.estate
    _begin(context, "delete")
    if not kind.deletable:
        raise not_allowed("DELETE", at.type)
    old = estate.get(at.id)
    _preconditions(context, kind, old)
    if old is None:
        return Response(204)
    # A resource group takes what uses its resources along; an account is held back by a locked container.
    below = estate.under(at.id) if kind.name == _ACCOUNT else ()
    for one in (old, *below):
        gone = GONE.get(one.type.lower())
        if gone is not None:
            gone(estate, one)
    body = views.shown(estate, old)
    estate.delete(at.id)
    if kind.asynchronous:
        headers = context.operations.begin(context.request, at, "Deleting", estate.polls)
        if kind.asynchronous == "location":
            headers.pop("Azure-AsyncOperation")
        return Response(202, None, headers)
    return Response(200, body if kind.deleted_shown else None)


def post(context: Context) -> Response:
    """Carry out an action of a resource; only those that cannot be undone are played here."""
    at, estate = context.at, context.estate
    act = _ACTIONS.get(at.type.lower())
    if act is None:
        raise not_allowed("POST", at.type)
    require_subscription(estate, at)
    id = at.id.rpartition("/")[0]
    kind = catalogue.find(at.type.rpartition("/")[0])
    access.require(estate, f"{at.type}/action", id, context.oid)
    access.refuse_locked(estate, id, deletes=False)
    old = estate.get(id)
    if old is None:
        raise not_found(id)
    _preconditions(context, kind, old)
    sent = context.request.body if isinstance(context.request.body, dict) else {}
    change = Change(
        estate, id, kind.name, old.body, deepcopy(old.body), sent, context.oid, context.conditional
    )
    act(change)
    body = views.shown(estate, estate.put(change.new))
    return Response(200, body, {"ETag": str(body["etag"])})


def _begin(context: Context, verb: str) -> None:
    require_subscription(context.estate, context.at)
    access.require(context.estate, f"{context.at.type}/{verb}", context.at.id, context.oid)
    access.refuse_locked(context.estate, context.at.id, deletes=verb == "delete")


def _preconditions(context: Context, kind: catalogue.Type, old: Resource | None) -> None:
    headers = context.request.headers
    wanted = headers.get("if-match", "")
    failed = headers.get("if-none-match", "") == "*" and old is not None
    if kind.etag and wanted:
        holder = old
        if old is None and kind.etag_of_parent and wanted != "*":
            # A new member of a group is a change of the group, whose etag it will share.
            holder = context.estate.get(context.at.parent)
        held = context.estate.etag(holder).removeprefix("W/") if holder is not None else None
        offered = [one.strip().removeprefix("W/") for one in wanted.split(",")]
        failed = failed or held is None or not ("*" in offered or held in offered)
    if failed:
        raise ArmError(
            412,
            "PreconditionFailed",
            "Precondition failed: the resource was changed since its etag was read, or is there already.",
        )


def _sent(context: Context) -> dict[str, Json]:
    """The body of the request, cleaned, with its location in short form. ArmError 400 where it does not fit."""
    body = context.request.body
    _matches_address(body, context.at)
    sent = schema.clean(context.kind, body)
    location = sent.get("location")
    if location is not None:
        if not isinstance(location, str):
            raise bad_content("'location' is not a string.", "location")
        sent["location"] = location.replace(" ", "").lower()
    return sent


def _matches_address(body: Json, at: Address) -> None:
    if not isinstance(body, dict):
        raise bad_content("a JSON object is expected.")
    for field, value in {"name": at.name, "type": at.type, "id": at.id}.items():
        given = body.get(field)
        if given is not None and not same_text(given, value):
            raise ArmError(
                400,
                f"MismatchingResource{field.title()}",
                f"The provided resource {field} '{given!s:.200}' did not match that of the Url, '{value}'.",
                target=field,
            )


def _change(context: Context, old: Resource | None, new: dict[str, Json], sent: dict[str, Json]) -> Change:
    type = named(context.at, new)
    return Change(
        context.estate,
        context.at.id,
        type,
        old.body if old is not None else None,
        new,
        sent,
        context.oid,
        context.conditional,
    )


def _written(context: Context, resource: Resource, *, created: bool, at_once: bool = False) -> Response:
    kind, estate = context.kind, context.estate
    headers: dict[str, str] = {}
    running = ""
    if kind.asynchronous == "header" and not at_once:
        running = "Updating"
        headers = context.operations.begin(context.request, context.at, running, estate.polls)
        headers.pop("Location")
    elif kind.name == _ACCOUNT and created:
        headers = context.operations.begin(context.request, context.at, "Creating", estate.polls)
        headers.pop("Azure-AsyncOperation")
        return Response(202, None, headers)
    body = views.shown(estate, resource, running)
    if "etag" in body:
        headers["ETag"] = str(body["etag"])
    return Response(kind.created if created else 200, body, headers)


def _said(sent: dict[str, Any]) -> Iterator[str]:
    """What a body says something about: its top-level names, and those one level into properties."""
    for name, value in sent.items():
        if name == "properties":
            yield from (f"properties.{inner}" for inner in value)
        else:
            yield name
