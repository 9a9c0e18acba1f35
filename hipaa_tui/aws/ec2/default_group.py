"""The default security group of a VPC, which nobody can delete and everything falls into that names no other.

Closed, it has no rules at all, so that what falls into it reaches nothing and is reached by nothing.
https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipaa_tui.aws.ec2.ingress import flattened, key_of, permissions, plain
from hipaa_tui.aws.ec2.settings import SecurityGroups, call, differences, group_of, operations, tags_of
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

DEFAULT: Final = "default"
_WAYS: Final = (("ingress", "Ingress"), ("egress", "Egress"))


class DefaultSecurityGroup(Setting):
    """{"ingress": [rule …], "egress": [rule …]}, rules as in `aws.ec2.security-group-ingress`.

    ABSENT for a group that is not its VPC's default one: of such a group nothing is wanted here.
    """

    id = "aws.ec2.default-security-group"
    title = "Rules of the default security group"
    resource = SecurityGroups.name
    reads = operations("DescribeSecurityGroups")
    writes = operations(
        *(f"{verb}SecurityGroup{way}" for verb in ("Authorize", "Revoke") for way in ("Ingress", "Egress")),
        "UpdateSecurityGroupRuleDescriptionsIngress",
        "UpdateSecurityGroupRuleDescriptionsEgress",
    )
    terraform = ("aws_default_security_group",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        group = group_of(cloud, target)
        owner = str(group.get("OwnerId") or target.account)
        identity: dict[str, Json] = {
            "Arn": target.id,
            "GroupId": group["GroupId"],
            "GroupName": group.get("GroupName", ""),
            "VpcId": group.get("VpcId", ""),
            "OwnerId": owner,
            "Tags": tags_of(group),
        }
        # The name is AWS's own: no other group of the VPC can have it.
        if group.get("GroupName") != DEFAULT:
            return Reading(ABSENT, identity)
        rules = {
            "ingress": flattened(group.get("IpPermissions") or [], owner),
            "egress": flattened(group.get("IpPermissionsEgress") or [], owner),
        }
        return Reading(rules, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.value is ABSENT:
            raise ValueError(f"{target.name} is not the default security group of its VPC")
        return [one for one, _ in _steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [stage for _, stage in _steps(target, before, after)][:-1]

    def canonical(self, value: Json) -> Json:
        return {way: sorted((plain(rule) for rule in value[way]), key=key_of) for way, _ in _WAYS}


def _steps(target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
    """The calls, each with what stands there after it: what is added comes first, so that nobody is cut off."""
    stage: dict[str, dict[tuple[str, int, int, str], Mapping[str, Json]]] = {
        way: {key_of(rule): plain(rule) for rule in before[way]} for way, _ in _WAYS
    }
    found: list[tuple[Call, Json]] = []
    changes = {way: differences(before[way], after[way]) for way, _ in _WAYS}
    operations_ = ("AuthorizeSecurityGroup", "RevokeSecurityGroup", "UpdateSecurityGroupRuleDescriptions")
    for number, operation in enumerate(operations_):
        for way, name in _WAYS:
            rules = changes[way][number]
            if not rules:
                continue
            for rule in rules:
                if operation.startswith("Revoke"):
                    stage[way].pop(key_of(rule))
                else:
                    stage[way][key_of(rule)] = rule
            given = permissions(rules, describe=not operation.startswith("Revoke"))
            one = call(target, f"{operation}{name}", GroupId=target.name, IpPermissions=given)
            found.append((one, {each: [dict(rule) for rule in stage[each].values()] for each, _ in _WAYS}))
    return found


SETTINGS = (DefaultSecurityGroup(),)
