"""EC2: who may come in through a security group, and whether new volumes are encrypted by themselves.

A security group's inbound rules are one setting, since reports name the group and since only all rules
together say who gets in. A write adds before it takes away, so that nobody who may come in both before
and after is shut out in between. Rules are named by what they say, not by their sgr- ids: those are new
after every restore.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Either, Read, Remove, Write, flag
from hipaa_tui.aws.ec2.ingress import Rule, flattened, key_of, narrow_ingress, permissions, plain
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
DEFAULT_KEY: Final = "alias/aws/ebs"
"""The key that AWS manages and takes where nobody names one."""


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("ec2", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call of EC2 in the target's region."""
    return Call("aws", "ec2", operation, arguments, target.region)


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """EC2's list of tags as an object."""
    return {str(tag["Key"]): str(tag["Value"]) for tag in item.get("Tags") or []}


class SecurityGroups(Named):
    name = "AWS::EC2::SecurityGroup"
    title = "Security group"
    service = "ec2"
    kind = "security-group/"
    pattern = re.compile(r"sg-[0-9a-f]+")
    listing = Read("ec2", "DescribeSecurityGroups", "SecurityGroups")
    field = "GroupId"

    def own(self, item: Json, account: str) -> bool:
        # Groups that another account shares with this one are listed too; only their owner can change them.
        return bool(item.get("OwnerId", account) == account)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(group_of(cloud, target))


class SecurityGroupIngress(Setting):
    """{"rules": [{"protocol", "from"?, "to"?, "source", "description"?}]}, sorted.

    A source is one IPv4 or IPv6 CIDR, a group ("sg-…", of another account "sg-…/account") or a prefix list
    ("pl-…"). "from" and "to" are missing where the protocol has no ports ("-1" is all traffic).
    """

    id = "aws.ec2.security-group-ingress"
    title = "Inbound rules"
    resource = SecurityGroups.name
    reads = operations("DescribeSecurityGroups")
    writes = operations(
        "AuthorizeSecurityGroupIngress",
        "RevokeSecurityGroupIngress",
        "UpdateSecurityGroupRuleDescriptionsIngress",
    )
    terraform = ("aws_security_group", "aws_vpc_security_group_ingress_rule")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        group = group_of(cloud, target)
        owner = str(group.get("OwnerId") or target.account)
        identity = {
            "Arn": target.id,
            "GroupId": group["GroupId"],
            "GroupName": group.get("GroupName", ""),
            "Description": group.get("Description", ""),
            "VpcId": group.get("VpcId", ""),
            "OwnerId": owner,
            "Tags": tags_of(group),
            "Egress": flattened(group.get("IpPermissionsEgress") or [], owner),
        }
        return Reading({"rules": flattened(group.get("IpPermissions") or [], owner)}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        added, gone, described = differences(before.value["rules"], after["rules"])
        steps = (
            ("AuthorizeSecurityGroupIngress", added),
            ("RevokeSecurityGroupIngress", gone),
            ("UpdateSecurityGroupRuleDescriptionsIngress", described),
        )
        return [
            call(
                target,
                operation,
                GroupId=target.name,
                # What is revoked is found by what it allows; a description there must match or be missing.
                IpPermissions=permissions(rules, describe=not operation.startswith("Revoke")),
            )
            for operation, rules in steps
            if rules
        ]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        added, gone, described = differences(before["rules"], after["rules"])
        with_new = [*before["rules"], *added]
        left = {key_of(rule) for rule in gone}
        stages: list[Json] = []
        if added and (gone or described):
            stages.append({"rules": with_new})
        if gone and described:
            stages.append({"rules": [rule for rule in with_new if key_of(rule) not in left]})
        return stages

    def canonical(self, value: Json) -> Json:
        return {"rules": sorted((plain(rule) for rule in value["rules"]), key=key_of)}


def group_of(cloud: Cloud, target: Target) -> Mapping[str, Any]:
    """The security group as EC2 describes it. Raises CloudError."""
    found = cloud.call(call(target, "DescribeSecurityGroups", GroupIds=[target.name]))["SecurityGroups"]
    group: Mapping[str, Any] = found[0]
    return group


def differences(before: Sequence[Json], after: Sequence[Json]) -> tuple[list[Rule], list[Rule], list[Rule]]:
    """(rules that are new, that are gone, that got another description)."""
    old = {key_of(rule): plain(rule) for rule in before}
    new = {key_of(rule): plain(rule) for rule in after}
    return (
        [new[key] for key in sorted(new.keys() - old.keys())],
        [old[key] for key in sorted(old.keys() - new.keys())],
        [new[key] for key in sorted(new.keys() & old.keys()) if new[key] != old[key]],
    )


class EbsEncryptionByDefault(ResourceType):
    """No resource of its own: a switch that each account has once in each region."""

    name = "AWS::EC2::EBSEncryptionByDefault"
    title = "EBS encryption by default"
    per_region = True

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            # Security Hub names the account, since there is nothing else to name.
            found = _ACCOUNT.fullmatch(id)
            return self._of(found[1], region, partition) if found and region else None
        of_account = (arn.service, arn.resource) in {("ec2", "volume"), ("iam", "root")}
        where = arn.region or region
        return self._of(arn.account or account, where, arn.partition) if of_account and where else None

    def _of(self, account: str, region: str, partition: str) -> Target:
        return Target(
            "aws",
            self.name,
            account,
            region,
            f"arn:{partition}:ec2:{region}:{account}:volume",
            f"EBS encryption by default in {region}",
            partition,
        )


_WHERE: Final = {"Region": "{region}", "Account": "{account}"}


class EbsDefaultEncryption(Declared):
    """{"EbsEncryptionByDefault": bool}"""

    id = "aws.ec2.ebs-default-encryption"
    title = "Encryption of new volumes"
    resource = EbsEncryptionByDefault.name
    reading = Read("ec2", "GetEbsEncryptionByDefault")
    fields = {"EbsEncryptionByDefault": flag("EbsEncryptionByDefault")}
    identity = _WHERE
    writing = Either(
        lambda _before, after: bool(after["EbsEncryptionByDefault"]),
        then=Write("ec2", "EnableEbsEncryptionByDefault", sends=None),
        otherwise=Write("ec2", "DisableEbsEncryptionByDefault", sends=None),
    )
    terraform = ("aws_ebs_encryption_by_default",)


class EbsDefaultKey(Declared):
    """{"KmsKeyId": ARN of the key that new volumes get}, ABSENT where it is the one that AWS manages.

    A setting of its own, so that encryption can be turned on without a say in which key.
    """

    id = "aws.ec2.ebs-default-key"
    title = "Key of new volumes"
    resource = EbsEncryptionByDefault.name
    reading = Read("ec2", "GetEbsDefaultKmsKeyId", "KmsKeyId")
    identity = _WHERE
    writing = Write("ec2", "ModifyEbsDefaultKmsKeyId", sends=("KmsKeyId",))
    removing = Remove("ec2", "ResetEbsDefaultKmsKeyId")
    terraform = ("aws_ebs_default_kms_key",)

    def value(self, found: Any) -> Json:
        return ABSENT if found.rpartition(":")[2] == DEFAULT_KEY else {"KmsKeyId": found}


RESOURCE_TYPES = (SecurityGroups(), EbsEncryptionByDefault())
SETTINGS = (SecurityGroupIngress(), EbsDefaultEncryption(), EbsDefaultKey())
BUILDERS = {"narrow_ingress": narrow_ingress}
