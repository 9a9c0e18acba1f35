"""The permissions boundary of a user or role: what it may do at most, whatever its policies say.

It takes nothing from any policy and goes again with one call, so it comes before policies are narrowed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from hipaa_tui.aws.iam.inline import kind_of, principal_call
from hipaa_tui.aws.iam.policy_documents import administrator
from hipaa_tui.aws.iam.settings import Roles
from hipaa_tui.aws.iam.user_policies import text_of
from hipaa_tui.aws.iam.users import call, operations
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


class Boundary(Setting):
    """{"Boundary": ARN of the policy, "" where there is none, "Administrator": may it do everything by its policies}.

    The policies are looked at only where there is no boundary, and those of a user's groups are not.
    """

    id = "aws.iam.permissions-boundary"
    title = "Permissions boundary"
    resource = Roles.name
    reads = operations(
        *("GetRole", "ListAttachedRolePolicies", "ListRolePolicies", "GetRolePolicy"),
        *("GetUser", "ListAttachedUserPolicies", "ListUserPolicies", "GetUserPolicy"),
        *("GetPolicy", "GetPolicyVersion"),
    )
    writes = operations(
        *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        *("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"),
    )
    terraform = ("aws_iam_role", "aws_iam_user")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        kind = kind_of(target)
        try:
            about = cloud.call(principal_call(target, "Get{}"))[kind]
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        held = str((about.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn") or "")
        value = {"Boundary": held, "Administrator": not held and _administrates(cloud, target)}
        return Reading(value, {"Name": about[f"{kind}Name"], "Arn": about["Arn"]})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(f"{target.name} is not there any more")
        if not after["Boundary"]:
            return [principal_call(target, "Delete{}PermissionsBoundary")]
        wanted = {"PermissionsBoundary": after["Boundary"]}
        return [principal_call(target, "Put{}PermissionsBoundary", **wanted)]

    def canonical(self, value: Json) -> Json:
        return {"Boundary": value["Boundary"]}

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else {"Boundary": value["Boundary"]}


def _administrates(cloud: Cloud, target: Target) -> bool:
    """Does one of its own policies let it do everything?"""
    for one in cloud.pages(principal_call(target, "ListAttached{}Policies"), "AttachedPolicies"):
        arn = str(one["PolicyArn"])
        default = cloud.call(call(target, "GetPolicy", PolicyArn=arn))["Policy"]["DefaultVersionId"]
        found = cloud.call(call(target, "GetPolicyVersion", PolicyArn=arn, VersionId=default))
        if administrator(text_of(found["PolicyVersion"]["Document"])):
            return True
    for name in cloud.pages(principal_call(target, "List{}Policies"), "PolicyNames"):
        found = cloud.call(principal_call(target, "Get{}Policy", PolicyName=name))
        if administrator(text_of(found["PolicyDocument"])):
            return True
    return False


SETTINGS = (Boundary(),)
