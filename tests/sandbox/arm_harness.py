"""Drives the ARM sandbox in tests: an estate, raw requests, and the real SDK clients.

The SDKs' own bearer policy refuses to send a token over plain http, rightly. A client therefore gets an
`authentication_policy` of ours, a SansIOHTTPPolicy that sets a static Authorization header; with it the
client uses its normal pipeline, retries and pollers. (A client made with `policies=[...]` instead leaves
the default pipeline out altogether.)
"""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

SUB = "11111111-2222-4333-8444-555555555555"
OID = "5a9db0c5-0000-4000-8000-00000000c0de"
SUBSCRIPTION = f"/subscriptions/{SUB}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-phi"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phidata"
BLOB = f"{ACCOUNT}/blobServices/default"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg-app"
RULE = f"{NSG}/securityRules/allow-ssh"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-audit"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-phi"
OWNER = (
    f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
)
READER = (
    f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
)
ALICE = "aaaaaaaa-0000-4000-8000-000000000001"
BOB = "bbbbbbbb-0000-4000-8000-000000000002"

SSH_RULE = {
    "protocol": "Tcp",
    "access": "Allow",
    "direction": "Inbound",
    "priority": 100,
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "22",
}


def diagnostics(resource: str, name: str = "audit") -> str:
    return f"{resource}/providers/Microsoft.Insights/diagnosticSettings/{name}"


def assignment(scope: str, number: int) -> str:
    return (
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{number:08d}-0000-4000-8000-000000000000"
    )


def estate() -> dict[str, Any]:
    """An account from before 2020, a group open to the world, a workspace, a vault, an Owner."""
    return {
        "subscriptions": [{"subscriptionId": SUB, "displayName": "Clinic", "managementGroups": ["root-mg"]}],
        "resources": [
            {"id": GROUP, "location": "eastus", "tags": {"env": "prod"}},
            {
                "id": ACCOUNT,
                "location": "eastus",
                "kind": "StorageV2",
                "sku": {"name": "Standard_LRS"},
                "tags": {"data": "phi"},
                "properties": {
                    "supportsHttpsTrafficOnly": False,
                    "allowBlobPublicAccess": True,
                    "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": []},
                    "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True}}},
                },
            },
            {
                "id": NSG,
                "location": "eastus",
                "properties": {"securityRules": [{"name": "allow-ssh", "properties": SSH_RULE}]},
            },
            {
                "id": VNET,
                "location": "eastus",
                "properties": {
                    "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                    "subnets": [
                        {
                            "name": "app",
                            "properties": {
                                "addressPrefix": "10.0.1.0/24",
                                "networkSecurityGroup": {"id": NSG},
                            },
                        }
                    ],
                },
            },
            {
                "id": WORKSPACE,
                "location": "eastus",
                "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30},
            },
            {
                "id": VAULT,
                "location": "eastus",
                "properties": {
                    "tenantId": ALICE,
                    "sku": {"family": "A", "name": "standard"},
                    "enableSoftDelete": True,
                },
            },
            {
                "id": assignment(SUBSCRIPTION, 1),
                "properties": {"roleDefinitionId": OWNER, "principalId": ALICE, "principalType": "User"},
            },
        ],
    }


def token(oid: str = OID) -> str:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'oid': oid})}.sig"


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def target(self) -> str:
        return str(self.body["error"].get("target", ""))


@dataclass
class Wire:
    """Raw requests over one kept-alive connection."""

    port: int

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def send(
        self, method: str, path: str, body: Any = None, *, version: str = "2025-07-01", **headers: str
    ) -> Answer:
        """`path` unquoted; a query may follow it. Keyword `If_Match=` becomes the header If-Match."""
        plain, _, query = path.partition("?")
        url = quote(plain, safe="/$()")
        if version:
            query = f"{query}&api-version={version}" if query else f"api-version={version}"
        sent = {
            "Authorization": f"Bearer {token()}",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self.connection.request(method, f"{url}?{query}" if query else url, content, sent)
        response = self.connection.getresponse()
        text = response.read()
        found = {key.lower(): value for key, value in response.getheaders()}
        return Answer(response.status, json.loads(text) if text else None, found)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, **headers)

    def hook(self, method: str, name: str, body: Any = None) -> Any:
        answer = self.send(method, f"/_sandbox/{name}", body, version="")
        assert answer.status == 200, answer.body
        return answer.body


class StaticBearer(SansIOHTTPPolicy):
    """Sets the header that the SDK's own policy would not send over plain http."""

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {token()}"


class NoCredential:
    """Clients want a credential; with a policy of our own they never ask it."""

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        raise AssertionError("the credential was asked")


class Clients:
    """The real SDK clients against the sandbox at `url`."""

    def __init__(self, url: str) -> None:
        common: dict[str, Any] = {"base_url": url, "authentication_policy": StaticBearer()}
        self.storage = StorageManagementClient(NoCredential(), SUB, api_version="2025-08-01", **common)
        self.authorization = AuthorizationManagementClient(
            NoCredential(), SUB, api_version="2022-04-01", **common
        )
        self.resources = ResourceManagementClient(NoCredential(), SUB, **common)
