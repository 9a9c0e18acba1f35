"""Checks that only rules open to the Internet are removed, and that nothing uses a default security group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.default_group import DEFAULT
from hipaa_tui.aws.ec2.ingress import ALL, Rule, is_open, key_of, plain
from hipaa_tui.aws.ec2.lookups import INGRESS, groups, interfaces, listed, pages, users
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import CloudError

DEFAULT_GROUP: Final = "aws.ec2.default-security-group"
_LAST: Final = 65_535


def sg_referenced(context: GuardContext) -> Verdict:
    """Blocks where a rule that is not open to the Internet would be removed, or a port would be left without a rule.

    Warns where a rule for all ports is narrowed as a whole.
    """
    drafts = [draft for draft in context.changes if draft.setting == INGRESS]
    if not drafts:
        return Outcome.PASS, "no rule changes"
    notes = []
    for draft in drafts:
        after = {key_of(rule) for rule in draft.after["rules"]}
        gone = [rule for rule in map(plain, draft.before["rules"]) if key_of(rule) not in after]
        others = sorted(_words(rule) for rule in gone if not is_open(rule["source"], ()))
        if others:
            return (
                Outcome.BLOCK,
                f"{listed(others)} would be removed too, though not open to the Internet: what relies on it would "
                "be cut off",
            )
        lost = [
            _words(rule) for rule in gone if ":" not in rule["source"] and not _has_successor(rule, draft)
        ]
        if lost:
            return (
                Outcome.BLOCK,
                f"some ports of {listed(lost)} would be open to no source: split the rule instead",
            )
        whole = [_words(rule) for rule in gone if _is_whole(rule)]
        if whole:
            notes.append(f"{listed(whole)} is narrowed as a whole, with every port that relies on it")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    names = sorted(
        {
            str(group["GroupId"])
            for group in groups(context, "ip-permission.group-id", drafts[0].target.name)
            if group["GroupId"] != drafts[0].target.name
        }
    )
    relying = f"; rules of {listed(names)} that reference this group stay as they are" if names else ""
    return Outcome.PASS, f"only rules open to the whole Internet are removed{relying}"


def _has_successor(rule: Rule, draft: PlannedChange) -> bool:
    """Do the rules after the change admit some source on every port of the rule?"""
    remaining = [
        rule_after
        for rule_after in map(plain, draft.after["rules"])
        if rule_after["protocol"] in (ALL, rule["protocol"]) and ":" not in rule_after["source"]
    ]
    position, last = int(rule.get("from", 0)), int(rule.get("to", _LAST))
    for rule_after in sorted(remaining, key=lambda candidate: int(candidate.get("from", 0))):
        if rule_after.get("from", 0) <= position:
            position = max(position, int(rule_after.get("to", _LAST)) + 1)
    return position > last


def _is_whole(rule: Rule) -> bool:
    return bool(rule["protocol"] == ALL or (rule.get("from", 0) <= 1 and rule.get("to", _LAST) == _LAST))


def _words(rule: Rule) -> str:
    ports = "" if "from" not in rule else f" {rule['from']}-{rule['to']}"
    what = "all traffic" if rule["protocol"] == ALL else f"{rule['protocol']}{ports}"
    return f"{what} from {rule['source']}"


def default_sg_unused(context: GuardContext) -> Verdict:
    """Blocks where an interface uses the default group, or a rule of another group references it.

    Warns of launch templates that name it.
    """
    drafts = [draft for draft in context.changes if draft.setting == DEFAULT_GROUP]
    if not drafts:
        return Outcome.PASS, "no default group changes"
    target = drafts[0].target
    identity = context.read(DEFAULT_GROUP, target).identity
    if identity.get("GroupName") != DEFAULT:
        return Outcome.BLOCK, f"{target.name} is not its VPC's default security group"
    planned = context.read(INGRESS, target).value
    if sorted(map(key_of, planned["rules"])) != sorted(map(key_of, drafts[0].before["ingress"])):
        return (
            Outcome.BLOCK,
            "another change of this plan comes before and changes the group's inbound rules: apply that first, "
            "then plan this one again",
        )
    if attached := interfaces(context, "group-id", target.name):
        return (
            Outcome.BLOCK,
            f"{listed(users(attached))} is in the default group and would be cut off: move it to a security group of "
            "its own with the rules that it needs",
        )
    relying = _relying(context, target.name)
    if relying:
        return Outcome.BLOCK, f"rules of {listed(relying)} reference the default group: change them first"
    try:
        templates = _templates(context, target.name)
    except CloudError as error:
        return (
            Outcome.WARN,
            f"no interface uses the group, but launch templates could not be read ({error.code})",
        )
    if templates:
        return (
            Outcome.WARN,
            f"instances of {listed(templates)} are launched into the default group and will have no network "
            "access: name another group there first",
        )
    return Outcome.PASS, "no interface uses the default group, and no other group's rules reference it"


def _relying(context: GuardContext, group: str) -> list[str]:
    referencing = [
        *groups(context, "ip-permission.group-id", group),
        *groups(context, "egress.ip-permission.group-id", group),
    ]
    return sorted({str(other["GroupId"]) for other in referencing} - {group})


def _templates(context: GuardContext, group: str) -> list[str]:
    """Returns the launch templates that name the group in their latest or default version."""
    versions = pages(
        context,
        "ec2",
        "DescribeLaunchTemplateVersions",
        "LaunchTemplateVersions",
        Versions=["$Latest", "$Default"],
    )
    return sorted(
        {
            f"the launch template {version.get('LaunchTemplateName')}"
            for version in versions
            if group in _groups_of(version.get("LaunchTemplateData") or {})
        }
    )


def _groups_of(data: Mapping[str, Any]) -> Sequence[str]:
    inner = [
        str(id) for interface in data.get("NetworkInterfaces") or [] for id in interface.get("Groups") or []
    ]
    return [*map(str, data.get("SecurityGroupIds") or []), *inner]


GUARDS = {"sg-referenced": sg_referenced, "default-sg-unused": default_sg_unused}
BLOCK_ON_ERROR = ("sg-referenced", "default-sg-unused")
