"""An account with one of each, badly kept: what every automatic AWS playbook finds something in."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

OPEN = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
TEAM = {"Sid": "Team", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


def build(aws: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return aws.call(Call("aws", service, operation, arguments, REGION))

    def allow(name: str, **more: Any) -> None:
        statement = {**TEAM, "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*", **more}
        do("s3", "CreateBucket", Bucket=name)
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=3)
        do("s3", "PutBucketPolicy", Bucket=name, Policy=text)

    allow("phi-records")
    allow("trail-files", Principal={"Service": "cloudtrail.amazonaws.com"})
    do("cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files")
    do("kms", "CreateKey", Description="no rotation")
    vpc = do("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = do("ec2", "CreateSecurityGroup", GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[OPEN])
    subnet = do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    use = {"SubnetId": subnet, "SecurityGroupIds": [group]}
    do("ec2", "RunInstances", ImageId="ami-12c6146b", MinCount=1, MaxCount=1, **use)
    return aws
