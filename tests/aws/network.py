"""A VPC with a security group on a live server, and what can be behind it: what tests of its guards start from."""

from __future__ import annotations

from hipaa_tui.aws.ec2.ingress import narrow_ingress
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do, verdict
from tests.aws.server import ACCOUNT, REGION

INGRESS = "aws.ec2.security-group-ingress"
ASKED = {"from": ["0.0.0.0/0", "::/0"], "to": ["10.0.0.0/8"], "ports": [22, 3389, 5432]}
WORLD = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, **WORLD}
DATABASE = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **WORLD}
WEB = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **WORLD}
ALL = {"IpProtocol": "-1", **WORLD}


class Place:
    """A VPC with one security group, and interfaces that use it."""

    def __init__(self, aws):
        self.aws = aws
        self.vpc = do(aws, "ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        subnet = do(aws, "ec2", "CreateSubnet", VpcId=self.vpc, CidrBlock="10.9.1.0/24")
        self.subnet = subnet["Subnet"]["SubnetId"]
        made = do(aws, "ec2", "CreateSecurityGroup", GroupName="g", Description="d", VpcId=self.vpc)
        self.group = made["GroupId"]

    def interface(self, description):
        use = {"SubnetId": self.subnet, "Groups": [self.group], "Description": description}
        return do(self.aws, "ec2", "CreateNetworkInterface", **use)["NetworkInterface"]

    def instance(self):
        image = {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}
        use = {"SubnetId": self.subnet, "SecurityGroupIds": [self.group]}
        return do(self.aws, "ec2", "RunInstances", **image, **use)["Instances"][0]

    def default_group(self):
        """The id of the VPC's default group, with the rule that AWS makes it with and moto does not."""
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "group-name", "Values": ["default"]}]
        found = do(self.aws, "ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
        id = found[0]["GroupId"]
        own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": id}]}
        do(self.aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=id, IpPermissions=[own])
        return id

    def target(self):
        return resource_type("AWS::EC2::SecurityGroup").target(self.group, ACCOUNT, REGION)

    def verdict(self, *permissions, guard="sg-operator-path", cloud=None, **parameters):
        if permissions:
            rules = {"GroupId": self.group, "IpPermissions": list(permissions)}
            do(self.aws, "ec2", "AuthorizeSecurityGroupIngress", **rules)
        before = setting(INGRESS).read(self.aws, self.target()).value
        draft = (INGRESS, narrow_ingress(before, ASKED))
        return verdict(cloud or self.aws, guard, self.target(), draft, parameters=parameters)
