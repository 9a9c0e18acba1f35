"""Regular settings of AWS as data: which call reads, where its answer holds the value, which call writes what where.

A declared setting names its calls in class attributes. What its service does otherwise is a method that is named
after the one thing that differs: `value`, `sent`, `canonical` and so on. Operations, arguments and members are those
of botocore's service models, and tests/aws/test_declared.py holds every declaration against them without a cloud.

In texts, {id}, {name}, {account}, {region} and {partition} are the target's. Where its name has two parts ("API/STAGE"),
{parent} and {child} are these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json, at

_NOTHING: Final = (None, "")
"""What an answer holds where there is nothing; an empty object may well be a value."""


@dataclass(frozen=True, slots=True)
class Read:
    """A call that reads."""

    service: str
    operation: str
    at: str = ""
    """Path in the answer to what is asked for ("Clusters.0"); "" is the whole answer."""
    arguments: Mapping[str, Json] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    """Error codes that mean "there is no such resource"."""
    absent: tuple[str, ...] = ()
    """Error codes that mean "the resource has no such configuration"."""
    otherwise: Mapping[str, Json] = field(default_factory=dict)
    """Error code → what it says in place of an answer."""
    off: Callable[[CloudError], bool] | None = None
    """Does an error mean "no such resource" by more than its code (a service that answers 403 while it is off)?"""
    deleted: Callable[[Any], bool] | None = None
    """Is what it found the remainder of a resource that is gone (a terminated instance)?"""
    empty: Literal["absent", "gone", "error"] = "absent"
    """What it means where nothing stands at `at`: no configuration, no resource, or an error."""
    pages: bool = False
    """Is `at` a list that is read over all pages?"""

    def call(self, target: Target) -> Call:
        """The request about this target."""
        return Call("aws", self.service, self.operation, filled(self.arguments, target), target.region)

    def answer(self, cloud: Cloud, target: Target) -> Json:
        """What stands at `at`; ABSENT where nothing does. Raises CloudError."""
        request = self.call(target)
        found = cloud.pages(request, self.at) if self.pages else at(cloud.call(request), self.at)
        if found in _NOTHING and self.empty == "error":
            raise CloudError("NotFound", f"{target.name} is not there any more", status=404, call=request)
        return found

    def ask(self, cloud: Cloud, target: Target) -> Any:
        """As `answer`, and ABSENT also where the resource is gone. Raises CloudError for all other errors."""
        try:
            found = self.answer(cloud, target)
        except CloudError as error:
            if self.means_gone(error) or error.code in self.absent:
                return ABSENT
            raise
        return ABSENT if found not in _NOTHING and self.deleted and self.deleted(found) else found

    def means_gone(self, error: CloudError) -> bool:
        """Does the error mean that there is no such resource?"""
        return error.code in self.gone or (self.off is not None and self.off(error))


@dataclass(frozen=True, slots=True)
class Write:
    """A call that writes."""

    service: str
    operation: str
    to: str = ""
    """Path in the arguments where the value goes ("BucketLoggingStatus.LoggingEnabled"); "" makes its members arguments."""
    arguments: Mapping[str, Json] = field(default_factory=dict)
    """The arguments besides; where one is an object that the value goes into, both are sent."""
    sends: str | tuple[str, ...] | None = ""
    """What of the value is sent: all of it (""), what stands at a path, these members, or nothing (None)."""
    also: tuple[str, ...] = ()
    """IAM actions that it needs besides its own."""

    def call(self, target: Target, value: Json) -> Call:
        """The request that brings the value about."""
        arguments: dict[str, Json] = filled(self.arguments, target)
        if self.sends is not None:
            sent = at(value, self.sends) if isinstance(self.sends, str) else {m: value[m] for m in self.sends}
            for step in reversed(self.to.split(".") if self.to else []):
                sent = {step: sent}
            arguments = _laid_over(arguments, sent)
        return Call("aws", self.service, self.operation, arguments, target.region)

    @property
    def operations(self) -> tuple[Operation, ...]:
        return (Operation(self.service, self.operation, self.also),)


@dataclass(frozen=True, slots=True)
class Remove(Write):
    """A call that brings a setting back to ABSENT. What it sends, if anything, is of the value that stood."""

    sends: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Either:
    """One of two calls, by what was read and what is wanted."""

    when: Callable[[Reading, Json], bool]
    then: Write
    otherwise: Write

    @property
    def operations(self) -> tuple[Operation, ...]:
        return (*self.then.operations, *self.otherwise.operations)


@dataclass(frozen=True, slots=True)
class Field:
    """One member of a value: where a description holds it, of which type it is, and what it is where nothing is said."""

    path: str
    of: Callable[[Any], Json] = str
    default: Json = ABSENT
    """ABSENT leaves the member out."""

    def look(self, described: Any) -> Json:
        found = at(described, self.path)
        return self.of(found) if found else self.default


def flag(path: str, *on: str) -> Field:
    """Is it true; or, where `on` is given, is the text one of these?"""
    return Field(path, (lambda found: found in on) if on else bool, False)


def text(path: str, default: str | None = "") -> Field:
    """The text there. With the default None the member is left out where there is none."""
    return Field(path, str, default)


def number(path: str, default: int | None = 0) -> Field:
    """The whole number there."""
    return Field(path, int, default)


def raw(path: str, default: Json = ABSENT) -> Field:
    """What stands there, as it is."""
    return Field(path, lambda found: found, default)


Fields = Mapping[str, Field]


class Declared(Setting):
    """A setting that is read by one call, written by one and removed by one."""

    reading: ClassVar[Read]
    fields: ClassVar[Fields] = {}
    """The members of the value; without any, the value is what is read as it stands."""
    identity: ClassVar[Mapping[str, str]] = {}
    """What of the identity the target's own words say."""
    identity_fields: ClassVar[Fields] = {}
    """What of the identity is read together with the value."""
    identity_when_gone: ClassVar[bool] = False
    """Is the identity said as well where the resource is gone?"""
    known_before: ClassVar[bool] = False
    """Is `identity` certain before the resource is made?"""
    writing: ClassVar[Write | Either | None] = None
    removing: ClassVar[Write | Either | None] = None
    read_only: ClassVar[str] = ""
    """Why nothing is written, where `writing` is None."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = vars(cls)
        if "reading" in own and "reads" not in own:
            cls.reads = (Operation(cls.reading.service, cls.reading.operation),)
        if "writing" in own and "writes" not in own:
            cls.writes = cls.writing.operations if cls.writing else ()
        if "removing" in own and "removes" not in own:
            cls.removes = cls.removing.operations if cls.removing else ()

    def value(self, found: Any) -> Json:
        """The value in what was read; ABSENT where it says that there is none."""
        return members(self.fields, found) if self.fields else found

    def sent(self, before: Reading, after: Json) -> Json:
        """What is sent to bring about `after`. ValueError where nothing can."""
        return after

    def sent_to_remove(self, before: Reading) -> Json:
        """What is sent to bring it back to ABSENT, of which `removing` may take a part."""
        return before.value

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        """The identity; `found` is what was read, an empty object where there was nothing."""
        fixed: dict[str, Json] = filled(self.identity, target)
        return {**fixed, **members(self.identity_fields, found)}

    def read(self, cloud: Cloud, target: Target) -> Reading:
        reading = self.reading
        try:
            found = reading.answer(cloud, target)
        except CloudError as error:
            if reading.means_gone(error):
                return self._gone(target)
            if error.code in reading.absent:
                return self._absent(target)
            if error.code not in reading.otherwise:
                raise
            found = reading.otherwise[error.code]
        if found in _NOTHING:
            return self._gone(target) if reading.empty == "gone" else self._absent(target)
        if reading.deleted and reading.deleted(found):
            return self._gone(target)
        return Reading(self.value(found), self.identity_of(target, found))

    def _absent(self, target: Target) -> Reading:
        return Reading(ABSENT, self.identity_of(target, {}))

    def _gone(self, target: Target) -> Reading:
        return self._absent(target) if self.identity_when_gone else Reading(ABSENT)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if self.writing is None:
            raise ValueError(self.read_only)
        value = self.sent(before, after)
        return [_chosen(self.writing, before, after).call(target, value)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        if self.removing is None:
            return super().remove(target, before)
        return [_chosen(self.removing, before, ABSENT).call(target, self.sent_to_remove(before))]

    def planned_identity(self, target: Target, after: Json) -> Mapping[str, Json]:
        return filled(self.identity, target) if self.known_before else {}


class PolicyText(Declared):
    """A policy as text, word for word. It is compared by what it means, and shown as the document that it is."""

    def value(self, found: Any) -> Json:
        return str(found)

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


def _laid_over(fixed: Mapping[str, Json], sent: Mapping[str, Json]) -> dict[str, Json]:
    merged = dict(fixed)
    for name, item in sent.items():
        both = isinstance(item, Mapping) and isinstance(fixed.get(name), Mapping)
        merged[name] = _laid_over(fixed[name], item) if both else item
    return merged


def _chosen(write: Write | Either, before: Reading, after: Json) -> Write:
    if isinstance(write, Either):
        return write.then if write.when(before, after) else write.otherwise
    return write


def members(fields: Fields, described: Any) -> dict[str, Json]:
    """The members that are there."""
    found = {name: one.look(described) for name, one in fields.items()}
    return {name: value for name, value in found.items() if value is not ABSENT}


def filled(value: Any, target: Target) -> Any:
    """`value` with the target's words in its texts."""
    if isinstance(value, str):
        return value.format_map(_words(target)) if "{" in value else value
    if isinstance(value, Mapping):
        return {key: filled(item, target) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, target) for item in value]
    return value


def _words(target: Target) -> dict[str, str]:
    parent, _, child = target.name.partition("/")
    return {**target.as_json(), "parent": parent, "child": child}


def tags_of(found: Json) -> dict[str, str]:
    """Tags in any of the forms in which services list them."""
    if isinstance(found, Mapping):
        return {str(key): str(value) for key, value in found.items()}
    names = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))
    return {
        str(tag[key]): str(tag.get(value) or "") for tag in found or [] for key, value in names if key in tag
    }
