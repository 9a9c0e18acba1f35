"""What Systems Manager knows of an instance: whether its agent answers, and whether patches are missing."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read
from hipaa_tui.aws.ec2.instances import Instances, instance_of
from hipaa_tui.aws.resource_types.region_switch import call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_MISSING: Final = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
_RUNS: Final = "running"
_SHOWN: Final = 20


class ManagedInstance(Setting):
    """{"State": of the instance, "Managed": bool, "PingStatus"?}; ABSENT where it is gone. Only for looking."""

    id = "aws.ssm.managed-instance"
    title = "Managed by Systems Manager"
    resource = Instances.name
    reads = (Operation("ec2", "DescribeInstances"), Operation("ssm", "DescribeInstanceInformation"))

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            instance = instance_of(cloud, target)
        except CloudError as error:
            if error.code in _MISSING:
                return Reading(ABSENT)
            raise
        state = str((instance.get("State") or {}).get("Name") or "")
        if state != _RUNS:
            return Reading({"State": state, "Managed": False})
        only = [{"Key": "InstanceIds", "Values": [target.name]}]
        asked = call("ssm", target, "DescribeInstanceInformation", Filters=only)
        found = cloud.pages(asked, "InstanceInformationList")
        value: dict[str, Json] = {"State": state, "Managed": bool(found)}
        if found:
            value["PingStatus"] = found[0].get("PingStatus")
        profile = (instance.get("IamInstanceProfile") or {}).get("Arn")
        return Reading(value, {"InstanceProfile": profile or ""})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("whether the agent runs is settled on the instance: see the playbook's steps")


class PatchCompliance(Declared):
    """{"Looked": number of items, "NonCompliant": [{"ComplianceType", "Title"}, up to 20]}. Read-only.

    ABSENT where Systems Manager has not looked yet: then nothing is known, good or bad.
    """

    id = "aws.ssm.compliance"
    title = "Patches and associations"
    resource = Instances.name
    reading = Read(
        *("ssm", "ListComplianceItems", "ComplianceItems"),
        {"ResourceIds": ["{name}"], "ResourceTypes": ["ManagedInstance"]},
        gone=("InvalidResourceId", "InvalidResourceType"),
        pages=True,
    )
    read_only = "patches are installed in a maintenance window: see the playbook's steps"

    def value(self, found: Any) -> Json:
        if not found:
            return ABSENT
        bad = [
            {
                "ComplianceType": str(one["ComplianceType"]),
                "Title": str(one.get("Title") or one.get("Id") or ""),
            }
            for one in found
            if one.get("Status") == "NON_COMPLIANT"
        ]
        bad.sort(key=lambda one: (one["ComplianceType"], one["Title"]))
        return {"Looked": len(found), "NonCompliant": bad[:_SHOWN]}


RESOURCE_TYPES = ()
SETTINGS = (ManagedInstance(), PatchCompliance())
