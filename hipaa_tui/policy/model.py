"""What a policy says, once its file has been read."""

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
    """Which resources something is about: all of them, or those of some accounts, with some tags, or both."""

    accounts: frozenset[str] = frozenset()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → the values that it may have. Every name has to match, whatever its case."""

    def covers(self, account: str, tags: Mapping[str, str] | None) -> bool:
        """`tags` None: they could not be read, and what cannot be seen is taken to be covered."""
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
    """Asks for approvals of a plan in which one fix matches everything that the rule says."""

    number: int
    scope: Scope = Scope()
    risks: frozenset[str] = frozenset()
    playbooks: frozenset[str] = frozenset()
    irreversible: bool | None = None
    count: int = 1
    approvers: tuple[str, ...] = ()
    """Whose approval counts."""


@dataclass(frozen=True, slots=True)
class Window:
    """When changes may be made to what it covers. From the evening to the morning where it ends before it begins."""

    name: str
    days: frozenset[int]
    start: time
    end: time
    zone: ZoneInfo
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Freeze:
    """From the beginning of one day to the end of another: nothing is changed, but what has an excepted risk."""

    reason: str
    first: date
    last: date
    zone: ZoneInfo
    scope: Scope = Scope()
    excepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """How much one plan may reach before the operator has to say the number.

    Beyond 100 resources nobody has read the preview one by one. Half of all buckets of an account is where a mistake
    becomes an outage; of fewer than 50 that share says little, since a sprint after an audit fixes most of what a
    small account has. A team that is more careful sets less in its policy file.
    """

    resources: int = 100
    percent: int = 50
    population: int = 50
    """The percentage counts where there are at least so many resources of a type."""


@dataclass(frozen=True, slots=True)
class Rollbacks:
    """What a rollback has to wait for. Nothing by default: who puts back what broke is in a hurry."""

    approvals: bool = False
    windows: bool = False
    blast_radius: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """All of it. The default is what holds without a policy file."""

    path: str = ""
    digest: str = ""
    """SHA-256 of the file, for the record; "" where there is none."""
    approvers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → the public keys of that person's homes."""
    rules: tuple[Rule, ...] = ()
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    blast_radius: BlastRadius = BlastRadius()
    rollbacks: Rollbacks = Rollbacks()

    def name_of(self, key: str) -> str:
        """Whose key it is; "" where the policy does not know it."""
        return next((name for name, keys in self.approvers.items() if key in keys), "")

    def scopes(self) -> Iterable[Scope]:
        """Every scope, for whoever must find out what to look at."""
        yield from (rule.scope for rule in self.rules)
        yield from (window.scope for window in self.windows)
        yield from (freeze.scope for freeze in self.freezes)
