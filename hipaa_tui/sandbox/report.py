"""Writes what a scanner would have reported of the sandbox, so that the demo starts where its user does.

The shape is Prowler's OCSF JSON; the rows are about resources of the estate whose names are fixed. One
row is a check that passed and one is of a check that no playbook answers, as in every real report.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from hipaa_tui.sandbox.estate_aws import ACCOUNT, CLAIMS_BUCKET, EVIDENCE_BUCKET, RECORDS_BUCKET, REGION
from hipaa_tui.support.json_value import Json

_ROWS: Final = (
    (
        "s3_bucket_secure_transport_policy",
        "medium",
        "FAIL",
        CLAIMS_BUCKET,
        "accepts requests over plain HTTP",
    ),
    (
        "s3_bucket_secure_transport_policy",
        "medium",
        "FAIL",
        RECORDS_BUCKET,
        "accepts requests over plain HTTP",
    ),
    ("s3_bucket_default_encryption", "high", "FAIL", RECORDS_BUCKET, "has no default encryption of its own"),
    ("s3_bucket_server_access_logging_enabled", "medium", "FAIL", RECORDS_BUCKET, "does not log its access"),
    ("s3_bucket_object_versioning", "medium", "FAIL", RECORDS_BUCKET, "keeps no earlier versions"),
    ("s3_bucket_secure_transport_policy", "medium", "PASS", EVIDENCE_BUCKET, "refuses plain HTTP"),
)
_TITLES: Final = {
    "s3_bucket_secure_transport_policy": "S3 bucket refuses requests over plain HTTP",
    "s3_bucket_default_encryption": "S3 bucket encrypts new objects by default",
    "s3_bucket_server_access_logging_enabled": "S3 bucket logs who reads and writes it",
    "s3_bucket_object_versioning": "S3 bucket keeps earlier versions of its objects",
}


def write_report(path: Path) -> Path:
    """Write the report to `path` and return it."""
    path.write_text(json.dumps([_row(*row) for row in _ROWS], indent=1), encoding="utf-8")
    return path


def _row(check: str, severity: str, status: str, bucket: str, finding: str) -> dict[str, Json]:
    said = f"Bucket {bucket} {finding}."
    return {
        "message": said,
        "metadata": {"event_code": check, "product": {"name": "Prowler", "vendor_name": "Prowler"}},
        "severity": severity.capitalize(),
        "status": "New",
        "status_code": status,
        "status_detail": said,
        "finding_info": {"title": _TITLES[check], "uid": f"prowler-aws-{check}-{ACCOUNT}-{REGION}-{bucket}"},
        "resources": [
            {
                "region": REGION,
                "name": bucket,
                "type": "AwsS3Bucket",
                "uid": f"arn:aws:s3:::{bucket}",
                "labels": [],
            }
        ],
        "class_uid": 2004,
        "cloud": {"account": {"uid": ACCOUNT}, "provider": "aws", "region": REGION},
        "unmapped": {"provider": "aws"},
    }
