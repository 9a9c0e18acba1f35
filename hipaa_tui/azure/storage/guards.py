"""Looks for who would lose a storage account when it is locked down: NFS shares, public readers, old clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from hipaa_tui.azure.insights.settings import others, own
from hipaa_tui.azure.lookups import below, held, listed
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.support.json_value import at

CDN_VERSION: Final = "2024-02-01"
_PROFILES: Final = "microsoft.cdn/profiles"


def _requires_https(look: Look) -> bool:
    """Is secure transfer about to be switched on where it was off?"""
    return any(
        at(draft.after, "supportsHttpsTrafficOnly") is True
        and at(draft.before, "supportsHttpsTrafficOnly") is not True
        for draft in look.changes
    )


def storage_nfs_shares(look: Look) -> Verdict:
    """NFS 4.1 shares and NFS 3.0 containers have no encryption in transit: required HTTPS cuts them off."""
    if not _requires_https(look):
        return Outcome.PASS, "secure transfer is required already"
    account = get(look.cloud, look.target.id, VERSION)
    if at(account, "properties.isNfsV3Enabled") is True:
        return (
            Outcome.BLOCK,
            "the account serves NFS 3.0, which cannot work with secure transfer: move those clients first",
        )
    shares = below(look, "fileServices/default/shares", "file", account)
    nfs = [str(one["name"]) for one in shares if str(at(one, "properties.enabledProtocols")).upper() == "NFS"]
    if nfs:
        return (
            Outcome.BLOCK,
            f"NFS shares would be cut off: {listed(nfs)}; move them to an account of their own first",
        )
    return Outcome.PASS, "the account has no NFS shares"


def public_containers(look: Look) -> Verdict:
    """Containers with an anonymous level lose their anonymous readers; a CDN reads as one of them."""
    account = get(look.cloud, look.target.id, VERSION)
    containers = below(look, "blobServices/default/containers", "blob", account)
    public = [
        str(one["name"]) for one in containers if at(one, "properties.publicAccess") not in (None, "None", "")
    ]
    fetching = _content_networks(look, account) if public else []
    if public:
        through = f", among them the content network {listed(fetching)}," if fetching else ""
        return (
            Outcome.WARN,
            f"anonymous readers of {listed(public)}{through} will be refused; make sure no site or partner relies "
            "on them",
        )
    if any(one.get("name") == "$web" for one in containers):
        return Outcome.PASS, "no container is public; the static website ($web) is not affected"
    return Outcome.PASS, "no container is public"


def _content_networks(look: Look, account: Mapping[str, Any]) -> list[str]:
    """Front Door and CDN profiles of the subscription that fetch from the account's blobs."""
    host = urlsplit(str(at(account, "properties.primaryEndpoints.blob"))).hostname
    found = []
    for one in held(look, look.target.account):
        if str(one.get("type", "")).lower() == _PROFILES and host:
            profile = str(one.get("id"))
            door = "azurefrontdoor" in str(at(one, "sku.name")).lower()
            origins = _door_origins(look, profile) if door else _classic_origins(look, profile)
            if host in origins:
                found.append(str(one.get("name")))
    return found


def _classic_origins(look: Look, profile: str) -> set[str]:
    endpoints = members(look.cloud, f"{profile}/endpoints", CDN_VERSION)
    origins = [one for endpoint in endpoints for one in at(endpoint, "properties.origins") or []]
    return {str(at(one, "properties.hostName")).lower() for one in origins}


def _door_origins(look: Look, profile: str) -> set[str]:
    groups = members(look.cloud, f"{profile}/originGroups", CDN_VERSION)
    origins = [one for group in groups for one in members(look.cloud, f"{group['id']}/origins", CDN_VERSION)]
    return {str(at(one, "properties.hostName")).lower() for one in origins}


def old_tls_clients(look: Look) -> Verdict:
    """Whether clients still come with HTTP or old TLS can only be read from logs."""
    raised = [
        draft
        for draft in look.changes
        if draft.setting == "azure.storage.transport" and draft.before != draft.after
    ]
    if not raised:
        return Outcome.PASS, "nothing changes for clients"
    value = look.read("azure.insights.diagnostic-setting", look.target).value
    settings = [*others(value), *([own(value)] if own(value) else [])]
    logged = [
        one
        for one in settings
        if one and one.get("workspaceId") and any(log.get("enabled") for log in one.get("logs") or [])
    ]
    if not logged:
        return (
            Outcome.WARN,
            "the account writes no logs, so nobody can say which clients still use HTTP or TLS 1.0 and 1.1",
        )
    workspace = str(logged[0]["workspaceId"]).rpartition("/")[2]
    return (
        Outcome.WARN,
        f"ask the workspace {workspace} first: StorageBlobLogs | where AccountName =~ '{raised[0].target.name}' and "
        "TimeGenerated > ago(30d) and (TlsVersion !in ('TLS 1.2', 'TLS 1.3') or Protocol == 'HTTP') | summarize "
        "count() by CallerIpAddress, UserAgentHeader (and the same of StorageFileLogs, StorageQueueLogs and "
        "StorageTableLogs, where those are logged)",
    )


GUARDS = {
    "storage-nfs-shares": storage_nfs_shares,
    "public-containers": public_containers,
    "old-tls-clients": old_tls_clients,
}
CAUTIOUS = ("storage-nfs-shares",)
