"""Reads the AWS Security Finding Format (ASFF) of Security Hub, AWS Config rules and Prowler. Accepted: a list,
`{"Findings": [...]}` as the AWS CLI prints it, one object, or JSON lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.reader import Document, Outcome, Skipped
from hipaa_tui.support.json_value import Json, at

FORMAT: str = "asff"

_PROWLER: Final = "prowler-"
_PROWLER_ID: Final = re.compile(r"prowler-([a-z0-9_]+)-\d{12}-")
_CONTROL: Final = re.compile(r"(?:.*/)?([A-Za-z][A-Za-z0-9]*\.\d+)")
# Security Hub and conformance packs add a prefix and a suffix to the name of a rule that they deploy.
_HUB_RULE: Final = re.compile(r"securityhub-(.+?)(?:-[0-9a-f]{6,8})?")
_PACK_RULE: Final = re.compile(r"(.+)-conformance-pack-[a-z0-9]+")

_NOT_OPEN: Final = {"SUPPRESSED": "suppressed", "RESOLVED": "resolved"}
# By Normalized, 0 to 100, for the findings that carry no label.
_NORMALIZED: Final = ((90, "critical"), (70, "high"), (40, "medium"), (1, "low"))


def recognises(document: Document) -> bool:
    """Does any row have the fields that only ASFF has, or is the file an empty export of it?"""
    if document.wrapped and not document.rows:
        return True
    return any(
        isinstance(row.value, dict) and {"AwsAccountId", "ProductArn"} & row.value.keys()
        for row in document.rows or ()
    )


def outcomes(document: Document) -> Iterator[Outcome]:
    """One outcome for each row and resource."""
    return fields.judged(document, "Resources", _judge)


def _judge(row: Json, resource: Json) -> Finding | Skipped:
    reason = _skipped(row)
    if reason:
        return Skipped(reason)
    if not isinstance(resource, dict):
        raise fields.RowError("The row has no resource (Resources).")
    check = fields.identity(_check(row), "check (GeneratorId)")
    uid = fields.identity(resource.get("Id"), "resource id (Resources.Id)", fields.RESOURCE_LIMIT)
    region = resource.get("Region") or row.get("Region") or "global"
    partition = fields.words(resource.get("Partition"), "partition (Partition)", fields.ID_LIMIT)
    tagged = resource.get("Tags")
    return Finding(
        provider="aws",
        account=fields.identity(row.get("AwsAccountId"), "account id (AwsAccountId)"),
        region=fields.identity(region, "region (Resources.Region)"),
        check=check,
        resource=uid,
        resource_name=fields.name_in(uid),
        resource_type=fields.words(resource.get("Type"), "resource type", fields.NAME_LIMIT),
        title=fields.words(row.get("Title"), "title", fields.TITLE_LIMIT) or check,
        detail=fields.words(row.get("Description"), "detail", fields.DETAIL_LIMIT),
        severity=_severity(row.get("Severity")),
        source=FORMAT,
        partition=partition or "aws",
        tags=fields.tags(f"{key}={value}" for key, value in tagged.items())
        if isinstance(tagged, dict)
        else (),
    )


def _skipped(row: Json) -> str:
    """Why the row is not a finding, or "" if it is one. RowError for an undefined status."""
    status = at(row, "Compliance.Status")
    if status is None:
        return "not a configuration check"  # a threat or a vulnerability, from other services
    if status == "PASSED":
        return "pass"
    if row.get("RecordState") == "ARCHIVED":
        return "archived"
    workflow = at(row, "Workflow.Status")
    if isinstance(workflow, str) and workflow in _NOT_OPEN:
        return _NOT_OPEN[workflow]
    if status == "WARNING":  # Prowler's word for muted, Security Hub's for not evaluated
        return "muted" if _prowler_check(row) else "not evaluated"
    if status == "NOT_AVAILABLE":
        return "manual" if _prowler_check(row) else "not evaluated"
    if status != "FAILED":
        raise fields.RowError("The status (Compliance.Status) is not defined by the format.")
    return ""


def _check(row: Json) -> str:
    """The failed check by its original name, or ""."""
    return _prowler_check(row) or _control(row) or _config_rule(row) or _text(row.get("GeneratorId"))


def _prowler_check(row: Json) -> str:
    generator = row.get("GeneratorId")
    if isinstance(generator, str) and generator.startswith(_PROWLER):
        return generator.removeprefix(_PROWLER)
    found = _PROWLER_ID.match(_text(row.get("Id")))
    return found[1] if found else ""


def _control(row: Json) -> str:
    """A Security Hub control ("S3.5"), from the field in which this version of the format has it."""
    for path in ("Compliance.SecurityControlId", "ProductFields.ControlId", "GeneratorId"):
        found = _CONTROL.fullmatch(_text(at(row, path)))
        if found:
            return found[1]
    return ""


def _config_rule(row: Json) -> str:
    """An AWS Config rule, from its own finding or from one of a standard with other control numbers."""
    fields_of_product = row.get("ProductFields")
    if not isinstance(fields_of_product, dict):
        return ""
    name = _text(fields_of_product.get("aws/config/ConfigRuleName"))
    if not name and fields_of_product.get("RelatedAWSResources:0/type") == "AWS::Config::ConfigRule":
        name = _text(fields_of_product.get("RelatedAWSResources:0/name"))
    for wrapped in (_HUB_RULE, _PACK_RULE):
        found = wrapped.fullmatch(name)
        if found:
            return found[1]
    return name


def _severity(value: Json) -> str:
    if not isinstance(value, dict):
        value = {}
    label, number = value.get("Label"), value.get("Normalized")
    if label is None and isinstance(number, int | float):
        return next((name for least, name in _NORMALIZED if number >= least), "informational")
    return fields.severity(label)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
