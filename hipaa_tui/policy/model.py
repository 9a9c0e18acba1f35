"""The policy, as read from its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final
from zoneinfo import ZoneInfo

RISKS: Final = ("low", "medium", "high")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Scope:
    """The resources that an entry applies to: all, or those of some accounts, with some tags, or both."""

    accounts: frozenset[str] = frozenset()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → allowed values. Every name has to match (ignoring case)."""

    def covers(self, account: str, tags: Mapping[str, str] | None) -> bool:
        """Does it apply to the resource? `tags` None: they could not be read, and then count as matching."""
        if self.accounts and account not in self.accounts:
            return False
        if not self.tags or tags is None:
            return True
        found = {name.casefold(): value.casefold() for name, value in tags.items()}
        return all(
            found.get(name.casefold()) in {value.casefold() for value in values}
            for name, values in self.tags.items()
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """Requires approvals of a plan in which a fix matches all of the rule's conditions."""

    number: int
    scope: Scope = Scope()
    risks: frozenset[str] = frozenset()
    playbooks: frozenset[str] = frozenset()
    irreversible: bool | None = None
    count: int = 1
    approvers: tuple[str, ...] = ()
    """The approvers whose approval counts."""


@dataclass(frozen=True, slots=True)
class Window:
    """When the resources that it covers may be changed. A window that ends before it begins spans midnight."""

    name: str
    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Freeze:
    """A period of whole days in which nothing is changed, except fixes with an excepted risk."""

    reason: str
    first: date
    last: date
    zone: ZoneInfo
    scope: Scope = Scope()
    excepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """The number of resources above which the operator has to confirm it.

    Beyond 100 resources no one reads the preview one by one. A mistake in half of an account's buckets is an outage; of
    fewer than 50 resources that share means little, since fixing an audit's findings changes most of what a small
    account has. A team can set lower limits in its policy file.
    """

    resources: int = 100
    percent: int = 50
    population: int = 50
    """The percentage applies if there are at least so many resources of a type."""


@dataclass(frozen=True, slots=True)
class Rollbacks:
    """The requirements that apply to a rollback. None by default: undoing what broke something is urgent."""

    approvals: bool = False
    windows: bool = False
    blast_radius: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy. The defaults apply without a policy file."""

    path: str = ""
    digest: str = ""
    """SHA-256 of the file, for the record; "" if there is none."""
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → the person's public keys, one per machine."""
    rules: tuple[Rule, ...] = ()
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    blast_radius: BlastRadius = BlastRadius()
    rollbacks: Rollbacks = Rollbacks()

    def name_of(self, key: str) -> str:
        """The name of the key's owner; "" if the policy does not list it."""
        return next((name for name, keys in self.approvers.items() if key in keys), "")

    def scopes(self) -> Iterable[Scope]:
        """Every scope in the policy, to find out which tags have to be read."""
        yield from (rule.scope for rule in self.rules)
        yield from (window.scope for window in self.windows)
        yield from (freeze.scope for freeze in self.freezes)
