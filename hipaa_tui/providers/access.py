"""Where credentials come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """Where the credentials come from: an AWS profile and region, Azure subscriptions (all if none).

    Several AWS accounts are reached by several `profiles`, or by a `role` of that name in each of `accounts`
    (in every active one of the organization where none is named); the session's own account needs no role.
    """

    profile: str | None = None
    region: str | None = None
    subscriptions: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    role: str = ""
    accounts: tuple[str, ...] = ()
