"""AWS's own policies that let one do everything: who has them, and who gets something narrower instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.last_accessed import READS, services_used
from hipaa_tui.aws.iam.policy_documents import administrator
from hipaa_tui.aws.iam.user_policies import text_of
from hipaa_tui.aws.iam.users import call, home, name_of, operations
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

KINDS: Final = ("User", "Group", "Role")
EMERGENCY: Final = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_RESERVED: Final = re.compile(r"AWSReservedSSO_.*|AWSServiceRoleFor.*")


class AttachedPolicies(ResourceType):
    """AWS's policies that are attached to somebody. Nobody but AWS changes them; who has them is ours to say."""

    name = "AWS::IAM::AttachedPolicy"
    title = "AWS managed policy in use"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        given: dict[str, Json] = {"Scope": "AWS", "OnlyAttached": True}
        found = cloud.pages(Call("aws", "iam", "ListPolicies", given, home(partition)), "Policies")
        targets = (self.target(str(one["Arn"]), account, region, partition) for one in found)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None or arn.service != "iam" or not arn.resource.startswith("policy/"):
            return None
        if arn.account != "aws":
            return None
        return Target("aws", self.name, account, home(arn.partition), id, name_of(id), arn.partition)


class PolicyAttachments(Setting):
    """{"Users", "Groups", "Roles": names that have the policy, "Kept", and what builders ask about the policy}.

    "Kept" are roles of IAM Identity Center and of AWS's services, which IAM lets nobody change, and those for
    emergencies by their name: they are left alone. "Administrator", "Document" and "Used" are about the policy;
    only the first three are chosen and compared.
    """

    id = "aws.iam.policy-attachments"
    title = "Who has the policy"
    resource = AttachedPolicies.name
    reads = (*operations("GetPolicy", "GetPolicyVersion", "ListEntitiesForPolicy"), *READS[:2])
    writes = operations(
        *(f"Attach{kind}Policy" for kind in KINDS), *(f"Detach{kind}Policy" for kind in KINDS)
    )
    terraform = (
        "aws_iam_user_policy_attachment",
        "aws_iam_group_policy_attachment",
        "aws_iam_role_policy_attachment",
    )

    def read(self, cloud: Cloud, target: Target) -> Reading:
        nobody: dict[str, Json] = {"Users": [], "Groups": [], "Roles": [], "Kept": [], "Administrator": False}
        try:
            about = cloud.call(call(target, "GetPolicy", PolicyArn=target.id))["Policy"]
        except CloudError as error:
            absent_on(("NoSuchEntity",), error)
            return Reading(nobody, {"Arn": target.id})  # an earlier change of the playbook makes it
        version = call(target, "GetPolicyVersion", PolicyArn=target.id, VersionId=about["DefaultVersionId"])
        text = text_of(cloud.call(version)["PolicyVersion"]["Document"])
        value = {**nobody, "Administrator": administrator(text), "Document": text}
        kept: list[str] = []
        for kind in KINDS:
            asked = {"EntityFilter": kind, "PolicyUsageFilter": "PermissionsPolicy", "PolicyArn": target.id}
            found = cloud.pages(call(target, "ListEntitiesForPolicy", **asked), f"Policy{kind}s")
            names = sorted(str(one[f"{kind}Name"]) for one in found)
            apart = [one for one in names if _apart(one)]
            kept += apart
            value[f"{kind}s"] = [one for one in names if one not in apart]
        value["Kept"] = sorted(kept)
        if value["Administrator"]:
            value["Used"] = services_used(cloud, target.id, target.partition)
        return Reading(value, {"Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        have = {f"{kind}s": set(before[f"{kind}s"]) for kind in KINDS}
        steps: list[tuple[Call, Json]] = []
        for verb in ("Attach", "Detach"):
            for kind in KINDS:
                wanted, held = set(after[f"{kind}s"]), have[f"{kind}s"]
                for name in sorted(wanted - held if verb == "Attach" else held - wanted):
                    (held.add if verb == "Attach" else held.discard)(name)
                    given = {f"{kind}Name": name, "PolicyArn": target.id}
                    value = {part: sorted(names) for part, names in have.items()}
                    steps.append((call(target, f"{verb}{kind}Policy", **given), value))
        return steps

    def canonical(self, value: Json) -> Json:
        return {f"{kind}s": sorted(value[f"{kind}s"]) for kind in KINDS}

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else self.canonical(value)


def _apart(name: str) -> bool:
    return bool(_RESERVED.fullmatch(name) or EMERGENCY.search(name))


def attached_to(current: Json, others: Json) -> Json:
    """Attached to those as well who have another policy ("Users", "Groups", "Roles" of `others`)."""
    return {**current, **_together(current, others)}


def detached(current: Json, _arguments: Json) -> Json:
    """Attached to nobody but those that are kept."""
    return {**current, "Users": [], "Groups": [], "Roles": []}


def _together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Json]:
    return {f"{kind}s": sorted({*one[f"{kind}s"], *other[f"{kind}s"]}) for kind in KINDS}


RESOURCE_TYPES = (AttachedPolicies(),)
SETTINGS = (PolicyAttachments(),)
BUILDERS = {"attached_to": attached_to, "detached": detached}
