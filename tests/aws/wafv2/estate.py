"""A load balancer and an API that answer the Internet with nothing before them, and a web ACL that logs nothing."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.waf.logging",)
# The web ACL that it makes is kept, and its ARN is not known before: test_settings.py follows it.
ONE_WAY = ("aws.waf.web-acl",)
SEEN = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "theirs"}


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the load balancer "kept" has a web ACL, and the web ACL "kept" a log."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    vpc = do("ec2", "CreateVpc", CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    zones = ((f"{REGION}a", "10.8.1.0/24"), (f"{REGION}b", "10.8.2.0/24"))
    subnets = [
        do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for zone, block in zones
    ]
    arns = [
        do("elbv2", "CreateLoadBalancer", Name=name, Subnets=subnets, Type=kind)["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        for name, kind in (("portal", "application"), ("kept", "application"), ("tcp", "network"))
    ]
    api = do("apigateway", "CreateRestApi", name="records")["id"]
    root = do("apigateway", "GetResources", restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    do("apigateway", "PutMethod", **method, authorizationType="NONE")
    do("apigateway", "PutIntegration", **method, type="MOCK")
    do("apigateway", "CreateDeployment", restApiId=api, stageName="prod")
    for name in ("theirs", "kept"):
        made = do(
            "wafv2",
            "CreateWebACL",
            Name=name,
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig=SEEN,
        )["Summary"]
        if name == "theirs":
            do("wafv2", "AssociateWebACL", WebACLArn=made["ARN"], ResourceArn=arns[1])
        else:
            group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-theirs"
            logging = {"ResourceArn": made["ARN"], "LogDestinationConfigs": [group]}
            do("wafv2", "PutLoggingConfiguration", LoggingConfiguration=logging)
    return cloud
