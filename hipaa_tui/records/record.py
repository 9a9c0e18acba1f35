"""Writes change records: a commit message, a pull request, a ServiceNow change, a Jira issue.

All templates get the same context: findings, HIPAA citations, before and after, the plan's hash, maker and approvals,
the guards' warnings, effects, Terraform's result, what is left out, and the rollback. A team's own folder may contain
templates of the same names, which take precedence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hipaa_tui import __version__
from hipaa_tui.controls.citations import all_citations
from hipaa_tui.plans import diff
from hipaa_tui.plans.model import Change, Group, Plan
from hipaa_tui.policy.model import RISKS
from hipaa_tui.policy.plan_facts import UNKNOWN_RISK
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import setting
from hipaa_tui.records import escapes
from hipaa_tui.records.model import Done, Patched, Ran, RecordData
from hipaa_tui.records.templates import fill
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.package_data import content_folder
from hipaa_tui.support.private_files import is_file
from hipaa_tui.support.redaction import redact, redact_text
from hipaa_tui.support.sanitize import plain, plain_lines
from hipaa_tui.support.signing import fingerprint

SUBJECT: Final = 72
TRAILER: Final = "Made-with"
"""The commit trailer that identifies a branch of hipaa-tui."""
TEMPLATES: Final = {
    "commit": "commit.txt.j2",
    "pr": "pr.md.j2",
    "servicenow": "servicenow.json.j2",
    "jira": "jira.json.j2",
}
FORMATS: Final = tuple(TEMPLATES)
_LINES_A_CHANGE: Final = 6
_ESCAPES: Final[Mapping[str, Callable[[str], str]]] = {
    ".txt": str,
    ".md": escapes.markdown,
    ".json": escapes.in_json,
}


def write(told: RecordData, format: str, own: Path | None = None, ours: Path | None = None) -> str:
    """The record as text. `own` is the team's folder of templates, `ours` the shipped one.

    InputError if the team's folder is missing or a template is invalid.
    """
    path = _template(format, own, ours)
    text = fill(path, context(told), _ESCAPES[Path(path.stem).suffix])
    if format == "commit":
        return _message(text, told.plan)
    if format == "pr":
        return redact_text(plain_lines(text.strip(), 1_000_000)) + "\n"
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"{path}: the template's output is not valid JSON: {plain(str(error), 200)}"
        ) from None
    value = redact(_inert(value) if format == "servicenow" else value)
    shown = json.dumps(value, indent=2, ensure_ascii=True)
    return shown.replace("\x7f", "\\u007f") + "\n"


def _template(format: str, own: Path | None, ours: Path | None) -> Path:
    name = TEMPLATES[format]
    if own is not None:
        if not own.is_dir():
            raise InputError(f"{own}: no such folder; it is set as `records` in config.toml")
        if is_file(own / name):
            return own / name
    return (ours or content_folder("snippets") / "records") / name


def _inert(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _inert(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_inert(one) for one in value]
    return escapes.servicenow(value) if isinstance(value, str) else value


def _message(text: str, plan: Plan) -> str:
    lines = [redact_text(plain(line, 2000).rstrip()) for line in text.strip().splitlines()]
    # Always added, so that the log can be searched for them.
    trailers = [f"Plan: {plan.hash}", f"{TRAILER}: hipaa-tui {__version__}"]
    return "\n".join([*lines, "", *trailers]) + "\n"


def subject(told: RecordData) -> str:
    """A subject line of at most 72 characters."""
    plan, changes = told.plan, _changes(told)
    groups = _groups(told, changes)
    if plan.kind == "rollback":
        many = "s" if len(changes) != 1 else ""
        return plain(f"Roll back {plan.of_run[:12]}: {len(changes)} change{many}", SUBJECT)
    names = list(
        dict.fromkeys(group.resource.rstrip("/").rpartition("/")[2].rpartition(":")[2] for group in groups)
    )
    names = names or list(dict.fromkeys(change.target.name for change in changes))
    titles = list(dict.fromkeys(group.title for group in groups))
    what = titles[0] if len(titles) == 1 else f"Fix {len(titles)} HIPAA findings"
    where = names[0] if len(names) == 1 else f"{len(names)} resources"
    return redact_text(plain(f"{what} ({where})", SUBJECT))


def context(told: RecordData) -> dict[str, Any]:
    """The variables of a template: strings, lists and dicts, as documented in docs/records.md."""
    plan, patched, ran = told.plan, told.patched, told.ran
    changes = _changes(told)
    groups = _groups(told, changes)
    risks = [str(group.effects.get("risk", UNKNOWN_RISK)) for group in groups] or [UNKNOWN_RISK]
    outages = [str(group.effects.get("downtime", "")) for group in groups]
    return {
        "subject": subject(told),
        "plan": {
            "hash": plan.hash,
            "kind": plan.kind,
            "of_run": plain(plan.of_run, 100),
            "created": plain(plan.created, 40),
            "tool": plain(plan.tool, 60),
            "made_by": _maker(plan),
            "partly": len(changes) < len(plan.changes),
        },
        "approvals": [
            {
                "name": plain(one.name, 200),
                "at": plain(one.at, 40),
                "comment": redact_text(plain(one.comment, 1000)),
                "reason": plain(one.reason, 400),
            }
            for one in told.approvals
        ],
        "groups": [_group(group) for group in groups],
        "fixes": _fixes([_group(group) for group in groups]),
        "citations": _citations(control for group in groups for control in group.controls),
        "changes": (said := [_change(change, patched, ran) for change in changes]),
        "alike": _alike(said),
        "risk": max(risks, key=lambda one: RISKS.index(one) if one in RISKS else len(RISKS)),
        "downtime": any(text and not text.lower().startswith("none") for text in outages),
        "warnings": _unique(
            f"{change.target.name}: {guard.guard}: {guard.reason}"
            for change in changes
            for guard in change.guards
            if guard.outcome is Outcome.WARN
        ),
        "irreversible": _unique(
            f"{change.target.name}: {change.irreversible}" for change in changes if change.irreversible
        ),
        "stays": _unique(
            f"{change.target.name} ({setting(change.setting).title}): {change.reversal}"
            for change in changes
            if not change.reversible
        ),
        "left_out": [
            plain(f"{one.change} {one.resource}: {one.reason}", 400)
            for one in (patched.left_out if patched else ())
        ],
        "skipped": _unique(f"{one.resource or one.subject}: {one.reason}" for one in plan.skipped),
        "patch": _patch(patched) if patched else None,
        "run": _run(ran) if ran else None,
    }


def _changes(told: RecordData) -> list[Change]:
    changes = [one for one in told.plan.changes if told.part is None or one.id in told.part]
    patched = told.patched
    return changes if patched is None else [one for one in changes if patched.addresses.get(one.id)]


def _groups(told: RecordData, changes: Sequence[Change]) -> list[Group]:
    return [group for group in told.plan.groups if any(change.group == group.id for change in changes)]


def _maker(plan: Plan) -> str:
    name, key = plan.made_by.get("name", ""), plan.made_by.get("key", "")
    return plain(f"{name or 'unknown'} (key {fingerprint(key)})" if key else name, 200)


def _citations(controls: Iterable[str]) -> list[dict[str, str]]:
    known = all_citations()
    found = []
    for control in dict.fromkeys(controls):
        about = known.get(control)
        found.append(
            {
                "id": plain(control, 40),
                "title": about.title if about else "",
                "need": ("required" if about.required else "addressable") if about else "",
                "told": plain(f"{control} {about.title}" if about else control, 200),
            }
        )
    return found


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": plain(group.id, 40),
        "title": plain(group.title, 200),
        "playbook": plain(group.playbook, 100),
        "resource": plain(group.resource, 300),
        "why": redact_text(plain(group.why, 600)),
        "findings": [plain(one, 100) for one in group.findings],
        "controls": [plain(one, 40) for one in group.controls],
        "citations": _citations(group.controls),
        "effects": {plain(name, 40): plain(str(text), 400) for name, text in group.effects.items() if text},
    }


def _fixes(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The groups, with those of one fix on several resources merged into one."""
    found: dict[str, dict[str, Any]] = {}
    for group in groups:
        said = {name: one for name, one in group.items() if name not in {"id", "resource", "findings"}}
        fix = found.setdefault(json.dumps(said, sort_keys=True), {**said, "resources": [], "findings": []})
        fix["resources"].append(group["resource"])
        fix["findings"] += [one for one in group["findings"] if one not in fix["findings"]]
    return list(found.values())


def _alike(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The changes, with those of equal values before and after merged into one."""
    found: dict[str, dict[str, Any]] = {}
    for change in changes:
        said = {name: change[name] for name in ("verb", "title", "lines", "result")}
        same = found.setdefault(
            json.dumps(said, sort_keys=True), {**said, "ids": [], "names": [], "addresses": []}
        )
        same["ids"].append(change["id"])
        same["names"] += [change["name"]] if change["name"] not in same["names"] else []
        same["addresses"] += [one for one in change["addresses"] if one not in same["addresses"]]
    return list(found.values())


def _change(change: Change, patched: Patched | None, ran: Ran | None) -> dict[str, Any]:
    one = setting(change.setting)
    lines = diff.lines(one.display(change.before), one.display(change.after))
    shown = [redact_text(f"{line.sign} {plain(line.text(), 160)}") for line in lines[:_LINES_A_CHANGE]]
    if len(lines) > _LINES_A_CHANGE:
        shown.append(f"… and {len(lines) - _LINES_A_CHANGE} more")
    done = ran.changes.get(change.id) if ran else None
    return {
        "id": plain(change.id, 40),
        "group": plain(change.group, 40),
        "title": plain(one.title, 100),
        "verb": change.verb,
        "name": plain(change.target.name, 200),
        "resource": plain(change.target.id, 300),
        "account": plain(f"{change.target.provider} {change.target.account} {change.target.region}", 200),
        "setting": plain(change.setting, 100),
        "addresses": [plain(address, 300) for address in (patched.addresses[change.id] if patched else ())],
        "lines": shown,
        "reversal": plain(change.reversal, 300),
        "result": _result(done) if done else "",
    }


def _result(done: Done) -> str:
    when = f" on {done.at}" if done.at else ""
    note = f" ({done.note})" if done.note else ""
    return redact_text(plain(f"{done.state}, {done.verified}{when}{note}", 500))


def _patch(patched: Patched) -> dict[str, Any]:
    return {
        "branch": plain(patched.branch, 250),
        "files": [plain(name, 300) for name in patched.files],
        "imported": [plain(one, 300) for one in patched.imported],
        "created": [plain(one, 300) for one in patched.created],
        "notes": [redact_text(plain(note, 400)) for note in patched.notes],
        "terraform": redact_text(plain(patched.terraform, 2000)),
        "hooks": [plain(one, 40) for one in patched.hooks],
    }


def _run(ran: Ran) -> dict[str, Any]:
    return {
        "id": plain(ran.run, 60),
        "state": plain(ran.state, 40),
        "started": plain(ran.started, 40),
        "ended": plain(ran.ended, 40),
        "by": plain(ran.by, 200),
        "head": plain(ran.head, 200),
        "note": redact_text(plain(ran.note, 600)),
        "rolled_back_by": plain(ran.rolled_back_by, 60),
    }


def _unique(texts: Iterable[str]) -> list[str]:
    return [redact_text(plain(text, 400)) for text in dict.fromkeys(texts)]
