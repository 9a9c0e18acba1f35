"""Looks for who would lose a storage account when it is locked down: NFS shares, public readers, old clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.json_value import at
from hipaa_tui.plans.guards.model import Look, Outcome, Verdict
from hipaa_tui.settings.azure.arm import get, members
from hipaa_tui.settings.azure.insights import others, own
from hipaa_tui.settings.azure.storage import VERSION
from hipaa_tui.settings.model import CloudError

_SHOWN = 10
"""Names that a reason lists before it says "and N more"."""
_UNSUPPORTED = frozenset({"FeatureNotSupportedForAccount", "OperationNotAllowedOnKind"})


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _requires_https(look: Look) -> bool:
    """Is secure transfer about to be switched on where it was off?"""
    return any(
        at(draft.after, "supportsHttpsTrafficOnly") is True
        and at(draft.before, "supportsHttpsTrafficOnly") is not True
        for draft in look.changes
    )


def _below(look: Look, collection: str, endpoint: str, account: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Members of a service of the account; none where this kind of account has no such service."""
    if not at(account, f"properties.primaryEndpoints.{endpoint}"):
        return []
    try:
        return members(look.cloud, f"{look.target.id}/{collection}", VERSION)
    except CloudError as error:
        if error.code in _UNSUPPORTED:
            return []
        raise


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
    shares = _below(look, "fileServices/default/shares", "file", account)
    nfs = [str(one["name"]) for one in shares if str(at(one, "properties.enabledProtocols")).upper() == "NFS"]
    if nfs:
        return (
            Outcome.BLOCK,
            f"NFS shares would be cut off: {_listed(nfs)}; move them to an account of their own first",
        )
    return Outcome.PASS, "the account has no NFS shares"


def public_containers(look: Look) -> Verdict:
    """Containers with an anonymous level lose their anonymous readers."""
    account = get(look.cloud, look.target.id, VERSION)
    containers = _below(look, "blobServices/default/containers", "blob", account)
    public = [
        str(one["name"]) for one in containers if at(one, "properties.publicAccess") not in (None, "None", "")
    ]
    if public:
        return (
            Outcome.WARN,
            f"anonymous readers of {_listed(public)} will be refused; make sure no site or partner relies on them",
        )
    if any(one.get("name") == "$web" for one in containers):
        return Outcome.PASS, "no container is public; the static website ($web) is not affected"
    return Outcome.PASS, "no container is public"


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
        f"ask the workspace {workspace} first: StorageBlobLogs | where TlsVersion !in ('TLS 1.2', 'TLS 1.3') "
        "or Protocol == 'HTTP' | summarize count() by CallerIpAddress, UserAgentHeader",
    )


GUARDS = {
    "storage-nfs-shares": storage_nfs_shares,
    "public-containers": public_containers,
    "old-tls-clients": old_tls_clients,
}
CAUTIOUS = ("storage-nfs-shares",)
