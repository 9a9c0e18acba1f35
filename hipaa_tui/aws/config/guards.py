"""Checks before AWS Config records: who keeps the recorder, what recording costs, and whether the bucket is ready."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipaa_tui.aws.policies.principals import allows, conditions, services
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type

_ITEM: Final = 0.003
"""USD for each configuration item that is recorded continuously (https://aws.amazon.com/config/pricing/)."""
_MUCH: Final = 5_000
"""Resources from which on the first recording alone is worth a warning: 15 USD, and as a rule many changes."""
_MOST_PAGES: Final = 50
_CONTROL_TOWER: Final = "aws-controltower"
_CONFIG: Final = "config.amazonaws.com"


def recorder_owner(look: Look) -> Verdict:
    """Blocks where Control Tower keeps the recorder, warns where it was made narrower on purpose."""
    found = look.read("aws.config.recorder", look.target)
    if found.absent:
        return Outcome.PASS, "the region has no recorder of its own yet"
    name = str(found.identity.get("Name") or "")
    if name.lower().startswith(_CONTROL_TOWER):
        return (
            Outcome.BLOCK,
            f"AWS Control Tower keeps the recorder {name}, and would undo this: update the landing zone instead",
        )
    group = found.value.get("recordingGroup") or {}
    if not group.get("allSupported") and group.get("resourceTypes"):
        return (
            Outcome.WARN,
            f"the recorder {name} records {len(group['resourceTypes'])} types by choice: recording every type "
            "costs more, so ask who chose them",
        )
    if not str(found.value.get("roleARN")).endswith("/AWSServiceRoleForConfig"):
        return (
            Outcome.WARN,
            f"the recorder {name} keeps its own role {found.value.get('roleARN')}: Security Hub's Config.1 wants "
            "AWSServiceRoleForConfig, and a role that lacks rights records less",
        )
    return Outcome.PASS, f"the recorder {name} is kept, and records more"


def config_cost(look: Look) -> Verdict:
    """Warns where there is much to record: each resource is paid for once at the start, and at each change."""
    seen, token = 0, ""
    for _ in range(_MOST_PAGES):
        asked = {"ResourcesPerPage": 100, **({"PaginationToken": token} if token else {})}
        request = Call("aws", "resourcegroupstaggingapi", "GetResources", asked, look.target.region)
        answer = look.cloud.call(request)
        seen += len(answer.get("ResourceTagMappingList") or [])
        token = str(answer.get("PaginationToken") or "")
        if not token:
            break
    more = "at least " if token else ""
    cost = f"{seen * _ITEM:.2f} USD"
    if token or seen >= _MUCH:
        return (
            Outcome.WARN,
            f"{more}{seen} tagged resources are there: recording them once costs {more}{cost}, and each change "
            f"{_ITEM} USD more; where much comes and goes, let a budget watch it",
        )
    return (
        Outcome.PASS,
        f"{seen} tagged resources are there: recording them once costs about {cost}, untagged ones come on top, and "
        f"each change costs {_ITEM} USD",
    )


def config_bucket_ready(look: Look) -> Verdict:
    """Blocks a named bucket that AWS Config could not deliver to.

    (AWS Config Developer Guide, "Permissions for the Amazon S3 Bucket for the AWS Config Delivery Channel".)
    """
    name = str(look.arguments.get("bucket") or "")
    if not look.read("aws.config.delivery-channel", look.target).absent and not any(
        draft.setting == "aws.config.delivery-channel" for draft in look.changes
    ):
        return Outcome.PASS, "the delivery channel that is there is kept"
    if not name:
        return Outcome.PASS, "the log bucket is made or found by this plan, with the right for AWS Config"
    target = look.target
    bucket = resource_type("AWS::S3::Bucket").target(name, target.account, target.region, target.partition)
    if bucket is None:
        return Outcome.BLOCK, f"{name} is no name of a bucket"
    try:
        if look.read("aws.s3.bucket", bucket).absent:
            return Outcome.BLOCK, f"there is no bucket {name}"
        text = look.read("aws.s3.bucket-policy", bucket).value
    except CloudError as error:
        if not error.denied:
            raise
        return (
            Outcome.WARN,
            f"nobody here may look at {name} and its policy: whoever keeps it has to let AWS Config of "
            f"{target.account} write there",
        )
    granted = services(text).get(_CONFIG, [])
    lacking = [
        action
        for action in ("s3:GetBucketAcl", "s3:PutObject")
        if not any(allows(one, action) and _for(one, target.account) for one in granted)
    ]
    if lacking:
        return (
            Outcome.BLOCK,
            f"the policy of {name} does not let {_CONFIG} do {' and '.join(lacking)} for {target.account}: add that "
            "first, or let this plan make a bucket",
        )
    return Outcome.PASS, f"AWS Config may deliver to {name}"


def _for(statement: Mapping[str, object], account: str) -> bool:
    """Is the statement for the account, or for any?"""
    named = [values for _, key, values in conditions(statement) if key == "aws:sourceaccount"]
    return all(account in values for values in named)


def config_records(look: Look) -> Verdict:
    """Warns where AWS Config does not record: most of Security Hub's controls then say nothing."""
    recorder = resource_type("AWS::Config::ConfigurationRecorder")
    target = look.target
    (switch,) = recorder.list(look.cloud, target.account, target.region, target.partition)
    found = look.read("aws.config.recording", switch).value
    if found and found.get("Recording"):
        return Outcome.PASS, f"AWS Config records in {target.region}"
    return (
        Outcome.WARN,
        f"AWS Config does not record in {target.region}, so most controls would find no data: switch it on first "
        "(aws.config.recorder), or in the same plan before this",
    )


GUARDS = {
    "recorder-owner": recorder_owner,
    "config-cost": config_cost,
    "config-bucket-ready": config_bucket_ready,
    "config-records": config_records,
}
