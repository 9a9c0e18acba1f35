"""The token goes to Microsoft or to this machine, and every failure is said in our own words."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hipaa_tui.azure.cloud import ENDPOINT_VARIABLE, connect
from hipaa_tui.azure.resource_types import request
from hipaa_tui.azure.sdk import pipeline
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.providers.model import CloudError
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import reference
from tests.azure.server import ACCOUNT, SCOPE, SUBSCRIPTION, assignment, azure, storage_account

WORKSPACE = f"{SCOPE}/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
VAULT = f"{SCOPE}/resourceGroups/g/providers/Microsoft.KeyVault/vaults"


class Scripted:
    """A server that answers each request as `answer(request line, headers)` says, and keeps them."""

    def __init__(self, answer):
        self.seen = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.seen.append((self.command, self.path, dict(self.headers), json.loads(body or b"null")))
                status, answer, headers = outer.answer(self.command, self.path)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_PATCH = do_POST = do_DELETE = handle_any

        self.answer = answer
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def scripted():
    servers = []

    def make(answer):
        servers.append(Scripted(answer))
        return servers[-1]

    yield make
    for one in servers:
        one.server.shutdown()
        one.server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "http://management.azure.com",
        "http://10.0.0.1:8080",
        "https://evil.example",
        "https://management.azure.com.evil.example",
        "https://management.azure.com:8443",
        "https://me@management.azure.com",
        "https://127.0.0.1",
        "ftp://127.0.0.1",
        "http://127.0.0.1/path",
        "management.azure.com",
    ],
)
def test_no_token_goes_anywhere_else(url, monkeypatch):
    with pytest.raises(InputError, match="not an endpoint of Azure Resource Manager"):
        connect(endpoint=url)
    monkeypatch.setenv(ENDPOINT_VARIABLE, url)
    with pytest.raises(InputError):
        connect()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://management.azure.com/", "AzureCloud"),
        ("https://management.usgovcloudapi.net", "AzureUSGovernment"),
        ("http://localhost:1234", "AzureCloud"),
    ],
)
def test_the_clouds_that_there_are(url, name):
    assert connect(endpoint=url).endpoint.cloud == name


def test_looking_a_setting_up_loads_no_sdk():
    code = (
        "import sys, hipaa_tui.providers.registry as r, hipaa_tui.azure.cloud; r.settings(); r.resource_types();"
        "print([m for m in sys.modules if m == 'azure' or m.startswith('azure.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_caller_of_the_sandbox():
    with azure() as cloud:
        caller = cloud.caller()
    assert (caller.accounts, caller.principal, caller.partition) == (
        (SUBSCRIPTION,),
        SANDBOX_PRINCIPAL,
        "AzureCloud",
    )


def test_only_subscriptions_that_were_asked_for(scripted):
    listed = {
        "value": [
            {"subscriptionId": one, "state": state} for one, state in (("A", "Enabled"), ("b", "Disabled"))
        ]
    }
    server = scripted(lambda *_: (200, listed, {}))
    assert connect(endpoint=server.url).subscriptions() == ["a"]
    with pytest.raises(CloudError, match="do not reach c"):
        connect(["c"], endpoint=server.url).subscriptions()


def test_requests_carry_the_api_version_of_the_call(scripted):
    server = scripted(lambda *_: (200, {"id": ACCOUNT, "properties": {}}, {}))
    cloud = connect(endpoint=server.url)
    cloud.call(request("GET", ACCOUNT, "2025-08-01"))
    cloud.call(request("PATCH", ACCOUNT, "2024-01-01", {"properties": {"a": 1}}))
    cloud.call(request("PUT", f"{VAULT}/v", "2024-11-01", {"b": 2}, if_match='W/"7"'))
    assert [path.partition("api-version=")[2] for _, path, _, _ in server.seen] == [
        "2025-08-01",
        "2024-01-01",
        "2024-11-01",
    ]
    assert [body for *_, body in server.seen] == [None, {"properties": {"a": 1}}, {"b": 2}]
    assert server.seen[2][2]["If-Match"] == 'W/"7"'
    assert "api-version=2025-08-01" in server.seen[0][1]


@pytest.mark.parametrize("path", [f"{VAULT}/v", ACCOUNT, assignment(1, "p")["id"]])
@pytest.mark.parametrize(
    ("status", "transient", "denied"),
    [
        (400, False, False),
        (403, False, True),
        (404, False, False),
        (409, False, False),
        (412, False, False),
        (500, True, False),
    ],
)
def test_refusals_keep_azures_own_code(scripted, path, status, transient, denied):
    server = scripted(lambda *_: (status, {"error": {"code": "ItsCode", "message": "Its\nwords."}}, {}))
    call = request(
        "DELETE" if path != ACCOUNT else "PATCH", path, "2022-04-01", None if path != ACCOUNT else {}
    )
    with pytest.raises(CloudError) as caught:
        connect(endpoint=server.url).call(call)
    error = caught.value
    assert (error.code, error.message, error.status) == ("ItsCode", "Its words.", status)
    assert (error.transient, error.sent, error.denied, error.call) == (transient, True, denied, call)


def test_a_write_is_sent_once_and_a_read_again(scripted):
    answers = [(503, {}, {}), (200, {"x": 1}, {})]
    server = scripted(lambda *_: answers.pop(0))
    assert connect(endpoint=server.url).call(request("GET", f"{VAULT}/v", "1")) == {"x": 1}
    server = scripted(lambda *_: (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0"}))
    with pytest.raises(CloudError) as caught:
        connect(endpoint=server.url).call(request("PUT", f"{VAULT}/v", "1", {}))
    assert caught.value.transient
    assert len(server.seen) == 1


def test_what_never_left_is_said_to_be_unsent(scripted):
    server = scripted(lambda *_: (200, {}, {}))
    server.server.shutdown()
    server.server.server_close()
    with pytest.raises(CloudError) as caught:
        connect(endpoint=server.url).call(request("PUT", f"{VAULT}/v", "1", {}))
    assert (caught.value.sent, caught.value.transient, caught.value.status) == (False, True, 0)
    with pytest.raises(CloudError) as caught:
        connect(endpoint=server.url).call(request("PUT", f"{VAULT}/v", "1", {"a": reference("c1", "id")}))
    assert (caught.value.code, caught.value.sent) == ("UnresolvedReference", False)


@pytest.mark.parametrize(
    "path",
    ["", "x", f"{ACCOUNT}?a=b", f"{ACCOUNT}/../x", f"{ACCOUNT}#x", f"{ACCOUNT}%2f", "//x", f"{ACCOUNT}\n"],
)
def test_a_path_that_is_none_is_never_sent(path):
    with pytest.raises(CloudError) as caught:
        connect(endpoint="http://127.0.0.1:9").call(request("GET", path, "1"))
    assert (caught.value.code, caught.value.sent) == ("InvalidResourceId", False)


def test_an_answer_that_is_no_json(scripted):
    server = scripted(lambda *_: (200, b"<html>", {"Content-Type": "text/html"}))
    with pytest.raises(CloudError, match="not JSON"):
        connect(endpoint=server.url).call(request("GET", f"{VAULT}/v", "1"))


@pytest.mark.parametrize("path", [VAULT, f"{SCOPE}/providers/Microsoft.Storage/storageAccounts"])
def test_lists_go_over_all_pages_of_this_host(scripted, path):
    def answer(_method, url):
        if "page=2" in url:
            return 200, {"value": [{"id": "2", "unknown": 1}]}, {}
        return 200, {"value": [{"id": "1"}], "nextLink": f"{server.url}{path}?api-version=1&page=2"}, {}

    server = scripted(answer)
    found = connect(endpoint=server.url).pages(request("GET", path, "1"), "value")
    assert found == [{"id": "1"}, {"id": "2", "unknown": 1}]


@pytest.mark.parametrize("path", [VAULT, f"{SCOPE}/providers/Microsoft.Storage/storageAccounts"])
def test_a_link_to_another_host_gets_no_token(scripted, path):
    other = scripted(lambda *_: (200, {"value": []}, {}))
    server = scripted(lambda *_: (200, {"value": [], "nextLink": f"{other.url}/steal"}, {}))
    with pytest.raises(CloudError, match="another host"):
        connect(endpoint=server.url).pages(request("GET", path, "1"), "value")
    assert other.seen == []


def test_a_long_operation_is_followed_to_its_end(scripted):
    polls = [{"status": "InProgress"}, {"status": "Succeeded"}]

    def answer(method, url):
        if method == "PUT":
            return 201, {"properties": {}}, {"Azure-AsyncOperation": f"{server.url}/operations/1"}
        if "operations" in url:
            return 200, polls.pop(0), {}
        return 200, {"id": WORKSPACE, "done": True}, {}

    server = scripted(answer)
    assert connect(endpoint=server.url).call(request("PUT", WORKSPACE, "1", {}))["done"] is True
    assert polls == []


def test_a_long_operation_that_fails(scripted):
    def answer(method, _url):
        if method == "PUT":
            return 201, {}, {"Azure-AsyncOperation": f"{server.url}/operations/1"}
        return 200, {"status": "Failed", "error": {"code": "QuotaExceeded", "message": "No more."}}, {}

    server = scripted(answer)
    with pytest.raises(CloudError, match="QuotaExceeded"):
        connect(endpoint=server.url).call(request("PUT", WORKSPACE, "1", {}))


def test_waiting_for_a_long_operation_has_an_end(scripted, monkeypatch):
    monkeypatch.setattr(pipeline, "_OPERATION_SECONDS", 0.3)
    server = scripted(
        lambda method, _: (
            (202, {"status": "InProgress"}, {"Azure-AsyncOperation": f"{server.url}/operations/1"})
            if method == "PUT"
            else (200, {"status": "InProgress"}, {})
        )
    )
    with pytest.raises(CloudError) as caught:
        connect(endpoint=server.url).call(request("PUT", WORKSPACE, "1", {}))
    assert (caught.value.code, caught.value.transient, caught.value.sent) == ("OperationTimedOut", True, True)


def test_no_credentials_is_one_sentence(monkeypatch):
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import DefaultAzureCredential

    def refuse(*_args, **_options):
        raise ClientAuthenticationError("tenant secret-tenant\n" * 20)

    monkeypatch.setattr(DefaultAzureCredential, "get_token", refuse)
    with pytest.raises(CloudError) as caught:
        connect(endpoint="https://management.azure.com").caller()
    assert (caught.value.code, caught.value.sent) == ("NoCredentials", False)
    assert "az login" in str(caught.value)
    assert "secret-tenant" not in str(caught.value)


def test_a_read_needs_no_proxy_on_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with azure(storage_account()) as cloud:
        assert cloud.call(request("GET", ACCOUNT, "2025-08-01"))["name"] == "patientfiles"
