"""Reads Prowler's OCSF detection findings, its most complete format.

Accepted: a JSON array (what Prowler writes), one object, or JSON lines.
"""

from __future__ import annotations

from collections.abc import Iterator

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.reader import Document, Outcome, Skipped
from hipaa_tui.support.json_value import Json, at

FORMAT: str = "prowler-ocsf"

_SKIPPED_STATUSES = {"pass": "pass", "manual": "manual"}


def recognises(document: Document) -> bool:
    """Does any row have the fields that only OCSF findings have?"""
    return any(
        isinstance(row.value, dict)
        and ("finding_info" in row.value or {"class_uid", "metadata"} <= row.value.keys())
        for row in document.rows or ()
    )


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each row and resource."""
    return fields.judged(document, "resources", _judge)


def _judge(row: Json, resource: Json) -> Finding | Skipped:
    provider = fields.provider_of(at(row, "cloud.provider") or at(row, "unmapped.provider"))
    if isinstance(provider, Skipped):
        return provider
    status = fields.identity(row.get("status_code"), "status (status_code)").lower()
    if status in _SKIPPED_STATUSES:
        return Skipped(_SKIPPED_STATUSES[status])
    if status == "muted" or row.get("status") == "Suppressed":
        return Skipped("muted")
    if status != "fail":
        raise fields.RowError("The status (status_code) is not PASS, FAIL or MANUAL.")
    if not isinstance(resource, dict):
        raise fields.RowError("The row has no resource (resources).")
    check = fields.identity(at(row, "metadata.event_code"), "check id (metadata.event_code)")
    uid = fields.identity(resource.get("uid"), "resource id (resources.uid)", fields.RESOURCE_LIMIT)
    region = resource.get("region") or at(row, "cloud.region") or "global"
    labels = resource.get("labels")
    return Finding(
        provider=provider,
        account=fields.identity(at(row, "cloud.account.uid"), "account id (cloud.account.uid)"),
        region=fields.identity(region, "region (resources.region)"),
        check=check,
        resource=uid,
        resource_name=fields.words(resource.get("name"), "resource name", fields.NAME_LIMIT)
        or fields.name_in(uid),
        resource_type=fields.words(resource.get("type"), "resource type", fields.NAME_LIMIT),
        title=fields.words(at(row, "finding_info.title"), "title", fields.TITLE_LIMIT) or check,
        detail=fields.words(row.get("status_detail") or row.get("message"), "detail", fields.DETAIL_LIMIT),
        severity=fields.severity(row.get("severity")),
        source=FORMAT,
        partition=fields.words(
            resource.get("cloud_partition"), "partition (cloud_partition)", fields.ID_LIMIT
        )
        or ("aws" if provider == "aws" else "AzureCloud"),
        tags=fields.tags(labels if isinstance(labels, list) else ()),
    )
