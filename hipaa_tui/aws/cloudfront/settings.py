"""CloudFront distributions: which viewers may come without HTTPS, what is served at the root, whether it is logged.

UpdateDistribution replaces the whole configuration, in which origins' headers stand with their secrets. So a write
asks for the configuration first and hands it back changed in one place: a plan names its parts, and never holds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Operation,
    Reading,
    ResourceType,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, OWN_ANSWER, Json, reference

_ID: Final = re.compile(r"[A-Z0-9]{8,32}")
_HOME: Final = {"aws-cn": "cn-northwest-1"}
"""Where CloudFront is asked in other partitions. A distribution is in all regions, and so is its target."""
_CONFIG: Final = "DistributionConfig"
_BUCKET: Final = re.compile(r"(.+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("cloudfront", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "cloudfront", operation, arguments, target.region)


_CONFIGURATION: Final = Read(
    *("cloudfront", "GetDistributionConfig", _CONFIG, {"Id": "{name}"}),
    gone=("NoSuchDistribution",),
    empty="gone",
)


def configuration(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The distribution's configuration, secrets and all: nothing may take it whole. Empty where it is gone."""
    return dict(_CONFIGURATION.ask(cloud, target) or {})


class Distributions(ResourceType):
    name = "AWS::CloudFront::Distribution"
    title = "CloudFront distribution"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found: list[Target] = []
        marker: dict[str, Json] = {}
        while True:
            home = _HOME.get(partition, "us-east-1")
            listed = cloud.call(Call("aws", "cloudfront", "ListDistributions", marker, home))[
                "DistributionList"
            ]
            targets = (self.target(str(one["ARN"]), account, region, partition) for one in _items(listed))
            found += [target for target in targets if target is not None]
            if not listed.get("IsTruncated") or not listed.get("NextMarker"):
                return found
            marker = {"Marker": listed["NextMarker"]}

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            if arn.service != "cloudfront" or not arn.resource.startswith("distribution/"):
                return None
            name = arn.resource.removeprefix("distribution/")
            account, partition = arn.account or account, arn.partition
        if not _ID.fullmatch(name):
            return None
        full = f"arn:{partition}:cloudfront::{account}:distribution/{name}"
        return Target("aws", self.name, account, _HOME.get(partition, "us-east-1"), full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.call(call(target, "ListTagsForResource", Resource=target.id)).get("Tags") or {}
        return {str(tag["Key"]): str(tag.get("Value") or "") for tag in _items(found)}


class _Part(Declared):
    """One place in the configuration. `identity` has the names of the parts that a write hands back."""

    resource = Distributions.name
    reading = _CONFIGURATION
    identity = {"Arn": "{id}", "Id": "{name}"}
    writes = _operations("GetDistributionConfig", "UpdateDistribution")
    settle_seconds = 60.0
    terraform: tuple[str, ...] = ("aws_cloudfront_distribution",)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {
            **super().identity_of(target, found),
            "Parts": sorted(found),
            "DefaultParts": sorted(found["DefaultCacheBehavior"]),
            "BehaviorParts": [sorted(one) for one in _items(found.get("CacheBehaviors"))],
        }

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        config = _handed_back(_CONFIG, before.identity["Parts"])
        return [
            call(target, "GetDistributionConfig", Id=target.name),
            call(
                target,
                "UpdateDistribution",
                Id=target.name,
                IfMatch=reference(OWN_ANSWER, "ETag"),
                DistributionConfig={**config, **self._changed(before.identity, after)},
            ),
        ]

    def _changed(self, identity: Mapping[str, Any], after: Json) -> dict[str, Json]:
        """The parts of the configuration that are to be others."""
        raise NotImplementedError


class ViewerProtocol(_Part):
    """{"Default": policy, "Behaviors": [{"PathPattern", "ViewerProtocolPolicy"}]}

    A policy is allow-all, redirect-to-https or https-only.
    """

    id = "aws.cloudfront.viewer-protocol"
    title = "HTTPS for viewers"

    def value(self, config: Any) -> Json:
        return {
            "Default": str(config["DefaultCacheBehavior"]["ViewerProtocolPolicy"]),
            "Behaviors": [
                {name: str(one[name]) for name in ("PathPattern", "ViewerProtocolPolicy")}
                for one in _items(config.get("CacheBehaviors"))
            ],
        }

    def _changed(self, identity: Mapping[str, Any], after: Json) -> dict[str, Json]:
        policy = "ViewerProtocolPolicy"
        default = _handed_back(f"{_CONFIG}.DefaultCacheBehavior", identity["DefaultParts"])
        changed: dict[str, Json] = {"DefaultCacheBehavior": {**default, policy: after["Default"]}}
        if after["Behaviors"]:
            items = [
                {
                    **_handed_back(f"{_CONFIG}.CacheBehaviors.Items.{number}", parts),
                    policy: after["Behaviors"][number][policy],
                }
                for number, parts in enumerate(identity["BehaviorParts"])
            ]
            changed["CacheBehaviors"] = {"Quantity": len(items), "Items": items}
        return changed


class RootObject(_Part):
    """{"DefaultRootObject": name or "", "Bucket": of the origin that the root comes from, "" where that is none}

    The bucket is for predicates, and never compared or written.
    """

    id = "aws.cloudfront.root-object"
    title = "Object at the root"

    def value(self, config: Any) -> Json:
        wanted = str(config["DefaultCacheBehavior"].get("TargetOriginId"))
        origin = next((one for one in _items(config.get("Origins")) if one.get("Id") == wanted), {})
        found = _BUCKET.fullmatch(str(origin.get("DomainName") or ""))
        bucket = found[1] if found and not origin.get("OriginPath") else ""
        return {"DefaultRootObject": str(config.get("DefaultRootObject") or ""), "Bucket": bucket}

    def _changed(self, identity: Mapping[str, Any], after: Json) -> dict[str, Json]:
        return {"DefaultRootObject": after["DefaultRootObject"]}

    def canonical(self, value: Json) -> Json:
        return value["DefaultRootObject"]


class Logs(_Part):
    """{"Standard": bool, "Delivered": bool, "RealTime": bool}: which kinds of logs there are. Only for looking.

    "Delivered" are the newer standard logs, which CloudWatch Logs delivers.
    """

    id = "aws.cloudfront.logs"
    title = "Logs of viewers' requests"
    reads = (*_operations("GetDistributionConfig"), Operation("logs", "DescribeDeliverySources"))
    writes = ()
    terraform = ()

    def read(self, cloud: Cloud, target: Target) -> Reading:
        reading = super().read(cloud, target)
        if reading.absent or reading.value["Standard"] or reading.value["RealTime"]:
            return reading
        asked = Call("aws", "logs", "DescribeDeliverySources", {}, target.region)
        sources = cloud.pages(asked, "deliverySources")
        delivered = any(target.id in (one.get("resourceArns") or []) for one in sources)
        return Reading({**reading.value, "Delivered": delivered}, reading.identity)

    def value(self, config: Any) -> Json:
        standard = bool((config.get("Logging") or {}).get("Enabled"))
        real_time = bool(config["DefaultCacheBehavior"].get("RealtimeLogConfigArn"))
        return {"Standard": standard, "Delivered": False, "RealTime": real_time}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("where the logs of a distribution go is for a person to choose: see the steps")


def _items(listed: Json) -> Sequence[dict[str, Any]]:
    """The members of one of CloudFront's lists, which are {"Quantity", "Items"?}."""
    return list((listed or {}).get("Items") or [])


def _handed_back(path: str, parts: Sequence[str]) -> dict[str, Json]:
    """Each part as the answer of the call before has it."""
    return {part: reference(OWN_ANSWER, f"{path}.{part}") for part in parts}


def with_https_viewers(current: Json, wanted: Json) -> Json:
    """Every behavior that lets viewers come without HTTPS with `wanted["policy"]`; one that does not stays."""
    if current is ABSENT:
        raise ValueError("there is no such distribution")

    def safe(policy: str) -> str:
        return str(wanted["policy"]) if policy == "allow-all" else policy

    behaviors = [
        {**one, "ViewerProtocolPolicy": safe(one["ViewerProtocolPolicy"])} for one in current["Behaviors"]
    ]
    return {"Default": safe(current["Default"]), "Behaviors": behaviors}


RESOURCE_TYPES = (Distributions(),)
SETTINGS = (ViewerProtocol(), RootObject(), Logs())
BUILDERS = {"with_https_viewers": with_https_viewers}
