"""The policies that stand at a user itself, attached and inline."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hipaa_tui.aws.iam.users import Users, name_of, operations, user_call
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


def text_of(document: Json) -> str:
    """A policy as its text; botocore has decoded what the API sent."""
    return document if isinstance(document, str) else json.dumps(document)


def canonical_policies(value: Mapping[str, Json]) -> Json:
    """One form for the same attached and inline policies."""
    return {
        "Attached": sorted(value["Attached"]),
        "Inline": {name: documents.canonical(text) for name, text in value["Inline"].items()},
    }


def shown_policies(value: Json) -> Json:
    """The policies with the inline ones as structure."""
    if value is ABSENT:
        return None
    return {**value, "Inline": {name: documents.parsed(text) for name, text in value["Inline"].items()}}


class UserPolicies(Setting):
    """{"Attached": ARNs, "Inline": {name: text}} of the user itself, not of its groups."""

    id = "aws.iam.user-policies"
    title = "Policies of the user itself"
    resource = Users.name
    reads = operations("ListAttachedUserPolicies", "ListUserPolicies", "GetUserPolicy")
    writes = operations("AttachUserPolicy", "PutUserPolicy", "DetachUserPolicy", "DeleteUserPolicy")
    terraform = ("aws_iam_user_policy_attachments_exclusive", "aws_iam_user_policies_exclusive")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            attached = cloud.pages(user_call(target, "ListAttachedUserPolicies"), "AttachedPolicies")
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        names = cloud.pages(user_call(target, "ListUserPolicies"), "PolicyNames")
        inline = {
            str(name): text_of(
                cloud.call(user_call(target, "GetUserPolicy", PolicyName=name))["PolicyDocument"]
            )
            for name in names
        }
        value = {
            "Attached": sorted(str(one["PolicyArn"]) for one in attached),
            "Inline": dict(sorted(inline.items())),
        }
        return Reading(value, {"UserName": name_of(target.id)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """What is added first, then what is taken away, each call with what stands after it."""
        if before is ABSENT:
            raise ValueError(f"there is no user {target.name}")
        attached, inline = set(before["Attached"]), dict(before["Inline"])
        steps: list[tuple[Call, Json]] = []

        def step(operation: str, **arguments: Json) -> None:
            value = {"Attached": sorted(attached), "Inline": dict(inline)}
            steps.append((user_call(target, operation, **arguments), value))

        for arn in sorted(set(after["Attached"]) - attached):
            attached.add(arn)
            step("AttachUserPolicy", PolicyArn=arn)
        for name, text in sorted(after["Inline"].items()):
            if name not in inline or documents.canonical(inline[name]) != documents.canonical(text):
                inline[name] = text
                step("PutUserPolicy", PolicyName=name, PolicyDocument=text)
        for arn in sorted(attached - set(after["Attached"])):
            attached.remove(arn)
            step("DetachUserPolicy", PolicyArn=arn)
        for name in sorted(inline.keys() - after["Inline"].keys()):
            del inline[name]
            step("DeleteUserPolicy", PolicyName=name)
        return steps

    def canonical(self, value: Json) -> Json:
        return canonical_policies(value)

    def display(self, value: Json) -> Json:
        return shown_policies(value)


SETTINGS = (UserPolicies(),)
