"""Network ACLs: what comes into the subnets at all, whatever their security groups say.

Entries are known by their numbers, and the lowest that fits decides. A write makes new ones before it takes
old ones away, so that what may come in before and after may come in between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.ec2.ingress import flattened
from hipaa_tui.aws.ec2.settings import call, operations, tags_of
from hipaa_tui.aws.vpc.network_acl_entries import LAST_NUMBER, Entry, arguments_of, entry_of, value_of
from hipaa_tui.aws.vpc.settings import PartOfVpc
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

_AT_ONCE: Final = 200
"""Values that a filter of EC2 takes."""


class NetworkAcls(PartOfVpc):
    name = "AWS::EC2::NetworkAcl"
    title = "Network ACL"
    kind = "network-acl/"
    pattern = re.compile(r"acl-[0-9a-f]{8,17}")
    listing = Read("ec2", "DescribeNetworkAcls", "NetworkAcls")
    field = "NetworkAclId"
    ids = "NetworkAclIds"


_KIND: Final = NetworkAcls()


class NetworkAclIngress(Setting):
    """{"entries": [{"number", "action", "protocol", "source", "from"?, "to"?, "type"?, "code"?}], "open": bool}

    "open" says whether everything comes in from everywhere; it follows from the entries. The last entry, which
    refuses the rest and which nobody can change, is left out.
    """

    id = "aws.ec2.network-acl-ingress"
    title = "Inbound entries of the network ACL"
    resource = NetworkAcls.name
    reads = operations("DescribeNetworkAcls")
    writes = operations("CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry")
    terraform = ("aws_network_acl", "aws_default_network_acl")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        acl = _KIND.described(cloud, target)
        sides = {
            way: [
                entry_of(one)
                for one in acl.get("Entries") or []
                if bool(one["Egress"]) is way and int(one["RuleNumber"]) <= LAST_NUMBER
            ]
            for way in (False, True)
        }
        identity: dict[str, Json] = {
            "Arn": target.id,
            "NetworkAclId": target.name,
            "VpcId": str(acl.get("VpcId") or ""),
            "IsDefault": bool(acl.get("IsDefault")),
            "Subnets": subnets_of(acl),
            "Egress": sorted(sides[True], key=lambda one: int(one["number"])),
            "Tags": tags_of(acl),
        }
        return Reading(value_of(sides[False]), identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [one for one, _ in _steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [stage for _, stage in _steps(target, before, after)][:-1]

    def canonical(self, value: Json) -> Json:
        return sorted((dict(one) for one in value["entries"]), key=lambda one: int(one["number"]))


def subnets_of(acl: Mapping[str, Any]) -> list[str]:
    """The subnets that an ACL, as EC2 describes it, stands before."""
    return sorted(str(one["SubnetId"]) for one in acl.get("Associations") or [] if one.get("SubnetId"))


def _steps(target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
    """The calls, each with what stands there after it: what lets in comes first and goes last."""
    old = {int(one["number"]): one for one in before["entries"]}
    new = {int(one["number"]): one for one in after["entries"]}

    def allows(entry: Mapping[str, Any]) -> bool:
        return bool(entry["action"] == "allow")

    made = sorted((new[number] for number in new.keys() - old.keys()), key=lambda one: not allows(one))
    changed = [new[number] for number in sorted(new.keys() & old.keys()) if new[number] != old[number]]
    gone = sorted((old[number] for number in old.keys() - new.keys()), key=allows)
    stage = dict(old)
    found: list[tuple[Call, Json]] = []
    steps: list[tuple[str, Sequence[Entry]]] = [
        ("CreateNetworkAclEntry", made),
        ("ReplaceNetworkAclEntry", changed),
        ("DeleteNetworkAclEntry", gone),
    ]
    for operation, entries in steps:
        for one in entries:
            number = int(one["number"])
            deletes = operation.startswith("Delete")
            given = {"RuleNumber": number} if deletes else arguments_of(one)
            if deletes:
                del stage[number]
            else:
                stage[number] = one
            made_call = call(target, operation, NetworkAclId=target.name, Egress=False, **given)
            found.append((made_call, value_of(stage.values())))
    return found


class NetworkAclTraffic(Setting):
    """{"Networks": [the VPC's], "Served": [rules of the security groups in the ACL's subnets]}: read, never written."""

    id = "aws.ec2.network-acl-traffic"
    title = "What the ACL's subnets serve"
    resource = NetworkAcls.name
    reads = operations(
        "DescribeNetworkAcls", "DescribeVpcs", "DescribeNetworkInterfaces", "DescribeSecurityGroups"
    )

    def read(self, cloud: Cloud, target: Target) -> Reading:
        acl = _KIND.described(cloud, target)
        vpc = str(acl.get("VpcId") or "")
        groups = {
            str(group["GroupId"])
            for one in interfaces_in(cloud, target, subnets_of(acl))
            for group in one.get("Groups") or []
        }
        asked = call(target, "DescribeSecurityGroups", Filters=[{"Name": "vpc-id", "Values": [vpc]}])
        found = cloud.pages(asked, "SecurityGroups") if groups else []
        served = [
            rule
            for one in found
            if str(one["GroupId"]) in groups
            for rule in flattened(one.get("IpPermissions") or [], str(one.get("OwnerId")))
            if not str(rule["source"]).startswith("sg-")
        ]
        return Reading({"Networks": networks_of(cloud, target, vpc), "Served": served})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError(f"{self.id} is only looked at")


def networks_of(cloud: Cloud, target: Target, vpc: str) -> list[str]:
    """The VPC's own networks, of both versions of IP."""
    (one,) = cloud.call(call(target, "DescribeVpcs", VpcIds=[vpc]))["Vpcs"]
    blocks = [each.get("CidrBlock") for each in one.get("CidrBlockAssociationSet") or []]
    blocks += [each.get("Ipv6CidrBlock") for each in one.get("Ipv6CidrBlockAssociationSet") or []]
    return sorted({str(each) for each in (*blocks, one.get("CidrBlock")) if each})


def interfaces_in(cloud: Cloud, target: Target, subnets: Sequence[str]) -> list[dict[str, Any]]:
    """The network interfaces in these subnets."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(subnets), _AT_ONCE):
        filters = [{"Name": "subnet-id", "Values": list(subnets[start : start + _AT_ONCE])}]
        found += cloud.pages(call(target, "DescribeNetworkInterfaces", Filters=filters), "NetworkInterfaces")
    return found


RESOURCE_TYPES = (_KIND,)
SETTINGS = (NetworkAclIngress(), NetworkAclTraffic())
