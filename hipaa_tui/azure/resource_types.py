"""What the Azure settings share: calls by resource id, and a resource type listed by subscription."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.azure.resource_ids import ResourceId, parse
from hipaa_tui.providers.model import Call, Cloud, Operation, ResourceType, Target
from hipaa_tui.support.json_value import Json


def request(
    method: str, path: str, version: str, body: Json | None = None, *, if_match: str | None = None
) -> Call:
    """One ARM request as a call; the service is the resource provider in the path."""
    arguments: dict[str, Json] = {"path": path, "api_version": version}
    if body is not None:
        arguments["body"] = body
    if if_match:
        arguments["if_match"] = if_match
    lowered = path.lower()
    at = lowered.rfind("/providers/")
    service = path[at:].split("/")[2] if at >= 0 else "Microsoft.Resources"
    return Call("azure", service, method, arguments)


def get(cloud: Cloud, path: str, version: str) -> dict[str, Json]:
    """The resource as the wire has it. Raises CloudError."""
    return cloud.call(request("GET", path, version))


def members(cloud: Cloud, path: str, version: str, filter: str = "") -> list[dict[str, Any]]:
    """Every member of a collection that `filter` (OData's $filter) lets through. Raises CloudError."""
    call = request("GET", path, version)
    if filter:
        call = Call(call.provider, call.service, "GET", {**call.arguments, "filter": filter})
    return [one for one in cloud.pages(call, "value") if isinstance(one, dict)]


def parts(id: str) -> ResourceId:
    """The parts of a target's id. ValueError where it is no resource's id."""
    found = parse(id)
    if found is None:
        raise ValueError(f"{id!r} is not the id of an Azure resource")
    return found


def operations(service: str, *methods: str) -> tuple[Operation, ...]:
    """Declares the methods that a setting uses of a resource provider."""
    return tuple(Operation(service, method) for method in methods)


class ArmType(ResourceType):
    """A type whose resources stand in one list of the subscription, each with a location and tags."""

    regional = False
    version: str
    """The api-version that lists and reads it."""
    also_means: tuple[str, ...] = ()
    """Types below it by whose ids scanners name the same resource."""

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        path = f"/subscriptions/{account}/providers/{self.name}"
        found = []
        for one in members(cloud, path, self.version):
            target = self.target(str(one.get("id", "")), account, str(one.get("location", "")), partition)
            if target is not None:
                found.append(target)
        return found

    def target(self, id: str, account: str, region: str, partition: str = "AzureCloud") -> Target | None:
        found = parse(id)
        if found is None or not found.subscription or not found.is_of(account):
            return None
        depth = self.name.count("/")
        known = {self.name.lower(), *(kind.lower() for kind in self.also_means)}
        if found.type.lower() not in known:
            return None
        return Target(
            provider="azure",
            type=self.name,
            account=found.subscription,
            region=region,
            id=found.upto(depth),
            name=found.pairs[depth - 1][1],
            partition=partition,
        )

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        tags = get(cloud, target.id, self.version).get("tags") or {}
        return {str(key): str(value) for key, value in tags.items()}
