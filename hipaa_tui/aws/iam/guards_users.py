"""Looks at credentials before they are switched off: whose they are, whether anybody uses them, and for what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.users import name_of, now
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

KEYS: Final = "aws.iam.access-keys"
LOGIN: Final = "aws.iam.console-login"
_EMERGENCY: Final = re.compile(r"break.?glass|emergency", re.IGNORECASE)
_LOOKED_AT: Final = 1024
_DAY: Final = 24
_RECENTLY: Final = 90
"""Days: what was used since may be used again, if only once a quarter."""


def break_glass_user(look: Look) -> Verdict:
    """Blocks where the user's name or a tag says that it is for emergencies: it is unused until it has to work."""
    tags = resource_type(look.target.type).tags(look.cloud, look.target)
    said = [look.target.id, *(f"{key} {value}" for key, value in tags.items())]
    if any(_EMERGENCY.search(text[:_LOOKED_AT]) for text in said):
        return (
            Outcome.BLOCK,
            f"{look.target.name} says of itself that it is for emergencies (break-glass): leave it as it is, and "
            "make an exception for the finding",
        )
    return Outcome.PASS, "neither its name nor a tag says that it is for emergencies"


def not_the_callers_user(look: Look) -> Verdict:
    """Blocks where the credentials of this very session would be switched off or fenced in."""
    caller = look.cloud.caller().principal
    if is_user(caller, look.target):
        return (
            Outcome.BLOCK,
            f"you are {look.target.name}: with this change you could lock yourself out, so somebody else has to make it",
        )
    return Outcome.PASS, f"you are {caller.rpartition(':')[2]}, and not this user"


def is_user(principal: str, user: Target) -> bool:
    """Is the principal this user? Names are unique in an account whatever their path and case (IAM quotas)."""
    arn = parse(principal)
    return (
        arn is not None
        and arn.account == user.account
        and arn.resource.startswith("user/")
        and name_of(principal).lower() == user.name.lower()
    )


def access_keys_quiet(look: Look) -> Verdict:
    """Blocks where a key that is to be switched off is in use, which only a hand-over to another key can end.

    Within a day of its last use it is always in use; within `quiet_days` unless `handed_over` names it by its
    last four characters. IAM knows of a use some time after it, and of uses since April 2015 (IAM API
    Reference, AccessKeyLastUsed).
    """
    going = list(_going(look))
    if not going:
        return Outcome.PASS, "no access key is switched off"
    quiet = int(str(look.arguments.get("quiet_days") or 0))
    named = set(re.findall(r"\w+", str(look.arguments.get("handed_over") or "")))
    stays = _stays(look)
    recent = []
    for key in going:
        end = str(key["EndsWith"])
        hours = _hours_since(key.get("LastUsed"))
        used = f"the key …{end} was used {_ago(hours)} ({key.get('Where')})" if hours is not None else ""
        if hours is not None and hours < _DAY:
            return Outcome.BLOCK, f"{used}: what uses it would stop. {_hand_over(look, stays)}"
        if hours is not None and hours < quiet * _DAY and end not in named:
            return (
                Outcome.BLOCK,
                f"{used}, less than {quiet} days ago. {_hand_over(look, stays)}; if it is handed over already, "
                f"say so with handed_over={end}",
            )
        if hours is not None and hours < _RECENTLY * _DAY:
            recent.append(used)
    if recent:
        return (
            Outcome.WARN,
            f"{'; '.join(recent)}: ask its owner before, {stays}; a rollback switches it on again",
        )
    never = [str(key["EndsWith"]) for key in going if not key.get("LastUsed")]
    notes = f"; IAM knows of no use of …{', …'.join(never)} at all" if never else ""
    return Outcome.PASS, f"no key that is switched off was used in the last {_RECENTLY} days{notes}; {stays}"


def console_login_unused(look: Look) -> Verdict:
    """Blocks where somebody has signed in lately, and warns about what taking a password away means."""
    draft = next((one for one in look.changes if one.setting == LOGIN and one.after is ABSENT), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "no password is taken away"
    hours = _hours_since(draft.before.get("LastUsed"))
    if hours is not None and hours < 7 * _DAY:
        return (
            Outcome.BLOCK,
            f"{look.target.name} signed in {_ago(hours)}: somebody uses this login, so ask them first",
        )
    last = _ago(hours) if hours is not None else "never, as far as IAM knows"
    return (
        Outcome.WARN,
        f"the last sign-in was {last}, and the password cannot be put back: whoever needs it again gets a new one",
    )


def _going(look: Look) -> Iterator[Mapping[str, Any]]:
    """The keys, as they are now, that the plan switches off."""
    for draft in look.changes:
        if draft.setting == KEYS and draft.before is not ABSENT and draft.after is not ABSENT:
            for old, new in zip(draft.before["Keys"], draft.after["Keys"], strict=True):
                if old["Status"] == "Active" and new["Status"] != "Active":
                    yield old


def _stays(look: Look) -> str:
    """What the user is left with, in words."""
    left = [key for draft in look.changes if draft.setting == KEYS for key in _active(draft)]
    if not left:
        return "it leaves the user without an active key"
    used = ", ".join(
        f"…{key['EndsWith']} ({'last used ' + _ago(hours) if (hours := _hours_since(key.get('LastUsed'))) is not None else 'never used'})"
        for key in left
    )
    return f"the user keeps the active key {used}"


def _active(draft: Draft) -> list[Mapping[str, Any]]:
    return [] if draft.after is ABSENT else [key for key in draft.after["Keys"] if key["Status"] == "Active"]


def _hand_over(look: Look, stays: str) -> str:
    name = look.target.name
    if "keeps" in stays:
        return f"Move it to the other key first ({stays}), wait until this one is quiet, and plan again"
    return (
        f"Make a second key (aws iam create-access-key --user-name {name}), or better a role, put it where this one is "
        "used, wait until this one is quiet, and plan again"
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
CAUTIOUS = tuple(GUARDS)
