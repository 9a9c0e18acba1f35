"""Who else may write to the account's log groups: CloudWatch Logs' resource policies, ten in a region."""

from __future__ import annotations

import json
import re
from typing import Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

MOST_POLICIES: Final = 10
"""Resource policies of an account in a region (CloudWatch Logs, PutResourcePolicy)."""
LONGEST_POLICY: Final = 5120
"""Characters of one of them."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,255}")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("logs", name) for name in names)


def policies(cloud: Cloud, region: str) -> dict[str, str]:
    """Every resource policy of the region, by name."""
    found = cloud.pages(Call("aws", "logs", "DescribeResourcePolicies", {}, region), "resourcePolicies")
    return {str(one["policyName"]): str(one["policyDocument"]) for one in found if one.get("policyName")}


class ResourcePolicies(ResourceType):
    """Only ever a target of a playbook's own changes, so nothing lists them."""

    name = "AWS::Logs::ResourcePolicy"
    title = "Log resource policy"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return []

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        return Target("aws", self.name, account, region, id, id, partition) if _NAME.fullmatch(id) else None


class LogsResourcePolicy(Setting):
    """The policy's text, word for word."""

    id = "aws.logs.resource-policy"
    title = "Log resource policy"
    resource = ResourcePolicies.name
    reads = _operations("DescribeResourcePolicies")
    writes = _operations("PutResourcePolicy")
    removes = _operations("DeleteResourcePolicy")
    creates_resource = True
    kept_on_rollback = "other resources may write their logs by it by now"
    terraform = ("aws_cloudwatch_log_resource_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        text = policies(cloud, target.region).get(target.id)
        return Reading(ABSENT if text is None else text, {"PolicyName": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given = {"policyName": target.id, "policyDocument": after}
        return [Call("aws", "logs", "PutResourcePolicy", given, target.region)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [Call("aws", "logs", "DeleteResourcePolicy", {"policyName": target.id}, target.region)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"PolicyName": target.id}


def with_log_writers(current: Json, wanted: Json) -> Json:
    """The policy with the statement of `wanted`; every other one stays as it stands."""
    if current is ABSENT:
        several = wanted if isinstance(wanted, list) else [wanted]
        return json.dumps({"Version": documents.VERSION, "Statement": several})
    return documents.with_statements(current, wanted, longest=LONGEST_POLICY)


RESOURCE_TYPES = (ResourcePolicies(),)
SETTINGS = (LogsResourcePolicy(),)
BUILDERS = {"with_log_writers": with_log_writers}
