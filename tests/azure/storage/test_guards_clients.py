"""The guard of a storage account's network rules: which clients, apps and services would be refused."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.storage.network import with_storage_firewall
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from tests.azure.server import ACCOUNT, GROUP, WORKSPACE, resource, storage_account, verdict

NETWORK = "azure.storage.network-rules"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
ALLOWED = {"allowed": ["203.0.113.0/24"]}
SUBNET = {"id": f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/a"}
APP = resource(
    f"{GROUP}/providers/Microsoft.Web/sites/intake",
    location="eastus",
    kind="functionapp,linux",
    properties={},
)


def endpoint(status="Approved"):
    return {
        "privateEndpointConnections": [
            {"properties": {"privateLinkServiceConnectionState": {"status": status}}}
        ]
    }


def container(name):
    return resource(f"{CONTAINERS}/{name}", properties={})


def closing(wanted=ALLOWED):
    return [(NETWORK, ACCOUNT, lambda now: with_storage_firewall(now, wanted))]


@pytest.mark.parametrize(
    ("account", "more", "wanted", "outcome", "words"),
    [
        ({}, [], {}, Outcome.BLOCK, "every client would be refused"),
        (endpoint("Pending"), [], {}, Outcome.BLOCK, "1 wait for approval"),
        (endpoint(), [], {}, Outcome.WARN, "private endpoint"),
        ({}, [], ALLOWED, Outcome.WARN, "has no resource logs"),
        ({}, [], {**ALLOWED, "public": False}, Outcome.BLOCK, "no approved private endpoint"),
        (endpoint(), [], {"public": False}, Outcome.WARN, "resolve"),
        (endpoint(), [container("$web")], ALLOWED, Outcome.BLOCK, "static website"),
        ({}, [container("azure-webjobs-hosts")], ALLOWED, Outcome.BLOCK, "azure-webjobs-hosts"),
        (endpoint(), [container("azure-webjobs-hosts")], ALLOWED, Outcome.WARN, "function app"),
        (
            {"networkAcls": {"defaultAction": "Allow", "virtualNetworkRules": [SUBNET]}},
            [container("azure-webjobs-hosts")],
            {},
            Outcome.WARN,
            "the private endpoint or the subnet",
        ),
        (
            {},
            [APP, resource(f"{ACCOUNT}/fileServices/default/shares/intake8f21", properties={})],
            ALLOWED,
            Outcome.BLOCK,
            "file share intake8f21",
        ),
        ({}, [APP, container("insights-logs-storageread")], ALLOWED, Outcome.WARN, "your own data access"),
    ],
)
def test_whoever_would_be_shut_out_is_seen_first(account, more, wanted, outcome, words):
    found = verdict("storage-clients", storage_account(**account), *more, drafts=closing(wanted))
    assert found[0] is outcome, found
    assert words in found[1]


def without_bypass(now):
    value = with_storage_firewall(now, ALLOWED)
    return {**value, "networkAcls": {**value["networkAcls"], "bypass": "None"}}


def test_azures_own_services_are_not_locked_out():
    found = verdict(
        "storage-clients",
        storage_account(),
        container("insights-logs-auditevent"),
        drafts=[(NETWORK, ACCOUNT, without_bypass)],
    )
    assert found[0] is Outcome.BLOCK
    assert "insights-logs-auditevent" in found[1]


def test_the_logs_say_who_calls():
    settings = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
    logs = resource(
        f"{settings}/theirs",
        properties={"workspaceId": WORKSPACE, "logs": [{"category": "StorageRead", "enabled": True}]},
    )
    found = verdict("storage-clients", storage_account(), logs, drafts=closing())
    assert found[0] is Outcome.WARN
    assert "hipaa-tui-audit first: StorageBlobLogs" in found[1]


def test_opening_shuts_nobody_out():
    acls = {"defaultAction": "Deny", "bypass": "AzureServices"}
    found = verdict(
        "storage-clients",
        storage_account(networkAcls=acls),
        drafts=[(NETWORK, ACCOUNT, lambda now: {**now, "networkAcls": {**acls, "defaultAction": "Allow"}})],
    )
    assert found[0] is Outcome.PASS


def test_it_blocks_where_it_cannot_see():
    assert {"storage-clients", "storage-retention-kept", "immutability-locked"} <= guards()[1]
