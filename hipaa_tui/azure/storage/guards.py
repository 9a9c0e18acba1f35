"""Finds clients that would lose access to a storage account: NFS clients, anonymous readers, HTTP and old TLS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from hipaa_tui.azure.insights.settings import others, own
from hipaa_tui.azure.lookups import below, held, listed
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import at

CDN_VERSION: Final = "2024-02-01"
_PROFILES: Final = "microsoft.cdn/profiles"


def _requires_https(context: GuardContext) -> bool:
    """Whether the change turns on "Secure transfer required"."""
    return any(
        at(draft.after, "supportsHttpsTrafficOnly") is True
        and at(draft.before, "supportsHttpsTrafficOnly") is not True
        for draft in context.changes
    )


def storage_nfs_shares(context: GuardContext) -> Verdict:
    """Blocks when the account serves NFS, which has no encryption in transit: secure transfer would cut it off."""
    if not _requires_https(context):
        return Outcome.PASS, "the change does not turn on secure transfer"
    account = get(context.cloud, context.target.id, VERSION)
    if at(account, "properties.isNfsV3Enabled") is True:
        return (
            Outcome.BLOCK,
            "the account serves NFS 3.0, which does not work with secure transfer: move those clients first",
        )
    shares = below(context, "fileServices/default/shares", "file", account)
    nfs = [
        str(share["name"])
        for share in shares
        if str(at(share, "properties.enabledProtocols")).upper() == "NFS"
    ]
    if nfs:
        return (
            Outcome.BLOCK,
            f"secure transfer would cut off the NFS shares {listed(nfs)}: move them to a separate account first",
        )
    return Outcome.PASS, "the account has no NFS shares"


def public_containers(context: GuardContext) -> Verdict:
    """Warns when containers allow anonymous reads, which will be refused; names the CDN profiles that rely on them."""
    account = get(context.cloud, context.target.id, VERSION)
    containers = below(context, "blobServices/default/containers", "blob", account)
    public = [
        str(container["name"])
        for container in containers
        if at(container, "properties.publicAccess") not in (None, "None", "")
    ]
    profiles = _cdn_profiles(context, account) if public else []
    if public:
        through = f", including the CDN or Front Door profile {listed(profiles)}," if profiles else ""
        return (
            Outcome.WARN,
            f"anonymous readers of {listed(public)}{through} will be refused: make sure that no site or partner "
            "relies on them",
        )
    if any(container.get("name") == "$web" for container in containers):
        return Outcome.PASS, "no container is public; the static website ($web) is not affected"
    return Outcome.PASS, "no container is public"


def _cdn_profiles(context: GuardContext, account: Mapping[str, Any]) -> list[str]:
    """Front Door and CDN profiles of the subscription with the account's blob endpoint as an origin."""
    host = urlsplit(str(at(account, "properties.primaryEndpoints.blob"))).hostname
    names = []
    for resource in held(context, context.target.account):
        if str(resource.get("type", "")).lower() == _PROFILES and host:
            profile = str(resource.get("id"))
            front_door = "azurefrontdoor" in str(at(resource, "sku.name")).lower()
            origins = (
                _front_door_origins(context, profile) if front_door else _classic_origins(context, profile)
            )
            if host in origins:
                names.append(str(resource.get("name")))
    return names


def _classic_origins(context: GuardContext, profile: str) -> set[str]:
    endpoints = members(context.cloud, f"{profile}/endpoints", CDN_VERSION)
    origins = [origin for endpoint in endpoints for origin in at(endpoint, "properties.origins") or []]
    return {str(at(origin, "properties.hostName")).lower() for origin in origins}


def _front_door_origins(context: GuardContext, profile: str) -> set[str]:
    groups = members(context.cloud, f"{profile}/originGroups", CDN_VERSION)
    origins = [
        origin for group in groups for origin in members(context.cloud, f"{group['id']}/origins", CDN_VERSION)
    ]
    return {str(at(origin, "properties.hostName")).lower() for origin in origins}


def old_tls_clients(context: GuardContext) -> Verdict:
    """Warns with the query that finds clients on HTTP or TLS 1.0 and 1.1, or that there are no logs to find them in."""
    changed = [
        draft
        for draft in context.changes
        if draft.setting == "azure.storage.transport" and draft.before != draft.after
    ]
    if not changed:
        return Outcome.PASS, "the transport settings do not change"
    value = context.read("azure.insights.diagnostic-setting", context.target).value
    settings = [*others(value), *([own(value)] if own(value) else [])]
    logged = [
        diagnostic_setting
        for diagnostic_setting in settings
        if diagnostic_setting
        and diagnostic_setting.get("workspaceId")
        and any(log.get("enabled") for log in diagnostic_setting.get("logs") or [])
    ]
    if not logged:
        return (
            Outcome.WARN,
            "the account has no resource logs, so clients that still use HTTP or TLS 1.0 and 1.1 are unknown",
        )
    workspace = str(logged[0]["workspaceId"]).rpartition("/")[2]
    return (
        Outcome.WARN,
        f"query the workspace {workspace} first: StorageBlobLogs | where AccountName =~ '{changed[0].target.name}' "
        "and TimeGenerated > ago(30d) and (TlsVersion !in ('TLS 1.2', 'TLS 1.3') or Protocol == 'HTTP') | summarize "
        "count() by CallerIpAddress, UserAgentHeader (and likewise StorageFileLogs, StorageQueueLogs and "
        "StorageTableLogs if they are logged)",
    )


GUARDS = {
    "storage-nfs-shares": storage_nfs_shares,
    "public-containers": public_containers,
    "old-tls-clients": old_tls_clients,
}
BLOCK_ON_ERROR = ("storage-nfs-shares",)
