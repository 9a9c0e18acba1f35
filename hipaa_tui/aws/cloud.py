"""Carries calls out on AWS with boto3, and answers in plain JSON.

The SDK loads when the first call is made; importing this module is cheap. Reads are retried by the SDK;
writes are not: only the run that made the plan can tell, by a fresh look, what a failed write has done.
"""

from __future__ import annotations

import base64
import os
import re
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from hipaa_tui.aws.endpoints import is_loopback, refuse_environment, refuse_plain_http
from hipaa_tui.aws.permissions.simulation import Simulation
from hipaa_tui.aws.retryable_errors import RETRYABLE
from hipaa_tui.providers.model import Call, Caller, CloudError, Denied, Target
from hipaa_tui.providers.retryable import find, retry_after
from hipaa_tui.support.json_value import Json, references

DEFAULT_REGION: Final = "us-east-1"
"""Where global services are asked, and where a session without a region looks."""
LONGEST_BODY: Final = 262_144
"""Bytes that are read of a streaming answer (an object of S3)."""
_READS: Final = ("Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Simulate")
_READ_TRIES: Final = 4
_TRANSIENT: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "SlowDown",
        "ServiceUnavailable",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "BandwidthLimitExceeded",
    }
)
_BEFORE_HOST: Final = re.compile(r"^(https?://)\d{12}\.")
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_LOG_IN: Final = "log in again (aws sso login, or new keys) and go on; nothing was sent"


def connect(profile: str | None = None, region: str | None = None, role: str = "") -> AwsCloud:
    """AWS with the user's own profile, SSO or role, or with the role of that ARN assumed from it. Nothing is sent yet.

    InputError where an endpoint of the environment is plain http on another machine.
    """
    refuse_environment(os.environ)
    return AwsCloud(profile, region, role)


class AwsCloud:
    """AWS as a Cloud. Safe to share between threads."""

    provider = "aws"

    def __init__(self, profile: str | None = None, region: str | None = None, role: str = "") -> None:
        self._profile = profile
        self._role = role
        self._region = region
        self._lock = threading.Lock()
        self._session: Any = None
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._simulation = Simulation(self)

    @property
    def region(self) -> str:
        """The session's own region. Raises CloudError where the profile does not exist."""
        return str(self._region or self._opened().region_name or DEFAULT_REGION)

    def call(self, call: Call) -> dict[str, Json]:
        """Carry out one call. Raises CloudError."""
        return self._sent(call, self._arguments(call))

    def pages(self, call: Call, items: str) -> list[Json]:
        """All items of a list call, over every page. Raises CloudError."""
        client = self._client(call)
        method = _method(call.operation)
        if not client.can_paginate(method):
            return list(self._sent(call, self._arguments(call)).get(items) or [])
        found: list[Json] = []
        arguments = self._arguments(call)

        def all_pages() -> None:
            for page in client.get_paginator(method).paginate(**arguments):
                found.extend(plain_json(page.get(items)) or [])

        self._guarded(call, all_pages)
        return found

    def caller(self) -> Caller:
        """The account and principal of the credentials. Raises CloudError."""
        found = self.call(Call("aws", "sts", "GetCallerIdentity", {}, self.region))
        arn = str(found["Arn"])
        return Caller("aws", (str(found["Account"]),), arn, arn.split(":")[1])

    def regions(self) -> list[str]:
        """The regions that are enabled for the account. Raises CloudError."""
        found = self.call(Call("aws", "ec2", "DescribeRegions", {}, self.region))
        return sorted(str(one["RegionName"]) for one in found["Regions"])

    def scan_regions(self, *, everywhere: bool = False) -> list[str]:
        """The session's region, or every enabled one. Raises CloudError."""
        return self.regions() if everywhere else [self.region]

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        """Which of these IAM actions the session does not have. Raises CloudError where nobody is logged in."""
        return self._simulation.denied(actions, resource)

    # Sending

    def _arguments(self, call: Call) -> dict[str, Any]:
        if any(references(dict(call.arguments))):
            raise CloudError("Unresolved", "a value of an earlier change is not known", sent=False, call=call)
        shape = self._client(call).meta.service_model.operation_model(call.operation).input_shape
        return {key: _wire(value, shape, key) for key, value in call.arguments.items()}

    def _sent(self, call: Call, arguments: Mapping[str, Any]) -> dict[str, Json]:
        client = self._client(call)
        send = getattr(client, _method(call.operation))
        for left in reversed(range(_READ_TRIES if call.operation.startswith(_READS) else 1)):
            try:
                response = self._guarded(call, lambda: send(**arguments))
                break
            except CloudError as error:
                if error.code != "BadAnswer" or not left:
                    raise
                time.sleep(0.2)
        response.pop("ResponseMetadata", None)
        found: dict[str, Json] = plain_json(response)
        for failed in found.get("Unsuccessful") or []:
            # EC2 answers 200 to a batch of which a part failed; ours are batches of one.
            why = failed.get("Error") or {}
            raise CloudError(str(why.get("Code", "Unsuccessful")), str(why.get("Message", "")), call=call)
        return found

    def _guarded(self, call: Call, work: Any) -> Any:
        """The result of `work`, with every way of failing as a CloudError."""
        from botocore import exceptions as e
        from botocore.parsers import ResponseParserError

        try:
            return work()
        except e.ClientError as error:
            raise _refused(error, call) from None
        except (e.NoCredentialsError, e.PartialCredentialsError, e.CredentialRetrievalError) as error:
            raise CloudError(
                "NoCredentials", f"no usable AWS credentials ({error}); {_LOG_IN}", sent=False, call=call
            ) from None
        except (e.SSOTokenLoadError, e.UnauthorizedSSOTokenError, e.TokenRetrievalError) as error:
            raise CloudError("ExpiredToken", f"{error}; {_LOG_IN}", sent=False, call=call) from None
        except (e.EndpointConnectionError, e.ConnectTimeoutError, e.ProxyConnectionError) as error:
            raise CloudError("NotReached", str(error), transient=True, sent=False, call=call) from None
        except (e.ReadTimeoutError, e.ConnectionClosedError, e.HTTPClientError) as error:
            raise CloudError("NoAnswer", str(error), transient=True, call=call) from None
        except (e.ParamValidationError, e.DataNotFoundError, e.NoRegionError) as error:
            raise CloudError("BadRequest", " ".join(str(error).split()), sent=False, call=call) from None
        except ResponseParserError as error:
            said = " ".join(str(error).split())[:300]
            # A proxy's or a server's error page instead of an answer: nothing that the SDK tries again.
            raise CloudError(
                "BadAnswer", f"the answer cannot be read: {said}", transient=True, call=call
            ) from None
        except e.BotoCoreError as error:
            raise CloudError(type(error).__name__, str(error), call=call) from None

    def _opened(self) -> Any:
        """The session, made when it is first needed."""
        import boto3
        from botocore.exceptions import ProfileNotFound

        with self._lock:
            if self._session is None:
                try:
                    session = boto3.Session(
                        botocore_session=_bare_session(), profile_name=self._profile, region_name=self._region
                    )
                    self._session = _with_role(session, self._role) if self._role else session
                except ProfileNotFound as error:
                    raise CloudError(
                        "NoProfile", f"{error}; `aws configure list-profiles` lists them", sent=False
                    ) from None
            return self._session

    def _client(self, call: Call) -> Any:
        from botocore.config import Config
        from botocore.exceptions import UnknownServiceError

        session = self._opened()
        region = call.region or self.region
        writes = not call.operation.startswith(_READS)
        key = (call.service, region, writes)
        with self._lock:
            if key in self._clients:
                return self._clients[key]
            config = Config(
                retries={"mode": "standard", "total_max_attempts": 1}
                if writes
                else {"mode": "adaptive", "total_max_attempts": 6},
                connect_timeout=10,
                read_timeout=60,
                max_pool_connections=32,
                user_agent_extra="hipaa-tui",
                s3={"addressing_style": "path"} if _local_endpoint() else None,
            )
            try:
                client = session.client(call.service, region_name=region, config=config)
            except (UnknownServiceError, ValueError) as error:
                raise CloudError("BadRequest", str(error), sent=False, call=call) from None
            refuse_plain_http(client.meta.endpoint_url, f"the endpoint of {call.service}")
            if _local_endpoint():
                client.meta.events.register("before-sign.s3-control", _without_account)
            self._clients[key] = client
            return client


@cache
def _loader(data_path: str | None) -> Any:
    """The reader of the SDK's service models, which keeps what it has read: megabytes of JSON a service."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


def _bare_session() -> Any:
    """A session of botocore; all accounts share the service models, which are the same for each."""
    import botocore.session

    session = botocore.session.Session()
    session.lazy_register_component("data_loader", lambda: _loader(session.get_config_variable("data_path")))
    return session


def _with_role(session: Any, role: str) -> Any:
    """A session of the role, assumed when it is first used and again before it expires, as the CLI's profiles do."""
    import boto3
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    source = session.get_credentials()
    if source is None:
        return session

    def client(*args: Any, **options: Any) -> Any:
        made = session._session.create_client(*args, **options)
        refuse_plain_http(made.meta.endpoint_url, "the endpoint of sts")
        return made

    fetcher = AssumeRoleCredentialFetcher(client, source, role, extra_args={"RoleSessionName": "hipaa-tui"})
    assumed = _bare_session()
    assumed._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return boto3.Session(botocore_session=assumed, region_name=session.region_name)


def plain_json(value: Any) -> Json:
    """A response of botocore as plain JSON: times in ISO 8601 UTC, bytes in base64."""
    if isinstance(value, Mapping):
        return {str(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if hasattr(value, "read"):
        # A file's text, for a look at its beginning: no setting has one as its value.
        return bytes(value.read(LONGEST_BODY)).decode("utf-8", "replace")
    return value


def _wire(value: Json, shape: Any, name: str) -> Any:
    """An argument as botocore wants it: bytes where the API takes a blob, text for a number that it answered (a version)."""
    member = shape.members.get(name) if shape is not None else None
    if member is not None and member.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    if member is not None and member.type_name == "string" and type(value) is int:
        return str(value)
    return value


def _refused(error: Any, call: Call) -> CloudError:
    found = error.response.get("Error", {})
    code = str(found.get("Code", "Unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    message = " ".join(str(found.get("Message", "")).split())
    if code in _EXPIRED:
        message = f"{message}; {_LOG_IN}"
    return CloudError(
        code,
        message,
        status=status,
        transient=code in _TRANSIENT or status == 429 or status >= 500,
        call=call,
        retry_after=_retry_after(error.response),
        retryable=find(RETRYABLE, call.service, code, message),
    )


def _retry_after(response: Mapping[str, Any]) -> float | None:
    """The seconds that AWS asks to wait: by a header, or by a member of the error (Lambda, API Gateway)."""
    asked = retry_after(response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))
    if asked is not None:
        return asked
    for name, value in response.items():
        if str(name).lower() == "retryafterseconds":
            return retry_after({"Retry-After": str(value)})
    return None


def _method(operation: str) -> str:
    from botocore import xform_name

    return str(xform_name(operation))


def _without_account(request: Any, **_more: Any) -> None:
    """S3 Control puts the account before the host's name, which on this machine leads nowhere."""
    request.url = _BEFORE_HOST.sub(r"\1", request.url)


def _local_endpoint() -> bool:
    """Is AWS_ENDPOINT_URL on this machine? Virtual-hosted bucket names do not resolve there."""
    return is_loopback(os.environ.get("AWS_ENDPOINT_URL", ""))
