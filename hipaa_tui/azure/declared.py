"""Regular settings of Azure as data: which resource, which api-version, where in it the value stands, how it is written.

A declared setting is read by one GET. It is written by one PATCH with only what differs, or, where the type has no
PATCH, by one PUT of all that one chooses of it. What a service does otherwise is a method that is named
after the one thing that differs. tests/azure/test_declared.py holds every declaration against the sandbox's types and
Azure's published ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from hipaa_tui.azure.resource_types import get, operations, request
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json, at


class Declared(Setting):
    """A few members of one ARM resource."""

    version: ClassVar[str]
    """The api-version of every request."""
    below: ClassVar[str] = ""
    """Path below the target's own id, of the resource that holds the value: "/managementPolicies/default"."""
    place: ClassVar[str] = "properties"
    """Path in the resource to the members of the value; a write sends them at the same place."""
    members: ClassVar[tuple[str, ...]] = ()
    """The members of the value; `unset` names them where this is empty."""
    unset: ClassVar[Mapping[str, Json]] = {}
    """Member → what Azure does where it is missing."""
    method: ClassVar[Literal["PATCH", "PUT"]] = "PATCH"
    removal: ClassVar[Literal["", "PATCH", "DELETE"]] = ""
    """How it is brought back to ABSENT: by deleting the resource, by a PATCH, or not at all."""
    absent: ClassVar[tuple[str, ...]] = ()
    """Error codes that mean "there is none"."""
    identified_when_absent: ClassVar[bool] = False
    """Is the identity known where there is none?"""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own, service = vars(cls), cls.__dict__.get("resource", "").partition("/")[0]
        if not service:
            return
        cls.reads = own.get("reads", operations(service, "GET"))
        cls.writes = own.get("writes", operations(service, cls.method))
        cls.removes = own.get("removes", operations(service, cls.removal) if cls.removal else ())

    def path(self, target: Target) -> str:
        """The id of the resource that holds the value."""
        return f"{target.id}{self.below}"

    def value(self, found: Mapping[str, Any]) -> Json:
        """The value in a resource as ARM returns it; ABSENT where it says that there is none."""
        held = at(found, self.place) or {}
        return {name: held[name] for name in self.members or self.unset if held.get(name) is not None}

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        """The identity; `found` is the resource as ARM returns it, an empty object where there is none."""
        raise NotImplementedError

    def changes(self, before: Reading, after: Json) -> Json:
        """What a write sends at `place`: the members that differ; nothing is sent where it is empty."""
        old, new = self.canonical(before.value or {}), self.canonical(after)
        return {name: after.get(name, self.unset.get(name)) for name in new if old.get(name) != new[name]}

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = get(cloud, self.path(target), self.version)
        except CloudError as error:
            if error.code not in self.absent:
                raise
            return Reading(ABSENT, self.identity_of(target, {}) if self.identified_when_absent else {})
        return Reading(self.value(found), self.identity_of(target, found))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return self._sent(self.method, target, self.changes(before, after))

    def remove(self, target: Target, before: Reading) -> list[Call]:
        if not self.removal:
            return super().remove(target, before)
        if before.absent:
            return []
        if self.removal == "DELETE":
            return [request("DELETE", self.path(target), self.version)]
        return self._sent(self.removal, target, self.changes(before, ABSENT))

    def _sent(self, method: str, target: Target, changes: Json) -> list[Call]:
        if not changes:
            return []
        for step in reversed(self.place.split(".")):
            changes = {step: changes}
        return [request(method, self.path(target), self.version, changes)]

    def canonical(self, value: Json) -> Json:
        return {**self.unset, **value} if self.unset else value
