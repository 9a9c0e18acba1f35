"""The plan, which preview, apply, patch, rollback and change records all consume.

A plan is identified by the SHA-256 of its content in canonical JSON. An approval of the hash is an approval of these
values, calls and guard results; nothing else is applied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from hipaa_tui import __version__
from hipaa_tui.clouds import call_description
from hipaa_tui.providers.guard import GuardResult, Outcome
from hipaa_tui.providers.model import Call, Reading, Target, calls_as_json
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import ABSENT, Json, content_hash, references
from hipaa_tui.support.private_files import read_regular

FORMAT: Final = 1
"""Version of the plan file's format. Any other is refused."""
LARGEST: Final = 64 * 1024 * 1024
"""Maximum size of a plan file in bytes; a plan of 1,000 changes has about 4 MB."""


def texts(value: object) -> tuple[str, ...]:
    """A list of strings in a plan file. TypeError for anything else."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError("a list of strings was expected")
    return tuple(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One setting of one resource, from the value that was read to the value that is wanted.

    `before` is verbatim what the cloud returned; `after` may contain references to what earlier changes create.
    `identity` is what was read beside the value. `complies` is the predicate that verifies a fresh read; None: the
    value must equal `after`. `group`: the changes of one playbook for one resource, which are applied or left out
    together.
    """

    id: str
    group: str
    playbook: str
    setting: str
    target: Target
    findings: tuple[str, ...]
    before: Json
    after: Json
    identity: Mapping[str, Json]
    complies: Json | None
    calls: tuple[Call, ...]
    permissions: tuple[str, ...]
    rollback_permissions: tuple[str, ...]
    guards: tuple[GuardResult, ...]
    reversible: bool
    reversal: str
    irreversible: str

    @property
    def blocked(self) -> bool:
        return any(guard.outcome is Outcome.BLOCK for guard in self.guards)

    @property
    def reading(self) -> Reading:
        return Reading(self.before, self.identity)

    @property
    def verb(self) -> str:
        """create, update or remove."""
        if self.after is ABSENT:
            return "remove"
        return "create" if self.before is ABSENT else "update"

    def commands(self) -> list[str]:
        """The equivalent CLI command of each call."""
        return [call_description.command(call) for call in self.calls]

    def as_json(self) -> dict[str, Json]:
        """The JSON of the contract for scripts, with everything that a run needs.

        Without the CLI equivalents: a better rendering of the calls in a later version must not make an approved plan
        look edited.
        """
        return {
            "id": self.id,
            "group": self.group,
            "playbook": self.playbook,
            "setting": self.setting,
            "resource": self.target.id,
            "target": self.target.as_json(),
            "findings": list(self.findings),
            "before": self.before,
            "after": self.after,
            "identity": dict(self.identity),
            "complies": self.complies,
            "calls": calls_as_json(self.calls),
            "permissions": list(self.permissions),
            "rollback_permissions": list(self.rollback_permissions),
            "guards": [guard.as_json() for guard in self.guards],
            "reversible": self.reversible,
            "reversal": self.reversal,
            "irreversible": self.irreversible,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Change:
        return cls(
            id=str(value["id"]),
            group=str(value["group"]),
            playbook=str(value["playbook"]),
            setting=str(value["setting"]),
            target=Target.from_json(value["target"]),
            findings=texts(value["findings"]),
            before=value["before"],
            after=value["after"],
            identity=dict(value["identity"]),
            complies=value["complies"],
            calls=tuple(Call.from_json(call) for call in value["calls"]),
            permissions=texts(value["permissions"]),
            rollback_permissions=texts(value["rollback_permissions"]),
            guards=tuple(GuardResult.from_json(guard) for guard in value["guards"]),
            reversible=bool(value["reversible"]),
            reversal=str(value["reversal"]),
            irreversible=str(value["irreversible"]),
        )


COMPLIES: Final = "complies"
GONE: Final = "gone"
NOT_REACHED: Final = "not reached"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A finding (or, in a rollback, a change) that the plan leaves out, and why.

    `kind` is COMPLIES, GONE (the resource does not exist any more), NOT_REACHED (the credentials cannot reach its account),
    or "" for any other reason.
    """

    subject: str
    resource: str
    playbook: str
    reason: str
    kind: str = ""

    def as_json(self) -> dict[str, str]:
        return {
            "subject": self.subject,
            "resource": self.resource,
            "playbook": self.playbook,
            "reason": self.reason,
            # Plans of earlier versions have no kinds, and their hashes must not change.
            **({"kind": self.kind} if self.kind else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Skipped:
        texts = {name: str(value[name]) for name in ("subject", "resource", "playbook", "reason")}
        return cls(**texts, kind=str(value.get("kind", "")))


@dataclass(frozen=True, slots=True)
class Group:
    """One playbook on one resource: the texts that the preview shows with its changes."""

    id: str
    playbook: str
    title: str
    why: str
    resource: str
    controls: tuple[str, ...]
    findings: tuple[str, ...]
    parameters: Mapping[str, Json]
    effects: Mapping[str, str]
    guards: tuple[Mapping[str, Json], ...]
    """The playbook's guards with their arguments, so that they can be run again."""

    def as_json(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "playbook": self.playbook,
            "title": self.title,
            "why": self.why,
            "resource": self.resource,
            "controls": list(self.controls),
            "findings": list(self.findings),
            "parameters": dict(self.parameters),
            "effects": dict(self.effects),
            "guards": [dict(guard) for guard in self.guards],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Group:
        return cls(
            id=str(value["id"]),
            playbook=str(value["playbook"]),
            title=str(value["title"]),
            why=str(value["why"]),
            resource=str(value["resource"]),
            controls=texts(value["controls"]),
            findings=texts(value["findings"]),
            parameters=dict(value["parameters"]),
            effects=dict(value["effects"]),
            guards=tuple(dict(guard) for guard in value["guards"]),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered changes for one or many findings. `kind` is "apply" or "rollback" (then `of_run` is set)."""

    kind: str
    created: str
    changes: tuple[Change, ...]
    groups: tuple[Group, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    of_run: str = ""
    tool: str = field(default=f"hipaa-tui {__version__}")
    made_by: Mapping[str, str] = field(default_factory=dict)
    """Name and public key of the plan's maker, who cannot approve it."""

    def content(self) -> dict[str, Json]:
        """Everything except the hash."""
        made_by = {"made_by": dict(self.made_by)} if self.made_by else {}
        return {
            "format": FORMAT,
            "tool": self.tool,
            **made_by,
            "kind": self.kind,
            "of_run": self.of_run,
            "created": self.created,
            "groups": [group.as_json() for group in self.groups],
            "changes": [change.as_json() for change in self.changes],
            "skipped": [skipped.as_json() for skipped in self.skipped],
        }

    @property
    def hash(self) -> str:
        """64 hex digits over the content."""
        return content_hash(self.content())

    def as_json(self) -> dict[str, Json]:
        content = self.content()
        return {"hash": content_hash(content), **content}

    @property
    def blocked(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.blocked)

    def without_blocked(self) -> Plan:
        """The plan without the groups that a guard blocks: a new plan with its own hash."""
        return self._without({change.group for change in self.blocked}, "a guard blocks it")

    def without_irreversible(self) -> Plan:
        """The plan without the groups with a change that cannot be undone: a new plan, too."""
        out = {change.group for change in self.changes if change.irreversible}
        return self._without(out, "it cannot be undone, and was left out")

    def _without(self, out: set[str], reason: str) -> Plan:
        """Without these groups and those that depend on them: on what they create, or on the value that they set."""
        reasons = dict.fromkeys(out, reason)
        ids: set[str] = set()
        touched: set[str] = set()
        for change in self.changes:
            builds = (
                f"{change.setting} {change.target.key}" in touched
                or change.target.key in touched
                or any(id in ids for id, _ in references(change.after))
            )
            if builds:
                reasons.setdefault(change.group, "it depends on a fix that is left out")
            if change.group in reasons:
                for lost in (one for one in self.changes if one.group == change.group):
                    ids.add(lost.id)
                    touched.add(f"{lost.setting} {lost.target.key}")
                    if lost.verb == "create" and setting(lost.setting).creates_resource:
                        touched.add(lost.target.key)
        skipped = tuple(
            Skipped(group.id, group.resource, group.playbook, reasons[group.id])
            for group in self.groups
            if group.id in reasons
        )
        return replace(
            self,
            changes=tuple(change for change in self.changes if change.group not in reasons),
            groups=tuple(group for group in self.groups if group.id not in reasons),
            skipped=self.skipped + skipped,
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Plan:
        """A plan from its JSON. InputError if it is not a plan, has another format, or was edited."""
        try:
            if value["format"] != FORMAT:
                raise InputError(
                    f"the plan has format {value['format']!r}, and this version reads {FORMAT}: plan again"
                )
            plan = cls(
                kind=str(value["kind"]),
                created=str(value["created"]),
                changes=tuple(Change.from_json(change) for change in value["changes"]),
                groups=tuple(Group.from_json(group) for group in value["groups"]),
                skipped=tuple(Skipped.from_json(skipped) for skipped in value["skipped"]),
                of_run=str(value["of_run"]),
                tool=str(value["tool"]),
                made_by={str(name): str(text) for name, text in value.get("made_by", {}).items()},
            )
            claimed = value["hash"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"this is not a plan of hipaa-tui ({type(error).__name__}: {error}): plan again"
            ) from None
        stands = {key: item for key, item in value.items() if key != "hash"}
        try:
            actual, restored = content_hash(stands), plan.hash
        except (ValueError, RecursionError) as error:
            raise InputError(f"this is not a plan of hipaa-tui ({error}): plan again") from None
        if claimed != actual or actual != restored:
            raise InputError("the plan's content does not match its hash: it was edited; plan again")
        return plan


def save(plan: Plan, path: Path) -> None:
    """Write the plan as JSON, readable by its owner only. InputError if that is not possible."""
    from hipaa_tui.support.private_files import write_private

    write_private(path, json.dumps(plan.as_json(), indent=2, ensure_ascii=False) + "\n")


def open_plan(path: Path) -> Plan:
    """The plan in a file. InputError says why it cannot be read."""
    try:
        document = json.loads(read_regular(path, LARGEST).decode())
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}; give a file that `hipaa-tui plan` wrote"
        ) from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{path}: not a plan: it is not JSON; give a file that `hipaa-tui plan` wrote"
        ) from None
    if not isinstance(document, dict):
        raise InputError(f"{path}: not a plan; give a file that `hipaa-tui plan` wrote")
    try:
        return Plan.from_json(document)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def irreversible_targets(changes: Sequence[Change]) -> list[str]:
    """Names of the resources with a change that cannot be undone: the user has to type each."""
    return sorted({change.target.name for change in changes if change.irreversible})
