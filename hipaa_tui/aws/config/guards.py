"""Checks before AWS Config records: who manages the recorder, what recording costs, whether the bucket is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipaa_tui.aws.policies.principals import allows, conditions, services
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type

_ITEM: Final = 0.003
"""USD per configuration item with continuous recording (https://aws.amazon.com/config/pricing/)."""
_MANY: Final = 5_000
"""Number of resources from which the initial recording is worth a warning: 15 USD, and usually many changes."""
_MAX_PAGES: Final = 50
_CONTROL_TOWER: Final = "aws-controltower"
_CONFIG: Final = "config.amazonaws.com"


def recorder_owner(context: GuardContext) -> Verdict:
    """Blocks where Control Tower manages the recorder; warns where its types or its role were chosen on purpose."""
    recorder = context.read("aws.config.recorder", context.target)
    if recorder.absent:
        return Outcome.PASS, "the region has no configuration recorder yet"
    name = str(recorder.identity.get("Name") or "")
    if name.lower().startswith(_CONTROL_TOWER):
        return (
            Outcome.BLOCK,
            f"AWS Control Tower manages the recorder {name} and would revert this change: update the landing zone "
            "instead",
        )
    group = recorder.value.get("recordingGroup") or {}
    if not group.get("allSupported") and group.get("resourceTypes"):
        return (
            Outcome.WARN,
            f"the recorder {name} records only {len(group['resourceTypes'])} resource types by choice: recording "
            "every type costs more, so ask who chose them",
        )
    if not str(recorder.value.get("roleARN")).endswith("/AWSServiceRoleForConfig"):
        return (
            Outcome.WARN,
            f"the recorder {name} keeps its own role {recorder.value.get('roleARN')}: Security Hub's Config.1 "
            "requires AWSServiceRoleForConfig, and a role that lacks permissions records less",
        )
    return Outcome.PASS, f"the recorder {name} stays and records more resource types"


def config_cost(context: GuardContext) -> Verdict:
    """Warns where there is much to record: each resource is charged once at the start, and again at each change."""
    resources, token = 0, ""
    for _ in range(_MAX_PAGES):
        query = {"ResourcesPerPage": 100, **({"PaginationToken": token} if token else {})}
        request = Call("aws", "resourcegroupstaggingapi", "GetResources", query, context.target.region)
        answer = context.cloud.call(request)
        resources += len(answer.get("ResourceTagMappingList") or [])
        token = str(answer.get("PaginationToken") or "")
        if not token:
            break
    at_least = "at least " if token else ""
    cost = f"{resources * _ITEM:.2f} USD"
    if token or resources >= _MANY:
        return (
            Outcome.WARN,
            f"the region has {at_least}{resources} tagged resources: recording them once costs {at_least}{cost}, and each "
            f"change {_ITEM} USD more; if resources change often, set a budget alert",
        )
    return (
        Outcome.PASS,
        f"the region has {resources} tagged resources: recording them once costs about {cost}, untagged ones are "
        f"charged on top, and each change costs {_ITEM} USD",
    )


def config_bucket_ready(context: GuardContext) -> Verdict:
    """Blocks a named bucket that AWS Config could not deliver to.

    (AWS Config Developer Guide, "Permissions for the Amazon S3 Bucket for the AWS Config Delivery Channel".)
    """
    name = str(context.arguments.get("bucket") or "")
    if not context.read("aws.config.delivery-channel", context.target).absent and not any(
        draft.setting == "aws.config.delivery-channel" for draft in context.changes
    ):
        return Outcome.PASS, "the existing delivery channel stays"
    if not name:
        return Outcome.PASS, "this plan creates or finds the log bucket, with the permission for AWS Config"
    target = context.target
    bucket = resource_type("AWS::S3::Bucket").target(name, target.account, target.region, target.partition)
    if bucket is None:
        return Outcome.BLOCK, f"{name} is not a valid bucket name"
    try:
        if context.read("aws.s3.bucket", bucket).absent:
            return Outcome.BLOCK, f"the bucket {name} does not exist"
        text = context.read("aws.s3.bucket-policy", bucket).value
    except CloudError as error:
        if not error.denied:
            raise
        return (
            Outcome.WARN,
            f"your credentials may not read {name} and its policy: its owner has to grant {_CONFIG} "
            f"s3:GetBucketAcl and s3:PutObject for {target.account}",
        )
    granted = services(text).get(_CONFIG, [])
    missing = [
        action
        for action in ("s3:GetBucketAcl", "s3:PutObject")
        if not any(
            allows(statement, action) and _applies_to(statement, target.account) for statement in granted
        )
    ]
    if missing:
        return (
            Outcome.BLOCK,
            f"the bucket policy of {name} does not grant {_CONFIG} {' and '.join(missing)} for {target.account}: "
            "add that statement first, or let this plan create a bucket",
        )
    return Outcome.PASS, f"AWS Config may deliver to {name}"


def _applies_to(statement: Mapping[str, object], account: str) -> bool:
    """Does the statement apply to the account, or to any account?"""
    named = [values for _, key, values in conditions(statement) if key == "aws:sourceaccount"]
    return all(account in values for values in named)


def config_records(context: GuardContext) -> Verdict:
    """Warns where AWS Config does not record: most of Security Hub's controls then find no data."""
    recorder = resource_type("AWS::Config::ConfigurationRecorder")
    target = context.target
    (switch,) = recorder.list(context.cloud, target.account, target.region, target.partition)
    recording = context.read("aws.config.recording", switch).value
    if recording and recording.get("Recording"):
        return Outcome.PASS, f"AWS Config records in {target.region}"
    return (
        Outcome.WARN,
        f"AWS Config does not record in {target.region}, so most controls would find no data: enable it first "
        "(aws.config.recorder), or in the same plan before this change",
    )


GUARDS = {
    "recorder-owner": recorder_owner,
    "config-cost": config_cost,
    "config-bucket-ready": config_bucket_ready,
    "config-records": config_records,
}
