"""Answers GET and HEAD: one resource, or a list of those that Azure would list there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlencode

from hipaa_tui.sandbox.arm import access, catalogue, filters, views
from hipaa_tui.sandbox.arm.address import GROUP_TYPE, Address, Kind, is_at_or_above, parse_plain
from hipaa_tui.sandbox.arm.context import Context
from hipaa_tui.sandbox.arm.errors import ArmError, not_found
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.messages import Request, Response
from hipaa_tui.sandbox.arm.paths import same_text
from hipaa_tui.sandbox.arm.roles import get_role, roles_at
from hipaa_tui.sandbox.arm.rules.authorization import DEFINITIONS
from hipaa_tui.sandbox.arm.rules.network import GROUP as SECURITY_GROUP
from hipaa_tui.sandbox.arm.rules.network import default_rules, find_default_rule
from hipaa_tui.sandbox.arm.rules.storage import ACCOUNT, services
from hipaa_tui.support.json_value import Json

_PAGE: Final = 50
_INHERITED: Final = frozenset(
    {
        *("microsoft.authorization/roleassignments", "microsoft.authorization/locks"),
        *("microsoft.authorization/policyassignments", "microsoft.authorization/policyexemptions"),
    }
)
"""Extensions whose lists also hold what stands above the scope."""
_NOTHING: Final = frozenset(
    {"microsoft.authorization/denyassignments", "microsoft.authorization/classicadministrators"}
)
_DEFAULT_RULES: Final = f"{SECURITY_GROUP}/defaultsecurityrules"
_PERMISSIONS: Final = "microsoft.authorization/permissions"


def get(context: Context) -> Response:
    """The resource or list at an address."""
    estate, request, at = context.estate, context.request, context.at
    require_subscription(estate, at)
    match at.kind:
        case Kind.SUBSCRIPTIONS:
            return _page(request, [views.subscription(one) for one in estate.subscriptions.values()], estate)
        case Kind.SUBSCRIPTION:
            return Response(200, views.subscription(estate.subscriptions[at.subscription]))
        case Kind.PROVIDER:
            return Response(200, _provider(at))
        case Kind.GROUPS | Kind.RESOURCES:
            return _page(request, _everything(context), estate)
        case Kind.COLLECTION:
            return _page(request, _collection(context), estate)
    access.require(estate, f"{at.type}/read", at.id, context.oid)
    return _one(context)


def head(context: Context) -> Response:
    """204 where the resource is there, else 404."""
    return Response(204 if get(context).status == 200 else 404)


def require_subscription(estate: Estate, at: Address) -> None:
    """ArmError 404 where the address lies in a subscription that there is not."""
    if at.subscription and at.subscription not in estate.subscriptions:
        raise ArmError(
            404, "SubscriptionNotFound", f"The subscription '{at.subscription}' could not be found."
        )


def require_parent(estate: Estate, at: Address) -> None:
    """ArmError 404 where the group, the parent or the extended resource of the address is not there."""
    group = at.group
    if group and not same_text(at.id, group) and estate.get(group) is None:
        name = group.rpartition("/")[2]
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    holder = at.parent
    if not holder or same_text(holder, group) or parse_plain(holder).kind is not Kind.RESOURCE:
        return
    if at.type.count("/") > 1:
        _require_service(estate, holder)
        if estate.get(holder) is None and not _above_subscriptions(holder):
            raise ArmError(
                404,
                "ParentResourceNotFound",
                f"Failed to perform the operation on resource(s) of type '{at.type}', because the parent resource "
                f"'{holder}' could not be found.",
            )
    elif estate.get(holder) is None and not _above_subscriptions(holder):
        raise not_found(holder)


def _require_service(estate: Estate, id: str) -> None:
    """ArmError 400 for a service that this kind of storage account does not have."""
    parts = id.split("/")
    names = [
        part.lower().removesuffix("services") for part in parts[9:10] if part.lower().endswith("services")
    ]
    if not names:
        return
    holder = estate.get("/".join(parts[:9]))
    if holder is not None and holder.type.lower() == ACCOUNT and names[0] not in services(holder.body):
        raise ArmError(
            400, "FeatureNotSupportedForAccount", f"{names[0].title()} is not supported for the account."
        )


def _above_subscriptions(id: str) -> bool:
    return not id.lower().startswith("/subscriptions/")


def _one(context: Context) -> Response:
    estate, at = context.estate, context.at
    if at.type.lower() == DEFINITIONS:
        return Response(200, get_role(estate, at))
    if at.type.lower() == _DEFAULT_RULES:
        require_parent(estate, at)
        rule = find_default_rule(at.id)
        if rule is None:
            raise not_found(at.id)
        return Response(200, dict(rule))
    found = estate.get(at.id)
    if found is None:
        raise _why_missing(estate, at)
    body = views.shown(estate, found, context.operations.running(at.key))
    return Response(200, body, {"ETag": str(body["etag"])} if "etag" in body else {})


def _why_missing(estate: Estate, at: Address) -> ArmError:
    if at.type == GROUP_TYPE:
        return ArmError(404, "ResourceGroupNotFound", f"Resource group '{at.name}' could not be found.")
    try:
        require_parent(estate, at)
    except ArmError as error:
        return error
    code = catalogue.find(at.type).missing
    if code != "ResourceNotFound":
        return ArmError(404, code, f"The {at.type.rpartition('/')[2]} '{at.name}' is not found.")
    return not_found(at.id)


def _provider(at: Address) -> Json:
    return {
        "id": at.id,
        "namespace": at.name,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
        "resourceTypes": [
            {"resourceType": kind.name.partition("/")[2]}
            for kind in catalogue.known_types()
            if same_text(kind.name.partition("/")[0], at.name)
        ],
    }


def _everything(context: Context) -> list[Json]:
    """The resource groups (as resources) of a subscription, or the tracked resources of a subscription or group."""
    estate, at = context.estate, context.at
    groups = at.kind is Kind.GROUPS
    access.require(
        estate,
        f"{GROUP_TYPE if groups else 'Microsoft.Resources/subscriptions/resources'}/read",
        at.scope,
        context.oid,
    )
    if not groups and at.group and estate.get(at.group) is None:
        raise ArmError(
            404,
            "ResourceGroupNotFound",
            f"Resource group '{at.scope.rpartition('/')[2]}' could not be found.",
        )
    wanted = filters.resources(context.filter())
    found: list[Json] = []
    for one in estate.under(at.scope):
        if groups:
            if one.type == GROUP_TYPE:
                found.append(one)
        elif one.type != GROUP_TYPE and _is_tracked(one) and wanted(one):
            found.append(views.short(one))
    return found


def _is_tracked(resource: Resource) -> bool:
    return "location" in resource.body and resource.type.count("/") == 1


def _collection(context: Context) -> list[Json]:
    estate, at = context.estate, context.at
    access.require(estate, f"{at.type}/read", at.parent, context.oid)
    kind = at.type.lower()
    require_parent(estate, at)
    if kind == _PERMISSIONS:
        return access.granted(estate, at.scope, context.oid)
    if kind in _NOTHING:
        return []
    if kind == DEFINITIONS:
        return filters.role_definitions(context.filter(), roles_at(estate, at.scope))
    if kind == _DEFAULT_RULES:
        return list(default_rules(at.parent))
    members: list[Json] = list(_members(estate, at))
    if kind in _INHERITED:
        members = filters.assignments(context.filter(), members, at.scope, estate.groups)
    return members


def _members(estate: Estate, at: Address) -> Iterable[Resource]:
    """The resources of a type that Azure lists at an address."""
    kind, known = at.type.lower(), catalogue.find(at.type)
    if kind in _INHERITED:
        above = _ancestors(estate, at.scope)
        for one in estate.of_type(kind):
            scope = parse_plain(one.id).scope
            below = is_at_or_above(at.scope, scope)
            if below or is_at_or_above(scope, at.scope) or scope.lower() in above:
                yield one
        return
    wide = at.type.count("/") == 1 and not known.extension and at.scope.count("/") in {2, 4}
    holder = at.scope if wide else at.id
    for one in estate.of_type(kind):
        if is_at_or_above(holder, one.id) and (wide or one.key.count("/") == at.key.count("/") + 1):
            yield one


def _ancestors(estate: Estate, scope: str) -> set[str]:
    """The ids (lower case) of the management groups that a scope lies under."""
    parts = scope.lower().split("/")
    entry = estate.subscriptions.get(parts[2]) if len(parts) > 2 and parts[1] == "subscriptions" else None
    groups = (entry or {}).get("managementGroups") or ()
    return {f"/providers/microsoft.management/managementgroups/{str(name).lower()}" for name in groups}


def _page(request: Request, items: list[Json], estate: Estate) -> Response:
    """One page of a list: $top items, else 50, with a nextLink where there are more.

    Only the resources of this page are made ready to show.
    """
    try:
        size = int(request.query.get("$top", _PAGE))
        start = int(request.query.get("$skiptoken", 0))
    except ValueError:
        size, start = 0, 0
    if size < 1 or start < 0:
        raise ArmError(400, "InvalidQueryParameter", "'$top' and '$skiptoken' are positive numbers.")
    page: dict[str, Json] = {
        "value": [
            views.shown(estate, one) if isinstance(one, Resource) else one
            for one in items[start : start + size]
        ]
    }
    if start + size < len(items):
        kept = [pair for pair in parse_qsl(request.raw_query) if pair[0].lower() != "$skiptoken"]
        page["nextLink"] = (
            f"{request.base}{request.path}?{urlencode([*kept, ('$skiptoken', str(start + size))])}"
        )
    return Response(200, page)
