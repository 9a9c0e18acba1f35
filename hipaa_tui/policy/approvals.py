"""An approval: a person's signed statement about one plan's hash, in a file that needs no shared store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hipaa_tui.policy.model import Policy
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.signing import Identity, fingerprint, signed_by

KIND: Final = "hipaa-tui approval"
FORMAT: Final = 1
PURPOSE: Final = "approval"
NOTE: Final = "plan.approved"
"""The kind of the journal's record for an approval."""
USUAL_DAYS: Final = 7
LONGEST_DAYS: Final = 90
LARGEST: Final = 64 * 1024
_SKEW: Final = timedelta(minutes=5)
"""How far the clock of the approver's machine may be ahead."""
_FIELDS: Final = ("plan", "approver", "at", "expires", "comment", "key", "signature")


@dataclass(frozen=True, slots=True)
class Approval:
    """A signed approval. `valid`: its signature is valid; whether it counts for a plan is not decided here."""

    plan: str
    approver: str
    at: datetime
    expires: datetime
    comment: str
    key: str
    valid: bool
    statement: Mapping[str, Json]


def subject(plan_hash: str) -> str:
    """The journal's subject for records about a plan."""
    return f"plan:{plan_hash}"


def approve(
    identity: Identity,
    plan_hash: str,
    *,
    name: str,
    comment: str = "",
    days: int = USUAL_DAYS,
    now: datetime | None = None,
) -> dict[str, Json]:
    """A signed approval of a plan, as a statement. `name` is the approver's name in the policy, if listed."""
    at = now or datetime.now(UTC)
    return identity.sign(
        PURPOSE,
        {
            "kind": KIND,
            "format": FORMAT,
            "plan": plan_hash,
            "approver": name,
            "at": at.isoformat(timespec="seconds"),
            "expires": (at + timedelta(days=days)).isoformat(timespec="seconds"),
            "comment": comment,
            "key": identity.key,
        },
    )


def approval_from(value: Json) -> Approval:
    """The approval in a statement. ValueError if it is not one."""
    if not isinstance(value, dict) or value.get("kind") != KIND:
        raise ValueError("this is not an approval")
    if value.get("format") != FORMAT:
        raise ValueError(f"the approval has format {value.get('format')!r}, and this version reads {FORMAT}")
    if not all(isinstance(value.get(name), str) for name in _FIELDS):
        raise ValueError("this is not an approval")
    at, expires = (datetime.fromisoformat(value[name]) for name in ("at", "expires"))
    if at.tzinfo is None or expires.tzinfo is None:
        raise ValueError("this is not an approval")
    return Approval(
        plan=value["plan"],
        approver=value["approver"],
        at=at,
        expires=expires,
        comment=value["comment"],
        key=value["key"],
        valid=signed_by(PURPOSE, value) == value["key"],
        statement=value,
    )


def read_approval(path: Path) -> Approval:
    """The approval in a file. InputError if it is not one."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path}: larger than {LARGEST // 1024} KB, so not an approval")
        return approval_from(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; give a file that `hipaa-tui approve` wrote"
        ) from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not an approval; give a file that `hipaa-tui approve` wrote") from None


def why_not(
    approval: Approval, plan_hash: str, policy: Policy, *, now: datetime, applier: str, maker: str
) -> str:
    """Why the approval is not valid for this plan, as a sentence; "" if it is.

    `applier` and `maker` are the public keys of whoever applies and made the plan.
    """
    name = policy.name_of(approval.key)
    who = name or approval.approver or fingerprint(approval.key)
    if not approval.valid:
        return f"the signature of the approval by {who} is invalid: it was edited, or written by someone else"
    if approval.plan != plan_hash:
        return (
            f"{who} approved plan {approval.plan[:12]}, but this is plan {plan_hash[:12]}: planning again or leaving "
            "fixes out makes a new plan, which has to be approved itself"
        )
    if not name:
        return f"{who} (key {fingerprint(approval.key)}) is not an approver in the policy"
    if approval.at > now + _SKEW:
        return f"the approval by {who} is dated in the future ({approval.at.isoformat(timespec='minutes')})"
    if approval.expires <= now:
        return f"the approval by {who} expired on {approval.expires.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if approval.key == applier or policy.name_of(applier) == name:
        return f"{who} applies the plan, so someone else has to approve it"
    if maker and (approval.key == maker or policy.name_of(maker) == name):
        return f"{who} made the plan, so someone else has to approve it"
    return ""
