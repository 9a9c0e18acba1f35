"""Checks which passwords a new password policy would expire at once, and whether users could renew them."""

from __future__ import annotations

import base64
import csv
import io
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from hipaa_tui.aws.iam.users import days_since, login_of, now
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

_POLICY: Final = "aws.iam.password-policy"
_NO_REPORT: Final = frozenset({"ReportNotPresent", "ReportExpired", "ReportInProgress"})
_TRIES: Final = 5
_YES: Final = "true"
_SHOWN: Final = 8
_MAX_USERS: Final = 200
"""Maximum number of users whose login profile is read one by one without a credential report."""


def password_policy_renewable(context: GuardContext) -> Verdict:
    """Blocks a new password age where HardExpiry keeps users from renewing a password that has expired.

    Warns of HardExpiry where the age stays the same.
    """
    draft = _draft(context)
    if draft is None or not draft.after.get("HardExpiry"):
        return Outcome.PASS, "users can set a new password when theirs expires"
    if _age(draft.before) == _age(draft.after):
        return (
            Outcome.WARN,
            "HardExpiry is on: users whose password expires are locked out until an administrator resets it, and "
            "that stays so, so consider turning it off",
        )
    return (
        Outcome.BLOCK,
        "HardExpiry is on: users whose password expires are locked out until an administrator resets it, and "
        f"passwords would now expire after {_age(draft.after)} days, so turn HardExpiry off first",
    )


def passwords_that_expire(context: GuardContext) -> Verdict:
    """Warns whose password is older than the new maximum age: they must set a new one at the next sign-in."""
    draft = _draft(context)
    if draft is None or not _age(draft.after):
        return Outcome.PASS, "passwords do not expire under this policy"
    longest, before = _age(draft.after), _age(draft.before)
    if before and before <= longest:
        return Outcome.PASS, f"passwords already expire after {before} days"
    ages, basis = _ages(context)
    # A password past the earlier maximum age too has expired already.
    hit = sorted(name for name, age in ages.items() if age >= longest and (not before or age < before))
    if not hit:
        return Outcome.PASS, f"none of {len(ages)} passwords is {longest} days old ({basis})"
    more = f" and {len(hit) - _SHOWN} more" if len(hit) > _SHOWN else ""
    return (
        Outcome.WARN,
        f"{len(hit)} of {len(ages)} passwords expire at once, and their users must set a new one at the next "
        f"sign-in: {', '.join(hit[:_SHOWN])}{more} ({basis}); open sessions continue",
    )


def _draft(context: GuardContext) -> PlannedChange | None:
    for draft in context.changes:
        if draft.setting == _POLICY and draft.after is not ABSENT:
            return draft
    return None


def _age(value: Json) -> int:
    return 0 if value is ABSENT else int(value.get("MaxPasswordAge") or 0)


def _ages(context: GuardContext) -> tuple[dict[str, int], str]:
    """Returns (days since each password was changed, by user name; what that is based on)."""
    report = _report(context)
    if report is None:
        return _by_logins(context)
    try:
        rows = list(csv.DictReader(io.StringIO(base64.b64decode(str(report["Content"])).decode())))
        made = str(report.get("GeneratedTime", ""))[:16]
        return {str(row["user"]): _since(row) for row in rows if _has_password(row)}, (
            f"by the IAM credential report of {made}"
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"the IAM credential report cannot be read ({error})") from None


def _has_password(row: Mapping[str, str]) -> bool:
    # The password policy does not apply to the root user.
    return row["password_enabled"] == _YES and row["user"] != "<root_account>"


def _since(row: Mapping[str, str]) -> int:
    return (now() - datetime.fromisoformat(row["password_last_changed"].replace("Z", "+00:00"))).days


def _report(context: GuardContext) -> Mapping[str, Any] | None:
    """Returns the credential report; None where there is none and none can be generated."""
    region = context.target.region
    for tried in range(_TRIES):
        if tried > 1:
            time.sleep(1)
        try:
            return context.cloud.call(Call("aws", "iam", "GetCredentialReport", {}, region))
        except CloudError as error:
            if error.code not in _NO_REPORT:
                if error.denied:
                    return None
                raise
        try:
            context.cloud.call(Call("aws", "iam", "GenerateCredentialReport", {}, region))
        except CloudError:
            return None
    return None


def _by_logins(context: GuardContext) -> tuple[dict[str, int], str]:
    """Takes the date of each user's first password: one changed since is younger than it appears here."""
    target = context.target
    users = resource_type("AWS::IAM::User").list(
        context.cloud, target.account, target.region, target.partition
    )
    ages = {}
    for user in users[:_MAX_USERS]:
        login = login_of(context.cloud, user)
        if login:
            ages[user.name] = days_since(login["CreateDate"])
    looked = f"{_MAX_USERS} of {len(users)} users were checked, " if len(users) > _MAX_USERS else ""
    return ages, f"{looked}by the date of each user's first password, since there is no credential report"


GUARDS = {
    "password-policy-renewable": password_policy_renewable,
    "passwords-that-expire": passwords_that_expire,
}
BLOCK_ON_ERROR = ("password-policy-renewable",)
