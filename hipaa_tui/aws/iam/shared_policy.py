"""A customer managed policy that fixes share: made once in the account, then found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.user_policies import text_of
from hipaa_tui.aws.iam.users import call, home, operations
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

_TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]


class CustomerPolicies(ResourceType):
    name = "AWS::IAM::ManagedPolicy"
    title = "Customer managed policy"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        request = Call("aws", "iam", "ListPolicies", {"Scope": "Local"}, home(partition))
        found = cloud.pages(request, "Policies")
        targets = (self.target(str(one["Arn"]), account, region, partition) for one in found)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None or arn.service != "iam" or not arn.resource.startswith("policy/"):
            return None
        if arn.account == "aws":
            return None  # AWS's own: nobody else can change them
        name = arn.resource.rpartition("/")[2]
        return Target("aws", self.name, arn.account, home(arn.partition), id, name, arn.partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.pages(call(target, "ListPolicyTags", PolicyArn=target.id), "Tags")
        return {str(tag["Key"]): str(tag["Value"]) for tag in found}


class SharedPolicy(Setting):
    """{"Document": text} of the policy's default version; ABSENT where there is no such policy."""

    id = "aws.iam.shared-policy"
    title = "Shared policy"
    resource = CustomerPolicies.name
    reads = operations("GetPolicy", "GetPolicyVersion")
    writes = (
        Operation("iam", "CreatePolicy", also=("iam:TagPolicy",)),
        Operation("iam", "CreatePolicyVersion"),
    )
    removes = operations("DeletePolicy")
    creates_resource = True
    kept_on_rollback = "other groups may use it by now; a policy that nothing uses costs nothing"
    terraform = ("aws_iam_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            about = cloud.call(call(target, "GetPolicy", PolicyArn=target.id))["Policy"]
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        version = call(target, "GetPolicyVersion", PolicyArn=target.id, VersionId=about["DefaultVersionId"])
        document = cloud.call(version)["PolicyVersion"]["Document"]
        identity = {
            "Arn": about["Arn"],
            "PolicyName": about["PolicyName"],
            "Path": about.get("Path", "/"),
            "Description": about.get("Description", ""),
            "DefaultVersionId": about["DefaultVersionId"],
            "Tags": {str(tag["Key"]): str(tag["Value"]) for tag in about.get("Tags") or []},
        }
        return Reading({"Document": text_of(document)}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            arn = parse(target.id)
            path, _, name = (arn.resource if arn else target.id).removeprefix("policy").rpartition("/")
            return [
                call(
                    target,
                    "CreatePolicy",
                    PolicyName=name,
                    Path=f"{path}/",
                    PolicyDocument=after["Document"],
                    Tags=_TAGS,
                )
            ]
        return [
            call(
                target,
                "CreatePolicyVersion",
                PolicyArn=target.id,
                PolicyDocument=after["Document"],
                SetAsDefault=True,
            )
        ]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeletePolicy", PolicyArn=target.id)]

    def canonical(self, value: Json) -> Json:
        return {"Document": documents.canonical(value["Document"])}

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else {"Document": documents.parsed(value["Document"])}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"Arn": target.id, "PolicyName": target.id.rpartition("/")[2]}


def policy_of(_current: Json, wanted: Json) -> Json:
    """The policy of these statements."""
    several = wanted if isinstance(wanted, list) else [wanted]
    return {"Document": json.dumps({"Version": documents.VERSION, "Statement": several})}


RESOURCE_TYPES = (CustomerPolicies(),)
SETTINGS = (SharedPolicy(),)
BUILDERS = {"policy_of": policy_of}
