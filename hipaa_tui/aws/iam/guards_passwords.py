"""Looks at whom a new password policy would hit on the day that it is written."""

from __future__ import annotations

import base64
import csv
import io
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from hipaa_tui.aws.iam.users import days_since, login_of, now
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

_POLICY: Final = "aws.iam.password-policy"
_NO_REPORT: Final = frozenset({"ReportNotPresent", "ReportExpired", "ReportInProgress"})
_TRIES: Final = 5
_YES: Final = "true"
_SHOWN: Final = 8
_MOST_USERS: Final = 200
"""Users whose login is asked for one by one where there is no credential report."""


def password_policy_renewable(look: Look) -> Verdict:
    """Blocks a shorter password age where the policy shuts out whoever's password has expired (HardExpiry)."""
    draft = _draft(look)
    if draft is None or not draft.after.get("HardExpiry"):
        return Outcome.PASS, "users whose password expires can set a new one"
    if _age(draft.before) == _age(draft.after):
        return (
            Outcome.WARN,
            "the policy shuts out users whose password expires until an administrator resets it (HardExpiry), and "
            "still will: consider to turn that off",
        )
    return (
        Outcome.BLOCK,
        "the policy shuts out users whose password expires until an administrator resets it (HardExpiry), and "
        f"passwords would expire after {_age(draft.after)} days from now on: turn HardExpiry off first",
    )


def passwords_that_expire(look: Look) -> Verdict:
    """Warns who has to set a new password at the next sign-in, since the old one is past the new age at once."""
    draft = _draft(look)
    if draft is None or not _age(draft.after):
        return Outcome.PASS, "passwords do not expire by this policy"
    longest, before = _age(draft.after), _age(draft.before)
    if before and before <= longest:
        return Outcome.PASS, f"passwords expire after {before} days already"
    ages, basis = _ages(look)
    # Those that are past the earlier age too have expired already.
    hit = sorted(name for name, age in ages.items() if age >= longest and (not before or age < before))
    if not hit:
        return Outcome.PASS, f"none of {len(ages)} passwords is {longest} days old ({basis})"
    more = f" and {len(hit) - _SHOWN} more" if len(hit) > _SHOWN else ""
    return (
        Outcome.WARN,
        f"{len(hit)} of {len(ages)} passwords expire at once, and their users have to set a new one when they sign "
        f"in next: {', '.join(hit[:_SHOWN])}{more} ({basis}); sessions that are open go on",
    )


def _draft(look: Look) -> Draft | None:
    for draft in look.changes:
        if draft.setting == _POLICY and draft.after is not ABSENT:
            return draft
    return None


def _age(value: Json) -> int:
    return 0 if value is ABSENT else int(value.get("MaxPasswordAge") or 0)


def _ages(look: Look) -> tuple[dict[str, int], str]:
    """(days since each password was changed, by the user's name; where that is from)."""
    report = _report(look)
    if report is None:
        return _by_logins(look)
    try:
        rows = list(csv.DictReader(io.StringIO(base64.b64decode(str(report["Content"])).decode())))
        made = str(report.get("GeneratedTime", ""))[:16]
        return {str(row["user"]): _since(row) for row in rows if _has_password(row)}, (
            f"by IAM's credential report of {made}"
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"IAM's credential report cannot be read ({error})") from None


def _has_password(row: Mapping[str, str]) -> bool:
    # The root user's password is not under the policy.
    return row["password_enabled"] == _YES and row["user"] != "<root_account>"


def _since(row: Mapping[str, str]) -> int:
    return (now() - datetime.fromisoformat(row["password_last_changed"].replace("Z", "+00:00"))).days


def _report(look: Look) -> Mapping[str, Any] | None:
    """The credential report; None where there is none and none can be made."""
    region = look.target.region
    for tried in range(_TRIES):
        if tried > 1:
            time.sleep(1)
        try:
            return look.cloud.call(Call("aws", "iam", "GetCredentialReport", {}, region))
        except CloudError as error:
            if error.code not in _NO_REPORT:
                if error.denied:
                    return None
                raise
        try:
            look.cloud.call(Call("aws", "iam", "GenerateCredentialReport", {}, region))
        except CloudError:
            return None
    return None


def _by_logins(look: Look) -> tuple[dict[str, int], str]:
    """By when each user got the first password: one that was changed since is younger than it looks here."""
    target = look.target
    users = resource_type("AWS::IAM::User").list(look.cloud, target.account, target.region, target.partition)
    ages = {}
    for user in users[:_MOST_USERS]:
        login = login_of(look.cloud, user)
        if login:
            ages[user.name] = days_since(login["CreateDate"])
    looked = f"{_MOST_USERS} of {len(users)} users were looked at, " if len(users) > _MOST_USERS else ""
    return ages, f"{looked}by when each got the first password, since there is no credential report"


GUARDS = {
    "password-policy-renewable": password_policy_renewable,
    "passwords-that-expire": passwords_that_expire,
}
CAUTIOUS = ("password-policy-renewable",)
