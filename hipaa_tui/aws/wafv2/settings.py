"""Web ACLs of AWS WAF, and what stands behind them: load balancers and stages of REST APIs.

https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.resource_types.region_switch import call
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]
_GONE: Final = ("WAFNonexistentItemException",)
_ACL: Final = re.compile(r"(regional|global)/webacl/([\w-]{1,128})/([\w-]{1,36})")
_NAME: Final = re.compile(r"[\w-]{1,128}")
_BALANCER: Final = re.compile(r"loadbalancer/app/([A-Za-z0-9-]{1,32})/[0-9a-f]{1,32}")
_STAGE: Final = re.compile(r"/restapis/([a-z0-9]{1,64})/stages/([\w.-]{1,128})")
_GLOBAL_HOME: Final = {"aws": "us-east-1"}
"""Where the web ACLs of CloudFront live; other partitions have none."""
GROUPS: Final = {
    "common": "AWSManagedRulesCommonRuleSet",
    "bad-inputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "reputation": "AWSManagedRulesAmazonIpReputationList",
}
"""AWS's managed groups that cost nothing beside the rule."""


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("wafv2", name) for name in names)


class WebAcls(ResourceType):
    name = "AWS::WAFv2::WebACL"
    title = "Web ACL"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        arns = [str(one["ARN"]) for one in listed(cloud, region, "REGIONAL")]
        if _GLOBAL_HOME.get(partition) == region:
            arns += [str(one["ARN"]) for one in listed(cloud, region, "CLOUDFRONT")]
        targets = (self.target(arn, account, region, partition) for arn in arns)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            return (
                Target("aws", self.name, account, region, id, id, partition) if _NAME.fullmatch(id) else None
            )
        found = _ACL.fullmatch(arn.resource)
        if arn.service != "wafv2" or not found:
            return None
        home = _GLOBAL_HOME.get(arn.partition, region) if found[1] == "global" else arn.region or region
        return Target("aws", self.name, arn.account or account, home, id, found[2], arn.partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        arn = target.id if parse(target.id) else str(WebAcl().read(cloud, target).identity.get("Arn") or "")
        if not arn:
            return {}
        found = cloud.call(call("wafv2", target, "ListTagsForResource", ResourceARN=arn))
        tags = (found.get("TagInfoForResource") or {}).get("TagList") or []
        return {str(tag["Key"]): str(tag["Value"]) for tag in tags}


class Protected(ResourceType):
    """What a web ACL of a region can stand before: application load balancers and stages of REST APIs."""

    name = "AWS::WAFv2::WebACLAssociation"
    title = "Load balancer or API stage"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        balancers = cloud.pages(Call("aws", "elbv2", "DescribeLoadBalancers", {}, region), "LoadBalancers")
        arns = [str(one["LoadBalancerArn"]) for one in balancers if one.get("Type") == "application"]
        for api in cloud.pages(Call("aws", "apigateway", "GetRestApis", {}, region), "items"):
            asked = Call("aws", "apigateway", "GetStages", {"restApiId": api["id"]}, region)
            names = [str(one["stageName"]) for one in cloud.call(asked).get("item") or []]
            arns += [stage_arn(partition, region, str(api["id"]), one) for one in names]
        targets = (self.target(arn, account, region, partition) for arn in arns)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            return None
        where = arn.region or region
        if arn.service == "elasticloadbalancing" and (found := _BALANCER.fullmatch(arn.resource)):
            return Target("aws", self.name, arn.account or account, where, id, found[1], arn.partition)
        if arn.service == "apigateway" and (found := _STAGE.fullmatch(arn.resource)):
            name = f"{found[1]}/{found[2]}"
            return Target("aws", self.name, arn.account or account, where, id, name, arn.partition)
        return None

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        if ":apigateway:" in target.id:
            asked = Call("aws", "apigateway", "GetTags", {"resourceArn": target.id}, target.region)
            return {str(key): str(value) for key, value in (cloud.call(asked).get("tags") or {}).items()}
        asked = Call("aws", "elbv2", "DescribeTags", {"ResourceArns": [target.id]}, target.region)
        found = cloud.call(asked).get("TagDescriptions") or []
        return {str(tag["Key"]): str(tag["Value"]) for one in found for tag in one.get("Tags") or []}


class WebAcl(Setting):
    """{"DefaultAction", "Rules": [...], "VisibilityConfig"} of a regional web ACL that the target names."""

    id = "aws.wafv2.web-acl"
    title = "Web ACL"
    resource = WebAcls.name
    reads = _operations("ListWebACLs", "GetWebACL")
    writes = _operations("CreateWebACL", "UpdateWebACL")
    creates_resource = True
    kept_on_rollback = (
        "others may stand behind it by now; it costs 5 USD a month and 1 USD a rule until it is deleted"
    )
    terraform = ("aws_wafv2_web_acl",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = [
            one
            for one in listed(cloud, target.region, "REGIONAL")
            if target.id in (str(one["ARN"]), str(one["Name"]))
        ]
        if not found:
            return Reading(ABSENT)
        which = {"Name": found[0]["Name"], "Scope": "REGIONAL", "Id": found[0]["Id"]}
        try:
            answer = cloud.call(call("wafv2", target, "GetWebACL", **which))
        except CloudError as error:
            return absent_on(_GONE, error)
        acl = answer["WebACL"]
        value = {
            "DefaultAction": acl["DefaultAction"],
            "Rules": acl.get("Rules") or [],
            "VisibilityConfig": acl["VisibilityConfig"],
        }
        identity = {"Arn": acl["ARN"], "Id": acl["Id"], "Name": acl["Name"], "LockToken": answer["LockToken"]}
        return Reading(value, {**identity, "Description": acl.get("Description") or ""})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        which = {"Name": target.name, "Scope": "REGIONAL"}
        if before.absent:
            return [call("wafv2", target, "CreateWebACL", **which, **after, Tags=TAGS)]
        known = {key: before.identity[key] for key in ("Id", "LockToken")}
        if before.identity.get("Description"):
            known["Description"] = before.identity["Description"]
        return [call("wafv2", target, "UpdateWebACL", **which, **known, **after)]

    def canonical(self, value: Json) -> Json:
        return {**value, "Rules": sorted(value.get("Rules") or [], key=lambda one: int(one["Priority"]))}


_RESOURCE: Final = {"ResourceArn": "{id}"}


class Association(Declared):
    """{"WebACLArn"} of the web ACL that requests pass; ABSENT where none does."""

    id = "aws.wafv2.association"
    title = "Web ACL before it"
    resource = Protected.name
    reading = Read("wafv2", "GetWebACLForResource", "WebACL.ARN", _RESOURCE)
    identity = _RESOURCE
    known_before = True
    writing = Write("wafv2", "AssociateWebACL", arguments=_RESOURCE, sends=("WebACLArn",))
    removing = Remove("wafv2", "DisassociateWebACL", arguments=_RESOURCE)
    # A web ACL that was made a moment ago is not known everywhere yet.
    settle_seconds = 120.0
    terraform = ("aws_wafv2_web_acl_association",)

    def value(self, found: Any) -> Json:
        return {"WebACLArn": found}


def listed(cloud: Cloud, region: str, scope: str) -> list[Mapping[str, Any]]:
    """The web ACLs of a scope; the SDK has no paginator for them."""
    asked: dict[str, Json] = {"Scope": scope, "Limit": 100}
    found: list[Mapping[str, Any]] = []
    while True:
        answer = cloud.call(Call("aws", "wafv2", "ListWebACLs", asked, region))
        found += answer.get("WebACLs") or []
        if not answer.get("NextMarker") or not answer.get("WebACLs"):
            return found
        asked = {**asked, "NextMarker": answer["NextMarker"]}


def stage_arn(partition: str, region: str, api: str, stage: str) -> str:
    """The ARN of a REST API's stage, as WAF takes it."""
    return f"arn:{partition}:apigateway:{region}::/restapis/{api}/stages/{stage}"


def managed_rules(current: Json, wanted: Json) -> Json:
    """A web ACL of AWS's managed groups that lets everything else through; one that is there stays as it is.

    `wanted` is {"mode": "count" or "block"}: whether a request that a group matches is only counted.
    """
    if current is not ABSENT:
        return current
    rules = [
        {
            "Name": name,
            "Priority": number,
            "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}},
            "OverrideAction": {"Count": {}} if wanted["mode"] == "count" else {"None": {}},
            "VisibilityConfig": _seen(f"hipaa-tui-{name}"),
        }
        for number, (name, group) in enumerate(GROUPS.items())
    ]
    return {"DefaultAction": {"Allow": {}}, "Rules": rules, "VisibilityConfig": _seen("hipaa-tui")}


def _seen(metric: str) -> dict[str, Json]:
    # Samples of requests could hold patients' data, and whoever may look at WAF would see them.
    return {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": metric}


RESOURCE_TYPES = (WebAcls(), Protected())
SETTINGS = (WebAcl(), Association())
BUILDERS = {"managed_rules": managed_rules}
