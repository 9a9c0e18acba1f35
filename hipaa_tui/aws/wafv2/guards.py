"""Looks whether a web ACL fits what it is put before, and what its log would hold."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type

_ACL: Final = "AWS::WAFv2::WebACL"


def web_acl_fits(look: Look) -> Verdict:
    """Blocks a web ACL that cannot stand before the resource, warns of one that refuses by default.

    (AWS WAF Developer Guide, "Associating protection with an AWS resource": same region, regional scope.)
    """
    named = str(look.arguments.get("web_acl") or "")
    target = look.target
    ours = str(look.arguments.get("own") or "")
    id = named or ours
    found = resource_type(_ACL).target(id, target.account, target.region, target.partition)
    if found is None:
        return Outcome.BLOCK, f"{id} is no web ACL of AWS WAF's second version"
    arn = parse(found.id)
    if arn is not None and not arn.resource.startswith("regional/"):
        return Outcome.BLOCK, f"{found.name} is for CloudFront only: name one of {target.region}"
    if found.region != target.region or found.account != target.account:
        return (
            Outcome.BLOCK,
            f"{found.name} is in {found.region} of {found.account}: a web ACL stands before resources of its own "
            "region and account only",
        )
    acl = look.read("aws.wafv2.web-acl", found)
    if acl.absent:
        if named:
            return Outcome.BLOCK, f"there is no web ACL {named} any more"
        return Outcome.PASS, "the web ACL is made by this plan"
    if "Block" in (acl.value.get("DefaultAction") or {}):
        return (
            Outcome.WARN,
            f"{found.name} refuses every request that no rule lets through: make sure that its rules know all "
            f"clients of {target.name}",
        )
    refusing = [
        str(rule["Name"])
        for rule in acl.value.get("Rules") or []
        if "None" in (rule.get("OverrideAction") or {}) or "Block" in (rule.get("Action") or {})
    ]
    if refusing:
        return (
            Outcome.WARN,
            f"{', '.join(refusing)} of {found.name} refuse what they match, at once: look at their counts for "
            f"{target.name} first",
        )
    return Outcome.PASS, f"{found.name} only counts"


GUARDS = {"web-acl-fits": web_acl_fits}
