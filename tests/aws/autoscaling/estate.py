"""An Auto Scaling group behind a load balancer that asks only EC2 whether its instances are healthy."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.autoscaling.health-check",)
IMAGE = "ami-12c6146b"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the group "worker" is behind no load balancer."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    vpc = do("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    group(cloud, vpc, subnet, "web", balanced=True)
    group(cloud, vpc, subnet, "worker", balanced=False)
    return cloud


def group(cloud: AwsCloud, vpc: str, subnet: str, name: str, *, balanced: bool, size: int = 0) -> None:
    """An Auto Scaling group of so many instances, with a target group where it is balanced."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    launches = {"LaunchConfigurationName": name, "ImageId": IMAGE, "InstanceType": "t3.micro"}
    do("autoscaling", "CreateLaunchConfiguration", **launches, AssociatePublicIpAddress=balanced)
    where: dict[str, Any] = {"VPCZoneIdentifier": subnet, "MinSize": size, "MaxSize": size}
    if balanced:
        made = do("elbv2", "CreateTargetGroup", Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
        where["TargetGroupARNs"] = [made["TargetGroups"][0]["TargetGroupArn"]]
    given = {"AutoScalingGroupName": name, "LaunchConfigurationName": name, **where}
    do("autoscaling", "CreateAutoScalingGroup", **given, HealthCheckGracePeriod=60)
