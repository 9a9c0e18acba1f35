"""Load balancers of both generations: application, network and gateway ones, and classic ones.

Their ARNs tell them apart: loadbalancer/app/NAME/ID, net/ and gwy/ are the newer ones, loadbalancer/NAME a classic one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import Call, Cloud, ResourceType, Target
from hipaa_tui.support.json_value import Json

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,31})")
_NEWER: Final = re.compile(r"loadbalancer/(app|net|gwy)/([A-Za-z0-9-]{1,32})/([0-9a-z]+)")
_KINDS: Final = {"app": "application", "net": "network", "gwy": "gateway"}
CLASSIC: Final = "classic"
NEWER_TYPE: Final = "AWS::ElasticLoadBalancingV2::LoadBalancer"
CLASSIC_TYPE: Final = "AWS::ElasticLoadBalancing::LoadBalancer"
ANY_TYPE: Final = "AWS::ElasticLoadBalancing::AnyLoadBalancer"


def newer(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about an application, network or gateway load balancer."""
    return Call("aws", "elbv2", operation, arguments, target.region)


def classic(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about a classic load balancer."""
    return Call("aws", "elb", operation, {"LoadBalancerName": target.name, **arguments}, target.region)


def kind_of(target: Target) -> str:
    """application, network, gateway or classic."""
    arn = parse(target.id)
    found = _NEWER.fullmatch(arn.resource) if arn else None
    return _KINDS[found[1]] if found else CLASSIC


def listeners_of(cloud: Cloud, target: Target) -> list[dict[str, Any]]:
    """The listeners of a newer load balancer, by port."""
    asked = newer(target, "DescribeListeners", LoadBalancerArn=target.id)
    found = [dict(one) for one in cloud.pages(asked, "Listeners")]
    return sorted(found, key=lambda one: (int(one.get("Port") or 0), str(one["ListenerArn"])))


def described(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What DescribeLoadBalancers says of a classic load balancer. CloudError where it is not there."""
    names = {"LoadBalancerNames": [target.name]}
    asked = Call("aws", "elb", "DescribeLoadBalancers", names, target.region)
    return dict(cloud.call(asked)["LoadBalancerDescriptions"][0])


def _newer_target(type: str, id: str, partition: str) -> Target | None:
    arn = parse(id)
    found = _NEWER.fullmatch(arn.resource) if arn and arn.service == "elasticloadbalancing" else None
    if arn is None or found is None:
        return None
    return Target("aws", type, arn.account, arn.region, id, found[2], arn.partition or partition)


def _classic_target(type: str, id: str, account: str, region: str, partition: str) -> Target | None:
    arn = parse(id)
    name = id
    if arn is not None:
        if arn.service != "elasticloadbalancing" or not arn.resource.startswith("loadbalancer/"):
            return None
        name = arn.resource.removeprefix("loadbalancer/")
        account, region, partition = arn.account or account, arn.region or region, arn.partition
    if not _NAME.fullmatch(name):
        return None
    full = f"arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{name}"
    return Target("aws", type, account, region, full, name, partition)


def _newer_ids(cloud: Cloud, region: str) -> list[str]:
    found = cloud.pages(Call("aws", "elbv2", "DescribeLoadBalancers", {}, region), "LoadBalancers")
    return [str(one["LoadBalancerArn"]) for one in found]


def _classic_names(cloud: Cloud, region: str) -> list[str]:
    asked = Call("aws", "elb", "DescribeLoadBalancers", {}, region)
    return [str(one["LoadBalancerName"]) for one in cloud.pages(asked, "LoadBalancerDescriptions")]


class AnyLoadBalancers(ResourceType):
    """Both generations: what an audit asks of either under one name."""

    name = ANY_TYPE
    title = "Load balancer"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        ids = [*_newer_ids(cloud, region), *_classic_names(cloud, region)]
        found = (self.target(id, account, region, partition) for id in ids)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        return _newer_target(self.name, id, partition) or _classic_target(
            self.name, id, account, region, partition
        )

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        if kind_of(target) == CLASSIC:
            asked = Call("aws", "elb", "DescribeTags", {"LoadBalancerNames": [target.name]}, target.region)
        else:
            asked = newer(target, "DescribeTags", ResourceArns=[target.id])
        found = cloud.call(asked).get("TagDescriptions") or []
        return {
            str(tag["Key"]): str(tag.get("Value") or "") for one in found for tag in one.get("Tags") or []
        }


class LoadBalancers(AnyLoadBalancers):
    name = NEWER_TYPE
    title = "Load balancer"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = (self.target(id, account, region, partition) for id in _newer_ids(cloud, region))
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        return _newer_target(self.name, id, partition)


class ClassicLoadBalancers(AnyLoadBalancers):
    name = CLASSIC_TYPE
    title = "Classic load balancer"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = (self.target(name, account, region, partition) for name in _classic_names(cloud, region))
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        return _classic_target(self.name, id, account, region, partition)


RESOURCE_TYPES = (AnyLoadBalancers(), LoadBalancers(), ClassicLoadBalancers())
