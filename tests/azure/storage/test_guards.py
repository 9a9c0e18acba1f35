"""Who would lose a storage account, and what Azure itself would refuse, is seen before a change."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.insights.settings import with_diagnostic_setting
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.support.json_value import reference
from tests.azure.server import (
    ACCOUNT,
    GROUP,
    HTTPS,
    SCOPE,
    WORKSPACE,
    lock,
    resource,
    storage_account,
    verdict,
)
from tests.azure.vaults import role

TRANSPORT = "azure.storage.transport"
DIAGNOSTIC = "azure.insights.diagnostic-setting"
SETTINGS = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
LOGS = [{"category": "StorageRead", "enabled": True}]

# Storage ---------------------------------------------------------------------------------------------

SHARE = f"{ACCOUNT}/fileServices/default/shares/scans"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers"


@pytest.mark.parametrize(
    ("more", "outcome", "words"),
    [
        ([], Outcome.PASS, "no NFS"),
        ([resource(SHARE, properties={"enabledProtocols": "SMB"})], Outcome.PASS, "no NFS"),
        ([resource(SHARE, properties={"enabledProtocols": "NFS"})], Outcome.BLOCK, "scans"),
    ],
)
def test_nfs_shares_forbid_required_https(more, outcome, words):
    found = verdict("storage-nfs-shares", storage_account(), *more, drafts=[(TRANSPORT, ACCOUNT, HTTPS)])
    assert found[0] is outcome
    assert words in found[1]


def test_nfs_three_forbids_it_too():
    found = verdict(
        "storage-nfs-shares", storage_account(isNfsV3Enabled=True), drafts=[(TRANSPORT, ACCOUNT, HTTPS)]
    )
    assert found[0] is Outcome.BLOCK


def test_shares_do_not_matter_where_only_tls_changes():
    share = resource(SHARE, properties={"enabledProtocols": "NFS"})
    found = verdict(
        "storage-nfs-shares",
        storage_account(),
        share,
        drafts=[(TRANSPORT, ACCOUNT, {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_2"})],
    )
    assert found[0] is Outcome.PASS


@pytest.mark.parametrize(
    ("levels", "outcome", "words"),
    [
        ({"scans": "None"}, Outcome.PASS, "no container is public"),
        ({"letters": "None", "scans": "Blob", "site": "Container"}, Outcome.WARN, "scans, site"),
    ],
)
def test_public_containers_are_named(levels, outcome, words):
    containers = [
        resource(f"{CONTAINER}/{name}", properties={"publicAccess": level}) for name, level in levels.items()
    ]
    found = verdict(
        "public-containers",
        storage_account(),
        *containers,
        drafts=[("azure.storage.blob-public-access", ACCOUNT, {"allowBlobPublicAccess": False})],
    )
    assert found[0] is outcome
    assert words in found[1]


def test_old_clients_can_only_be_seen_in_logs():
    change = [(TRANSPORT, ACCOUNT, HTTPS)]
    found = verdict("old-tls-clients", storage_account(), drafts=change)
    assert found[0] is Outcome.WARN
    assert "no logs" in found[1]
    logs = resource(f"{SETTINGS}/theirs", properties={"workspaceId": WORKSPACE, "logs": LOGS})
    found = verdict("old-tls-clients", storage_account(), logs, drafts=change)
    assert found[0] is Outcome.WARN
    assert "hipaa-tui-audit" in found[1]
    found = verdict("old-tls-clients", storage_account(**HTTPS), drafts=change)
    assert found[0] is Outcome.PASS


# Locks and diagnostic settings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locks", "outcome"),
    [
        ([], Outcome.PASS),
        ([lock(f"{ACCOUNT}2", "ReadOnly")], Outcome.PASS),
        ([lock(GROUP, "CanNotDelete")], Outcome.WARN),
        ([lock(GROUP, "CanNotDelete"), lock(SCOPE, "ReadOnly")], Outcome.BLOCK),
        ([lock(ACCOUNT, "ReadOnly")], Outcome.BLOCK),
        ([lock(f"{ACCOUNT}/blobServices/default", "ReadOnly")], Outcome.BLOCK),
    ],
)
def test_locks_refuse_what_azure_would_refuse(locks, outcome):
    ours = with_diagnostic_setting(None, {"workspaceId": WORKSPACE, "logs": LOGS})
    found = verdict("resource-locks", storage_account(), *locks, drafts=[(DIAGNOSTIC, ACCOUNT, ours)])
    assert found[0] is outcome


@pytest.mark.parametrize("scope", [SCOPE, GROUP, ACCOUNT, f"{ACCOUNT}/blobServices/default"])
def test_a_lock_at_any_scope_refuses_a_deletion(scope):
    ours = resource(f"{SETTINGS}/hipaa-tui-audit", properties={"workspaceId": WORKSPACE, "logs": LOGS})
    found = verdict(
        "resource-locks",
        storage_account(),
        ours,
        lock(scope, "CanNotDelete"),
        drafts=[(DIAGNOSTIC, ACCOUNT, None)],
    )
    assert found[0] is Outcome.BLOCK
    assert "refuses deletions" in found[1]


def test_a_change_that_can_be_written_back_needs_no_deletion():
    found = verdict(
        "resource-locks",
        storage_account(),
        lock(ACCOUNT, "CanNotDelete"),
        drafts=[(TRANSPORT, ACCOUNT, HTTPS)],
    )
    assert found[0] is Outcome.PASS


def diagnostics(count, sink=ACCOUNT, category="StorageRead"):
    properties = {"workspaceId": sink, "logs": [{"category": category, "enabled": True}]}
    return [resource(f"{SETTINGS}/n{number}", properties=properties) for number in range(count)]


@pytest.mark.parametrize(
    ("there", "workspace", "outcome", "words"),
    [
        ([], WORKSPACE, Outcome.PASS, "room"),
        (diagnostics(4), WORKSPACE, Outcome.PASS, "room"),
        (diagnostics(5), WORKSPACE, Outcome.BLOCK, "5 diagnostic"),
        (diagnostics(1, WORKSPACE.upper()), WORKSPACE, Outcome.BLOCK, "n0 sends StorageRead"),
        (diagnostics(1, WORKSPACE, "StorageWrite"), WORKSPACE, Outcome.PASS, "room"),
        (diagnostics(1, WORKSPACE), reference("c1", "id"), Outcome.PASS, "room"),
    ],
)
def test_room_for_a_diagnostic_setting(there, workspace, outcome, words):
    found = verdict(
        "diagnostic-settings-room",
        storage_account(),
        resource(WORKSPACE, location="westeurope", properties={}),
        *there,
        drafts=[
            (
                DIAGNOSTIC,
                ACCOUNT,
                lambda now: with_diagnostic_setting(now, {"workspaceId": workspace, "logs": LOGS}),
            )
        ],
    )
    assert found[0] is outcome
    assert words in found[1]


@pytest.mark.parametrize(
    ("there", "workspace", "words"),
    [
        ([], WORKSPACE, "no workspace hipaa-tui-audit"),
        ([], ACCOUNT, "not the id of a Log Analytics workspace"),
        (
            [
                resource(WORKSPACE, location="eastus", properties={}),
                role(READER, 1, SANDBOX_PRINCIPAL, scope=SCOPE),
            ],
            WORKSPACE,
            "sharedKeys/action there",
        ),
    ],
)
def test_a_workspace_that_would_not_take_the_logs_blocks(there, workspace, words):
    wanted = {"workspaceId": workspace, "logs": LOGS}
    found = verdict(
        "diagnostic-settings-room",
        storage_account(),
        *there,
        drafts=[(DIAGNOSTIC, ACCOUNT, lambda now: with_diagnostic_setting(now, wanted))],
    )
    assert found[0] is Outcome.BLOCK, found
    assert words in found[1]


PROFILE = f"{GROUP}/providers/Microsoft.Cdn/profiles/site"


def profile(sku):
    return resource(PROFILE, location="global", sku={"name": sku}, properties={})


@pytest.mark.parametrize(
    ("more", "through"),
    [
        ([], False),
        ([profile("Standard_Microsoft")], False),
        (
            [
                profile("Standard_Microsoft"),
                resource(
                    f"{PROFILE}/endpoints/e",
                    location="global",
                    properties={"origins": [{"properties": {"hostName": "B"}}]},
                ),
            ],
            True,
        ),
        (
            [
                profile("Standard_AzureFrontDoor"),
                resource(f"{PROFILE}/originGroups/g", properties={}),
                resource(f"{PROFILE}/originGroups/g/origins/o", properties={"hostName": "b"}),
            ],
            True,
        ),
        (
            [
                profile("Premium_AzureFrontDoor"),
                resource(f"{PROFILE}/originGroups/g", properties={}),
                resource(f"{PROFILE}/originGroups/g/origins/o", properties={"hostName": "elsewhere"}),
            ],
            False,
        ),
    ],
)
def test_a_content_network_reads_as_anybody(more, through):
    found = verdict(
        "public-containers",
        storage_account(),
        resource(f"{CONTAINER}/scans", properties={"publicAccess": "Blob"}),
        *more,
        drafts=[("azure.storage.blob-public-access", ACCOUNT, {"allowBlobPublicAccess": False})],
    )
    assert found[0] is Outcome.WARN
    assert ("content network site" in found[1]) is through


def test_a_static_website_goes_on_without_public_containers():
    found = verdict(
        "public-containers",
        storage_account(),
        resource(f"{CONTAINER}/$web", properties={}),
        drafts=[("azure.storage.blob-public-access", ACCOUNT, {"allowBlobPublicAccess": False})],
    )
    assert found == (Outcome.PASS, "no container is public; the static website ($web) is not affected")
