"""Guards of storage accounts: NFS shares, public containers, and clients that still use old TLS."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from tests.azure.server import ACCOUNT, GROUP, HTTPS, WORKSPACE, resource, storage_account, verdict

TRANSPORT = "azure.storage.transport"
SETTINGS = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
LOGS = [{"category": "StorageRead", "enabled": True}]
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
    assert "no resource logs" in found[1]
    logs = resource(f"{SETTINGS}/theirs", properties={"workspaceId": WORKSPACE, "logs": LOGS})
    found = verdict("old-tls-clients", storage_account(), logs, drafts=change)
    assert found[0] is Outcome.WARN
    assert "hipaa-tui-audit" in found[1]
    found = verdict("old-tls-clients", storage_account(**HTTPS), drafts=change)
    assert found[0] is Outcome.PASS


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
    assert ("CDN or Front Door profile site" in found[1]) is through


def test_a_static_website_goes_on_without_public_containers():
    found = verdict(
        "public-containers",
        storage_account(),
        resource(f"{CONTAINER}/$web", properties={}),
        drafts=[("azure.storage.blob-public-access", ACCOUNT, {"allowBlobPublicAccess": False})],
    )
    assert found == (Outcome.PASS, "no container is public; the static website ($web) is not affected")


def test_guards_that_must_see_to_pass():
    assert "storage-nfs-shares" in guards()[1]
