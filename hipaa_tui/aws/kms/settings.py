"""KMS keys: making the customer-managed key that fixes need, and turning the rotation of keys on.

A key has no name of its own, so one that we make is found again by its alias, and before it has one by
the tag that it was created with: a retry after a crash between the two calls never makes a second key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Either, Read, Remove, Write, text
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, OWN_ANSWER, Json, reference

OWN_TAG: Final = "hipaa-tui:alias"
"""Names, on a key that we made, the alias that it was made for."""
LONGEST_POLICY: Final = 32_768
"""Bytes of a key policy (KMS Developer Guide, "Quotas")."""
GOING: Final = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
"""States of a key that is about to be deleted."""
_UNUSABLE: Final = GOING | {"Unavailable"}


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("kms", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "kms", operation, arguments, target.region)


class Keys(ResourceType):
    """Customer-managed keys whose material AWS can rotate (enabled, symmetric, made by KMS), and those that
    are about to be deleted."""

    name = "AWS::KMS::Key"
    title = "KMS key"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = []
        for one in cloud.pages(Call("aws", "kms", "ListKeys", {}, region), "Keys"):
            about = cloud.call(Call("aws", "kms", "DescribeKey", {"KeyId": one["KeyId"]}, region))[
                "KeyMetadata"
            ]
            going = about.get("KeyManager") == "CUSTOMER" and about.get("KeyState") in GOING
            if rotatable(about) or going:
                target = self.target(str(about["Arn"]), account, region, partition)
                found += [target] if target else []
        return found

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None or arn.service != "kms" or not arn.resource.startswith("key/"):
            return None
        return Target(
            "aws",
            self.name,
            arn.account or account,
            arn.region or region,
            id,
            arn.resource.partition("/")[2],
            arn.partition,
        )

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return _tags(cloud, target, target.id)


class Aliases(ResourceType):
    """Names of keys. Only ever a target of a playbook's own changes, so nothing lists them."""

    name = "AWS::KMS::Alias"
    title = "KMS alias"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return []

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        return (
            Target("aws", self.name, account, region, id, id, partition) if id.startswith("alias/") else None
        )


def rotatable(about: Mapping[str, Any]) -> bool:
    """Can AWS rotate the key's material (KMS Developer Guide, "Rotate AWS KMS keys")?"""
    return (
        about.get("KeyManager") == "CUSTOMER"
        and about.get("Origin", "AWS_KMS") == "AWS_KMS"
        and about.get("KeySpec", about.get("CustomerMasterKeySpec")) == "SYMMETRIC_DEFAULT"
        and about.get("KeyState") == "Enabled"
    )


class Key(Setting):
    """A customer-managed key of ours, under the alias that the target's id is.

    {"Description", "Policy" (text), "EnableKeyRotation"}. What KMS assigned (KeyId, Arn) is its identity.
    """

    id = "aws.kms.key"
    title = "Customer-managed key"
    resource = Keys.name
    reads = (
        *_operations("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags"),
        Operation("resourcegroupstaggingapi", "GetResources"),
    )
    writes = (
        Operation("kms", "CreateKey", also=("kms:TagResource",)),
        *_operations("PutKeyPolicy", "UpdateKeyDescription", "EnableKeyRotation", "DisableKeyRotation"),
    )
    creates_resource = True
    repeatable = False
    kept_on_rollback = "data may be encrypted with it, and without the key that data is lost"
    terraform = ("aws_kms_key",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = self._found(cloud, target)
        if about is None:
            return Reading(ABSENT)
        key = str(about["KeyId"])
        text = cloud.call(call(target, "GetKeyPolicy", KeyId=key, PolicyName="default"))["Policy"]
        turns = cloud.call(call(target, "GetKeyRotationStatus", KeyId=key))
        value = {
            "Description": str(about.get("Description", "")),
            "Policy": str(text),
            "EnableKeyRotation": bool(turns["KeyRotationEnabled"]),
        }
        return Reading(value, {**_identity(about), "Tags": _tags(cloud, target, key), "Policy": str(text)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            made = call(
                target,
                "CreateKey",
                Description=after["Description"],
                KeyUsage="ENCRYPT_DECRYPT",
                Policy=after["Policy"],
                Tags=[{"TagKey": OWN_TAG, "TagValue": target.id}],
            )
            new = reference(OWN_ANSWER, "KeyMetadata.KeyId")
            return (
                [made, call(target, "EnableKeyRotation", KeyId=new)] if after["EnableKeyRotation"] else [made]
            )
        key = before.identity["KeyId"]
        calls = []
        if documents.canonical(before.value["Policy"]) != documents.canonical(after["Policy"]):
            calls.append(
                call(target, "PutKeyPolicy", KeyId=key, PolicyName="default", Policy=after["Policy"])
            )
        if before.value["Description"] != after["Description"]:
            calls.append(call(target, "UpdateKeyDescription", KeyId=key, Description=after["Description"]))
        if before.value["EnableKeyRotation"] != after["EnableKeyRotation"]:
            turn = "EnableKeyRotation" if after["EnableKeyRotation"] else "DisableKeyRotation"
            calls.append(call(target, turn, KeyId=key))
        return calls

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [{**after, "EnableKeyRotation": False}] if before is ABSENT and after is not ABSENT else []

    def left_over(self, target: Target, answers: Mapping[str, Json], found: Reading) -> str:
        # CreateKey takes no client token: of two runs that start at the same moment each makes a key.
        made = str((answers.get("KeyMetadata") or {}).get("KeyId", ""))
        used = str(found.identity.get("KeyId", ""))
        if not made or not used or made == used:
            return ""
        return (
            f"another run created the key {used} for {target.id} at the same time, and that one is used; the key {made} "
            f"encrypts nothing: aws kms schedule-key-deletion --key-id {made} --region {target.region}"
        )

    def canonical(self, value: Json) -> Json:
        return {**value, "Policy": documents.canonical(value["Policy"])}

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else {**value, "Policy": documents.parsed(value["Policy"])}

    def _found(self, cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
        """The key behind the alias, or the one that we made for it and that has no alias yet."""
        try:
            about: Mapping[str, Any] = cloud.call(call(target, "DescribeKey", KeyId=target.id))["KeyMetadata"]
        except CloudError as error:
            absent_on(("NotFoundException",), error)
        else:
            return None if about.get("KeyState") in _UNUSABLE else about
        tagged = cloud.pages(
            Call(
                "aws",
                "resourcegroupstaggingapi",
                "GetResources",
                {"ResourceTypeFilters": ["kms"], "TagFilters": [{"Key": OWN_TAG, "Values": [target.id]}]},
                target.region,
            ),
            "ResourceTagMappingList",
        )
        keys = [
            cloud.call(call(target, "DescribeKey", KeyId=arn))["KeyMetadata"]
            for arn in sorted(str(item["ResourceARN"]) for item in tagged)
        ]
        # Of several the eldest: everybody who looks then means the same one.
        enabled = [key for key in keys if key.get("KeyState") == "Enabled"]
        return min(enabled, key=lambda key: str(key.get("CreationDate", "")), default=None)


class Alias(Declared):
    """{"TargetKeyId": id of the key that the alias stands for}"""

    id = "aws.kms.alias"
    title = "Alias"
    resource = Aliases.name
    reading = Read(
        *("kms", "DescribeKey", "KeyMetadata", {"KeyId": "{id}"}), gone=("NotFoundException",), empty="gone"
    )
    fields = {"TargetKeyId": text("KeyId")}
    identity = {"AliasName": "{id}"}
    identity_fields = {"KeyArn": text("Arn")}
    known_before = True
    writing = Either(
        lambda before, _after: before.absent,
        then=Write("kms", "CreateAlias", arguments={"AliasName": "{id}"}, sends=("TargetKeyId",)),
        otherwise=Write("kms", "UpdateAlias", arguments={"AliasName": "{id}"}, sends=("TargetKeyId",)),
    )
    removing = Remove("kms", "DeleteAlias", arguments={"AliasName": "{id}"})
    creates_resource = True
    kept_on_rollback = "it is how the key that stays is found again"
    terraform = ("aws_kms_alias",)


class KeyRotation(Setting):
    """{"KeyRotationEnabled": bool, "RotationPeriodInDays"?: 90 to 2560}

    "KeyState" stands there for a key that is about to be deleted, which nobody needs to rotate. It is for
    predicates, and never compared or written.
    """

    id = "aws.kms.rotation"
    title = "Yearly rotation of the key's material"
    resource = Keys.name
    reads = _operations("GetKeyRotationStatus", "DescribeKey")
    writes = _operations("EnableKeyRotation", "DisableKeyRotation")
    terraform = ("aws_kms_key",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        identity = {"KeyId": target.name, "Arn": target.id}
        state = cloud.call(call(target, "DescribeKey", KeyId=target.id))["KeyMetadata"].get("KeyState")
        if state in GOING:
            return Reading({"KeyRotationEnabled": False, "KeyState": state}, identity)
        found = cloud.call(call(target, "GetKeyRotationStatus", KeyId=target.id))
        value: dict[str, Json] = {"KeyRotationEnabled": bool(found["KeyRotationEnabled"])}
        if value["KeyRotationEnabled"] and found.get("RotationPeriodInDays"):
            value["RotationPeriodInDays"] = int(found["RotationPeriodInDays"])
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not after["KeyRotationEnabled"]:
            return [call(target, "DisableKeyRotation", KeyId=target.id)]
        period = (
            {"RotationPeriodInDays": after["RotationPeriodInDays"]} if "RotationPeriodInDays" in after else {}
        )
        return [call(target, "EnableKeyRotation", KeyId=target.id, **period)]

    def canonical(self, value: Json) -> Json:
        # 365 days is what the service takes where nobody says anything.
        on = bool(value["KeyRotationEnabled"])
        return {"on": on, "days": int(value.get("RotationPeriodInDays") or 365) if on else 0}


def _identity(about: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "KeyId": str(about["KeyId"]),
        "Arn": str(about["Arn"]),
        "KeySpec": about.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "KeyUsage": about.get("KeyUsage", "ENCRYPT_DECRYPT"),
        "MultiRegion": bool(about.get("MultiRegion")),
        "Enabled": bool(about.get("Enabled", True)),
    }


def _tags(cloud: Cloud, target: Target, key: str) -> dict[str, str]:
    found = cloud.pages(call(target, "ListResourceTags", KeyId=key), "Tags")
    return {str(tag["TagKey"]): str(tag["TagValue"]) for tag in found}


def own_key(current: Json, wanted: Json) -> Json:
    """A key with the default policy, or the one that is there with the services let in that `wanted` names.

    `wanted` is {"description", "partition", "account", "services": [service principals]}. The account
    itself administers the key through IAM: without that statement nobody could ever change its policy.
    """
    root = f"arn:{wanted['partition']}:iam::{wanted['account']}:root"
    services = list(wanted.get("services") or [])
    asked: list[dict[str, Any]] = [
        {
            "Sid": "AccountAdministersByIam",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
    if services:
        asked.append(
            {
                "Sid": "ServicesUseIt",
                "Effect": "Allow",
                "Principal": {"Service": services},
                "Action": [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceAccount": wanted["account"]}}
                if not any(service.startswith("logs.") for service in services)
                else {
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": f"arn:{wanted['partition']}:logs:*:{wanted['account']}:*"
                    }
                },
            }
        )
    if current is ABSENT:
        text = json.dumps({"Version": documents.VERSION, "Statement": asked})
        return {"Description": wanted["description"], "Policy": text, "EnableKeyRotation": True}
    text = documents.with_statements(current["Policy"], asked[1:], longest=LONGEST_POLICY)
    return {**current, "Policy": text, "EnableKeyRotation": True}


RESOURCE_TYPES = (Keys(), Aliases())
SETTINGS = (Key(), Alias(), KeyRotation())
BUILDERS = {"own_key": own_key}
