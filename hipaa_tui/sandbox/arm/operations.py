"""Plays long-running operations: accepted first, in progress for some polls, then done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hipaa_tui.sandbox.arm.address import Address, Kind, subscription_of
from hipaa_tui.sandbox.arm.errors import ArmError
from hipaa_tui.sandbox.arm.estate import guid
from hipaa_tui.sandbox.arm.messages import Request, Response
from hipaa_tui.support.json_value import Json

_TYPES: Final = ("/locations/operations", "/locations/operationresults")
_SOON: Final = {"x-ms-retry-after-ms": "10"}
"""How soon to poll again. A "Retry-After: 0" means "not said" to Azure's SDKs, which then wait 30 seconds."""


@dataclass(slots=True)
class Operation:
    """One operation on the resource with `key`. `verb` is what its provisioningState says meanwhile."""

    id: str
    key: str
    verb: str
    polls: int


@dataclass(slots=True)
class Operations:
    """The operations begun so far. To be used while holding the estate's lock."""

    _by_id: dict[str, Operation] = field(default_factory=dict)

    def begin(self, request: Request, address: Address, verb: str, polls: int) -> dict[str, str]:
        """Begin one that ends after `polls` polls, and give the headers that tell the client where to poll.

        One that still runs on the same resource ends: its effect took place already.
        """
        for other in self._by_id.values():
            if other.key == address.key:
                other.polls = 0
        operation = Operation(guid(address.key, str(len(self._by_id))), address.key, verb, polls)
        self._by_id[operation.id] = operation
        namespace = address.type.partition("/")[0]
        base = f"{request.base}/subscriptions/{subscription_of(address.id)}/providers/{namespace}/locations/sandbox"
        query = f"?api-version={request.api_version}"
        return {
            "Azure-AsyncOperation": f"{base}/operations/{operation.id}{query}",
            "Location": f"{base}/operationResults/{operation.id}{query}",
            **_SOON,
        }

    def running(self, key: str) -> str:
        """What provisioningState shows for the resource: "" where nothing runs. Counts as a poll."""
        for operation in reversed(self._by_id.values()):
            if operation.key == key and operation.polls > 0:
                operation.polls -= 1
                return operation.verb
        return ""

    def poll(self, address: Address, resource: Mapping[str, Json] | None) -> Response:
        """Answer one poll. `resource` is what the operation is about, as a reader sees it now."""
        operation = self.find(address)
        if operation is None:
            raise ArmError(404, "OperationNotFound", f"The operation '{address.name}' was not found.")
        under_way = operation.polls > 0
        operation.polls = max(operation.polls - 1, 0)
        headers = dict(_SOON) if under_way else {}
        if address.type.lower().endswith(_TYPES[0]):
            status = "InProgress" if under_way else "Succeeded"
            return Response(200, {"id": address.id, "name": operation.id, "status": status}, headers)
        if under_way:
            return Response(202, None, headers)
        return Response(204) if resource is None else Response(200, dict(resource))

    def find(self, address: Address) -> Operation | None:
        """The operation that an address names."""
        return self._by_id.get(address.name.lower())


def is_operation(address: Address) -> bool:
    """Is this the address of an operation and not of a resource?"""
    return address.kind is Kind.RESOURCE and address.type.lower().endswith(_TYPES)
