"""The playbook, built from YAML that has passed the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a playbook. `type` is string, integer, boolean, cidr or cidrs (comma-separated)."""

    name: str
    title: str
    type: str
    default: Json
    pattern: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeSpec:
    """One setting that the playbook changes.

    `target` is None for the finding's own resource (a *primary* change: it decides whether the resource complies), else
    {"type", "id", "region"?} with templates (a *supporting* change). `builder` and `arguments` compute the wanted value
    from the current one. `complies` is a predicate of hipaa_tui.providers.predicates; None: only the wanted value
    complies.
    `when` is None or {"parameter": NAME, "is_set": bool} / {"parameter": NAME, "equals": VALUE}.
    """

    id: str
    setting: str
    target: Mapping[str, str] | None
    builder: str
    arguments: Json
    complies: Json | None
    when: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """A guard that the playbook uses, with its arguments (templates allowed)."""

    name: str
    arguments: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a guided playbook: what to do, and what proves it."""

    do: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of a playbook's fix, in words."""

    downtime: str
    cost: str
    limits: str
    risk: str  # low, medium or high


@dataclass(frozen=True, slots=True)
class Playbook:
    """How to fix one kind of finding."""

    id: str
    title: str
    resource: str
    why: str
    severity: str
    controls: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, Parameter]
    changes: tuple[ChangeSpec, ...]
    guards: tuple[GuardSpec, ...]
    effects: Effects
    steps: tuple[Step, ...]
    links: tuple[str, ...]
    path: Path
    after: tuple[str, ...] = ()
    regions: str = ""
    """ "all": a finding in one region is planned for every enabled region of the account."""
    checks: tuple[ChangeSpec, ...] = ()
    """For a guided playbook: the settings that a scan checks. Without a builder, since hipaa-tui does not change them."""

    @property
    def provider(self) -> str:
        return "azure" if self.resource.startswith("Microsoft.") else "aws"

    @property
    def guided(self) -> bool:
        """The manual steps of a guided playbook."""
        return not self.changes

    @property
    def primary(self) -> tuple[ChangeSpec, ...]:
        """The specs that decide whether the finding's resource complies; empty if no API can tell."""
        return self.checks or tuple(change for change in self.changes if change.target is None)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], path: Path, builders: frozenset[str]) -> Playbook:
        """Build a playbook from a document that has passed the schema. ValueError says what is wrong."""
        return cls(
            id=document["id"],
            title=document["title"],
            resource=document["resource"],
            why=document["why"].strip(),
            severity=document["severity"],
            controls=tuple(document["controls"]),
            answers={source: tuple(checks) for source, checks in document["answers"].items()},
            parameters={
                name: Parameter(
                    name=name,
                    title=spec["title"],
                    type=spec["type"],
                    default=spec["default"],
                    pattern=spec.get("pattern", ""),
                    minimum=spec.get("minimum"),
                    maximum=spec.get("maximum"),
                    choices=tuple(spec.get("choices", ())),
                )
                for name, spec in document.get("parameters", {}).items()
            },
            changes=tuple(
                _change(spec, index, builders)
                for index, spec in enumerate(document.get("changes", ()), start=1)
            ),
            guards=tuple(_guard(spec) for spec in document.get("guards", ())),
            effects=Effects(**document["effects"]),
            steps=tuple(Step(**step) for step in document.get("steps", ())),
            links=tuple(document.get("links", ())),
            after=tuple(document.get("after", ())),
            regions=document.get("regions", ""),
            checks=tuple(
                ChangeSpec(
                    f"check{index}", spec["setting"], None, "", None, spec["complies"], spec.get("when")
                )
                for index, spec in enumerate(document.get("checks", ()), start=1)
            ),
            path=path,
        )


def _change(spec: Mapping[str, Any], index: int, builders: frozenset[str]) -> ChangeSpec:
    named = [key for key in spec if key in builders]
    if len(named) != 1:
        there = f"it has {' and '.join(named)}" if named else "it has none"
        raise ValueError(
            f"change {index} ({spec['setting']}) needs exactly one of `to`, `merge`, `absent`, `own_key` and the other "
            f"{len(builders) - 4} builder keys (see the shipped playbooks); {there}"
        )
    return ChangeSpec(
        id=spec.get("id", f"change{index}"),
        setting=spec["setting"],
        target=spec.get("target"),
        builder=named[0],
        arguments=spec[named[0]],
        complies=spec.get("complies"),
        when=spec.get("when"),
    )


def _guard(spec: str | Mapping[str, Any]) -> GuardSpec:
    if isinstance(spec, str):
        return GuardSpec(spec)
    ((name, arguments),) = spec.items()
    return GuardSpec(name, arguments or {})
