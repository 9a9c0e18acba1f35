"""The shape of a guard, and the registry that playbooks name them from.

A guard never writes. What it cannot see it does not call safe: an error while looking is a warning
with that error as its reason, or a block where not knowing is dangerous (the guard says which).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from hipaa_tui.providers.model import Cloud, Reading, Target
from hipaa_tui.support.json_value import Json


class Outcome(enum.StrEnum):
    PASS = "pass"  # noqa: S105 - not a password
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class GuardResult:
    """What a guard found, in a sentence for the operator."""

    guard: str
    outcome: Outcome
    reason: str

    def as_json(self) -> dict[str, str]:
        return {"guard": self.guard, "outcome": self.outcome.value, "reason": self.reason}

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> GuardResult:
        return cls(str(value["guard"]), Outcome(value["outcome"]), str(value["reason"]))


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change that is about to be planned, as a guard sees it.

    The permissions are those of its calls and of the calls that take it back, None where whoever made the
    draft did not work them out.
    """

    setting: str
    target: Target
    before: Json
    after: Json
    permissions: tuple[str, ...] | None = None
    rollback_permissions: tuple[str, ...] | None = None


class Read(Protocol):
    """A fresh look at a setting, remembered for the time of one planning."""

    def __call__(self, setting: str, target: Target, /) -> Reading: ...


Managed = Callable[[Target], str]
"""Who else manages a resource, as half a sentence ("Terraform manages it at …"); "" where nobody is known to."""


def nobody(_target: Target) -> str:
    """No code of the team's is known."""
    return ""


@dataclass(frozen=True)
class GuardContext:
    """What a guard gets: the resource, the changes that are meant, and eyes on the live cloud.

    `memory` lasts for one planning: a guard keeps there what holds for a whole account. `managed` knows the team's
    Terraform.
    """

    cloud: Cloud
    target: Target
    changes: Sequence[PlannedChange]
    parameters: Mapping[str, Json]
    arguments: Mapping[str, Json]
    read: Read
    memory: MutableMapping[str, Json] = field(default_factory=dict)
    managed: Managed = nobody


Verdict = tuple[Outcome, str]
Guard = Callable[[GuardContext], Verdict]
"""Raises CloudError where looking fails: the caller makes it a warning, or a block for one in BLOCK_ON_ERROR."""
