"""Auto Scaling: by whose word a group replaces an instance, and what a launch configuration gives.

A launch configuration never changes; a group is pointed at another one, or better at a launch template, which new
accounts have only (Amazon EC2 Auto Scaling User Guide, "Launch configurations").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Write, tags_of, text
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Cloud, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

BALANCER: Final = "ELB"


class _OfUuid(Named):
    """What has arn:…:`kind`:UUID:`kind`Name/NAME. The API takes the name, which some reports give alone."""

    service = "autoscaling"
    pattern = re.compile(r"[^:\x00-\x1f]{1,255}")

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, rest = arn.resource.partition(":")
            name = rest.partition(f"{self.kind}Name/")[2]
            if (arn.service, kind) != ("autoscaling", self.kind):
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not self.pattern.fullmatch(name):
            return None
        return Target("aws", self.name, account, region, id, name, partition)


class Groups(_OfUuid):
    name = "AWS::AutoScaling::AutoScalingGroup"
    title = "Auto Scaling group"
    kind = "autoScalingGroup"
    listing = Read("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups")
    field = "AutoScalingGroupARN"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(group_of(cloud, target).get("Tags"))


class LaunchConfigurations(_OfUuid):
    name = "AWS::AutoScaling::LaunchConfiguration"
    title = "Launch configuration"
    kind = "launchConfiguration"
    listing = Read("autoscaling", "DescribeLaunchConfigurations", "LaunchConfigurations")
    field = "LaunchConfigurationARN"


_GROUP: Final = Read(
    *("autoscaling", "DescribeAutoScalingGroups", "AutoScalingGroups.0"),
    {"AutoScalingGroupNames": ["{name}"]},
    empty="gone",
)
_LAUNCH_CONFIGURATION: Final = Read(
    *("autoscaling", "DescribeLaunchConfigurations", "LaunchConfigurations.0"),
    {"LaunchConfigurationNames": ["{name}"]},
    empty="gone",
)


def group_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The group as Auto Scaling describes it; empty where it is not there. Raises CloudError."""
    return dict(_GROUP.ask(cloud, target) or {})


class HealthCheck(Declared):
    """{"Types": ["EC2", "ELB", …], "GracePeriod": seconds, "Balancers": [classic names], "TargetGroups": [ARNs]}

    What hands requests to the group stands there to be looked at, and is never compared.
    """

    id = "aws.autoscaling.health-check"
    title = "Health checks"
    resource = Groups.name
    reading = _GROUP
    identity = {"Arn": "{id}", "AutoScalingGroupName": "{name}"}
    writing = Write("autoscaling", "UpdateAutoScalingGroup", arguments={"AutoScalingGroupName": "{name}"})
    terraform = ("aws_autoscaling_group",)

    def value(self, found: Any) -> Json:
        types = str(found.get("HealthCheckType") or "EC2").split(",")
        targets = {str(arn) for arn in found.get("TargetGroupARNs") or []}
        classic = {str(name) for name in found.get("LoadBalancerNames") or []}
        for source in found.get("TrafficSources") or []:
            if source.get("Type") in ("elbv2", "elb"):
                (targets if source["Type"] == "elbv2" else classic).add(str(source["Identifier"]))
        return {
            "Types": sorted(kind.strip() for kind in types),
            "GracePeriod": int(found.get("HealthCheckGracePeriod") or 0),
            "Balancers": sorted(classic),
            "TargetGroups": sorted(targets),
        }

    def sent(self, before: Reading, after: Json) -> Json:
        # EC2's own check is always on, and is named only where there is no other.
        types = [kind for kind in after["Types"] if kind != "EC2"] or ["EC2"]
        return {"HealthCheckType": ",".join(types), "HealthCheckGracePeriod": after["GracePeriod"]}

    def canonical(self, value: Json) -> Json:
        return {"Types": sorted({*value["Types"], "EC2"}), "GracePeriod": value["GracePeriod"]}


class _OfLaunchConfiguration(Declared):
    resource = LaunchConfigurations.name
    reading = _LAUNCH_CONFIGURATION
    identity = {"LaunchConfigurationName": "{name}"}
    read_only = "a launch configuration stays as it was made: make another, or a launch template"


class LaunchAddress(_OfLaunchConfiguration):
    """{"AssociatePublicIpAddress": bool, null where the subnet decides}. Read-only."""

    id = "aws.autoscaling.launch-configuration-address"
    title = "Public addresses of what it launches"

    def value(self, found: Any) -> Json:
        return {"AssociatePublicIpAddress": found.get("AssociatePublicIpAddress")}


class LaunchMetadata(_OfLaunchConfiguration):
    """{"HttpTokens": "required", "optional" or "" where nothing is said, "HttpEndpoint": "enabled", "disabled" or ""}"""

    id = "aws.autoscaling.launch-configuration-metadata"
    title = "Metadata service of what it launches"
    fields = {
        "HttpTokens": text("MetadataOptions.HttpTokens"),
        "HttpEndpoint": text("MetadataOptions.HttpEndpoint"),
    }


def with_balancer_health(current: Json, wanted: Json) -> Json:
    """The load balancer's word counts too, after a grace period of at least `grace_seconds`; never a shorter one."""
    if current is ABSENT:
        raise ValueError("there is no such Auto Scaling group")
    grace = max(int(current["GracePeriod"]), int(wanted["grace_seconds"]))
    return {**current, "Types": sorted({*current["Types"], BALANCER}), "GracePeriod": grace}


RESOURCE_TYPES = (Groups(), LaunchConfigurations())
SETTINGS = (HealthCheck(), LaunchAddress(), LaunchMetadata())
BUILDERS = {"with_balancer_health": with_balancer_health}
