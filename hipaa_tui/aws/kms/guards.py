"""Looks at keys before data depends on them: a key that cannot be used makes what it encrypts unreadable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.kms.settings import rotatable
from hipaa_tui.aws.policies.principals import allowing, principals, services
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.json_value import Json

_LOG_GROUP = "aws.logs.log-group"
_EBS_KEY = "aws.ec2.ebs-default-key"
_SCALING_ROLE = "AWSServiceRoleForAutoScaling"
_SHOWN = 5


def _ask(look: Look, operation: str, key: str, **more: Json) -> dict[str, Any]:
    return look.cloud.call(Call("aws", "kms", operation, {"KeyId": key, **more}, look.target.region))


def kms_key_usable(look: Look) -> Verdict:
    """Blocks a key that is not there, not enabled, not symmetric, in another region, or closed to its user."""
    given = str(look.arguments.get("key") or look.parameters.get("kms_key") or "")
    keys = sorted({one for one in (given, *_named(look)) if one})
    if not keys:
        return Outcome.PASS, "the key is made by this plan"
    notes = []
    for key in keys:
        outcome, reason = _usable(look, key)
        if outcome is Outcome.BLOCK:
            return outcome, reason
        if outcome is Outcome.WARN:
            notes.append(reason)
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"{', '.join(keys)} is enabled and can encrypt here"


def _named(look: Look) -> Iterator[str]:
    """The keys that the planned values name by their ARN (not those that this plan makes)."""

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

    for draft in look.changes:
        yield from inside(draft.after)


def _usable(look: Look, key: str) -> Verdict:
    named = parse(key)
    if named is not None and named.region != look.target.region:
        return Outcome.BLOCK, f"{key} is in {named.region}, and {look.target.name} in {look.target.region}"
    try:
        about = _ask(look, "DescribeKey", key)["KeyMetadata"]
    except CloudError as error:
        if error.code == "NotFoundException":
            return Outcome.BLOCK, f"there is no key {key}"
        raise
    if about.get("KeyState") != "Enabled":
        return (
            Outcome.BLOCK,
            f"{key} is {about.get('KeyState')}: what it encrypts could not be read or written",
        )
    spec = about.get("KeySpec", about.get("CustomerMasterKeySpec"))
    usage = about.get("KeyUsage") or "ENCRYPT_DECRYPT"
    if spec != "SYMMETRIC_DEFAULT" or usage != "ENCRYPT_DECRYPT":
        return Outcome.BLOCK, f"{key} is a {spec} key for {usage}: a symmetric one is needed"
    if about.get("KeyManager") == "AWS":
        return (
            Outcome.BLOCK,
            f"{key} is AWS's own key: nobody can say who may use it, so name one of your own",
        )
    arn = parse(str(about["Arn"]))
    if arn is not None and arn.account != look.target.account:
        return Outcome.WARN, f"{key} belongs to the account {arn.account}: whoever rules it can lock the data"
    # Policies and grants are asked for by the key itself: an alias is not taken.
    return _open_to_user(look, str(about["Arn"]))


def _open_to_user(look: Look, key: str) -> Verdict:
    """Does the key's policy let in the service that is going to use it?"""
    settings = {draft.setting for draft in look.changes}
    logs = _LOG_GROUP in settings and any(
        _holds(d.after, key) for d in look.changes if d.setting == _LOG_GROUP
    )
    if not logs and _EBS_KEY not in settings:
        return Outcome.PASS, ""
    text = _ask(look, "GetKeyPolicy", key, PolicyName="default")["Policy"]
    if logs and not any(name.startswith("logs.") for name in services(text)):
        service = f"logs.{look.target.region}.amazonaws.com"
        return Outcome.BLOCK, f"the policy of {key} does not let CloudWatch Logs ({service}) use it"
    if _EBS_KEY in settings and (names := _shut_out(look, key, text)):
        return (
            Outcome.BLOCK,
            f"the policy of {key} does not let {_SCALING_ROLE} use it: {names} could start no instances",
        )
    return Outcome.PASS, ""


def _shut_out(look: Look, key: str, text: Json) -> str:
    """The Auto Scaling groups that could start no instance with disks under the key, "" where none."""
    if _lets_scaling(text):
        return ""
    groups = look.cloud.pages(
        Call("aws", "autoscaling", "DescribeAutoScalingGroups", {}, look.target.region),
        "AutoScalingGroups",
    )
    if not groups:
        return ""
    grants = look.cloud.pages(Call("aws", "kms", "ListGrants", {"KeyId": key}, look.target.region), "Grants")
    if any(_SCALING_ROLE in str(one.get("GranteePrincipal")) for one in grants):
        return ""
    return ", ".join(sorted(str(one["AutoScalingGroupName"]) for one in groups)[:_SHOWN])


def _holds(value: Json, key: str) -> bool:
    return isinstance(value, Mapping) and value.get("kmsKeyId") == key


def _lets_scaling(text: Json) -> bool:
    return any(_SCALING_ROLE in name for one in allowing(text) for name in principals(one))


def ebs_key_grants(look: Look) -> Verdict:
    """Blocks where encryption would turn on with a key that is set already and that Auto Scaling may not use."""
    if any(draft.setting == _EBS_KEY for draft in look.changes):
        return Outcome.PASS, "the key of new volumes is set by this plan: kms-key-usable looks at it"
    current = look.read(_EBS_KEY, look.target)
    if current.absent:
        return Outcome.PASS, "new volumes get AWS's own key, which every service of the account may use"
    about = _ask(look, "DescribeKey", str(current.value["KmsKeyId"]))["KeyMetadata"]
    key = str(about["Arn"])
    if about.get("KeyState") != "Enabled":
        return Outcome.BLOCK, f"{key}, the key of new volumes, is {about.get('KeyState')}: none could be made"
    text = _ask(look, "GetKeyPolicy", key, PolicyName="default")["Policy"]
    if names := _shut_out(look, key, text):
        return (
            Outcome.BLOCK,
            f"new volumes get {key}, which {_SCALING_ROLE} may not use: {names} could start no instances: grant the role its use first",
        )
    return Outcome.PASS, f"Auto Scaling may use {key}, or nothing here scales"


def kms_rotatable(look: Look) -> Verdict:
    """Blocks where AWS cannot rotate the key's material, and says what to do instead."""
    about = _ask(look, "DescribeKey", look.target.id)["KeyMetadata"]
    replica = about.get("MultiRegionConfiguration") or {}
    if replica.get("MultiRegionKeyType") == "REPLICA":
        where = (replica.get("PrimaryKey") or {}).get("Region", "its primary region")
        return Outcome.BLOCK, f"it is the replica of a key in {where}: rotation is turned on there"
    if rotatable(about):
        return Outcome.PASS, "AWS made the key's material and can rotate it"
    if about.get("KeyManager") == "AWS":
        return Outcome.BLOCK, "AWS manages the key and rotates it every year by itself"
    if about.get("KeyState") != "Enabled":
        return Outcome.BLOCK, f"the key is {about.get('KeyState')}"
    spec, origin = about.get("KeySpec", about.get("CustomerMasterKeySpec")), about.get("Origin")
    return (
        Outcome.BLOCK,
        f"AWS cannot rotate a {spec} key whose material comes from {origin}: make a new key and move its alias",
    )


GUARDS = {"kms-key-usable": kms_key_usable, "kms-rotatable": kms_rotatable, "ebs-key-grants": ebs_key_grants}
CAUTIOUS = ("kms-key-usable",)
