"""Builds the AWS account that the demo remediates: a health retailer's, kept the way that audits find them.

Meridian Health Market has stores, a pharmacy and a patient portal. What is wrong here is wrong the way it
happens: a key that nobody turned rotation on for, a vendor's access that was to be temporary, a first trail
that was never finished. Some of it is right already, and some is open on purpose: a tool has to tell them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from hipaa_tui.providers.model import Call, Cloud
from hipaa_tui.support.json_value import Json

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
RECORDS_BUCKET: Final = "meridian-phi-records"
IMAGING_BUCKET: Final = "meridian-imaging-archive"
CLAIMS_BUCKET: Final = "meridian-claims-export"
PORTAL_BUCKET: Final = "meridian-portal-site"
TRAIL_BUCKET: Final = "meridian-cloudtrail-logs"
PHARMACY_BUCKET: Final = "meridian-pharmacy-rx-backups"
EVIDENCE_BUCKET: Final = "meridian-audit-evidence"
"""The one bucket that is kept as all of them should be."""
CLEARINGHOUSE: Final = "444455556666"
"""Account of the partner that fetches claims."""
VPC_CIDR: Final = "10.40.0.0/16"
_IMAGE: Final = "ami-0c2b8ca1dad447f8a"
_PHI: Final = {"data-class": "phi"}
_ANYWHERE: Final[dict[str, Json]] = {
    "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "anywhere"}],
    "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "anywhere"}],
}


def seed(cloud: Cloud, step: Callable[[str], None] = lambda _: None) -> None:
    """Build all of it in an empty account. `step` hears each part's name. Raises CloudError."""
    account = _Account(cloud)
    for name, build in PARTS:
        step(name)
        build(account)


class _Account:
    """What the parts build with, and the ids that later parts need."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.ids: dict[str, str] = {}

    def do(self, service: str, operation: str, **arguments: Json) -> dict[str, Any]:
        return self._cloud.call(Call("aws", service, operation, arguments, REGION))

    def ec2(self, operation: str, kind: str, name: str, **arguments: Json) -> dict[str, Any]:
        """Create something that carries its name as a tag."""
        named = [{"ResourceType": kind, "Tags": _tags(Name=name)}]
        return self.do("ec2", operation, TagSpecifications=named, **arguments)

    def bucket(self, name: str, tags: dict[str, str], *statements: Json) -> None:
        self.do("s3", "CreateBucket", Bucket=name)
        self.do("s3", "PutBucketTagging", Bucket=name, Tagging={"TagSet": _tags(**tags)})
        if statements:
            self.do("s3", "PutBucketPolicy", Bucket=name, Policy=_policy(*statements))

    def role(self, name: str, service: str, description: str) -> str:
        trust = _policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
        arguments = {"RoleName": name, "AssumeRolePolicyDocument": trust, "Description": description}
        return str(self.do("iam", "CreateRole", **arguments)["Role"]["Arn"])

    def key(self, alias: str, description: str) -> str:
        key = self.do("kms", "CreateKey", Description=description)["KeyMetadata"]
        self.do("kms", "CreateAlias", AliasName=f"alias/{alias}", TargetKeyId=key["KeyId"])
        return str(key["Arn"])

    def vpc(self, name: str, cidr: str) -> str:
        return str(self.ec2("CreateVpc", "vpc", name, CidrBlock=cidr)["Vpc"]["VpcId"])

    def subnet(self, vpc: str, name: str, cidr: str) -> str:
        where = {"VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": f"{REGION}{name[-1]}"}
        return str(self.ec2("CreateSubnet", "subnet", name, **where)["Subnet"]["SubnetId"])

    def group(self, name: str, description: str, *rules: Json) -> str:
        arguments = {"GroupName": name, "Description": description, "VpcId": self.ids["vpc"]}
        group = str(self.ec2("CreateSecurityGroup", "security-group", name, **arguments)["GroupId"])
        self.do("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=list(rules))
        return group


def _roles(account: _Account) -> None:
    account.role("portal-app", "ec2.amazonaws.com", "Patient portal servers")
    account.role("claims-etl", "lambda.amazonaws.com", "Nightly export of claims")
    account.role("rx-refill", "lambda.amazonaws.com", "Pharmacy refill reminders")
    writer = account.role("vpc-flow-logs", "vpc-flow-logs.amazonaws.com", "Writes flow logs")
    account.ids["flow-role"] = writer
    logs = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
    for role, actions, resource in (
        ("portal-app", ["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{RECORDS_BUCKET}/portal/*"),
        ("claims-etl", ["s3:PutObject"], f"arn:aws:s3:::{CLAIMS_BUCKET}/*"),
        ("vpc-flow-logs", logs, "*"),
    ):
        document = _policy({"Effect": "Allow", "Action": actions, "Resource": resource})
        named = {"RoleName": role, "PolicyName": f"{role}-access"}
        account.do("iam", "PutRolePolicy", PolicyDocument=document, **named)
    everything = _policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    made = account.do("iam", "CreatePolicy", PolicyName="MeridianAllAccess", PolicyDocument=everything)
    account.role("platform-admin", "ec2.amazonaws.com", "Set up in 2019, used by the old build server")
    policy = str(made["Policy"]["Arn"])
    account.do("iam", "AttachRolePolicy", RoleName="platform-admin", PolicyArn=policy)
    account.do("iam", "UpdateAccountPasswordPolicy", MinimumPasswordLength=8, RequireNumbers=True)


def _keys(account: _Account) -> None:
    account.key("meridian-phi", "Patient records")
    account.key("meridian-claims", "Claims export")
    evidence = account.ids["evidence-key"] = account.key("meridian-evidence", "Audit evidence")
    account.do("kms", "EnableKeyRotation", KeyId=evidence)
    retired = account.key("meridian-rx-2019", "Pharmacy system that was replaced in 2021")
    # By its id: moto knows no ARN here.
    id = retired.rpartition("/")[2]
    account.do("kms", "ScheduleKeyDeletion", KeyId=id, PendingWindowInDays=30)


def _buckets(account: _Account) -> None:
    account.bucket(RECORDS_BUCKET, {**_PHI, "team": "records"})
    viewer = _allow("TemporaryVendorViewer", "*", "s3:GetObject", f"{IMAGING_BUCKET}/shared/*")
    account.bucket(IMAGING_BUCKET, {**_PHI, "team": "imaging"}, viewer)
    etl, partner = _role(ACCOUNT, "claims-etl"), _role(CLEARINGHOUSE, "claims-intake")
    writes = _allow("EtlWrites", etl, "s3:PutObject", f"{CLAIMS_BUCKET}/*")
    fetches = _allow("ClearinghouseFetches", partner, "s3:GetObject", f"{CLAIMS_BUCKET}/*")
    account.bucket(CLAIMS_BUCKET, {**_PHI, "team": "claims"}, writes, fetches)
    site = _allow("PublicSite", "*", "s3:GetObject", f"{PORTAL_BUCKET}/*")
    account.bucket(PORTAL_BUCKET, {"data-class": "public", "team": "portal"}, site)
    pages = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}}
    account.do("s3", "PutBucketWebsite", Bucket=PORTAL_BUCKET, WebsiteConfiguration=pages)
    account.bucket(PHARMACY_BUCKET, {**_PHI, "team": "pharmacy"})
    versioning = {"Status": "Enabled"}
    account.do("s3", "PutBucketVersioning", Bucket=PHARMACY_BUCKET, VersioningConfiguration=versioning)
    _evidence_bucket(account)


def _evidence_bucket(account: _Account) -> None:
    tls_only = {
        "Sid": "DenyInsecureTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{EVIDENCE_BUCKET}", f"arn:aws:s3:::{EVIDENCE_BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    account.bucket(EVIDENCE_BUCKET, {"data-class": "internal", "team": "compliance"}, tls_only)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": account.ids["evidence-key"]}
    rule = {"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    writes: dict[str, dict[str, Json]] = {
        "PutBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [rule]}},
        "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
        "PutPublicAccessBlock": {"PublicAccessBlockConfiguration": dict.fromkeys(flags, True)},
    }
    for operation, arguments in writes.items():
        account.do("s3", operation, Bucket=EVIDENCE_BUCKET, **arguments)


def _trail(account: _Account) -> None:
    delivers = {"Service": "cloudtrail.amazonaws.com"}
    trail = {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"}
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    checks = _allow("AWSCloudTrailAclCheck", delivers, "s3:GetBucketAcl", TRAIL_BUCKET, StringEquals=trail)
    place = f"{TRAIL_BUCKET}/AWSLogs/{ACCOUNT}/*"
    writes = _allow("AWSCloudTrailWrite", delivers, "s3:PutObject", place, StringEquals={**owned, **trail})
    account.bucket(TRAIL_BUCKET, {"data-class": "internal", "team": "platform"}, checks, writes)
    half_done = {"IsMultiRegionTrail": False, "EnableLogFileValidation": False}
    account.do("cloudtrail", "CreateTrail", Name="main", S3BucketName=TRAIL_BUCKET, **half_done)
    account.do("cloudtrail", "StartLogging", Name="main")


def _networks(account: _Account) -> None:
    vpc = account.ids["vpc"] = account.vpc("meridian-prod", VPC_CIDR)
    for name, third in (("portal-a", 0), ("portal-b", 1), ("data-a", 10), ("data-b", 11)):
        account.ids[name] = account.subnet(vpc, name, f"10.40.{third}.0/24")
    made = account.ec2("CreateInternetGateway", "internet-gateway", "meridian-prod")
    gateway = str(made["InternetGateway"]["InternetGatewayId"])
    account.do("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    launch = {"Value": True}
    account.do("ec2", "ModifySubnetAttribute", SubnetId=account.ids["portal-a"], MapPublicIpOnLaunch=launch)
    stores = account.ids["stores"] = account.vpc("meridian-stores", "10.60.0.0/16")
    account.subnet(stores, "stores-a", "10.60.0.0/24")


def _groups(account: _Account) -> None:
    lb = account.group("portal-lb", "Patient portal, open to visitors", _tcp(80), _tcp(443))
    from_lb = {"UserIdGroupPairs": [{"GroupId": lb, "Description": "from the load balancer"}]}
    app = account.group("portal-app", "Patient portal servers", _tcp(8080, from_lb))
    account.group("admin-legacy", "Administration from home, since 2020", _tcp(22), _tcp(3389))
    from_app = {"UserIdGroupPairs": [{"GroupId": app, "Description": "from the portal"}]}
    account.group("claims-db", "Claims database", _tcp(5432, {**_ANYWHERE, **from_app}))
    account.group("imaging-vendor", "Vendor said: open everything", {"IpProtocol": "-1", **_ANYWHERE})
    inside = {"IpRanges": [{"CidrIp": VPC_CIDR, "Description": "our own network"}]}
    account.group("pharmacy-internal", "Pharmacy services", _tcp(443, inside))
    account.ids |= {"portal-lb": lb, "portal-app": app}


def _servers(account: _Account) -> None:
    app, balancer = [account.ids["portal-app"]], [account.ids["portal-lb"]]
    subnets = [account.ids["portal-a"], account.ids["portal-b"]]
    launch: dict[str, Json] = {"ImageId": _IMAGE, "InstanceType": "t3.medium", "MinCount": 1, "MaxCount": 1}
    for number, subnet in enumerate(subnets, start=1):
        where = {"SubnetId": subnet, "SecurityGroupIds": app}
        account.ec2("RunInstances", "instance", f"portal-app-{number}", **launch, **where)
    faces = {"Scheme": "internet-facing", "Subnets": subnets, "SecurityGroups": balancer}
    made = account.do("elbv2", "CreateLoadBalancer", Name="portal", **faces)
    arn = str(made["LoadBalancers"][0]["LoadBalancerArn"])
    place = {"Protocol": "HTTP", "Port": 8080, "VpcId": account.ids["vpc"]}
    made = account.do("elbv2", "CreateTargetGroup", Name="portal-app", **place)
    forward = [{"Type": "forward", "TargetGroupArn": str(made["TargetGroups"][0]["TargetGroupArn"])}]
    listens = {"Protocol": "HTTP", "Port": 80, "DefaultActions": forward}
    account.do("elbv2", "CreateListener", LoadBalancerArn=arn, **listens)
    account.do("ec2", "DisableEbsEncryptionByDefault")


def _logs(account: _Account) -> None:
    for name, days in (
        ("/meridian/portal/api", None),
        ("/meridian/claims/etl", 30),
        ("/aws/lambda/rx-refill", None),
        ("/meridian/network/stores", 14),
        ("/meridian/audit", 2192),
    ):
        account.do("logs", "CreateLogGroup", logGroupName=name)
        if days is not None:
            account.do("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=days)
    # Somebody started: rejected traffic only, and only where the stores are.
    what = {"ResourceIds": [account.ids["stores"]], "ResourceType": "VPC", "TrafficType": "REJECT"}
    where = {"LogDestinationType": "cloud-watch-logs", "LogGroupName": "/meridian/network/stores"}
    role = {"DeliverLogsPermissionArn": account.ids["flow-role"]}
    account.ec2("CreateFlowLogs", "vpc-flow-log", "stores-rejects", **what, **where, **role)


def _tcp(port: int, sources: dict[str, Json] | None = None) -> Json:
    """A rule that opens one port, to everybody if no sources are named."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **(sources or _ANYWHERE)}


def _allow(sid: str, principal: Json, action: str, resource: str, **condition: Json) -> Json:
    statement: dict[str, Json] = {"Sid": sid, "Effect": "Allow", "Principal": principal}
    statement |= {"Action": action, "Resource": f"arn:aws:s3:::{resource}"}
    return statement | ({"Condition": condition} if condition else {})


def _role(account: str, name: str) -> Json:
    return {"AWS": f"arn:aws:iam::{account}:role/{name}"}


def _policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _tags(**tags: str) -> list[Json]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


PARTS: Final[tuple[tuple[str, Callable[[_Account], None]], ...]] = (
    ("AWS roles", _roles),
    ("AWS keys", _keys),
    ("AWS buckets", _buckets),
    ("AWS trail", _trail),
    ("AWS networks", _networks),
    ("AWS security groups", _groups),
    ("AWS servers", _servers),
    ("AWS logs", _logs),
)
"""The parts in their order, each with the name that progress shows."""
