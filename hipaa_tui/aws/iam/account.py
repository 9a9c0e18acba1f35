"""What one account says about all its IAM users: its password policy, its root user, its way to AWS Support."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.iam.users import call, home, operations
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Reading,
    ResourceType,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
FLAGS: Final = (
    *("RequireUppercaseCharacters", "RequireLowercaseCharacters", "RequireNumbers", "RequireSymbols"),
    *("AllowUsersToChangePassword", "HardExpiry"),
)
_NUMBERS: Final = ("MinimumPasswordLength", "MaxPasswordAge", "PasswordReusePrevention")
_SHORTEST: Final = 6
"""What the API takes for a length that nobody gives (UpdateAccountPasswordPolicy)."""


class _OfAccount(ResourceType):
    """A thing that each account has once. Reports name it by the account, or by an ARN that is made up for it."""

    regional = False
    resource: str
    """How the ARN ends that stands for it here."""
    known: tuple[str, ...]
    """Ends of ARNs of IAM by which reports name it."""

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            found = _ACCOUNT.fullmatch(id)
            return self._of(found[1], partition) if found else None
        if arn.service != "iam" or arn.resource not in self.known:
            return None
        own = arn.account if re.fullmatch(r"\d{12}", arn.account) else account
        return self._of(own, arn.partition)

    def _of(self, account: str, partition: str) -> Target:
        id = f"arn:{partition}:iam::{account}:{self.resource}"
        name = f"{self.title.lower()} of {account}"
        return Target("aws", self.name, account, home(partition), id, name, partition)


class PasswordPolicies(_OfAccount):
    name = "AWS::IAM::AccountPasswordPolicy"
    title = "Password policy"
    resource = "password-policy"
    known = ("password-policy", "root")


class RootUsers(_OfAccount):
    name = "AWS::IAM::RootUser"
    title = "Root user"
    resource = "root"
    known = ("root",)

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        named = account if id == "<root_account>" else id
        return super().target(named, account, region, partition)


class SupportAccesses(_OfAccount):
    name = "AWS::IAM::SupportAccess"
    title = "Access to AWS Support"
    resource = "support-access"
    known = ("support-access", "policy/AWSSupportAccess", "root")


class PasswordPolicy(Declared):
    """The policy as the API writes it; ABSENT where nobody has set one and AWS's default stands.

    UpdateAccountPasswordPolicy replaces it whole: what is left out goes back to the API's default. So a write
    always says everything that is wanted, and what the user did not ask for stands there as it was read.
    """

    id = "aws.iam.password-policy"
    title = "Password policy"
    resource = PasswordPolicies.name
    reading = Read("iam", "GetAccountPasswordPolicy", "PasswordPolicy", gone=("NoSuchEntity",))
    writing = Write("iam", "UpdateAccountPasswordPolicy")
    removing = Remove("iam", "DeleteAccountPasswordPolicy")
    terraform = ("aws_iam_account_password_policy",)

    def value(self, found: Any) -> Json:
        return _whole(found)

    def sent(self, before: Reading, after: Json) -> Json:
        # The API takes no 0: a number that is not wanted is left out.
        return {name: value for name, value in _whole(after).items() if value or name in FLAGS}

    def canonical(self, value: Json) -> Json:
        return _whole(value)


class RootCredentials(Declared):
    """{"AccessKeys": how many the root user has, "MfaEnabled", "Password"?}: only the root user changes them."""

    id = "aws.iam.root-credentials"
    title = "Credentials of the root user"
    resource = RootUsers.name
    reading = Read("iam", "GetAccountSummary")
    read_only = "only the root user itself can change its credentials"

    def value(self, found: Any) -> Json:
        summary = found["SummaryMap"]
        if "AccountAccessKeysPresent" not in summary:
            raise ValueError("IAM's summary does not say whether the root user has access keys")
        return {
            "AccessKeys": int(summary["AccountAccessKeysPresent"]),
            "MfaEnabled": bool(summary.get("AccountMFAEnabled")),
        }


_SUPPORT: Final = "arn:{partition}:iam::aws:policy/AWSSupportAccess"


class SupportAccess(Declared):
    """{"Roles": names of the roles that AWS's policy for support cases is attached to}."""

    id = "aws.iam.support-access"
    title = "Roles for AWS Support"
    resource = SupportAccesses.name
    reading = Read(
        *("iam", "ListEntitiesForPolicy", "PolicyRoles", {"PolicyArn": _SUPPORT, "EntityFilter": "Role"}),
        pages=True,
    )
    identity = {"PolicyArn": _SUPPORT}
    writes = operations("AttachRolePolicy", "DetachRolePolicy")
    terraform = ("aws_iam_role_policy_attachment",)

    def value(self, found: Any) -> Json:
        return {"Roles": sorted(str(one["RoleName"]) for one in found)}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, wanted = set(before.value["Roles"]), set(after["Roles"])
        steps = [("AttachRolePolicy", name) for name in sorted(wanted - have)]
        steps += [("DetachRolePolicy", name) for name in sorted(have - wanted)]
        support = _SUPPORT.format(partition=target.partition)
        return [call(target, operation, RoleName=name, PolicyArn=support) for operation, name in steps]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        passed, have = [], set(before["Roles"])
        for name in [*sorted(set(after["Roles"]) - have), *sorted(have - set(after["Roles"]))]:
            have ^= {name}
            passed.append({"Roles": sorted(have)})
        return passed[:-1]

    def canonical(self, value: Json) -> Json:
        return {"Roles": sorted(value["Roles"])}


def _whole(value: Mapping[str, Any]) -> dict[str, Json]:
    """Every field that the API takes, with what it means where it is not said."""
    flags = {name: bool(value.get(name)) for name in FLAGS}
    numbers = {name: int(value.get(name) or 0) for name in _NUMBERS}
    numbers["MinimumPasswordLength"] = numbers["MinimumPasswordLength"] or _SHORTEST
    return {**flags, **numbers}


def stronger_passwords(current: Json, wanted: Json) -> Json:
    """The policy that stands there, with what is wanted where that asks for more. Nothing is weakened.

    Of a longest age the shorter one counts, 0 being none. A policy that makes passwords expire lets users
    change them, or whoever comes back after the day has no way in.
    """
    have: dict[str, Any] = _whole({} if current is ABSENT else current)
    for name, value in wanted.items():
        if name == "MaxPasswordAge":
            have[name] = min(have[name] or value, value)
        elif name in FLAGS:
            have[name] = have[name] or bool(value)
        else:
            have[name] = max(have[name], value)
    have["AllowUsersToChangePassword"] |= bool(have["MaxPasswordAge"])
    return have


def with_role(current: Json, role: Json) -> Json:
    """The roles and one more."""
    return {"Roles": sorted({*current["Roles"], str(role)})}


RESOURCE_TYPES = (PasswordPolicies(), RootUsers(), SupportAccesses())
SETTINGS = (PasswordPolicy(), RootCredentials(), SupportAccess())
BUILDERS = {"stronger_passwords": stronger_passwords, "with_role": with_role}
