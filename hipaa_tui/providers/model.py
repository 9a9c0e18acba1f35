"""The protocol that carries everything: targets, calls, readings, settings, resource types, clouds.

Nothing here imports an SDK. A `Call` is data: the very object that a preview shows is the one that a
run executes, so what was approved is what happens.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hipaa_tui.providers.retryable import Retryable
from hipaa_tui.support.json_value import ABSENT, Json, canonical_bytes

GLOBAL_REGION: Final = ""
"""The region of what has none (an Azure subscription, an IAM role)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One cloud resource, under the id by which the cloud knows it.

    `type` is the provider's own name: CloudFormation's for AWS ("AWS::S3::Bucket"), ARM's for Azure
    ("Microsoft.Storage/storageAccounts"). `id` is an ARN, an ARM id, or where a service has neither
    (an alias) the name that its API takes. `name` is the short name that a person would say.
    """

    provider: str
    type: str
    account: str
    region: str
    id: str
    name: str
    partition: str = "aws"

    @property
    def key(self) -> str:
        """Identity for comparing: ARM ids are case-insensitive, ARNs are not, and a bare name (an alias,
        a log group) is one thing in each account and region."""
        if self.provider == "azure":
            return f"{self.type}|{self.id.lower()}"
        where = "" if self.id.startswith("arn:") else f"{self.account}|{self.region}|"
        return f"{self.type}|{where}{self.id}"

    def as_json(self) -> dict[str, str]:
        return {
            "provider": self.provider,
            "type": self.type,
            "account": self.account,
            "region": self.region,
            "id": self.id,
            "name": self.name,
            "partition": self.partition,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Target:
        return cls(**{name: str(value[name]) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Call:
    """One API request as data.

    AWS: `service` is botocore's service name ("s3"), `operation` the API's operation
    ("PutBucketEncryption"), `arguments` its parameters.
    Azure: `service` is the resource provider ("Microsoft.Storage"), `operation` the HTTP method, and
    `arguments` hold "path" (an ARM id), "api_version", and for PUT, PATCH and POST "body".
    `region` is where an AWS call goes. Arguments may hold references to values that earlier changes make.
    """

    provider: str
    service: str
    operation: str
    arguments: Mapping[str, Json] = field(default_factory=dict)
    region: str = GLOBAL_REGION

    def as_json(self) -> dict[str, Json]:
        return {
            "provider": self.provider,
            "service": self.service,
            "operation": self.operation,
            "arguments": dict(self.arguments),
            "region": self.region,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Call:
        return cls(
            provider=str(value["provider"]),
            service=str(value["service"]),
            operation=str(value["operation"]),
            arguments=dict(value["arguments"]),
            region=str(value.get("region", GLOBAL_REGION)),
        )


class CloudError(Exception):
    """A cloud refused or failed a call.

    `code` is the service's own error code ("NoSuchBucketPolicy", "ResourceNotFound"), `status` the
    HTTP status (0 where there was no answer), `sent` False only where the request certainly never
    left, and `transient` True for throttling, 5xx, time-outs and a resource that is busy. `retry_after` are the
    seconds that the answer asks to wait (None where it asks for nothing), `retryable` the entry of the provider's
    table that the error is.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 0,
        transient: bool = False,
        sent: bool = True,
        call: Call | None = None,
        retry_after: float | None = None,
        retryable: Retryable | None = None,
    ) -> None:
        where = f"{call.service}:{call.operation}: " if call else ""
        super().__init__(f"{where}{code}: {message}" if message else f"{where}{code}")
        self.code = code
        self.message = message
        self.status = status
        self.transient = transient or (retryable is not None and not retryable.new)
        self.sent = sent
        self.call = call
        self.retry_after = retry_after
        self.retryable = retryable

    @property
    def throttled(self) -> bool:
        """Turned away for coming too often."""
        return self.status == 429 or any(
            word in self.code for word in ("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown")
        )

    @property
    def without_effect(self) -> bool:
        """Certainly nothing was done: it never left, or was turned away for coming too often or while the resource
        was busy."""
        return not self.sent or self.throttled or (self.retryable is not None and self.retryable.refused)

    @property
    def unauthenticated(self) -> bool:
        """There are no credentials (any more): whoever logs in again can go on."""
        return self.status == 401 or self.code in {
            "NoCredentials",
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "ClientAuthenticationError",
            "CredentialUnavailableError",
        }

    @property
    def denied(self) -> bool:
        """The credentials may not do this (403 of either cloud)."""
        return self.status == 403 or self.code in {"AccessDenied", "AuthorizationFailed"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the credentials are: an account (or the subscriptions they reach) and a principal."""

    provider: str
    accounts: tuple[str, ...]
    principal: str
    partition: str = "aws"


ANYWHERE: Final = "*"
"""As a target's type: any resource of its account."""


@dataclass(frozen=True, slots=True)
class Denied:
    """What the credentials may not do, as far as the provider tells before it is tried.

    `actions` are refused for certain, `because` names who refuses ("an SCP"; "" where simply nobody
    allows). `unknown` could not be told, for `reason`. Whatever stands in neither is allowed.
    """

    actions: tuple[str, ...] = ()
    because: str = ""
    unknown: tuple[str, ...] = ()
    reason: str = ""


class Cloud(Protocol):
    """One provider's API. Implementations are safe to share between threads."""

    provider: str

    def call(self, call: Call) -> dict[str, Json]:
        """Carry out one call and return the response as plain JSON. Raises CloudError.

        Times are ISO 8601 strings; AWS's ResponseMetadata is left out.
        """
        ...

    def pages(self, call: Call, items: str) -> list[Json]:
        """All items under the key `items` of a list call, over every page. Raises CloudError."""
        ...

    def caller(self) -> Caller:
        """Whose credentials these are. Raises CloudError."""
        ...

    def scan_regions(self, *, everywhere: bool = False) -> list[str]:
        """The regions that a scan looks at where nobody names any. Raises CloudError.

        For AWS the session's own region, or every enabled one if `everywhere`; for Azure one
        GLOBAL_REGION, since its lists span all regions.
        """
        ...

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        """Which of these permissions the credentials do not have on the resource, which need not be there yet.

        Of a resource of the type ANYWHERE: which they have on no resource of its account. What the
        provider does not tell is `unknown`. Raises CloudError only where nobody is logged in.
        """
        ...


Clouds = Mapping[str, Cloud]
"""The reachable clouds by provider: "aws", "azure"."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a fresh look found.

    `value` is what one chooses and what is compared, planned and restored (ABSENT where there is
    nothing). `identity` is what the cloud assigned (ids, ARNs, etags) and what rendering Terraform
    needs to know; it is never compared.
    """

    value: Json
    identity: Mapping[str, Json] = field(default_factory=dict)

    @property
    def absent(self) -> bool:
        return self.value is ABSENT


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation that a setting uses, with the permissions to ask for where they do not follow.

    For AWS the IAM action is "service:Operation" unless the permissions table says otherwise; `also`
    adds what the call needs besides its own action (iam:PassRole). For Azure `operation` is the HTTP
    method and the action follows from the type in the path.
    """

    service: str
    operation: str
    also: tuple[str, ...] = ()


class Setting(ABC):
    """One piece of configuration of one resource type. Subclasses are small and hold no state.

    A write is a pure function from (target, what was read, what is wanted) to calls. The engine
    carries the calls out, journals them, waits and reads again: a setting never does.
    """

    id: str
    """"aws.s3.bucket-encryption": provider.service.what"""
    title: str
    """What a person calls it: "Default encryption"."""
    resource: str
    """The resource type it belongs to."""
    reads: tuple[Operation, ...] = ()
    writes: tuple[Operation, ...] = ()
    removes: tuple[Operation, ...] = ()

    creates_resource: bool = False
    """ABSENT means that the resource itself is not there: then all its other settings are ABSENT too."""
    settle_seconds: float = 30.0
    """How long a fresh read may still show the old value after a write."""
    retry_codes: tuple[str, ...] = ()
    """Error codes that mean "what this needs was only just created": tried again while it settles."""
    repeatable: bool = True
    """A write whose answer was lost may be made again. False where that could make a second one, since the
    cloud chooses the name and takes no client token."""
    irreversible: str = ""
    """Why a write cannot be taken back; empty where it can. Such a change asks for the resource's name."""
    kept_on_rollback: str = ""
    """Why what was created stays when a run is rolled back (a key that may have encrypted data)."""
    terraform: tuple[str, ...] = ()
    """The Terraform resource types that express it; the snippet has the setting's id as its name."""

    @property
    def provider(self) -> str:
        return self.id.partition(".")[0]

    @abstractmethod
    def read(self, cloud: Cloud, target: Target) -> Reading:
        """A fresh look at the cloud. Raises CloudError (never for "there is none": that is ABSENT)."""

    @abstractmethod
    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        """The calls, in order, that bring the setting from `before` to `after` (not ABSENT)."""

    def remove(self, target: Target, before: Reading) -> list[Call]:
        """The calls that bring it back to ABSENT. ValueError where it cannot be removed."""
        raise ValueError(f"{self.id} cannot be removed")

    def calls(self, target: Target, before: Reading, after: Json) -> list[Call]:
        """The calls from `before` to `after`, whichever verb that takes."""
        return self.remove(target, before) if after is ABSENT else self.write(target, before, after)

    def canonical(self, value: Json) -> Json:
        """One form for values that mean the same; comparing happens here and only here."""
        return value

    def same(self, one: Json, other: Json) -> bool:
        """Do both values mean the same configuration?"""
        if one is ABSENT or other is ABSENT:
            return one is other
        return canonical_bytes(self.canonical(one)) == canonical_bytes(self.canonical(other))

    def display(self, value: Json) -> Json:
        """The value as a diff should show it: structure instead of JSON held in a string."""
        return value

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        """Values that a write of several calls passes through, so that one cut short can be told
        from somebody else's change. Empty where a write is one call."""
        return []

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        """Why this very change cannot be taken back; "" where it can. `irreversible`, unless it depends on
        the values (a retention that is locked, a rule that deletes data)."""
        return self.irreversible

    def left_over(self, target: Target, answers: Mapping[str, Json], found: Reading) -> str:
        """What the calls of a write made and a fresh look does not show, since somebody else made the same at the same
        time: a sentence that says what to do with it; "" where nothing is left over. `answers` are those of the calls."""
        return ""

    def planned_identity(self, target: Target, after: Json) -> Mapping[str, Json]:
        """What of the identity is certain before a creation (an ARN made of known names)."""
        return {}


class ResourceType(ABC):
    """How resources of one type are listed, named and tagged: with its settings, all that a scan needs."""

    name: str
    """"AWS::S3::Bucket" """
    title: str
    """"S3 bucket" """
    regional: bool = True
    """Listed per region; else once per account."""
    per_region: bool = False
    """A switch that each region of the account has, made or not: the list of a region is this one target."""
    missing_resource_suffix: str = ""
    """How the id ends by which a report says that none of them does something that one has to do; "" where none does."""

    @property
    def provider(self) -> str:
        return "aws" if self.name.startswith("AWS::") else "azure"

    @abstractmethod
    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        """Every resource of this type in the account (and region where regional). Raises CloudError."""

    @abstractmethod
    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        """The resource that a scanner means by `id`, or None where the id is not of this type."""

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        """Its tags; empty where it has none or cannot have any. Raises CloudError."""
        return {}


class Progress(Protocol):
    """Where the core says how far it is; it knows neither terminal nor widget.

    Raising `Cancelled` out of `step` stops the work at the next safe place.
    """

    def step(self, done: int, total: int, what: str) -> None: ...


class Cancelled(Exception):
    """The person asked to stop; raised out of Progress.step."""


class Silent:
    """Progress that nobody watches."""

    def step(self, done: int, total: int, what: str) -> None:
        """Say nothing."""


def calls_as_json(calls: Iterable[Call]) -> list[dict[str, Json]]:
    return [call.as_json() for call in calls]


def absent_on(codes: Sequence[str], error: CloudError) -> Reading:
    """ABSENT where the error is one that means it; else the error again."""
    if error.code in codes:
        return Reading(ABSENT)
    raise error
