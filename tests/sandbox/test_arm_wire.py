"""What every request owes Azure Resource Manager, and what the server survives."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading

import pytest

from hipaa_tui.sandbox.arm import ArmServer
from hipaa_tui.support.errors import InputError
from tests.sandbox.arm_harness import (
    ACCOUNT,
    ALICE,
    BOB,
    GROUP,
    NSG,
    OWNER,
    READER,
    SUB,
    SUBSCRIPTION,
    VNET,
    Wire,
    assignment,
    token,
)

UNKNOWN = f"{GROUP}/providers/Microsoft.Made/things/one"


def raw(server: ArmServer, data: bytes) -> bytes:
    """What the server answers to bytes; the connection is half-closed after them."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as one:
        one.sendall(data)
        one.shutdown(socket.SHUT_WR)
        found = b""
        while chunk := one.recv(65536):
            found += chunk
        return found


def test_a_request_without_a_bearer_token_is_challenged(wire: Wire) -> None:
    answer = wire.get(ACCOUNT, Authorization="Basic x")
    assert (answer.status, answer.code) == (401, "AuthenticationFailed")
    assert answer.headers["www-authenticate"].startswith("Bearer authorization_uri=")


def test_the_api_version_is_required_and_has_a_form(wire: Wire) -> None:
    assert wire.send("GET", ACCOUNT, version="").code == "MissingApiVersionParameter"
    assert wire.send("GET", ACCOUNT, version="latest").code == "InvalidApiVersionParameter"
    assert wire.send("GET", ACCOUNT, version="2021-05-01-preview").status == 200


def test_ids_are_case_insensitive_and_echoed_as_first_seen(wire: Wire) -> None:
    assert wire.get(ACCOUNT.upper()).body["id"] == ACCOUNT
    wire.patch(ACCOUNT.lower(), {"tags": {"a": "b"}})
    assert wire.get(ACCOUNT).body["id"] == ACCOUNT
    assert wire.get(f"/{ACCOUNT}/").status == 200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{ACCOUNT}x", "ResourceNotFound"),
        (f"{SUBSCRIPTION}/resourceGroups/nowhere", "ResourceGroupNotFound"),
        (ACCOUNT.replace("rg-phi", "nowhere"), "ResourceGroupNotFound"),
        (f"{ACCOUNT}x/blobServices/default/containers/one", "ParentResourceNotFound"),
        (f"{ACCOUNT}x/providers/Microsoft.Insights/diagnosticSettings", "ResourceNotFound"),
        ("/subscriptions/99999999-0000-4000-8000-000000000000/resources", "SubscriptionNotFound"),
        ("/nothing/here", "InvalidResourceType"),
        (f"{VNET}/subnets/app/providers", "InvalidResourceType"),
    ],
)
def test_what_is_not_there_is_said_in_azures_words(wire: Wire, path: str, code: str) -> None:
    answer = wire.get(path)
    assert (answer.status, answer.code) == (404, code)


def test_deleting_nothing_is_no_error_and_a_deleted_assignment_is_shown(wire: Wire) -> None:
    assert wire.delete(f"{ACCOUNT}x").status == 204
    answer = wire.delete(assignment(SUBSCRIPTION, 1))
    assert (answer.status, answer.body["properties"]["principalId"]) == (200, ALICE)
    assert wire.delete(assignment(SUBSCRIPTION, 1)).status == 204


@pytest.mark.parametrize(
    "content", [b"{", b"[1]", b'"text"', b"NaN", b'{"a": NaN}', b"\xff\xfe", b"", b"9" * 5000]
)
def test_a_body_that_is_no_json_object_is_refused(wire: Wire, content: bytes) -> None:
    answer = wire.put(ACCOUNT, content)
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")


def test_deep_nesting_is_refused_and_the_server_lives(wire: Wire) -> None:
    for depth in (300, 900, 100_000):
        answer = wire.put(
            UNKNOWN, b'{"location":"eastus","properties":{"a":' + b"[" * depth + b"]" * depth + b"}}"
        )
        assert answer.status in {200, 201, 400}
    assert wire.get(ACCOUNT).status == 200


def test_a_huge_body_is_refused_readably(wire: Wire) -> None:
    answer = wire.put(ACCOUNT, b" " * (4 * 1024 * 1024 + 1))
    assert (answer.status, answer.code) == (413, "RequestEntityTooLarge")


@pytest.mark.parametrize("length", ["-1", "abc", "1" * 40, "1.5"])
def test_a_bad_content_length_is_refused(arm: ArmServer, length: str) -> None:
    head = f"PUT {ACCOUNT}?api-version=2025-08-01 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    assert raw(arm, head.encode()).startswith(b"HTTP/1.1 400 ")


def test_garbage_half_requests_and_chunks_do_no_harm(arm: ArmServer, wire: Wire) -> None:
    assert b"400" in raw(arm, b"\x00\x01garbage\r\n\r\n")
    assert b" 400 " in raw(arm, b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
    assert b" 411 " in raw(
        arm, b"PUT / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )
    assert raw(arm, b"") == b""
    assert wire.get(ACCOUNT).status == 200


def test_an_unknown_method_is_405(arm: ArmServer, wire: Wire) -> None:
    answer = raw(arm, f"BREW {ACCOUNT} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b'"MethodNotAllowed"' in answer
    assert wire.send("POST", f"{ACCOUNT}/listKeys", {}).status == 405
    assert wire.put(f"{SUBSCRIPTION}/resourceGroups", {}).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/subscriptions/%ff/resources",
        "/subscriptions/a%2Fb/resources",
        "/subscriptions/../x",
        "/subscriptions/%00",
        "/" + "a" * 5000,
    ],
)
def test_odd_paths_are_refused(arm: ArmServer, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", arm.port, timeout=5)
    connection.request(
        "GET", f"{path}?api-version=2025-07-01", headers={"Authorization": f"Bearer {token()}"}
    )
    assert 400 <= connection.getresponse().status < 500
    connection.close()


def test_encoded_names_with_blanks_and_umlauts_work(wire: Wire) -> None:
    thing = f"{GROUP}/providers/Microsoft.Made/things/Größe 1 (ä)"
    assert wire.put(thing, {"location": "eastus"}).status == 201
    assert wire.get(thing).body["name"] == "Größe 1 (ä)"


def test_a_foreign_host_header_is_refused(arm: ArmServer) -> None:
    assert b" 403 " in raw(arm, b"GET /_sandbox/state HTTP/1.1\r\nHost: evil.example\r\n\r\n")


def test_unknown_types_are_kept_generically_and_tracked_ones_need_a_location(wire: Wire) -> None:
    assert wire.put(UNKNOWN, {"properties": {}}).code == "LocationRequired"
    assert wire.put(UNKNOWN, {"location": "East US", "properties": {"x": [1, {"y": None}]}}).status == 201
    assert wire.get(UNKNOWN).body["location"] == "eastus"
    assert wire.put(f"{UNKNOWN}/parts/two", {"properties": {"z": 1}}).status == 201
    assert [one["name"] for one in wire.get(f"{UNKNOWN}/parts").body["value"]] == ["two"]
    assert wire.patch(UNKNOWN, {"properties": {"w": 2}}).body["properties"] == {"x": [1, {"y": None}], "w": 2}
    assert wire.put(UNKNOWN, {"location": "westus"}).code == "InvalidResourceLocation"
    wire.delete(UNKNOWN)
    assert (
        wire.get(f"{UNKNOWN}/parts/two").code == "ResourceNotFound"
        or wire.get(f"{UNKNOWN}/parts/two").status == 404
    )


def test_a_body_that_names_another_resource_is_refused(wire: Wire) -> None:
    assert wire.put(UNKNOWN, {"location": "eastus", "name": "other"}).code == "MismatchingResourceName"
    assert wire.put(UNKNOWN, {"location": "eastus", "id": ACCOUNT}).code == "MismatchingResourceId"


def test_lists_exist_at_every_level(wire: Wire) -> None:
    names = lambda path: [one.get("name") for one in wire.get(path).body["value"]]  # noqa: E731
    assert wire.get("/subscriptions").body["value"][0]["subscriptionId"] == SUB
    assert wire.get(SUBSCRIPTION).body["state"] == "Enabled"
    assert names(f"{SUBSCRIPTION}/providers/microsoft.network/networksecuritygroups") == ["nsg-app"]
    assert names(f"{GROUP}/providers/Microsoft.Network/virtualNetworks") == ["vnet"]
    assert names(f"{VNET}/subnets") == ["app"]
    assert names(f"{SUBSCRIPTION}/providers/Microsoft.Network/bastionHosts") == []
    assert set(names(f"{SUBSCRIPTION}/resources")) == {"phidata", "nsg-app", "vnet", "law-audit", "kv-phi"}
    assert names(
        f"{GROUP}/resources?$filter=resourceType eq 'Microsoft.KeyVault/vaults'".replace(" ", "%20")
    ) == ["kv-phi"]
    assert names(f"{SUBSCRIPTION}/resources?$filter=tagName%20eq%20'data'%20and%20tagValue%20eq%20'phi'") == [
        "phidata"
    ]
    assert wire.get(f"{SUBSCRIPTION}/resources?$filter=nonsense").code == "InvalidFilterInQueryString"
    assert wire.get(f"{ACCOUNT}/providers/Microsoft.Authorization/denyAssignments").body == {"value": []}


def test_long_lists_come_in_pages_with_links_that_work(wire: Wire) -> None:
    for number in range(5):
        wire.put(f"{GROUP}/providers/Microsoft.Made/things/t{number}", {"location": "eastus"})
    page = wire.get(f"{GROUP}/providers/Microsoft.Made/things?$top=2").body
    seen = [one["name"] for one in page["value"]]
    while "nextLink" in page:
        page = wire.send("GET", page["nextLink"].partition(str(wire.port))[2], version="").body
        seen += [one["name"] for one in page["value"]]
    assert seen == [f"t{number}" for number in range(5)]
    assert wire.get(f"{GROUP}/providers/Microsoft.Made/things?$top=x").code == "InvalidQueryParameter"


def test_role_assignments_are_listed_above_at_and_below_a_scope(wire: Wire) -> None:
    group, account, above = assignment(GROUP, 2), assignment(ACCOUNT, 3), assignment("", 4)
    managed = assignment("/providers/Microsoft.Management/managementGroups/root-mg", 5)
    for id in (group, account, above, managed):
        assert wire.put(id, {"properties": {"roleDefinitionId": READER, "principalId": BOB}}).status == 201
    subscription = assignment(SUBSCRIPTION, 1)
    path = "/providers/Microsoft.Authorization/roleAssignments"
    ids = lambda scope, query="": {one["id"] for one in wire.get(f"{scope}{path}{query}").body["value"]}  # noqa: E731
    assert ids(GROUP) == {subscription, group, account, above, managed}
    assert ids(GROUP, "?$filter=atScope()") == {subscription, group, above, managed}
    assert ids(SUBSCRIPTION, f"?$filter=principalId%20eq%20'{ALICE}'") == {subscription}
    assert ids(SUBSCRIPTION, f"?$filter=atScope()%20and%20assignedTo('{BOB}')") == {above, managed}
    assert ids(NSG) == {subscription, group, above, managed}


def test_configured_permissions_are_shown_and_enforced(wire: Wire) -> None:
    state = wire.hook("GET", "state")
    state["permissions"] = {
        SUBSCRIPTION: [{"actions": ["*/read", "Microsoft.Network/*"], "notActions": ["*/delete"]}]
    }
    wire.hook("PUT", "state", state)
    shown = wire.get(f"{ACCOUNT}/providers/Microsoft.Authorization/permissions").body["value"]
    assert shown[0]["actions"] == ["*/read", "Microsoft.Network/*"]
    assert wire.patch(NSG, {"tags": {}}).status == 200
    answer = wire.patch(ACCOUNT, {"tags": {}})
    assert (answer.status, answer.code) == (403, "AuthorizationFailed")
    assert wire.delete(NSG).status == 403


def test_the_token_names_who_made_an_assignment(wire: Wire) -> None:
    body = {"properties": {"roleDefinitionId": READER, "principalId": BOB}}
    made = wire.put(assignment(GROUP, 9), body, Authorization=f"Bearer {token(ALICE)}")
    assert made.body["properties"]["createdBy"] == ALICE
    assert wire.get(ACCOUNT, Authorization="Bearer not.a.jwt").status == 200
    assert OWNER.endswith("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")


def test_only_loopback_is_listened_on() -> None:
    for host in ("0.0.0.0", "8.8.8.8", "localhost", ""):  # noqa: S104 - that it refuses them is the point
        with pytest.raises(InputError):
            ArmServer(host=host)


def test_many_threads_lose_no_write(arm: ArmServer) -> None:
    def work(number: int) -> None:
        one = Wire(arm.port)
        for index in range(10):
            assert (
                one.put(
                    f"{GROUP}/providers/Microsoft.Made/things/t{number}-{index}", {"location": "x"}
                ).status
                == 201
            )
        one.connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [
        one
        for one in json.loads(json.dumps(arm.router.estate.dump()))["resources"]
        if "/things/" in one["id"]
    ]
    assert len(found) == 80


def test_it_loads_without_the_clouds_and_the_screens() -> None:
    code = (
        "import sys, hipaa_tui.sandbox.arm.__main__; "
        "sys.exit(','.join(sorted({'azure', 'boto3', 'textual', 'botocore'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
