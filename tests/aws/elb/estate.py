"""A portal behind load balancers of both generations, all as they were first set up."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.certificates import certificate
from tests.aws.load_balancers import network
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.elb.access-logs",
    "aws.elbv2.deletion-protection",
    "aws.elbv2.invalid-headers",
    "aws.elbv2.http-redirect",
    "aws.elbv2.tls-policy",
    "aws.elbv2.acm-certificate",
    "aws.elb.https-listeners",
    "aws.elb.acm-certificate",
    "aws.elb.tls-policy",
    "aws.elb.cross-zone",
)
OLD = "ELBSecurityPolicy-2016-08"
GOOD = "ELBSecurityPolicy-TLS-1-2-2017-01"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    balancers(do)
    return cloud


def balancers(do: Any) -> None:
    subnets, group, vpc = network(do, 80, 443)
    managed = certificate(do)
    uploaded = do(
        "iam", "UploadServerCertificate", ServerCertificateName="old", CertificateBody="x", PrivateKey="y"
    )["ServerCertificateMetadata"]["Arn"]

    made = do("elbv2", "CreateLoadBalancer", Name="portal", Subnets=subnets, SecurityGroups=[group])
    portal = made["LoadBalancers"][0]["LoadBalancerArn"]
    group_of = do("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc)
    forward = [{"Type": "forward", "TargetGroupArn": group_of["TargetGroups"][0]["TargetGroupArn"]}]
    plain = do(
        "elbv2",
        "CreateListener",
        LoadBalancerArn=portal,
        Protocol="HTTP",
        Port=80,
        DefaultActions=forward,
    )["Listeners"][0]["ListenerArn"]
    path = [{"Field": "path-pattern", "Values": ["/records/*"]}]
    do("elbv2", "CreateRule", ListenerArn=plain, Priority=1, Conditions=path, Actions=forward)
    for port, arn in ((443, managed), (8443, uploaded)):
        do(
            "elbv2",
            "CreateListener",
            LoadBalancerArn=portal,
            Protocol="HTTPS",
            Port=port,
            SslPolicy=OLD,
            Certificates=[{"CertificateArn": arn}],
            DefaultActions=forward,
        )

    kept = do("elbv2", "CreateLoadBalancer", Name="kept", Subnets=subnets, SecurityGroups=[group])
    good = kept["LoadBalancers"][0]["LoadBalancerArn"]
    do("s3", "CreateBucket", Bucket="their-logs")
    on = {
        "deletion_protection.enabled": "true",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": "their-logs",
    }
    listed = [{"Key": key, "Value": value} for key, value in on.items()]
    do("elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=good, Attributes=listed)

    web = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80}
    old = {**web, "Protocol": "HTTPS", "LoadBalancerPort": 8443, "SSLCertificateId": uploaded}
    place = {"Subnets": subnets[:1], "SecurityGroups": [group]}
    do("elb", "CreateLoadBalancer", LoadBalancerName="old-portal", Listeners=[web, old], **place)
    fine_web = {**old, "SSLCertificateId": managed}
    do("elb", "CreateLoadBalancer", LoadBalancerName="old-kept", Listeners=[fine_web], **place)
    policy = {
        "LoadBalancerName": "old-kept",
        "PolicyName": "theirs",
        "PolicyTypeName": "SSLNegotiationPolicyType",
    }
    said = {"AttributeName": "Reference-Security-Policy", "AttributeValue": GOOD}
    do("elb", "CreateLoadBalancerPolicy", **policy, PolicyAttributes=[said])
    names = {"LoadBalancerPort": 8443, "PolicyNames": ["theirs"]}
    do("elb", "SetLoadBalancerPoliciesOfListener", LoadBalancerName="old-kept", **names)
    fine = {
        "CrossZoneLoadBalancing": {"Enabled": True},
        "AccessLog": {"Enabled": True, "S3BucketName": "their-logs"},
    }
    do("elb", "ModifyLoadBalancerAttributes", LoadBalancerName="old-kept", LoadBalancerAttributes=fine)
