"""Checks that a KMS key can be used before data depends on it, and that AWS can rotate it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.kms.settings import rotatable
from hipaa_tui.aws.policies.principals import allowing, principals, services
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.json_value import Json

_LOG_GROUP = "aws.logs.log-group"
_EBS_KEY = "aws.ec2.ebs-default-key"
_SCALING_ROLE = "AWSServiceRoleForAutoScaling"
_SHOWN = 5


def _ask(context: GuardContext, operation: str, key: str, **more: Json) -> dict[str, Any]:
    return context.cloud.call(Call("aws", "kms", operation, {"KeyId": key, **more}, context.target.region))


def kms_key_usable(context: GuardContext) -> Verdict:
    """Blocks a key that is missing, disabled, not symmetric, AWS managed, in another region, or closed to its user.

    Warns of a key of another account.
    """
    given = str(context.arguments.get("key") or context.parameters.get("kms_key") or "")
    keys = sorted({name for name in (given, *_named(context)) if name})
    if not keys:
        return Outcome.PASS, "the key is created by this plan"
    notes = []
    for key in keys:
        outcome, reason = _usable(context, key)
        if outcome is Outcome.BLOCK:
            return outcome, reason
        if outcome is Outcome.WARN:
            notes.append(reason)
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"{', '.join(keys)} is enabled and can be used here"


def _named(context: GuardContext) -> Iterator[str]:
    """Yields the ARNs of existing keys in the planned values; keys that this plan creates have none yet."""

    def inside(value: Json) -> Iterator[str]:
        if isinstance(value, str):
            arn = parse(value)
            if arn is not None and arn.service == "kms" and arn.resource.startswith("key/"):
                yield value
        elif isinstance(value, Mapping):
            for item in value.values():
                yield from inside(item)
        elif isinstance(value, list):
            for item in value:
                yield from inside(item)

    for draft in context.changes:
        yield from inside(draft.after)


def _usable(context: GuardContext, key: str) -> Verdict:
    named = parse(key)
    if named is not None and named.region != context.target.region:
        return (
            Outcome.BLOCK,
            f"{key} is in {named.region}, and {context.target.name} in {context.target.region}: name a key of the same "
            "region",
        )
    try:
        metadata = _ask(context, "DescribeKey", key)["KeyMetadata"]
    except CloudError as error:
        if error.code == "NotFoundException":
            return Outcome.BLOCK, f"the key {key} does not exist"
        raise
    if metadata.get("KeyState") != "Enabled":
        return (
            Outcome.BLOCK,
            f"{key} is {metadata.get('KeyState')}: data under it could not be read or written",
        )
    spec = metadata.get("KeySpec", metadata.get("CustomerMasterKeySpec"))
    usage = metadata.get("KeyUsage") or "ENCRYPT_DECRYPT"
    if spec != "SYMMETRIC_DEFAULT" or usage != "ENCRYPT_DECRYPT":
        return Outcome.BLOCK, f"{key} is a {spec} key for {usage}: name a symmetric encryption key"
    if metadata.get("KeyManager") == "AWS":
        return (
            Outcome.BLOCK,
            f"{key} is an AWS managed key, whose key policy cannot be changed: name a customer managed key",
        )
    arn = parse(str(metadata["Arn"]))
    if arn is not None and arn.account != context.target.account:
        return (
            Outcome.WARN,
            f"{key} belongs to the account {arn.account}: its administrators can make the data unreadable",
        )
    # GetKeyPolicy and ListGrants take the key's ARN, not an alias.
    return _open_to_user(context, str(metadata["Arn"]))


def _open_to_user(context: GuardContext, key: str) -> Verdict:
    """Does the key policy grant use to the service that is going to use the key?"""
    settings = {draft.setting for draft in context.changes}
    logs = _LOG_GROUP in settings and any(
        _holds(d.after, key) for d in context.changes if d.setting == _LOG_GROUP
    )
    if not logs and _EBS_KEY not in settings:
        return Outcome.PASS, ""
    text = _ask(context, "GetKeyPolicy", key, PolicyName="default")["Policy"]
    if logs and not any(name.startswith("logs.") for name in services(text)):
        service = f"logs.{context.target.region}.amazonaws.com"
        return (
            Outcome.BLOCK,
            f"the policy of {key} does not let CloudWatch Logs ({service}) use it: add that statement first",
        )
    if _EBS_KEY in settings and (names := _blocked_groups(context, key, text)):
        return (
            Outcome.BLOCK,
            f"the policy of {key} does not let {_SCALING_ROLE} use it: {names} could launch no instances",
        )
    return Outcome.PASS, ""


def _blocked_groups(context: GuardContext, key: str, text: Json) -> str:
    """Returns the Auto Scaling groups that could launch no instance with volumes under the key, "" for none."""
    if _lets_scaling(text):
        return ""
    groups = context.cloud.pages(
        Call("aws", "autoscaling", "DescribeAutoScalingGroups", {}, context.target.region),
        "AutoScalingGroups",
    )
    if not groups:
        return ""
    grants = context.cloud.pages(
        Call("aws", "kms", "ListGrants", {"KeyId": key}, context.target.region), "Grants"
    )
    if any(_SCALING_ROLE in str(grant.get("GranteePrincipal")) for grant in grants):
        return ""
    return ", ".join(sorted(str(group["AutoScalingGroupName"]) for group in groups)[:_SHOWN])


def _holds(value: Json, key: str) -> bool:
    return isinstance(value, Mapping) and value.get("kmsKeyId") == key


def _lets_scaling(text: Json) -> bool:
    return any(_SCALING_ROLE in name for statement in allowing(text) for name in principals(statement))


def ebs_key_grants(context: GuardContext) -> Verdict:
    """Blocks where default encryption would turn on with an existing key that Auto Scaling may not use."""
    if any(draft.setting == _EBS_KEY for draft in context.changes):
        return Outcome.PASS, "this plan sets the key of new volumes, and kms-key-usable checks it"
    current = context.read(_EBS_KEY, context.target)
    if current.absent:
        return Outcome.PASS, "new volumes use the AWS managed key, which every service of the account may use"
    metadata = _ask(context, "DescribeKey", str(current.value["KmsKeyId"]))["KeyMetadata"]
    key = str(metadata["Arn"])
    if metadata.get("KeyState") != "Enabled":
        return (
            Outcome.BLOCK,
            f"{key}, the key of new volumes, is {metadata.get('KeyState')}: no volume could be created",
        )
    text = _ask(context, "GetKeyPolicy", key, PolicyName="default")["Policy"]
    if names := _blocked_groups(context, key, text):
        return (
            Outcome.BLOCK,
            f"new volumes use {key}, which {_SCALING_ROLE} may not use: {names} could launch no instances, so "
            "grant the role its use first",
        )
    return Outcome.PASS, f"Auto Scaling may use {key}, or the region has no Auto Scaling group"


def kms_rotatable(context: GuardContext) -> Verdict:
    """Blocks where AWS cannot rotate the key material, and says what to do instead."""
    metadata = _ask(context, "DescribeKey", context.target.id)["KeyMetadata"]
    replica = metadata.get("MultiRegionConfiguration") or {}
    if replica.get("MultiRegionKeyType") == "REPLICA":
        primary = (replica.get("PrimaryKey") or {}).get("Region", "its primary region")
        return Outcome.BLOCK, f"it is a replica of a key in {primary}: turn rotation on there"
    if rotatable(metadata):
        return Outcome.PASS, "AWS created the key material and can rotate it"
    if metadata.get("KeyManager") == "AWS":
        return Outcome.BLOCK, "AWS manages the key and rotates it automatically every year"
    if metadata.get("KeyState") != "Enabled":
        return Outcome.BLOCK, f"the key is {metadata.get('KeyState')}"
    spec, origin = metadata.get("KeySpec", metadata.get("CustomerMasterKeySpec")), metadata.get("Origin")
    return (
        Outcome.BLOCK,
        f"AWS cannot rotate a {spec} key whose key material comes from {origin}: create a new key and move the "
        "alias to it",
    )


GUARDS = {"kms-key-usable": kms_key_usable, "kms-rotatable": kms_rotatable, "ebs-key-grants": ebs_key_grants}
BLOCK_ON_ERROR = ("kms-key-usable",)
