"""Carries calls out on Azure Resource Manager with Microsoft's own SDKs.

Storage accounts go through azure-mgmt-storage and role assignments through azure-mgmt-authorization,
each client pinned to the api-version of the call (a client made without one sends its own, newer one).
Every other write goes through the by-id operations of azure-mgmt-resource, which poll long-running
operations, every other read through the same client's pipeline. What comes back is the JSON of the
wire: the older clients' models drop the fields that they do not know.

The SDKs load when the first call is made; importing this module is cheap.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from hipaa_tui.azure.caller_permissions import Access
from hipaa_tui.azure.endpoint import ENDPOINT_VARIABLE, PUBLIC, Endpoint, endpoint_of
from hipaa_tui.azure.resource_ids import parse, segments
from hipaa_tui.providers.model import GLOBAL_REGION, Call, Caller, CloudError, Denied, Target
from hipaa_tui.support.json_value import Json, references

SUBSCRIPTIONS_VERSION: Final = "2022-12-01"
AUTHORIZATION_VERSION: Final = "2022-04-01"
"""The one that azure-mgmt-authorization 4 has role assignments in."""

_MOST_PAGES: Final = 10_000


def connect(subscriptions: Sequence[str] = (), endpoint: str | None = None) -> AzureCloud:
    """Azure with the credentials of the environment, and nothing sent yet.

    `subscriptions` narrows what is listed (ids; all reachable ones if none). `endpoint` is the URL of
    Azure Resource Manager: one of Microsoft's, or plain http on this machine (the sandbox), which gets
    a made-up token and never a real one. InputError for any other.
    """
    url = endpoint or os.environ.get(ENDPOINT_VARIABLE) or PUBLIC
    return AzureCloud(endpoint_of(url), tuple(one.lower() for one in subscriptions))


class AzureCloud:
    """Azure Resource Manager as a Cloud. Safe to share between threads."""

    provider = "azure"

    def __init__(self, endpoint: Endpoint, subscriptions: tuple[str, ...] = ()) -> None:
        self.endpoint = endpoint
        self._wanted = subscriptions
        self._lock = threading.RLock()
        self._made: dict[tuple[str, ...], Any] = {}
        self._access = Access(self)

    def call(self, call: Call) -> dict[str, Json]:
        """Carry out one call; its body as JSON, {} where there is none. Raises CloudError."""
        path = _path(call)
        version = str(call.arguments["api_version"])
        response = self._guarded(call, lambda: self._sent(call, path, version))
        return _body(response)

    def pages(self, call: Call, items: str) -> list[Json]:
        """All items of a list, over every nextLink on this endpoint. Raises CloudError."""
        path = _path(call)
        version = str(call.arguments["api_version"])
        listed = self._guarded(call, lambda: self._listed(call, path, version))
        if listed is None:
            listed = self._followed(call, path, version)
        return [item for page in listed for item in page.get(items) or []]

    def caller(self) -> Caller:
        """The subscriptions and the object id that the token names. Raises CloudError."""
        from hipaa_tui.azure.sdk.pipeline import principal

        accounts = tuple(self.subscriptions())
        return Caller(
            self.provider, accounts, principal(self._credential(), self.endpoint), self.endpoint.cloud
        )

    def subscriptions(self) -> list[str]:
        """Ids (lower case) of the enabled subscriptions that are reachable and asked for. Raises CloudError."""
        call = Call(
            "azure",
            "Microsoft.Resources",
            "GET",
            {"path": "/subscriptions", "api_version": SUBSCRIPTIONS_VERSION},
        )
        found = [
            str(one["subscriptionId"]).lower()
            for one in self.pages(call, "value")
            if one.get("state", "Enabled") in {"Enabled", "Warned"}
        ]
        missing = sorted(set(self._wanted) - set(found))
        if missing:
            raise CloudError(
                "SubscriptionNotFound",
                f"these credentials do not reach {', '.join(missing)}",
                status=404,
                call=call,
            )
        return [one for one in found if not self._wanted or one in self._wanted]

    def scan_regions(self, *, everywhere: bool = False) -> list[str]:
        """One GLOBAL_REGION: Azure's lists span all regions."""
        return [GLOBAL_REGION]

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        """Which of these ARM actions the caller does not have. Raises CloudError where nobody is logged in."""
        return self._access.denied(actions, resource)

    # Sending -------------------------------------------------------------------------------------

    def operation_ended(self, url: str) -> bool:
        """Has the long operation at this URL ended, well or not? Raises CloudError where that cannot be told."""
        call = Call("azure", "Microsoft.Resources", "GET", {"path": "/operations", "api_version": "-"})
        response = self._guarded(call, lambda: self._plain("GET", url))
        if response.status_code == 202:
            return False
        status = str(_body(response).get("status", "Succeeded")).lower()
        return status in {"succeeded", "failed", "canceled", "cancelled"}

    def _sent(self, call: Call, path: str, version: str) -> Any:
        """The last HTTP response of the call. Any 2xx of a write is success, also one that its SDK does not list."""
        from azure.core.exceptions import HttpResponseError

        from hipaa_tui.azure.sdk.pipeline import ended, followed

        try:
            found = self._begun(call, path, version)
        except HttpResponseError as error:
            if call.operation == "GET" or not 200 <= (error.status_code or 0) < 300:
                raise
            found = error.response
        if hasattr(found, "continuation_token"):
            return ended(call, found)
        if call.operation == "GET" or found is None:
            return found
        return followed(call, self._resources()._client, found, self.endpoint)

    def _begun(self, call: Call, path: str, version: str) -> Any:
        """The first HTTP response of the call, or the poller of one that may take long."""
        arguments = call.arguments
        body = json.dumps(arguments["body"]).encode() if "body" in arguments else b"{}"
        options: dict[str, Any] = {"cls": lambda response, *_: response.http_response}
        if arguments.get("if_match"):
            options["headers"] = {"If-Match": str(arguments["if_match"])}
        if call.operation != "GET":
            # A repeated write is for the run to decide: only it knows what the first try may have done.
            options["retry_total"] = 0
        operation = self._operation(call.operation, path, version)
        if operation is not None:
            return operation(*((body,) if call.operation in {"PUT", "PATCH"} else ()), **options)
        id = quote(path.lstrip("/"), safe="/")
        resources = self._resources().resources
        if call.operation in {"GET", "POST"}:
            content = body if call.operation == "POST" and "body" in arguments else None
            url = f"/{id}?api-version={quote(version)}"
            return self._plain(call.operation, url, content, options.get("headers"))
        from hipaa_tui.azure.sdk.pipeline import polling

        options |= {"api_version": version, "polling": polling(self.endpoint)}
        match call.operation:
            case "PUT":
                return resources.begin_create_or_update_by_id(id, body, **options)
            case "PATCH":
                return resources.begin_update_by_id(id, body, **options)
            case "DELETE":
                return resources.begin_delete_by_id(id, **options)
        raise CloudError(
            "MethodNotAllowed", f"{call.operation} is not a method of ARM", sent=False, call=call
        )

    def _operation(self, method: str, path: str, version: str) -> Callable[..., Any] | None:
        """The operation of a service's own SDK that does this, less the body; None where there is none."""
        found = parse(path)
        if found is None or not found.subscription:
            return None
        kind = found.type.lower()
        if kind == "microsoft.storage/storageaccounts" and method in {"GET", "PATCH"}:
            accounts = self._storage(found.subscription, version).storage_accounts
            return partial(
                accounts.get_properties if method == "GET" else accounts.update, found.group, found.name
            )
        if kind == "microsoft.authorization/roleassignments" and version == AUTHORIZATION_VERSION:
            assignments = self._authorization(found.subscription).role_assignments
            by_method = {"GET": assignments.get, "PUT": assignments.create, "DELETE": assignments.delete}
            if method in by_method:
                return partial(by_method[method], found.scope.lstrip("/"), found.name)
        return None

    def _plain(
        self, method: str, url: str, content: bytes | None = None, more: Mapping[str, str] | None = None
    ) -> Any:
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        headers = {"Accept": "application/json", **(more or {})}
        if content is not None:
            headers["Content-Type"] = "application/json"
        request = HttpRequest(method, url, headers=headers, content=content)
        options = {} if method == "GET" else {"retry_total": 0}
        response = self._resources().send_request(request, **options)
        if response.status_code >= 300:
            raise HttpResponseError(response=response)
        return response

    def _listed(self, call: Call, path: str, version: str) -> list[dict[str, Json]] | None:
        """The raw pages where an SDK has the list; None where it has not."""
        parts = segments(path) or []
        lowered = "/".join(parts).lower()
        pages: list[dict[str, Json]] = []
        if call.arguments.get("filter"):
            return None
        options = {"raw_response_hook": lambda response: pages.append(_body(response.http_response))}
        if len(parts) == 5 and lowered.endswith("/providers/microsoft.storage/storageaccounts"):
            listing = self._storage(parts[1], version).storage_accounts.list(**options)
        elif (
            lowered.endswith("/providers/microsoft.authorization/roleassignments")
            and version == AUTHORIZATION_VERSION
        ):
            scope = "/".join(parts[:-3])
            listing = self._authorization(parts[1]).role_assignments.list_for_scope(scope, **options)
        else:
            return None
        for _ in listing:
            pass
        return pages

    def _followed(self, call: Call, path: str, version: str) -> list[dict[str, Json]]:
        pages: list[dict[str, Json]] = []
        url = f"{quote(path, safe='/')}?api-version={quote(version)}"
        if call.arguments.get("filter"):
            url += f"&$filter={quote(str(call.arguments['filter']), safe='')}"
        while url and len(pages) < _MOST_PAGES:
            response = self._guarded(call, lambda url=url: self._plain("GET", url))  # type: ignore[misc]
            pages.append(_body(response))
            url = str(pages[-1].get("nextLink") or "")
        return pages

    def _guarded(self, call: Call, send: Callable[[], Any]) -> Any:
        """What `send` gives, with every failure of the SDK as a CloudError."""
        if any(references(call.arguments)):
            raise CloudError(
                "UnresolvedReference", "the call names what is not known yet", sent=False, call=call
            )
        from azure.core.exceptions import AzureError

        from hipaa_tui.azure.sdk.pipeline import failure

        try:
            return send()
        except AzureError as error:
            raise failure(call, error) from None

    # Clients -------------------------------------------------------------------------------------

    def _once(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]

    def _storage(self, subscription: str, version: str) -> Any:
        from azure.mgmt.storage import StorageManagementClient

        return self._once(
            ("storage", subscription, version),
            lambda: StorageManagementClient(
                self._credential(), subscription, self.endpoint.url, api_version=version, **self._pipeline()
            ),
        )

    def _authorization(self, subscription: str) -> Any:
        from azure.mgmt.authorization import AuthorizationManagementClient

        return self._once(
            ("authorization", subscription),
            lambda: AuthorizationManagementClient(
                self._credential(),
                subscription,
                api_version=AUTHORIZATION_VERSION,
                base_url=self.endpoint.url,
                **self._pipeline(),
            ),
        )

    def _resources(self) -> Any:
        from azure.mgmt.resource.resources import ResourceManagementClient

        # Every path says its own subscription: the client's is never used.
        return self._once(
            ("resources",),
            lambda: ResourceManagementClient(self._credential(), "-", self.endpoint.url, **self._pipeline()),
        )

    def _credential(self) -> Any:
        from hipaa_tui.azure.sdk.pipeline import make_credential

        return self._once(("credential",), lambda: make_credential(self.endpoint))

    def _pipeline(self) -> dict[str, Any]:
        from hipaa_tui.azure.sdk.pipeline import policies, transport

        return {
            "policies": policies(self._credential(), self.endpoint),
            "transport": transport(self.endpoint),
        }


def _path(call: Call) -> str:
    """The call's path, where it is one that can be sent. CloudError where not."""
    path = call.arguments.get("path")
    if not isinstance(path, str) or segments(path) is None:
        raise CloudError(
            "InvalidResourceId", "the path is not that of an Azure resource", sent=False, call=call
        )
    return path.rstrip("/")


def _body(response: Any) -> dict[str, Json]:
    text = response.text() if response is not None else ""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise CloudError(
            "InvalidResponse", "Azure's answer is not JSON", status=response.status_code
        ) from None
    return found if isinstance(found, dict) else {"value": found}
