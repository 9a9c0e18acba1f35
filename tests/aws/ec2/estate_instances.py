"""Instances with public addresses, without a role, and a host of enclaves that may be asked without tokens."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.ec2.public-address",
    "aws.ec2.enclave-host-metadata",
)
# Says nothing until it is told which profile an instance gets.
ONE_WAY = ("aws.ec2.instance-profile",)
IMAGE = "ami-12c6146b"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account, in subnets that no route leads to from the Internet."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    make_profile(cloud, "theirs")
    vpc = do("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = do("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    launch(cloud, subnet, "given", AssociatePublicIpAddress=True)
    elastic = launch(cloud, subnet, "elastic")
    address = do("ec2", "AllocateAddress", Domain="vpc")
    do("ec2", "AssociateAddress", AllocationId=address["AllocationId"], InstanceId=elastic["InstanceId"])
    host = {"EnclaveOptions": {"Enabled": True}, "IamInstanceProfile": {"Name": "theirs"}}
    launch(cloud, subnet, "kept", **host, MetadataOptions={"HttpTokens": "required"})
    launch(cloud, subnet, "host", **host)
    do("ec2", "CreateVolume", AvailabilityZone=f"{REGION}a", Size=10, Encrypted=True)
    return cloud


def launch(cloud: AwsCloud, subnet: str, name: str, **more: Any) -> dict[str, Any]:
    """One instance of that name."""
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    if "AssociatePublicIpAddress" in more:
        interface = {"DeviceIndex": 0, "SubnetId": subnet, **more}
        more = {"NetworkInterfaces": [interface]}
    else:
        more = {**more, "SubnetId": subnet}
    given = {"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1, "TagSpecifications": tags, **more}
    made: dict[str, Any] = cloud.call(Call("aws", "ec2", "RunInstances", given, REGION))["Instances"][0]
    return made


def make_profile(cloud: AwsCloud, name: str, trust: dict[str, Any] | None = None) -> None:
    """An instance profile with a role of that name, which has no rights yet."""

    def do(operation: str, **arguments: Any) -> None:
        cloud.call(Call("aws", "iam", operation, arguments, REGION))

    do("CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust or TRUST))
    do("CreateInstanceProfile", InstanceProfileName=name)
    do("AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=name)
