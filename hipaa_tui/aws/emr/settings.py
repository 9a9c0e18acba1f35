"""EMR clusters, which keep the network and the security that they were made with, and the account's own guard."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Write, flag, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

_ALIVE: Final = ("STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING")
_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
_PERMITTED: Final = "PermittedPublicSecurityGroupRuleRanges"


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("emr", name) for name in names)


class Clusters(Named):
    name = "AWS::EMR::Cluster"
    title = "EMR cluster"
    service = "elasticmapreduce"
    kind = "cluster/"
    pattern = re.compile(r"j-[A-Z0-9]{3,20}")
    listing = Read("emr", "ListClusters", "Clusters", {"ClusterStates": list(_ALIVE)})
    field = "Id"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of((_DESCRIBED.ask(cloud, target) or {}).get("Tags"))


_DESCRIBED: Final = Read(
    *("emr", "DescribeCluster", "Cluster", {"ClusterId": "{name}"}),
    gone=("InvalidRequestException",),
    empty="gone",
)


class BlocksOfPublicAccess(ResourceType):
    """No resource of its own: a switch that each account has in each region."""

    name = "AWS::EMR::BlockPublicAccess"
    title = "EMR's block of public access"
    per_region = True

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            found = _ACCOUNT.fullmatch(id)
            return self._of(found[1], region, partition) if found and region else None
        mine = (arn.service, arn.resource) == ("iam", "root") or (
            arn.service == "elasticmapreduce" and arn.resource in {"block-public-access", "cluster"}
        )
        where = arn.region or region
        return self._of(arn.account or account, where, arn.partition) if mine and where else None

    def _of(self, account: str, region: str, partition: str) -> Target:
        id = f"arn:{partition}:elasticmapreduce:{region}:{account}:block-public-access"
        return Target(
            "aws", self.name, account, region, id, f"EMR's block of public access in {region}", partition
        )


class MasterAddress(Setting):
    """{"PublicIpAddresses": [text]}: those of the running primary nodes. Read-only."""

    id = "aws.emr.master-address"
    title = "Public addresses of the primary nodes"
    resource = Clusters.name
    reads = _operations("DescribeCluster", "ListInstances")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        cluster = _DESCRIBED.ask(cloud, target)
        if cluster is ABSENT:
            return Reading(ABSENT)
        fleet = cluster.get("InstanceCollectionType") == "INSTANCE_FLEET"
        which: dict[str, Json] = (
            {"InstanceFleetType": "MASTER"} if fleet else {"InstanceGroupTypes": ["MASTER"]}
        )
        asked = {"ClusterId": target.name, "InstanceStates": ["RUNNING"], **which}
        nodes = cloud.pages(Call("aws", "emr", "ListInstances", asked, target.region), "Instances")
        public = sorted(str(one["PublicIpAddress"]) for one in nodes if one.get("PublicIpAddress"))
        return Reading({"PublicIpAddresses": public}, {"ClusterId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a cluster stays in the subnet that it was started in: start a new one")


class Kerberos(Declared):
    """{"Kerberos": bool}: does the cluster authenticate its users so? Read-only."""

    id = "aws.emr.kerberos"
    title = "Kerberos"
    resource = Clusters.name
    reading = _DESCRIBED
    fields = {"Kerberos": flag("KerberosAttributes.Realm")}
    identity = {"ClusterId": "{name}"}
    read_only = "a cluster keeps the security configuration that it was started with: start a new one"


class BlockPublicAccess(Declared):
    """{"BlockPublicSecurityGroupRules", "PermittedPublicSecurityGroupRuleRanges": [{"MinRange", "MaxRange"}]}

    New clusters with a security group that is open on another port are refused; running ones stay as they are.
    """

    id = "aws.emr.block-public-access"
    title = "Block of public access"
    resource = BlocksOfPublicAccess.name
    reading = Read("emr", "GetBlockPublicAccessConfiguration", "BlockPublicAccessConfiguration")
    writing = Write("emr", "PutBlockPublicAccessConfiguration", "BlockPublicAccessConfiguration")
    terraform = ("aws_emr_block_public_access_configuration",)

    def value(self, found: Any) -> Json:
        ranges = [
            {"MinRange": one["MinRange"], "MaxRange": one.get("MaxRange", one["MinRange"])}
            for one in found.get(_PERMITTED) or []
        ]
        blocks = bool(found.get("BlockPublicSecurityGroupRules"))
        return {"BlockPublicSecurityGroupRules": blocks, _PERMITTED: ranges}

    def canonical(self, value: Json) -> Json:
        ranges = sorted(value[_PERMITTED], key=lambda one: (one["MinRange"], one["MaxRange"]))
        return {**value, _PERMITTED: ranges}


RESOURCE_TYPES = (Clusters(), BlocksOfPublicAccess())
SETTINGS = (MasterAddress(), Kerberos(), BlockPublicAccess())
