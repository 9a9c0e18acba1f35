"""Checks that a web ACL can be associated with a resource, and warns when it blocks requests."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type

_ACL: Final = "AWS::WAFv2::WebACL"


def web_acl_fits(context: GuardContext) -> Verdict:
    """Blocks a web ACL that cannot be associated with the resource; warns of one that blocks requests.

    (AWS WAF Developer Guide, "Associating protection with an AWS resource": same region, regional scope.)
    """
    named = str(context.arguments.get("web_acl") or "")
    target = context.target
    created = str(context.arguments.get("own") or "")
    id = named or created
    web_acl = resource_type(_ACL).target(id, target.account, target.region, target.partition)
    if web_acl is None:
        return Outcome.BLOCK, f"{id} is not the ARN of a WAFv2 web ACL"
    arn = parse(web_acl.id)
    if arn is not None and not arn.resource.startswith("regional/"):
        return (
            Outcome.BLOCK,
            f"{web_acl.name} has CLOUDFRONT scope: name a regional web ACL in {target.region}",
        )
    if web_acl.region != target.region or web_acl.account != target.account:
        return (
            Outcome.BLOCK,
            f"{web_acl.name} is in {web_acl.region} of account {web_acl.account}: a web ACL can only be associated "
            "with resources of its own region and account",
        )
    reading = context.read("aws.wafv2.web-acl", web_acl)
    if reading.absent:
        if named:
            return Outcome.BLOCK, f"the web ACL {named} no longer exists"
        return Outcome.PASS, "this plan creates the web ACL"
    if "Block" in (reading.value.get("DefaultAction") or {}):
        return (
            Outcome.WARN,
            f"the default action of {web_acl.name} is Block: make sure that its rules allow all clients of "
            f"{target.name}",
        )
    blocking = [
        str(rule["Name"])
        for rule in reading.value.get("Rules") or []
        if "None" in (rule.get("OverrideAction") or {}) or "Block" in (rule.get("Action") or {})
    ]
    if blocking:
        return (
            Outcome.WARN,
            f"{', '.join(blocking)} of {web_acl.name} block matching requests immediately: check their Count metrics "
            f"for {target.name} first",
        )
    return Outcome.PASS, f"{web_acl.name} only counts requests"


GUARDS = {"web-acl-fits": web_acl_fits}
