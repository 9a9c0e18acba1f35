"""Small reports of Terraform code as Checkov, SARIF writers, Trivy and KICS print them."""

from __future__ import annotations

from typing import Any


def checkov_row(check: str = "CKV_AWS_18", **other: Any) -> dict[str, Any]:
    return {
        "check_id": check,
        "check_name": "Ensure the S3 bucket has access logging enabled",
        "check_result": {"result": "FAILED"},
        "file_path": "/main.tf",
        "repo_file_path": "/main.tf",
        "file_abs_path": "/build/infra/main.tf",
        "file_line_range": [4, 6],
        "resource": "aws_s3_bucket.phi",
        "resource_address": None,
        "severity": None,
        "details": [],
        **other,
    }


def checkov(*failed: dict[str, Any], kind: str = "terraform", **results: Any) -> dict[str, Any]:
    return {"check_type": kind, "results": {"failed_checks": list(failed), **results}, "summary": {}}


def sarif_row(rule: str = "CKV_AWS_18", uri: str = "main.tf", line: int = 4, **other: Any) -> dict[str, Any]:
    place = {"artifactLocation": {"uri": uri}, "region": {"startLine": line, "endLine": line + 2}}
    return {
        "ruleId": rule,
        "level": "error",
        "message": {"text": "Ensure the S3 bucket has access logging enabled"},
        "locations": [{"physicalLocation": place}],
        **other,
    }


def sarif(*results: dict[str, Any], tool: str = "Checkov", **run: Any) -> dict[str, Any]:
    driver = {"name": tool, "rules": run.pop("rules", [])}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}


def trivy_row(id: str = "AVD-AWS-0089", **other: Any) -> dict[str, Any]:
    cause = {
        "Resource": "aws_s3_bucket.phi",
        "Provider": "AWS",
        "Service": "s3",
        "StartLine": 4,
        "EndLine": 6,
    }
    return {
        "Type": "Terraform Security Check",
        "ID": id,
        "AVDID": id,
        "Title": "S3 Bucket Logging",
        "Message": "Bucket has logging disabled",
        "Severity": "LOW",
        "Status": "FAIL",
        "CauseMetadata": cause | other.pop("cause", {}),
        **other,
    }


def trivy(*rows: dict[str, Any], **result: Any) -> dict[str, Any]:
    one = {"Target": "main.tf", "Class": "config", "Type": "terraform", "Misconfigurations": list(rows)}
    return {"SchemaVersion": 2, "ArtifactName": ".", "Results": [one | result]}


def kics_row(**other: Any) -> dict[str, Any]:
    return {
        "file_name": "../../path/main.tf",
        "line": 4,
        "resource_type": "aws_s3_bucket",
        "resource_name": "phi-records",
        "issue_type": "MissingAttribute",
        "search_key": "aws_s3_bucket[phi]",
        "expected_value": "'versioning' should be set",
        "actual_value": "'versioning' is undefined",
        **other,
    }


def kics(*files: dict[str, Any], **query: Any) -> dict[str, Any]:
    one = {
        "query_name": "S3 Bucket Without Versioning",
        "query_id": "568a4d22-3517-44a6-a7ad-6a7eed88722c",
        "severity": "MEDIUM",
        "platform": "Terraform",
        "cloud_provider": "AWS",
        "files": list(files),
    }
    return {"kics_version": "v2.1.3", "files_scanned": 1, "queries": [one | query]}
