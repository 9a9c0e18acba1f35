"""IAM groups: what their members may do, and whether they have any."""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.user_policies import canonical_policies, shown_policies, text_of
from hipaa_tui.aws.iam.users import call, home, name_of, operations
from hipaa_tui.aws.policies import documents
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

_NAME: Final = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)


def group_call(target: Target, operation: str, **arguments: Json) -> Call:
    return call(target, operation, GroupName=name_of(target.id), **arguments)


def about_group(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The group and its members ("Group", "Users"); empty where there is no such group. Raises CloudError."""
    try:
        found = cloud.call(group_call(target, "GetGroup"))
        members = cloud.pages(group_call(target, "GetGroup"), "Users")
    except CloudError as error:
        absent_on(("NoSuchEntity",), error)
        return {}
    return {"Group": found["Group"], "Users": members}


class Groups(ResourceType):
    name = "AWS::IAM::Group"
    title = "IAM group"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = cloud.pages(Call("aws", "iam", "ListGroups", {}, home(partition)), "Groups")
        targets = (self.target(str(one["Arn"]), account, region, partition) for one in found)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is not None:
            if arn.service != "iam" or not arn.resource.startswith("group/"):
                return None
            account, partition = arn.account or account, arn.partition
        elif not _NAME.fullmatch(id) or id == account:
            return None
        else:
            id = f"arn:{partition}:iam::{account}:group/{id}"
        return Target("aws", self.name, account, home(partition), id, name_of(id), partition)


class Group(Setting):
    """The group itself: {"Attached": ARNs, "Inline": {name: text}}; ABSENT where there is no such group."""

    id = "aws.iam.group"
    title = "Group and its policies"
    resource = Groups.name
    reads = operations("GetGroup", "ListAttachedGroupPolicies", "ListGroupPolicies", "GetGroupPolicy")
    writes = operations(
        "CreateGroup", "AttachGroupPolicy", "PutGroupPolicy", "DetachGroupPolicy", "DeleteGroupPolicy"
    )
    removes = operations("DetachGroupPolicy", "DeleteGroupPolicy", "DeleteGroup")
    creates_resource = True
    terraform = ("aws_iam_group", "aws_iam_group_policy_attachment", "aws_iam_group_policy")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = about_group(cloud, target)
        if not found:
            return Reading(ABSENT)
        attached = cloud.pages(group_call(target, "ListAttachedGroupPolicies"), "AttachedPolicies")
        names = cloud.pages(group_call(target, "ListGroupPolicies"), "PolicyNames")
        inline = {
            str(name): text_of(
                cloud.call(group_call(target, "GetGroupPolicy", PolicyName=name))["PolicyDocument"]
            )
            for name in names
        }
        value = {
            "Attached": sorted(str(one["PolicyArn"]) for one in attached),
            "Inline": dict(sorted(inline.items())),
        }
        identity = {
            "Arn": found["Group"]["Arn"],
            "GroupName": found["Group"]["GroupName"],
            "Path": found["Group"].get("Path", "/"),
            "Members": sorted(str(one["UserName"]) for one in found["Users"]),
        }
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [] if before.absent else [request for request, _ in self._removal(target, before.value)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if after is ABSENT:
            return [] if before is ABSENT else [value for _, value in self._removal(target, before)][:-1]
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """What is added first, then what is taken away, each call with what stands after it."""
        have: dict[str, Any] = {"Attached": [], "Inline": {}} if before is ABSENT else before
        attached, inline = set(have["Attached"]), dict(have["Inline"])
        steps: list[tuple[Call, Json]] = []

        def step(operation: str, **arguments: Json) -> None:
            value = {"Attached": sorted(attached), "Inline": dict(inline)}
            steps.append((group_call(target, operation, **arguments), value))

        if before is ABSENT:
            step("CreateGroup")
        for arn in sorted(set(after["Attached"]) - attached):
            attached.add(arn)
            step("AttachGroupPolicy", PolicyArn=arn)
        for name, text in sorted(after["Inline"].items()):
            if name not in inline or documents.canonical(inline[name]) != documents.canonical(text):
                inline[name] = text
                step("PutGroupPolicy", PolicyName=name, PolicyDocument=text)
        for arn in sorted(attached - set(after["Attached"])):
            attached.remove(arn)
            step("DetachGroupPolicy", PolicyArn=arn)
        for name in sorted(inline.keys() - after["Inline"].keys()):
            del inline[name]
            step("DeleteGroupPolicy", PolicyName=name)
        return steps

    def _removal(self, target: Target, before: Json) -> list[tuple[Call, Json]]:
        """IAM deletes a group only once it is empty; its members are not ours to send away."""
        empty: dict[str, Any] = {"Attached": [], "Inline": {}}
        return [*self._steps(target, before, empty), (group_call(target, "DeleteGroup"), ABSENT)]

    def canonical(self, value: Json) -> Json:
        return canonical_policies(value)

    def display(self, value: Json) -> Json:
        return shown_policies(value)

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        name = name_of(target.id)
        arn = target.id if parse(target.id) else f"arn:{target.partition}:iam::{target.account}:group/{name}"
        return {"Arn": arn, "GroupName": name}


class SharedGroup(Group):
    """A group that every user may come to be in: a rollback for one of them must not take it from the others."""

    id = "aws.iam.shared-group"
    kept_on_rollback = "other users may be in it by now; a group without members allows and refuses nothing"


class GroupMembers(Setting):
    """{"Members": names of users}: who belongs where is for people to say."""

    id = "aws.iam.group-members"
    title = "Members of the group"
    resource = Groups.name
    reads = (Operation("iam", "GetGroup"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = about_group(cloud, target)
        if not found:
            return Reading(ABSENT)
        members = sorted(str(one["UserName"]) for one in found["Users"])
        return Reading({"Members": members}, {"GroupName": found["Group"]["GroupName"]})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("who is in a group is for people to say")


def with_policies(current: Json, wanted: Json) -> Json:
    """The group with these policies as well: {"Attached"?: ARNs, "Inline"?: {name: text}}. Others of it stay."""
    have: dict[str, Any] = {"Attached": [], "Inline": {}} if current is ABSENT else current
    return {
        "Attached": sorted({*have["Attached"], *(wanted.get("Attached") or [])}),
        "Inline": {**have["Inline"], **(wanted.get("Inline") or {})},
    }


RESOURCE_TYPES = (Groups(),)
SETTINGS = (Group(), SharedGroup(), GroupMembers())
BUILDERS = {"with_policies": with_policies}
