"""IAM users: who they are, the groups that they are in, and the second factors that they have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read
from hipaa_tui.aws.permissions.caller_policies import Principal, identity_statements
from hipaa_tui.aws.policies.documents import statements
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

_NAME: Final = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_UNIQUE_ID: Final = re.compile(r"AIDA[A-Z0-9]{12,}")
_HOME: Final = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_FALSE: Final = "false"


def home(partition: str) -> str:
    """Where a partition's IAM is asked: it is one in all regions, and so are its targets."""
    return _HOME.get(partition, "us-east-1")


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("iam", name) for name in names)


def name_of(id: str) -> str:
    """The name of a user, group or policy, from its ARN (whatever its path) or from the name itself."""
    arn = parse(id)
    return id if arn is None else arn.resource.rpartition("/")[2]


def call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "iam", operation, arguments, target.region)


def user_call(target: Target, operation: str, **arguments: Json) -> Call:
    return call(target, operation, UserName=name_of(target.id), **arguments)


def now() -> datetime:
    """The clock by which the age of credentials is told."""
    return datetime.now(UTC)


def days_since(moment: Json) -> int:
    """Whole days since a time of an answer."""
    return max(0, (now() - datetime.fromisoformat(str(moment))).days)


def about_user(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What GetUser says; empty where there is no such user. Raises CloudError."""
    try:
        return dict(cloud.call(user_call(target, "GetUser"))["User"])
    except CloudError as error:
        absent_on(("NoSuchEntity",), error)
        return {}


def login_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The user's login profile; empty where it has no password for the console. Raises CloudError."""
    try:
        return dict(cloud.call(user_call(target, "GetLoginProfile"))["LoginProfile"])
    except CloudError as error:
        absent_on(("NoSuchEntity",), error)
        return {}


def refuses_without_mfa(statement: Mapping[str, Any]) -> bool:
    """Does the statement refuse what a session without a second factor asks for, all but a named few?

    It has to reach requests that say nothing about a factor too, which is what ...IfExists does
    (IAM User Guide, "AWS global condition context keys": aws:MultiFactorAuthPresent).
    """
    if statement.get("Effect") != "Deny":
        return False
    wide = "NotAction" in statement or "*" in _listed(statement.get("Action"))
    if not wide or "*" not in _listed(statement.get("Resource")):
        return False
    conditions = statement.get("Condition")
    if not isinstance(conditions, Mapping) or set(conditions) != {"BoolIfExists"}:
        return False
    tests = conditions["BoolIfExists"]
    if not isinstance(tests, Mapping) or len(tests) != 1:
        return False
    key, values = next(iter(tests.items()))
    asked = [str(one).lower() for one in _listed(values)]
    return str(key).lower() == "aws:multifactorauthpresent" and asked == [_FALSE]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Users(ResourceType):
    name = "AWS::IAM::User"
    title = "IAM user"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = cloud.pages(Call("aws", "iam", "ListUsers", {}, home(partition)), "Users")
        targets = (self.target(str(one["Arn"]), account, region, partition) for one in found)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is not None:
            if arn.service != "iam" or not arn.resource.startswith("user/"):
                return None
            account, partition = arn.account or account, arn.partition
        elif not _NAME.fullmatch(id) or _UNIQUE_ID.fullmatch(id) or id == account:
            return None
        else:
            id = f"arn:{partition}:iam::{account}:user/{id}"
        return Target("aws", self.name, account, home(partition), id, name_of(id), partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.pages(user_call(target, "ListUserTags"), "Tags")
        return {str(tag["Key"]): str(tag["Value"]) for tag in found}


class UserGroups(Setting):
    """{"Groups": names, "ConsoleLogin": has a password, "RefusedWithoutMfa": do its policies want a factor}.

    Only the groups are chosen; the rest is what decides whether more of them are wanted.
    """

    id = "aws.iam.user-groups"
    title = "Groups of the user"
    resource = Users.name
    reads = (
        *operations("ListGroupsForUser", "GetLoginProfile", "ListUserPolicies", "GetUserPolicy"),
        *operations("ListAttachedUserPolicies", "ListGroupPolicies", "GetGroupPolicy"),
        *operations("ListAttachedGroupPolicies", "GetPolicy", "GetPolicyVersion"),
    )
    writes = operations("AddUserToGroup", "RemoveUserFromGroup")
    terraform = ("aws_iam_user_group_membership",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.pages(user_call(target, "ListGroupsForUser"), "Groups")
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        login = bool(login_of(cloud, target))
        refused = login and any(
            refuses_without_mfa(one) for one in identity_statements(cloud, Principal(target.id, target.id))
        )
        value = {
            "Groups": sorted(str(group["GroupName"]) for group in found),
            "ConsoleLogin": login,
            "RefusedWithoutMfa": refused,
        }
        return Reading(value, {"UserName": name_of(target.id)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """New groups first, so that nothing is lost on the way from one group to another."""
        if before is ABSENT:
            raise ValueError(f"there is no user {target.name}")
        have, wanted = set(before["Groups"]), set(after["Groups"])
        steps = []
        for name in sorted(wanted - have):
            have.add(name)
            steps.append(self._step(target, "AddUserToGroup", name, before, have))
        for name in sorted(have - wanted):
            have.remove(name)
            steps.append(self._step(target, "RemoveUserFromGroup", name, before, have))
        return steps

    def _step(
        self, target: Target, operation: str, group: str, before: Json, have: set[str]
    ) -> tuple[Call, Json]:
        request = user_call(target, operation, GroupName=group)
        return request, {**before, "Groups": sorted(have)}

    def canonical(self, value: Json) -> Json:
        return {"Groups": sorted(value["Groups"])}

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else {"Groups": value["Groups"]}


class MfaDevices(Declared):
    """{"Devices": serial numbers}: only the user can register one."""

    id = "aws.iam.mfa-devices"
    title = "Second factors"
    resource = Users.name
    reading = Read(
        *("iam", "ListMFADevices", "MFADevices", {"UserName": "{name}"}), gone=("NoSuchEntity",), pages=True
    )
    identity = {"UserName": "{name}"}
    read_only = "a second factor is registered by whoever holds it"

    def value(self, found: Any) -> Json:
        return {"Devices": sorted(str(one["SerialNumber"]) for one in found)}


def with_group(current: Json, group: Json) -> Json:
    """The groups and one more; the user stays in every other one."""
    if current is ABSENT:
        raise ValueError("there is no such user")
    return {**current, "Groups": sorted({*current["Groups"], str(group)})}


def document_statements(text: Json) -> list[dict[str, Any]]:
    """The statements of a policy's text, none where it cannot be read."""
    try:
        return statements(text)
    except ValueError:
        return []


RESOURCE_TYPES = (Users(),)
SETTINGS = (UserGroups(), MfaDevices())
BUILDERS = {"with_group": with_group}
