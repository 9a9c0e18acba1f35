"""The interface of a guard: a function that checks the live cloud before a change, and passes, warns or blocks.

A guard never writes. If it cannot read what it needs, that is a warning with the error as its reason, or a block for
the guards in BLOCK_ON_ERROR, where not knowing is dangerous.
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
    """The result of a guard, with the reason as a sentence for the operator."""

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
    """A change to be planned, as a guard gets it.

    The permissions are those of its calls and of its rollback's calls; None if they were not computed.
    """

    setting: str
    target: Target
    before: Json
    after: Json
    permissions: tuple[str, ...] | None = None
    rollback_permissions: tuple[str, ...] | None = None


class Read(Protocol):
    """Reads a setting; cached while one plan is made."""

    def __call__(self, setting: str, target: Target, /) -> Reading: ...


Managed = Callable[[Target], str]
"""What else manages a resource, as half a sentence ("Terraform manages it at …"), or ""."""


def nobody(_target: Target) -> str:
    """For a team without known Terraform code."""
    return ""


@dataclass(frozen=True)
class GuardContext:
    """The input of a guard: the resource, the planned changes, and access to the live cloud.

    `memory` is a cache per account while one plan is made. `managed` says what Terraform code manages a resource.
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
"""Raises CloudError if a read fails: the caller makes that a warning, or a block for a guard in BLOCK_ON_ERROR."""
