"""The interface between services and engine: targets, calls, readings, settings, resource types, clouds.

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
"""The region of a resource without one (an Azure subscription, an IAM role)."""


@dataclass(frozen=True, slots=True)
class Target:
    """One cloud resource.

    `type` is the provider's own name: CloudFormation's for AWS ("AWS::S3::Bucket"), ARM's for Azure
    ("Microsoft.Storage/storageAccounts"). `id` is
    an ARN, an ARM id, or if a service has neither (an alias) the name that its API takes. `name` is the short name for
    display.
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
    """A call failed.

    `code` is the service's error code ("NoSuchBucketPolicy", "ResourceNotFound"), `status` the HTTP status (0 without a
    response), `sent` False only if the request certainly was not sent, and `transient` True for throttling, 5xx, timeouts
    and a busy resource. `retry_after` is the number of seconds that the response asks to wait (None if it does not),
    `retryable` the entry of the provider's table of retryable errors.
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
        """Was the call throttled?"""
        return self.status == 429 or any(
            word in self.code for word in ("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown")
        )

    @property
    def without_effect(self) -> bool:
        """Did the call certainly have no effect, since it was not sent, was throttled, or the resource was busy?"""
        return not self.sent or self.throttled or (self.retryable is not None and self.retryable.refused)

    @property
    def unauthenticated(self) -> bool:
        """Are there no (valid) credentials, so that logging in again helps?"""
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
        """Do the credentials lack a permission (403 in either cloud)?"""
        return self.status == 403 or self.code in {"AccessDenied", "AuthorizationFailed"}


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity of the credentials: an account (or the reachable subscriptions) and a principal."""

    provider: str
    accounts: tuple[str, ...]
    principal: str
    partition: str = "aws"


ANYWHERE: Final = "*"
"""As a target's type: any resource of its account."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The permissions that the credentials lack, as far as the provider can tell in advance.

    `actions` are certainly denied, by `because` ("an SCP"; "" if nothing allows them). `unknown` could not be determined,
    for `reason`. All others are allowed.
    """

    actions: tuple[str, ...] = ()
    because: str = ""
    unknown: tuple[str, ...] = ()
    reason: str = ""


class Cloud(Protocol):
    """One provider's API. Implementations are thread-safe."""

    provider: str

    def call(self, call: Call) -> dict[str, Json]:
        """Make one call and return the response as plain JSON. Raises CloudError.

        Times are ISO 8601 strings; AWS's ResponseMetadata is left out.
        """
        ...

    def pages(self, call: Call, items: str) -> list[Json]:
        """All items under the key `items` of a list call, over every page. Raises CloudError."""
        ...

    def caller(self) -> Caller:
        """The identity of the credentials. Raises CloudError."""
        ...

    def scan_regions(self, *, everywhere: bool = False) -> list[str]:
        """The default regions of a scan. Raises CloudError.

        For AWS the session's own region, or every enabled one if `everywhere`; for Azure one
        GLOBAL_REGION, since its lists span all regions.
        """
        ...

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        """Which of these permissions the credentials lack on the resource, which may not exist yet.

        For the type ANYWHERE: which they have on no resource of the account. Raises CloudError only without credentials.
        """
        ...


Clouds = Mapping[str, Cloud]
"""The reachable clouds by provider: "aws", "azure"."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading a setting.

    `value` is the configuration, which is compared, planned and restored (ABSENT if there is none). `identity` is what the
    cloud assigned (ids, ARNs, etags) and what rendering Terraform needs; it is never compared.
    """

    value: Json
    identity: Mapping[str, Json] = field(default_factory=dict)

    @property
    def absent(self) -> bool:
        return self.value is ABSENT


@dataclass(frozen=True, slots=True)
class Operation:
    """An API operation that a setting uses, with its permissions if they cannot be derived.

    For AWS the IAM action is "service:Operation" unless the permissions table says otherwise; `also`
    adds what the call needs besides its own action (iam:PassRole). For Azure `operation` is the HTTP
    method and the action follows from the type in the path.
    """

    service: str
    operation: str
    also: tuple[str, ...] = ()


class Setting(ABC):
    """One piece of configuration of one resource type.

    Subclasses are small and stateless. A write is a pure function from (target, what was read, what is wanted) to calls.
    The engine makes the calls, journals them, waits and reads again: a setting never does.
    """

    id: str
    """"aws.s3.bucket-encryption": provider.service.what"""
    title: str
    """The title for display: "Default encryption"."""
    resource: str
    """The resource type it belongs to."""
    reads: tuple[Operation, ...] = ()
    writes: tuple[Operation, ...] = ()
    removes: tuple[Operation, ...] = ()

    creates_resource: bool = False
    """ABSENT means that the resource itself does not exist: then all of its other settings are ABSENT, too."""
    settle_seconds: float = 30.0
    """Seconds for which a fresh read may still show the old value after a write."""
    retry_codes: tuple[str, ...] = ()
    """Error codes that mean that a dependency was just created: retried while it settles."""
    repeatable: bool = True
    """May a write be retried if its response was lost? False if that could create a second resource, since the cloud assigns
    the name and the call has no client token."""
    irreversible: str = ""
    """Why a write cannot be undone; empty if it can. The user confirms such a change by typing the resource's name."""
    kept_on_rollback: str = ""
    """Why a rollback keeps what was created (a key that may have encrypted data); empty if it does not."""
    terraform: tuple[str, ...] = ()
    """The Terraform resource types that express it; the snippet has the setting's id as its name."""

    @property
    def provider(self) -> str:
        return self.id.partition(".")[0]

    @abstractmethod
    def read(self, cloud: Cloud, target: Target) -> Reading:
        """Read the setting. Raises CloudError, but not for a setting that does not exist: that is ABSENT."""

    @abstractmethod
    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        """The calls, in order, that change the setting from `before` to `after` (not ABSENT)."""

    def remove(self, target: Target, before: Reading) -> list[Call]:
        """The calls that remove the setting. ValueError if it cannot be removed."""
        raise ValueError(f"{self.id} cannot be removed")

    def calls(self, target: Target, before: Reading, after: Json) -> list[Call]:
        """The calls from `before` to `after`, by write or remove."""
        return self.remove(target, before) if after is ABSENT else self.write(target, before, after)

    def canonical(self, value: Json) -> Json:
        """The canonical form of a value: equal for values that mean the same. All comparisons use it."""
        return value

    def same(self, one: Json, other: Json) -> bool:
        """Do both values mean the same configuration?"""
        if one is ABSENT or other is ABSENT:
            return one is other
        return canonical_bytes(self.canonical(one)) == canonical_bytes(self.canonical(other))

    def display(self, value: Json) -> Json:
        """The value for a diff: structure instead of JSON in a string."""
        return value

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        """The intermediate values of a write of several calls, to tell an interrupted write from someone else's change.

        Empty if a write is one call."""
        return []

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        """Why this change cannot be undone; "" if it can.

        `irreversible`, unless that depends on the values (a locked retention, a rule that deletes data)."""
        return self.irreversible

    def left_over(self, target: Target, answers: Mapping[str, Json], found: Reading) -> str:
        """What the calls of a write made and a fresh look does not show, since somebody else made the same at the same
        time: a sentence that says what to do with it; "" where nothing is left over. `answers` are those of the calls."""
        return ""

    def planned_identity(self, target: Target, after: Json) -> Mapping[str, Json]:
        """The part of the identity that is known before a creation (an ARN of known names)."""
        return {}


class ResourceType(ABC):
    """How resources of one type are listed, named and tagged. With the type's settings, this is all that a scan needs."""

    name: str
    """"AWS::S3::Bucket" """
    title: str
    """"S3 bucket" """
    regional: bool = True
    """Listed per region, else once per account."""
    per_region: bool = False
    """A per-region setting of the account: each region has exactly one such target."""
    missing_resource_suffix: str = ""
    """Suffix of the id that a scanner reports when NO resource of this type meets a check (Prowler: ':unknown'), or ""."""

    @property
    def provider(self) -> str:
        return "aws" if self.name.startswith("AWS::") else "azure"

    @abstractmethod
    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        """Every resource of this type in the account (and region if regional). Raises CloudError."""

    @abstractmethod
    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        """The resource with a scanner's `id`, or None if the id is not of this type."""

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        """Its tags; empty if it has none or cannot have any. Raises CloudError."""
        return {}


class Progress(Protocol):
    """Receives the core's progress. Raising `Cancelled` in `step` stops the work at the next safe point."""

    def step(self, done: int, total: int, what: str) -> None: ...


class Cancelled(Exception):
    """The user asked to stop; raised by Progress.step."""


class Silent:
    """Ignores progress."""

    def step(self, done: int, total: int, what: str) -> None:
        """Do nothing."""


def calls_as_json(calls: Iterable[Call]) -> list[dict[str, Json]]:
    return [call.as_json() for call in calls]


def absent_on(codes: Sequence[str], error: CloudError) -> Reading:
    """ABSENT if the error means that the setting does not exist; else raises the error again."""
    if error.code in codes:
        return Reading(ABSENT)
    raise error
