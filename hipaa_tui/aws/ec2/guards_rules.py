"""Looks at the rules themselves: only the Internet's go, and nobody relies on a default group that is closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.default_group import DEFAULT
from hipaa_tui.aws.ec2.ingress import ALL, Rule, is_open, key_of, plain
from hipaa_tui.aws.ec2.lookups import INGRESS, groups, interfaces, listed, pages, users
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError

DEFAULT_GROUP: Final = "aws.ec2.default-security-group"
_LAST: Final = 65_535


def sg_referenced(look: Look) -> Verdict:
    """Blocks where a rule that is not the Internet's would go, or a port would be left to nobody."""
    drafts = [draft for draft in look.changes if draft.setting == INGRESS]
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
                f"{listed(others)} would go too, which does not let the Internet in: what relies on it is cut off",
            )
        lost = [
            _words(rule) for rule in gone if ":" not in rule["source"] and not _has_successor(rule, draft)
        ]
        if lost:
            return (
                Outcome.BLOCK,
                f"of {listed(lost)} some ports would be left to nobody: split the rule instead",
            )
        whole = [_words(rule) for rule in gone if _is_whole(rule)]
        if whole:
            notes.append(f"{listed(whole)} is narrowed as a whole, with every port that relies on it")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    names = sorted(
        {
            str(one["GroupId"])
            for one in groups(look, "ip-permission.group-id", drafts[0].target.name)
            if one["GroupId"] != drafts[0].target.name
        }
    )
    relying = f"; rules of {listed(names)} that name this group stay as they are" if names else ""
    return Outcome.PASS, f"only rules that let the whole Internet in go{relying}"


def _has_successor(rule: Rule, draft: Draft) -> bool:
    """Is every port of the rule let in for somebody by the rules after the change?"""
    kept = [
        one
        for one in map(plain, draft.after["rules"])
        if one["protocol"] in (ALL, rule["protocol"]) and ":" not in one["source"]
    ]
    position, last = int(rule.get("from", 0)), int(rule.get("to", _LAST))
    for one in sorted(kept, key=lambda each: int(each.get("from", 0))):
        if one.get("from", 0) <= position:
            position = max(position, int(one.get("to", _LAST)) + 1)
    return position > last


def _is_whole(rule: Rule) -> bool:
    return bool(rule["protocol"] == ALL or (rule.get("from", 0) <= 1 and rule.get("to", _LAST) == _LAST))


def _words(rule: Rule) -> str:
    ports = "" if "from" not in rule else f" {rule['from']}-{rule['to']}"
    what = "all traffic" if rule["protocol"] == ALL else f"{rule['protocol']}{ports}"
    return f"{what} from {rule['source']}"


def default_sg_unused(look: Look) -> Verdict:
    """Blocks where anything is in the default group, or any rule of another group relies on it."""
    drafts = [draft for draft in look.changes if draft.setting == DEFAULT_GROUP]
    if not drafts:
        return Outcome.PASS, "no default group changes"
    target = drafts[0].target
    identity = look.read(DEFAULT_GROUP, target).identity
    if identity.get("GroupName") != DEFAULT:
        return Outcome.BLOCK, f"{target.name} is not the default group of its VPC"
    planned = look.read(INGRESS, target).value
    if sorted(map(key_of, planned["rules"])) != sorted(map(key_of, drafts[0].before["ingress"])):
        return (
            Outcome.BLOCK,
            "this plan changes the same group's inbound rules before: apply that first, then plan this one again",
        )
    if found := interfaces(look, "group-id", target.name):
        return (
            Outcome.BLOCK,
            f"{listed(users(found))} is in the default group and would be cut off: "
            "give it a group of its own with the rules that it needs",
        )
    relying = _relying(look, target.name)
    if relying:
        return Outcome.BLOCK, f"rules of {listed(relying)} name the default group: change them first"
    try:
        templates = _templates(look, target.name)
    except CloudError as error:
        return (
            Outcome.WARN,
            f"nothing is in the group now, and launch templates could not be read ({error.code})",
        )
    if templates:
        return (
            Outcome.WARN,
            f"what {listed(templates)} launches is put into the default group and will reach nothing: "
            "name another group there first",
        )
    return Outcome.PASS, "nothing is in the default group, and no other group's rules name it"


def _relying(look: Look, group: str) -> list[str]:
    found = [
        *groups(look, "ip-permission.group-id", group),
        *groups(look, "egress.ip-permission.group-id", group),
    ]
    return sorted({str(one["GroupId"]) for one in found} - {group})


def _templates(look: Look, group: str) -> list[str]:
    """The launch templates that name the group in their latest or default version."""
    found = pages(
        look,
        "ec2",
        "DescribeLaunchTemplateVersions",
        "LaunchTemplateVersions",
        Versions=["$Latest", "$Default"],
    )
    return sorted(
        {
            f"the launch template {one.get('LaunchTemplateName')}"
            for one in found
            if group in _groups_of(one.get("LaunchTemplateData") or {})
        }
    )


def _groups_of(data: Mapping[str, Any]) -> Sequence[str]:
    inner = [str(id) for one in data.get("NetworkInterfaces") or [] for id in one.get("Groups") or []]
    return [*map(str, data.get("SecurityGroupIds") or []), *inner]


GUARDS = {"sg-referenced": sg_referenced, "default-sg-unused": default_sg_unused}
CAUTIOUS = ("sg-referenced", "default-sg-unused")
