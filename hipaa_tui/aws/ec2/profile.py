"""The instance profile: the role whose short-lived credentials what runs on an instance gets, instead of keys in files.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html
"""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.ec2.instances import Instances, existing
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_NAME: Final = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}")


class InstanceProfile(Setting):
    """{"Profile": ARN of the instance profile, "" where it has none}. ABSENT where the instance is terminated."""

    id = "aws.ec2.instance-profile"
    title = "Instance profile"
    resource = Instances.name
    reads = operations("DescribeInstances", "DescribeIamInstanceProfileAssociations")
    writes = (
        Operation("ec2", "AssociateIamInstanceProfile", also=("iam:PassRole",)),
        Operation("ec2", "ReplaceIamInstanceProfileAssociation", also=("iam:PassRole",)),
        *operations("DisassociateIamInstanceProfile"),
    )
    settle_seconds = 120.0
    # A profile that was made a moment ago is not known everywhere.
    retry_codes = ("InvalidParameterValue",)
    terraform = ("aws_instance",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        instance = existing(cloud, target)
        if instance is None:
            return Reading(ABSENT)
        profile = str((instance.get("IamInstanceProfile") or {}).get("Arn") or "")
        identity: dict[str, Json] = {"Arn": target.id, "InstanceId": target.name}
        if profile:
            asked = {"Filters": [{"Name": "instance-id", "Values": [target.name]}]}
            asking = call(target, "DescribeIamInstanceProfileAssociations", **asked)
            for one in cloud.call(asking).get("IamInstanceProfileAssociations") or []:
                if one.get("State") != "disassociating":
                    identity["AssociationId"] = str(one["AssociationId"])
        return Reading({"Profile": profile}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = profile_name(before.value["Profile"]), profile_name(after["Profile"])
        if have == want:
            return []
        given = {"IamInstanceProfile": {"Name": want}}
        if not have:
            return [call(target, "AssociateIamInstanceProfile", InstanceId=target.name, **given)]
        if "AssociationId" not in before.identity:
            raise ValueError("EC2 does not say how the instance got its profile: take it off by hand")
        which = {"AssociationId": before.identity["AssociationId"]}
        if not want:
            return [call(target, "DisassociateIamInstanceProfile", **which)]
        return [call(target, "ReplaceIamInstanceProfileAssociation", **which, **given)]

    def canonical(self, value: Json) -> Json:
        return {"Profile": profile_name(value["Profile"])}


def profile_name(arn: str) -> str:
    """A profile's name, by which an account has one; its ARN may hold a path besides."""
    return arn.rpartition("/")[2]


def with_instance_profile(current: Json, wanted: Json) -> Json:
    """The profile of that name, where the instance has none: {"name", "account", "partition"}."""
    if current is ABSENT:
        raise ValueError("the instance is terminated")
    if current["Profile"]:
        return current
    name = str(wanted["name"]).strip()
    if not name:
        raise ValueError(
            "say which instance profile it gets (profile=NAME): its rights are for you to choose, and none is taken "
            "for granted"
        )
    if not _NAME.fullmatch(name):
        raise ValueError("a profile is given by its name, not by its ARN or path")
    return {"Profile": f"arn:{wanted['partition']}:iam::{wanted['account']}:instance-profile/{name}"}


SETTINGS = (InstanceProfile(),)
BUILDERS = {"with_instance_profile": with_instance_profile}
