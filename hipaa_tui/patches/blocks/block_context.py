"""Reads what a whole Terraform block needs beside the setting, so that Terraform finds nothing to change. Read-only.

A setting whose identity has everything has no entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from hipaa_tui.providers.model import Call, Cloud, Reading, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.providers.registry import setting as registered
from hipaa_tui.support.json_value import Json, at

Facts = Callable[[Cloud, Target, Reading], dict[str, Json]]


def _kms_key(cloud: Cloud, target: Target, reading: Reading) -> dict[str, Json]:
    key = str(reading.identity["KeyId"])

    def ask(operation: str, **more: Json) -> dict[str, Json]:
        return cloud.call(Call("aws", "kms", operation, {"KeyId": key, **more}, target.region))

    about = ask("DescribeKey")["KeyMetadata"]
    symmetric = about.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    rotation = ask("GetKeyRotationStatus") if symmetric else {}
    tags = cloud.pages(Call("aws", "kms", "ListResourceTags", {"KeyId": key}, target.region), "Tags")
    return {
        "Description": str(about.get("Description") or ""),
        "Policy": ask("GetKeyPolicy", PolicyName="default")["Policy"],
        "KeySpec": about.get("KeySpec") or "SYMMETRIC_DEFAULT",
        "KeyUsage": about.get("KeyUsage") or "",
        "MultiRegion": bool(about.get("MultiRegion")),
        "Enabled": bool(about.get("Enabled", True)),
        "Rotates": bool(rotation.get("KeyRotationEnabled")),
        "Days": rotation.get("RotationPeriodInDays"),
        "Tags": {str(tag["TagKey"]): str(tag["TagValue"]) for tag in tags},
    }


def _tagged(cloud: Cloud, target: Target, _reading: Reading) -> dict[str, Json]:
    return {"Tags": dict(resource_type(target.type).tags(cloud, target))}


def _role(cloud: Cloud, target: Target, reading: Reading) -> dict[str, Json]:
    request = Call("aws", "iam", "GetRole", {"RoleName": reading.identity["RoleName"]}, target.region)
    return {"PermissionsBoundary": at(cloud.call(request), "Role.PermissionsBoundary.PermissionsBoundaryArn")}


def _policy(cloud: Cloud, target: Target, _reading: Reading) -> dict[str, Json]:
    about = cloud.call(Call("aws", "iam", "GetPolicy", {"PolicyArn": target.id}, target.region))["Policy"]
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in about.get("Tags") or []}
    return {"Description": str(about.get("Description") or ""), "Tags": tags}


def _trail(cloud: Cloud, target: Target, reading: Reading) -> dict[str, Json]:
    facts: dict[str, Json] = {}
    if reading.identity.get("HasCustomEventSelectors"):
        request = Call("aws", "cloudtrail", "GetEventSelectors", {"TrailName": target.id}, target.region)
        found = cloud.call(request)
        facts |= {key: found.get(key) or [] for key in ("EventSelectors", "AdvancedEventSelectors")}
    if reading.identity.get("HasInsightSelectors"):
        request = Call("aws", "cloudtrail", "GetInsightSelectors", {"TrailName": target.id}, target.region)
        facts["InsightSelectors"] = cloud.call(request).get("InsightSelectors") or []
    return facts


def _whole_trail(cloud: Cloud, target: Target, _reading: Reading) -> dict[str, Json]:
    """The trail beside the one setting of it: its identity, and what is switched on."""
    found = registered("aws.cloudtrail.trail").read(cloud, target)
    return {"Trail": dict(found.identity), "Flags": found.value, **_trail(cloud, target, found)}


FACTS: Final[Mapping[str, Facts]] = {
    "aws.backup.plan": _tagged,
    "aws.backup.vault": _tagged,
    "aws.cloudtrail.encryption-key": _whole_trail,
    "aws.cloudtrail.event-selectors": _whole_trail,
    "aws.cloudtrail.trail": _trail,
    "aws.iam.managed-policy": _policy,
    "aws.iam.service-role": _role,
    "aws.kms.enclave-policy": _kms_key,
    "aws.kms.key": _kms_key,
    "aws.kms.key-policy": _kms_key,
    "aws.kms.rotation": _kms_key,
    "aws.s3.bucket": _tagged,
}


def gather(cloud: Cloud, setting: str, target: Target, reading: Reading) -> dict[str, Json]:
    """The facts for the setting's snippet; empty where there is nothing there yet. Raises CloudError."""
    look = FACTS.get(setting)
    return look(cloud, target, reading) if look and not reading.absent else {}
