"""Checks credentials before they are deactivated: break-glass users, the caller's own, and what is still in use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.users import name_of, now
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

KEYS: Final = "aws.iam.access-keys"
LOGIN: Final = "aws.iam.console-login"
_EMERGENCY: Final = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_MAX_MATCHED: Final = 1024
_DAY: Final = 24
_RECENTLY: Final = 90
"""Days within which credentials count as recently used: they may be needed once a quarter."""


def break_glass_user(context: GuardContext) -> Verdict:
    """Blocks where the user's name or a tag marks it as break-glass: it is unused until an emergency."""
    tags = resource_type(context.target.type).tags(context.cloud, context.target)
    texts = [context.target.id, *(f"{key} {value}" for key, value in tags.items())]
    if any(_EMERGENCY.search(text[:_MAX_MATCHED]) for text in texts):
        return (
            Outcome.BLOCK,
            f"{context.target.name} is marked as break-glass (for emergencies): leave it as it is, and record an "
            "exception for the finding",
        )
    return Outcome.PASS, "neither its name nor a tag marks it as break-glass"


def not_the_callers_user(context: GuardContext) -> Verdict:
    """Blocks where the change would deactivate or restrict the credentials of this session."""
    caller = context.cloud.caller().principal
    if is_user(caller, context.target):
        return (
            Outcome.BLOCK,
            f"you are {context.target.name}: with this change you could lock yourself out, so someone else has to "
            "make it",
        )
    return Outcome.PASS, f"you are {caller.rpartition(':')[2]}, not this user"


def is_user(principal: str, user: Target) -> bool:
    """Is the principal this user? Names are unique in an account whatever their path and case (IAM quotas)."""
    arn = parse(principal)
    return (
        arn is not None
        and arn.account == user.account
        and arn.resource.startswith("user/")
        and name_of(principal).lower() == user.name.lower()
    )


def access_keys_quiet(context: GuardContext) -> Verdict:
    """Blocks where a key to be deactivated is in use: its users must move to another key first.

    A key counts as in use within a day of its last use, and within `quiet_days` unless `handed_over` names it by its
    last four characters. Warns of use in the last 90 days. IAM records a use with a delay, and uses since April 2015
    only (IAM API Reference, AccessKeyLastUsed).
    """
    deactivated = list(_deactivated(context))
    if not deactivated:
        return Outcome.PASS, "no access key is deactivated"
    quiet = int(str(context.arguments.get("quiet_days") or 0))
    named = set(re.findall(r"\w+", str(context.arguments.get("handed_over") or "")))
    stays = _remaining_keys(context)
    recent = []
    for key in deactivated:
        end = str(key["EndsWith"])
        hours = _hours_since(key.get("LastUsed"))
        used = f"the key …{end} was used {_ago(hours)} ({key.get('Where')})" if hours is not None else ""
        if hours is not None and hours < _DAY:
            return Outcome.BLOCK, f"{used}: what uses it would stop working. {_hand_over(context, stays)}"
        if hours is not None and hours < quiet * _DAY and end not in named:
            return (
                Outcome.BLOCK,
                f"{used}, less than {quiet} days ago. {_hand_over(context, stays)}; if that is done already, set "
                f"handed_over={end}",
            )
        if hours is not None and hours < _RECENTLY * _DAY:
            recent.append(used)
    if recent:
        return (
            Outcome.WARN,
            f"{'; '.join(recent)}: ask its owner first, {stays}; a rollback activates it again",
        )
    never = [str(key["EndsWith"]) for key in deactivated if not key.get("LastUsed")]
    notes = f"; IAM has no record of any use of …{', …'.join(never)}" if never else ""
    return Outcome.PASS, f"no key to be deactivated was used in the last {_RECENTLY} days{notes}; {stays}"


def console_login_unused(context: GuardContext) -> Verdict:
    """Blocks where the user signed in within a week; else warns that a removed password cannot be restored."""
    draft = next(
        (change for change in context.changes if change.setting == LOGIN and change.after is ABSENT), None
    )
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "no password is removed"
    hours = _hours_since(draft.before.get("LastUsed"))
    if hours is not None and hours < 7 * _DAY:
        return (
            Outcome.BLOCK,
            f"{context.target.name} signed in {_ago(hours)}: someone uses this login, so ask them first",
        )
    last = _ago(hours) if hours is not None else "never, as far as IAM knows"
    return (
        Outcome.WARN,
        f"the last sign-in was {last}, and a rollback cannot restore the password: anyone who needs to sign in "
        "again has to get a new one",
    )


def _deactivated(context: GuardContext) -> Iterator[Mapping[str, Any]]:
    """Yields the keys, as they are now, that the plan deactivates."""
    for draft in context.changes:
        if draft.setting == KEYS and draft.before is not ABSENT and draft.after is not ABSENT:
            for old, new in zip(draft.before["Keys"], draft.after["Keys"], strict=True):
                if old["Status"] == "Active" and new["Status"] != "Active":
                    yield old


def _remaining_keys(context: GuardContext) -> str:
    """Returns which active keys the user keeps, in words."""
    active = [key for draft in context.changes if draft.setting == KEYS for key in _active(draft)]
    if not active:
        return "it leaves the user without an active key"
    used = ", ".join(
        f"…{key['EndsWith']} ({'last used ' + _ago(hours) if (hours := _hours_since(key.get('LastUsed'))) is not None else 'never used'})"
        for key in active
    )
    return f"the user keeps the active key {used}"


def _active(draft: PlannedChange) -> list[Mapping[str, Any]]:
    return [] if draft.after is ABSENT else [key for key in draft.after["Keys"] if key["Status"] == "Active"]


def _hand_over(context: GuardContext, stays: str) -> str:
    name = context.target.name
    if "keeps" in stays:
        return (
            f"Switch to the other key first ({stays}), wait until this one is no longer used, and plan again"
        )
    return (
        f"Create a second key (aws iam create-access-key --user-name {name}), or better a role, use it wherever "
        "this one is used, wait until this one is no longer used, and plan again"
    )


def _hours_since(moment: Json) -> float | None:
    if not moment:
        return None
    return max(0.0, (now() - datetime.fromisoformat(str(moment))).total_seconds() / 3600)


def _ago(hours: float) -> str:
    return f"{hours / _DAY:.0f} days ago" if hours >= 2 * _DAY else f"{hours:.0f} hours ago"


GUARDS = {
    "break-glass-user": break_glass_user,
    "not-the-callers-user": not_the_callers_user,
    "access-keys-quiet": access_keys_quiet,
    "console-login-unused": console_login_unused,
}
BLOCK_ON_ERROR = tuple(GUARDS)
