"""Where credentials come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """The selected credentials: an AWS profile and region, Azure subscriptions (all if none).

    For several AWS accounts: several `profiles`, or a `role` to assume in each of `accounts` (if empty, in every active
    account of the organization); the session's own account needs no role.
    """

    profile: str | None = None
    region: str | None = None
    subscriptions: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    role: str = ""
    accounts: tuple[str, ...] = ()
