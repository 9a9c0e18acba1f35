"""Builds what a request passes through on its way to Azure, and says what went wrong there in our words.

The pipeline is our own, not the SDKs' default one, which registers resource providers by itself (a
change that nobody approved), writes requests to the log, and sends a token to whatever host a
response names.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    ContentDecodePolicy,
    CustomHookPolicy,
    HeadersPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.core.polling import LROPoller
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.core.polling.arm_polling import ARMPolling

from hipaa_tui import __version__
from hipaa_tui.azure.endpoint import Endpoint
from hipaa_tui.azure.retryable_errors import RETRYABLE
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.operations import accepted
from hipaa_tui.providers.retryable import find, retry_after

SANDBOX_PRINCIPAL: Final = "5a9db0c5-0000-4000-8000-00000000c0de"
"""Object id of the sandbox's caller; its token says nothing else and is signed by nobody."""
NO_CREDENTIALS: Final = (
    "Azure gave no token: run `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret or certificate"
)
_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 60
_RETRY_SECONDS: Final = 120
"""How long a read is retried at most; the SDK's own limit is a week."""
_OPERATION_SECONDS: Final = 900
"""How long a long-running operation is waited for; creating a workspace takes one to two minutes."""
_POLL_SECONDS: Final = 5
_SUCCESS: Final = range(200, 300)


def _sandbox_token() -> str:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'oid': SANDBOX_PRINCIPAL})}.sandbox"


class _SandboxCredential:
    """The made-up token that the sandbox gets instead of a real one."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(_sandbox_token(), int(time.time()) + 3600)


class _Credential:
    """The credentials of the environment, with a failure that says what to do."""

    def __init__(self, endpoint: Endpoint) -> None:
        from azure.identity import DefaultAzureCredential

        self._chain = DefaultAzureCredential(
            authority=endpoint.authority, exclude_interactive_browser_credential=True, process_timeout=30
        )

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        try:
            return self._chain.get_token(*scopes, **options)
        except (ClientAuthenticationError, ServiceRequestError, ValueError):
            # The chain's own message runs over twenty lines and names tenants and accounts.
            raise CloudError("NoCredentials", NO_CREDENTIALS, status=401, sent=False) from None


class _SandboxAuthentication(SansIOHTTPPolicy[Any, Any]):
    """Authenticates over plain http, which the SDK's own policy rightly refuses to do."""

    def __init__(self, credential: _SandboxCredential) -> None:
        self._credential = credential

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._credential.get_token().token}"


class _Retries(RetryPolicy[Any, Any]):
    """The SDK's retries, but for an answer that asks for a longer wait than anybody would sit through here."""

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        asked = retry_after(response.http_response.headers)
        return (asked is None or asked <= _RETRY_SECONDS) and bool(super().is_retry(settings, response))

    def get_retry_after(self, response: Any) -> float | None:
        return retry_after(response.http_response.headers)


class _OneHost(SansIOHTTPPolicy[Any, Any]):
    """Refuses, before a token is added, to follow a link out of the endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._origin = _origin(endpoint.url)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        if _origin(request.http_request.url) != self._origin:
            raise CloudError(
                "ForeignLink", "Azure's answer links to another host, which gets no token", sent=False
            )


class _Operations(SansIOHTTPPolicy[Any, Any]):
    """Tells whoever listens where the operation that a write began can be asked after."""

    def on_response(self, request: PipelineRequest[Any], response: Any) -> None:
        answer = response.http_response
        if request.http_request.method == "GET" or answer.status_code not in _SUCCESS:
            return
        url = answer.headers.get("Azure-AsyncOperation")
        if url is None and answer.status_code == 202:
            url = answer.headers.get("Location")
        if url:
            accepted(url)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or standard


def make_credential(endpoint: Endpoint) -> Any:
    """Credentials for the endpoint: for the sandbox a made-up token, else the environment's."""
    return _SandboxCredential() if endpoint.sandbox else _Credential(endpoint)


def policies(credential: Any, endpoint: Endpoint) -> list[Any]:
    """What a request passes through, in order. No logging, no redirects, no registering of providers."""
    authentication: Any
    if endpoint.sandbox:
        authentication = _SandboxAuthentication(credential)
    else:
        authentication = ARMChallengeAuthenticationPolicy(credential, f"{endpoint.url}/.default")
    return [
        RequestIdPolicy(),
        HeadersPolicy(),
        UserAgentPolicy(f"hipaa-tui/{__version__}"),
        ProxyPolicy(),
        ContentDecodePolicy(),
        _Retries(
            retry_total=3,
            retry_backoff_factor=0.05 if endpoint.sandbox else 0.8,
            retry_backoff_max=20,
            timeout=_RETRY_SECONDS,
        ),
        _OneHost(endpoint),
        _Operations(),
        authentication,
        CustomHookPolicy(),
    ]


def transport(endpoint: Endpoint) -> RequestsTransport:
    """Connections with time limits. What goes to this machine goes there without a proxy."""
    return RequestsTransport(
        connection_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, use_env_settings=not endpoint.sandbox
    )


def principal(credential: Any, endpoint: Endpoint) -> str:
    """The object id in the token's payload, "" where it has none. Raises CloudError.

    The signature is not checked: the id is shown and compared, and never decides what is allowed.
    """
    token = credential.get_token(f"{endpoint.url}/.default").token
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("oid") or claims.get("appid") or "")
    except (IndexError, ValueError, binascii.Error, AttributeError):
        return ""


class _Polling(ARMPolling):
    """The SDK's polling, at the pace that Azure asks for where it says one that can be read."""

    def _extract_delay(self) -> float:
        asked = retry_after(self._pipeline_response.http_response.headers)
        return self._timeout if asked is None else asked


def polling(endpoint: Endpoint) -> ARMPolling:
    """How a long-running operation is asked after. It only reads, so the pipeline's retries are welcome."""
    seconds = 0.05 if endpoint.sandbox else _POLL_SECONDS
    return _Polling(seconds, path_format_arguments={"endpoint": endpoint.url})


def ended(call: Call, poller: Any) -> Any:
    """What the operation gave in the end. CloudError where it does not end in time."""
    try:
        poller.wait(_OPERATION_SECONDS)
        if poller.done():
            return poller.result()
    except HttpResponseError as error:
        if error.status_code not in {408, 429} and (error.status_code or 0) < 500:
            raise
        # The write was accepted: a question about it that is throttled does not mean that nothing was done.
        said = failure(call, error)
        raise CloudError(
            "OperationNotFollowed",
            f"Azure accepted it, and how far it is cannot be asked: {said.code}",
            status=202,
            transient=True,
            call=call,
            retry_after=said.retry_after,
        ) from None
    raise CloudError(
        "OperationTimedOut",
        f"Azure accepted it and was not done after {_OPERATION_SECONDS} s",
        status=202,
        transient=True,
        call=call,
    )


def followed(call: Call, client: Any, response: Any, endpoint: Endpoint) -> Any:
    """What a write gave in the end that no poller of the SDK follows, and whose first answer was this 2xx."""
    if response.status_code != 202 and "Azure-AsyncOperation" not in response.headers:
        return response
    first = PipelineResponse(response.request, response, PipelineContext(client._pipeline._transport))
    poller: Any = LROPoller(client, first, lambda last: last.http_response, polling(endpoint))
    return ended(call, poller)


def failure(call: Call, error: AzureError) -> CloudError:
    """The SDK's error as ours: code, message, status, whether it may pass, whether anything was sent."""
    if isinstance(error, ServiceRequestError):
        return CloudError("ServiceUnreachable", _line(error), transient=True, sent=False, call=call)
    if isinstance(error, ServiceResponseError):
        return CloudError("NoAnswer", _line(error), transient=True, call=call)
    if not isinstance(error, HttpResponseError):
        return CloudError(type(error).__name__, _line(error), call=call)
    status = error.status_code or 0
    code = getattr(error.error, "code", None) or error.reason or type(error).__name__
    message = getattr(error.error, "message", None) or _line(error)
    return CloudError(
        str(code),
        _one_line(str(message)),
        status=status,
        transient=status in {408, 429} or status >= 500 or code == "ServerTimeout",
        call=call,
        retry_after=retry_after(getattr(error.response, "headers", {})),
        retryable=find(RETRYABLE, call.service, str(code), str(message)),
    )


def _line(error: Exception) -> str:
    return _one_line(getattr(error, "message", None) or str(error))


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]
