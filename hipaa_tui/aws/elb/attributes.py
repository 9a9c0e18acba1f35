"""Switches of load balancers: access logs, deletion protection, invalid headers, cross-zone balancing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.aws.declared import Declared, Read, Write, flag
from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.s3.settings import LONGEST_POLICY
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

_READS: Final = "DescribeLoadBalancerAttributes"
_WRITES: Final = "ModifyLoadBalancerAttributes"
_LOGS: Final = "access_logs.s3"
_DELIVERY: Final = "logdelivery.elasticloadbalancing.amazonaws.com"
_ACCOUNTS: Final = {
    "af-south-1": "098369216593",
    "ap-east-1": "754344448648",
    "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887",
    "ap-northeast-3": "383597477331",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251",
    "cn-north-1": "638102146993",
    "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928",
    "eu-north-1": "897822967062",
    "eu-south-1": "635631232127",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "eu-west-3": "009996457667",
    "me-south-1": "076674570225",
    "sa-east-1": "507241528517",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-gov-east-1": "190560391635",
    "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980",
    "us-west-2": "797873946194",
}
"""Elastic Load Balancing's own account in the regions from before August 2022, whose bucket policies name it; in
later ones the service has its name alone (Elastic Load Balancing, "Enable access logs for your load balancer")."""


def attributes_of(cloud: Cloud, target: Target) -> dict[str, str]:
    """The attributes of a newer load balancer."""
    found = cloud.call(elb.newer(target, _READS, LoadBalancerArn=target.id))
    return {str(one["Key"]): str(one.get("Value") or "") for one in found.get("Attributes") or []}


def _modify(target: Target, attributes: Mapping[str, str]) -> Call:
    listed = [{"Key": key, "Value": value} for key, value in attributes.items()]
    return elb.newer(target, _WRITES, LoadBalancerArn=target.id, Attributes=listed)


def _said(value: Json) -> str:
    return "true" if value else "false"


class _Switch(Setting):
    """{"Type": application, network or gateway, "Enabled": bool}. The type is for predicates, and never written."""

    resource = elb.NEWER_TYPE
    reads = (Operation("elbv2", _READS),)
    writes = (Operation("elbv2", _WRITES),)
    terraform: tuple[str, ...] = ("aws_lb", "aws_alb")
    key: ClassVar[str]

    def read(self, cloud: Cloud, target: Target) -> Reading:
        on = attributes_of(cloud, target).get(self.key) == "true"
        kind = elb.kind_of(target)
        return Reading({"Type": kind, "Enabled": on}, {"Arn": target.id, "Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [_modify(target, {self.key: _said(after["Enabled"])})]

    def canonical(self, value: Json) -> Json:
        return bool(value["Enabled"])


class DeletionProtection(_Switch):
    id = "aws.elbv2.deletion-protection"
    title = "Deletion protection"
    key = "deletion_protection.enabled"


class InvalidHeaders(_Switch):
    id = "aws.elbv2.drop-invalid-headers"
    title = "Dropping of invalid headers"
    key = "routing.http.drop_invalid_header_fields.enabled"


class CrossZone(Declared):
    """{"Enabled": bool}"""

    id = "aws.elb.cross-zone"
    title = "Balancing across zones"
    resource = elb.CLASSIC_TYPE
    reading = Read("elb", _READS, "LoadBalancerAttributes", {"LoadBalancerName": "{name}"})
    fields = {"Enabled": flag("CrossZoneLoadBalancing.Enabled")}
    identity = {"Arn": "{id}", "Name": "{name}"}
    writing = Write(
        *("elb", _WRITES, "LoadBalancerAttributes.CrossZoneLoadBalancing", {"LoadBalancerName": "{name}"}),
        sends=("Enabled",),
    )
    terraform = ("aws_elb",)


class AccessLogs(Setting):
    """{"Kind": application, network, gateway or classic, "Enabled": bool, "Bucket"?, "Prefix"?}

    The kind is for predicates and never written. Where logs are off, their place means nothing.
    """

    id = "aws.elb.access-logs"
    title = "Access logs"
    resource = elb.ANY_TYPE
    reads = (Operation("elbv2", _READS), Operation("elb", _READS))
    writes = (Operation("elbv2", _WRITES), Operation("elb", _WRITES))
    # The load balancer writes a file to try, and the bucket's policy may be only a moment old.
    retry_codes = ("InvalidConfigurationRequest",)
    settle_seconds = 60.0
    terraform = ("aws_lb", "aws_alb", "aws_elb")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        kind = elb.kind_of(target)
        if kind == elb.CLASSIC:
            found = cloud.call(elb.classic(target, _READS))["LoadBalancerAttributes"].get("AccessLog") or {}
            on, bucket = bool(found.get("Enabled")), found.get("S3BucketName")
            prefix = found.get("S3BucketPrefix")
        else:
            have = attributes_of(cloud, target)
            on, bucket = have.get(f"{_LOGS}.enabled") == "true", have.get(f"{_LOGS}.bucket")
            prefix = have.get(f"{_LOGS}.prefix")
        value: dict[str, Json] = {"Kind": kind, "Enabled": on}
        value |= {"Bucket": str(bucket or ""), "Prefix": str(prefix or "")} if on else {}
        return Reading(value, {"Arn": target.id, "Name": target.name, "Kind": kind})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        on = bool(after["Enabled"])
        bucket, prefix = str(after.get("Bucket") or ""), str(after.get("Prefix") or "")
        if elb.kind_of(target) == elb.CLASSIC:
            where = {"S3BucketName": bucket, "S3BucketPrefix": prefix, "EmitInterval": 60} if on else {}
            wanted = {"AccessLog": {"Enabled": on, **where}}
            return [elb.classic(target, _WRITES, LoadBalancerAttributes=wanted)]
        place = {f"{_LOGS}.bucket": bucket, f"{_LOGS}.prefix": prefix} if on else {}
        return [_modify(target, {f"{_LOGS}.enabled": _said(on), **place})]

    def canonical(self, value: Json) -> Json:
        if not value["Enabled"]:
            return {"on": False}
        return {"on": True, "bucket": value.get("Bucket"), "prefix": value.get("Prefix") or ""}


def with_balancer_logs(current: Json, wanted: Json) -> Json:
    """The bucket policy with what lets load balancers deliver their logs; the rest stays as it stands.

    `wanted` is {"kind", "bucket", "prefix", "account", "region", "partition", "tls_only"?}. Network load balancers
    deliver by CloudWatch Logs' service, the others by their own. A bucket of ours refuses what comes without TLS.
    """
    bucket = f"arn:{wanted['partition']}:s3:::{wanted['bucket']}"
    prefix = f"/{wanted['prefix']}" if wanted.get("prefix") else ""
    files = f"{bucket}{prefix}/AWSLogs/{wanted['account']}/*"
    if wanted["kind"] == "network":
        ours = {"aws:SourceAccount": wanted["account"]}
        logs = f"arn:{wanted['partition']}:logs:{wanted['region']}:{wanted['account']}:*"
        owned = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **ours}}
        service = {"Service": "delivery.logs.amazonaws.com"}
        source = {"ArnLike": {"aws:SourceArn": logs}}
        asked = [
            _allow("NetworkLoadBalancerLogs", service, "s3:PutObject", files, {**owned, **source}),
            _allow(
                "NetworkLoadBalancerLogsAclCheck",
                service,
                "s3:GetBucketAcl",
                bucket,
                {"StringEquals": ours, **source},
            ),
        ]
    else:
        asked = [_allow("LoadBalancerLogs", {"Service": _DELIVERY}, "s3:PutObject", files)]
        if account := _ACCOUNTS.get(str(wanted["region"])):
            root = {"AWS": f"arn:{wanted['partition']}:iam::{account}:root"}
            asked.append(_allow("LoadBalancerLogsOfTheRegion", root, "s3:PutObject", files))
    if wanted.get("tls_only"):
        closed = {"Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*"}
        plain = {"Bool": {"aws:SecureTransport": "false"}}
        asked.append({**closed, "Resource": [bucket, f"{bucket}/*"], "Condition": plain})
    return documents.with_statements(current, asked, longest=LONGEST_POLICY)


def _allow(sid: str, principal: Json, action: str, resource: str, condition: Json = None) -> dict[str, Any]:
    said: dict[str, Any] = {"Sid": sid, "Effect": "Allow", "Principal": principal}
    said |= {"Action": action, "Resource": resource}
    return {**said, "Condition": condition} if condition else said


SETTINGS = (DeletionProtection(), InvalidHeaders(), CrossZone(), AccessLogs())
BUILDERS = {"with_balancer_logs": with_balancer_logs}
