"""Auto Scaling: by whose word a group replaces an instance, and what a launch configuration gives.

A launch configuration never changes; a group is pointed at another one, or better at a launch template, which new
accounts have only (Amazon EC2 Auto Scaling User Guide, "Launch configurations").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_NAME: Final = re.compile(r"[^:\x00-\x1f]{1,255}")
BALANCER: Final = "ELB"
_FINAL: Final = "a launch configuration stays as it was made: make another, or a launch template"


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("autoscaling", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call of Auto Scaling in the target's region."""
    return Call("aws", "autoscaling", operation, arguments, target.region)


class _Listed(ResourceType):
    """What has arn:…:`kind`:UUID:`kind`Name/NAME. The API takes the name, which some reports give alone."""

    kind: ClassVar[str]
    items: ClassVar[str]

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        operation = self.lists[0].operation
        listed = cloud.pages(Call("aws", "autoscaling", operation, {}, region), self.items)
        one = self.items.removesuffix("s")
        found = (self.target(str(item[f"{one}ARN"]), account, region, partition) for item in listed)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, rest = arn.resource.partition(":")
            name = rest.partition(f"{self.kind}Name/")[2]
            if (arn.service, kind) != ("autoscaling", self.kind):
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _NAME.fullmatch(name):
            return None
        return Target("aws", self.name, account, region, id, name, partition)


class Groups(_Listed):
    name = "AWS::AutoScaling::AutoScalingGroup"
    title = "Auto Scaling group"
    lists = operations("DescribeAutoScalingGroups")
    kind = "autoScalingGroup"
    items = "AutoScalingGroups"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return {str(tag["Key"]): str(tag["Value"]) for tag in group_of(cloud, target).get("Tags") or []}


class LaunchConfigurations(_Listed):
    name = "AWS::AutoScaling::LaunchConfiguration"
    title = "Launch configuration"
    lists = operations("DescribeLaunchConfigurations")
    kind = "launchConfiguration"
    items = "LaunchConfigurations"


def group_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The group as Auto Scaling describes it; empty where it is not there. Raises CloudError."""
    asked = call(target, "DescribeAutoScalingGroups", AutoScalingGroupNames=[target.name])
    return dict(next(iter(cloud.call(asked).get("AutoScalingGroups") or []), {}))


class HealthCheck(Setting):
    """{"Types": ["EC2", "ELB", …], "GracePeriod": seconds, "Balancers": [classic names], "TargetGroups": [ARNs]}

    What hands requests to the group stands there to be looked at, and is never compared.
    """

    id = "aws.autoscaling.health-check"
    title = "Health checks"
    resource = Groups.name
    reads = operations("DescribeAutoScalingGroups")
    writes = operations("UpdateAutoScalingGroup")
    terraform = ("aws_autoscaling_group",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        group = group_of(cloud, target)
        if not group:
            return Reading(ABSENT)
        types = str(group.get("HealthCheckType") or "EC2").split(",")
        targets = {str(one) for one in group.get("TargetGroupARNs") or []}
        classic = {str(one) for one in group.get("LoadBalancerNames") or []}
        for one in group.get("TrafficSources") or []:
            if one.get("Type") in ("elbv2", "elb"):
                (targets if one["Type"] == "elbv2" else classic).add(str(one["Identifier"]))
        value = {
            "Types": sorted(one.strip() for one in types),
            "GracePeriod": int(group.get("HealthCheckGracePeriod") or 0),
            "Balancers": sorted(classic),
            "TargetGroups": sorted(targets),
        }
        return Reading(value, {"Arn": target.id, "AutoScalingGroupName": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        # EC2's own check is never off, and is named only where there is no other.
        types = [one for one in after["Types"] if one != "EC2"] or ["EC2"]
        given = {"HealthCheckType": ",".join(types), "HealthCheckGracePeriod": after["GracePeriod"]}
        return [call(target, "UpdateAutoScalingGroup", AutoScalingGroupName=target.name, **given)]

    def canonical(self, value: Json) -> Json:
        return {"Types": sorted({*value["Types"], "EC2"}), "GracePeriod": value["GracePeriod"]}


class LaunchAddress(Setting):
    """{"AssociatePublicIpAddress": bool, null where the subnet decides}. Only for looking."""

    id = "aws.autoscaling.launch-configuration-address"
    title = "Public addresses of what it launches"
    resource = LaunchConfigurations.name
    reads = operations("DescribeLaunchConfigurations")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = configuration_of(cloud, target)
        if found is None:
            return Reading(ABSENT)
        value = {"AssociatePublicIpAddress": found.get("AssociatePublicIpAddress")}
        return Reading(value, {"LaunchConfigurationName": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError(_FINAL)


class LaunchMetadata(LaunchAddress):
    """{"HttpTokens": "required", "optional" or "" where nothing is said, "HttpEndpoint": "enabled", "disabled" or ""}"""

    id = "aws.autoscaling.launch-configuration-metadata"
    title = "Metadata service of what it launches"

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = configuration_of(cloud, target)
        if found is None:
            return Reading(ABSENT)
        options = found.get("MetadataOptions") or {}
        value = {name: str(options.get(name) or "") for name in ("HttpTokens", "HttpEndpoint")}
        return Reading(value, {"LaunchConfigurationName": target.name})


def configuration_of(cloud: Cloud, target: Target) -> dict[str, Any] | None:
    """The launch configuration as Auto Scaling describes it; None where it is not there. Raises CloudError."""
    asked = call(target, "DescribeLaunchConfigurations", LaunchConfigurationNames=[target.name])
    found = next(iter(cloud.call(asked).get("LaunchConfigurations") or []), None)
    return None if found is None else dict(found)


def with_balancer_health(current: Json, wanted: Json) -> Json:
    """The load balancer's word counts too, after a grace period of at least `grace_seconds`; never a shorter one."""
    if current is ABSENT:
        raise ValueError("there is no such Auto Scaling group")
    grace = max(int(current["GracePeriod"]), int(wanted["grace_seconds"]))
    return {**current, "Types": sorted({*current["Types"], BALANCER}), "GracePeriod": grace}


RESOURCE_TYPES = (Groups(), LaunchConfigurations())
SETTINGS = (HealthCheck(), LaunchAddress(), LaunchMetadata())
BUILDERS = {"with_balancer_health": with_balancer_health}
