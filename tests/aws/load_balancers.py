"""An Application Load Balancer in front of a target group, for tests of its listeners and of their certificates."""

from __future__ import annotations

from typing import Any

from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.server import ACCOUNT, REGION

ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]
OLD = "ELBSecurityPolicy-2016-08"


def network(do: Any, *ports: int) -> tuple[list[str], str, str]:
    """(two subnets, a security group that lets everybody in on these ports, the VPC)."""
    vpc = do("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.9.{i}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for i, zone in enumerate("ab")
    ]
    group = do("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    rules = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ANYWHERE} for port in ports]
    if rules:
        do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rules)
    return [one["Subnet"]["SubnetId"] for one in subnets], group, vpc


def balancer(
    do: Any, *ports: int, https: str = "", policy: str = OLD, scheme: str = "internet-facing"
) -> Target:
    """A load balancer with HTTP on 80, whose group lets everybody in on these ports; with HTTPS under a certificate."""
    subnets, group, vpc = network(do, *ports)
    made = do(
        "elbv2", "CreateLoadBalancer", Name="portal", Subnets=subnets, SecurityGroups=[group], Scheme=scheme
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    to = do("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    actions = [{"Type": "forward", "TargetGroupArn": to["TargetGroupArn"]}]
    do("elbv2", "CreateListener", LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=actions)
    if https:
        secure = {
            "Protocol": "HTTPS",
            "Port": 443,
            "SslPolicy": policy,
            "Certificates": [{"CertificateArn": https}],
        }
        do("elbv2", "CreateListener", LoadBalancerArn=arn, **secure, DefaultActions=actions)
    target = resource_type("AWS::ElasticLoadBalancingV2::LoadBalancer").target(arn, ACCOUNT, REGION)
    assert target is not None
    return target
