"""Keeps everything the sandbox's Azure holds, and what readers may still see of the past.

Ids, etags and times are deterministic: the same requests in the same order give the same answers. Times
come from a clock of the estate's own, which moves one second with every write.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.sandbox.arm import catalogue
from hipaa_tui.sandbox.arm.address import is_at_or_above
from hipaa_tui.support.json_value import Json

TENANT: Final = "7e4a1c00-0000-4000-8000-000000000001"
SUBSCRIPTION: Final = "5ab50000-0000-4000-8000-000000000001"
"""The tenant, and the one subscription that there is where no state says otherwise."""
EVERYTHING: Final[Json] = [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}]
"""What an Owner may do."""
_NAMESPACE: Final = uuid.UUID("b3a0c9de-6f0b-5f57-9a31-0c1f8d0f7c11")
_BEGIN: Final = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC)


def guid(*words: str) -> str:
    """A GUID that follows from the words, without regard to letter case."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(words).lower()))


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as it is kept: `body` with id, name and type, without what is made on each read."""

    body: dict[str, Json]
    revision: int

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def type(self) -> str:
        return str(self.body["type"])


@dataclass(slots=True)
class _Past:
    """What resources were before a write, for readers who do not see it yet."""

    before: dict[str, Resource | None]
    reads: int


@dataclass(slots=True)
class Estate:
    """Subscriptions and their resources. Everything but `lock` is to be used while holding it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    subscriptions: dict[str, dict[str, Json]] = field(default_factory=dict)
    permissions: dict[str, Json] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    polls: int = 1
    _resources: dict[str, Resource] = field(default_factory=dict)
    _types: dict[str, dict[str, None]] = field(default_factory=dict)
    _clock: int = 0
    _lags: list[tuple[str, int]] = field(default_factory=list)
    _past: list[_Past] = field(default_factory=list)
    _seen: list[_Past] | None = None
    _written: dict[str, Resource | None] | None = None

    # Reading -------------------------------------------------------------------------------------

    def get(self, id: str) -> Resource | None:
        """The resource with this id in any letter case; inside `reading`, as readers see it."""
        key = id.lower()
        for past in self._stale():
            if key in past.before:
                self._see(past)
                return past.before[key]
        return self._resources.get(key)

    def under(self, id: str) -> Iterator[Resource]:
        """Everything below `id` at any depth ("" for all there is), in the order of creation."""
        prefix = f"{id.lower().rstrip('/')}/"
        if not (self._seen is not None and self._past):
            # An estate of ten thousand resources is read often: nothing is copied without need.
            yield from [one for key, one in self._resources.items() if key.startswith(prefix)]
            return
        visible: dict[str, Resource | None] = dict(self._resources)
        for past in reversed(list(self._stale())):
            if any(key.startswith(prefix) for key in past.before):
                self._see(past)
            visible |= past.before
        for key, resource in visible.items():
            if resource is not None and key.startswith(prefix):
                yield resource

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Every resource of these types (lower case), in the order of creation."""
        if self._seen is not None and self._past:
            yield from (one for one in self.under("") if one.type.lower() in types)
            return
        keys = [key for type in types for key in self._types.get(type, ())]
        yield from [self._resources[key] for key in keys]

    def etag(self, resource: Resource) -> str:
        """The resource's etag: of its parent where the type shares it."""
        if catalogue.find(resource.type).etag_of_parent:
            parent = self.get(resource.id.rsplit("/", 2)[0])
            if parent is not None:
                return self.etag(parent)
        return f'W/"{guid(resource.key, str(resource.revision))}"'

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One reader's request: it sees the past where a write has not come through yet."""
        self._seen = []
        try:
            yield
        finally:
            for past in self._seen:
                past.reads -= 1
            self._past = [past for past in self._past if past.reads > 0]
            self._seen = None

    def _stale(self) -> Iterator[_Past]:
        # The oldest comes first: who does not see the second write yet does not see the first either.
        return iter(self._past if self._seen is not None else ())

    def _see(self, past: _Past) -> None:
        if self._seen is not None and all(one is not past for one in self._seen):
            self._seen.append(past)

    # Writing -------------------------------------------------------------------------------------

    @contextmanager
    def writing(self, path: str) -> Iterator[None]:
        """One writer's request: undone as a whole where it fails, and late where a lag is set for `path`."""
        self._written, saved = {}, dict(self._resources)
        try:
            yield
        except BaseException:
            # A copy, and not an undoing step by step, since the order of creation is what lists show.
            self._resources, self._written = saved, {}
            self._index()
            raise
        finally:
            written, self._written = self._written, None
            reads = max((n for part, n in self._lags if part in path.lower()), default=0)
            if reads and written:
                self._past.append(_Past(written, reads))

    def put(self, body: dict[str, Json]) -> Resource:
        """Keep the body as the resource that its id names; the case of an id first seen stays."""
        self._clock += 1
        old = self._resources.get(str(body["id"]).lower())
        if old is not None:
            body = {**body, "id": old.id, "name": old.body["name"], "type": old.type}
        resource = Resource(deepcopy(body), self._clock)
        self._note(resource.key)
        self._resources[resource.key] = resource
        self._types.setdefault(resource.type.lower(), {})[resource.key] = None
        self._touch_parent(resource)
        return resource

    def delete(self, id: str) -> None:
        """Forget the resource and everything below it."""
        self._clock += 1
        gone = self._resources.get(id.lower())
        for key in [one for one in self._resources if is_at_or_above(id, one)]:
            self._note(key)
            self._types[self._resources.pop(key).type.lower()].pop(key, None)
        if gone is not None:
            self._touch_parent(gone)

    def now(self) -> str:
        """The time by the estate's clock, as ISO 8601."""
        return (_BEGIN + timedelta(seconds=self._clock)).strftime("%Y-%m-%dT%H:%M:%S.0000000Z")

    def _index(self) -> None:
        """Which resources there are of each type, anew."""
        self._types = {}
        for key, resource in self._resources.items():
            self._types.setdefault(resource.type.lower(), {})[key] = None

    def _note(self, key: str) -> None:
        if self._written is not None:
            self._written.setdefault(key, self._resources.get(key))

    def _touch_parent(self, resource: Resource) -> None:
        if not catalogue.find(resource.type).etag_of_parent:
            return
        parent = self._resources.get(resource.key.rsplit("/", 2)[0])
        if parent is not None:
            self._note(parent.key)
            self._resources[parent.key] = Resource(parent.body, self._clock)

    # Hooks and state -----------------------------------------------------------------------------

    def lag(self, part: str, reads: int) -> None:
        """From now on the next `reads` reads after a write to a path with `part` in it still see the old."""
        self._lags = [one for one in self._lags if one[0] != part.lower()]
        if reads > 0:
            self._lags.append((part.lower(), reads))

    def forget_lags(self) -> None:
        """Every write is seen at once again, those of the past too."""
        self._lags, self._past = [], []

    def add_subscription(self, id: str, name: str = "", groups: Json = None) -> None:
        """Add a subscription where it is missing. `groups`: names of management groups above it, nearest first."""
        self.subscriptions.setdefault(
            id.lower(),
            {
                "subscriptionId": id,
                "displayName": name or f"Sandbox {id[:8]}",
                "managementGroups": groups or [],
            },
        )

    def granted(self, scope: str) -> list[Json]:
        """The permissions that the caller has at `scope`: those configured at it or above, else an Owner's."""
        if not self.permissions:
            return list(EVERYTHING)
        found: list[Json] = []
        for at, permissions in self.permissions.items():
            if is_at_or_above(at, scope):
                found += permissions
        return found

    def dump(self) -> Json:
        """Everything there is, in the form that a state is loaded from."""
        return {
            "subscriptions": list(self.subscriptions.values()),
            "permissions": self.permissions,
            "groups": self.groups,
            "polls": self.polls,
            "resources": [resource.body for resource in self._resources.values()],
        }

    def fresh(self) -> Estate:
        """An empty estate whose clock goes on from here, so that no etag ever comes back."""
        return Estate(_clock=self._clock)

    def adopt(self, other: Estate) -> None:
        """Hold what the other holds, and nothing else. Lags end."""
        self.subscriptions, self.permissions, self.polls = other.subscriptions, other.permissions, other.polls
        self.groups = other.groups
        self._resources, self._types, self._clock = other._resources, other._types, other._clock
        self.forget_lags()
