"""Scaffolds of playbooks: `playbooks new` writes one, the author fills in its blanks, `playbooks lint` lists the rest.

A blank is a line with the word TODO. A playbook with blanks passes the schema and finds everything compliant, so it is
harmless in a folder that is in use; the lint rejects it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Final

from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.providers.registry import resource_types, settings
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.package_data import content_folder

ID: Final = re.compile(r"(aws|azure|operations)\.([a-z0-9-]+)\.([a-z0-9-]+)")
LONGEST_ID: Final = 80
_RESOURCE: Final = re.compile(r"AWS::[A-Za-z0-9]*::[A-Za-z0-9]+|Microsoft\.[A-Za-z]+(/[A-Za-z]+)*")
_BLANK: Final = re.compile(r"\bTODO\b:?\s*(?P<what>.*)")


@dataclass(frozen=True, slots=True)
class Blank:
    """A line that still has to be filled in; `line` counts from 1."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Scaffold:
    """A new playbook. `folder` is its service's folder, relative to the folder of all playbooks ("aws/s3")."""

    id: str
    text: str
    folder: PurePosixPath
    file: str
    setting: str
    resource: str
    guided: bool
    like: str
    """The most similar playbook, as an example; "" if there is none."""
    snippet: str
    """The snippet of its setting, relative to the checkout; "" for a guided playbook."""
    snippet_there: bool
    listed: bool
    """Does a scan list resources of this type?"""


def blanks(text: str) -> list[Blank]:
    """The lines that are left to be filled in."""
    rows = ((number, _BLANK.search(line)) for number, line in enumerate(text.splitlines(), start=1))
    return [Blank(number, found["what"].rstrip("\"' ")) for number, found in rows if found]


def scaffold(
    id: str, catalogue: Catalogue, *, resource: str = "", setting: str = "", guided: bool = False
) -> Scaffold:
    """A playbook with that id and blanks. InputError for an invalid id, resource or setting, with similar ones."""
    name = ID.fullmatch(id)
    if name is None or len(id) > LONGEST_ID:
        raise InputError(
            f"{id!r} is not a playbook id: it must be PROVIDER.SERVICE.WHAT, such as aws.s3.tls-only, in lower-case letters, "
            f"digits and hyphens, with at most {LONGEST_ID} characters; PROVIDER is aws, azure or operations"
        )
    if id in catalogue.playbooks:
        raise InputError(f"the playbook {id} already exists: {catalogue.playbooks[id].path}")
    if setting:
        resource = _resource_of(setting, resource)
    elif not guided:
        raise InputError(
            f"give the setting that it changes with --setting{_near(f'{name[1]}.{name[2]}.', settings())}; "
            "or, if no API can do it, use --guided"
        )
    if not resource:
        raise InputError("give its resource type with --resource, such as AWS::RDS::DBInstance")
    if not _RESOURCE.fullmatch(resource):
        raise InputError(
            f"{resource!r} is not a resource type: it must be CloudFormation's name (AWS::S3::Bucket) or Azure Resource Manager's "
            f"(Microsoft.Storage/storageAccounts){_suggestion(resource, resource_types())}"
        )
    nearest = _nearest(id, setting, catalogue)
    folder = _folder(name[1], name[2], nearest)
    snippet, there = ("", False) if guided else _snippet(setting, folder)
    return Scaffold(
        id=id,
        text=_text(id, resource, setting, guided),
        folder=folder,
        file=f"{name[3]}.yaml" if name[2] in folder.name else f"{name[2]}-{name[3]}.yaml",
        setting=setting,
        resource=resource,
        guided=guided,
        like=nearest[0].id if nearest else "",
        snippet=snippet,
        snippet_there=there,
        listed=resource in resource_types(),
    )


def write_scaffold(path: Path, text: str) -> None:
    """Write a new file, and its folders. InputError if it exists or cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{path}: the file exists; use another id or --out") from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else ""
        raise InputError(f"{path}: cannot be written: {said or error}") from None


def _resource_of(setting: str, resource: str) -> str:
    if setting not in settings():
        raise InputError(
            f"there is no setting {setting!r}{_suggestion(setting, settings())}; add the setting before its playbook, "
            "as CONTRIBUTING.md describes"
        )
    belongs = settings()[setting].resource
    if resource and resource != belongs:
        raise InputError(f"{setting} is a setting of {belongs}, not of {resource}")
    return belongs


def _suggestion(word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, known, n=3, cutoff=0.6)
    return f", did you mean {' or '.join(near)}" if near else ""


def _near(prefix: str, known: Mapping[str, object]) -> str:
    there = sorted(name for name in known if name.startswith(prefix))
    shown = ", ".join(there[:12]) + (" …" if len(there) > 12 else "")
    return (
        f" (of {prefix.rstrip('.')} there are {shown})"
        if there
        else " (`hipaa-tui playbooks` shows what there is)"
    )


def _nearest(id: str, setting: str, catalogue: Catalogue) -> list[Playbook]:
    """The most similar playbooks: of the same setting, else of the same service."""
    shipped = content_folder("playbooks")
    service = id.rpartition(".")[0] + "."
    ours = [one for one in catalogue.playbooks.values() if one.path.is_relative_to(shipped)]
    same = [
        one
        for one in ours
        if setting and any(part.setting == setting for part in (*one.changes, *one.checks))
    ]
    return (
        [one for one in same if one.id.startswith(service)]
        or same
        or [one for one in ours if one.id.startswith(service)]
    )


def _folder(provider: str, service: str, nearest: list[Playbook]) -> PurePosixPath:
    shipped = content_folder("playbooks")
    folders = Counter(one.path.parent.relative_to(shipped).as_posix() for one in nearest)
    if folders:
        return PurePosixPath(folders.most_common(1)[0][0])
    return PurePosixPath(provider) if provider == "operations" else PurePosixPath(provider, service)


def _snippet(setting: str, folder: PurePosixPath) -> tuple[str, bool]:
    base = content_folder("snippets")
    found = next(iter(sorted(base.rglob(f"{setting}.tf.j2"))), None)
    if found is not None:
        return f"snippets/{found.relative_to(base).as_posix()}", True
    return f"snippets/terraform/{folder.as_posix()}/{setting}.tf.j2", False


def _text(id: str, resource: str, setting: str, guided: bool) -> str:
    head = f"""\
id: {id}
title: "TODO: an instruction of at most 60 characters"
resource: {resource}
severity: medium  # TODO: critical, high, medium or low
why: >-
  TODO: what can happen to patients' data without the fix, in words that a developer understands.
controls: ["164.308(a)(1)(ii)(B)"]  # TODO: the HIPAA citations
answers: {{}}  # TODO: the checks that it fixes, by tool: prowler: [ec2_ebs_default_encryption]
"""
    effects = """\
effects:
  downtime: "TODO: what is unavailable, and for how long; None."
  cost: "TODO: the cost per month; None."
  limits: "TODO: what it does not fix, and who is affected by the change."
  risk: low  # TODO: low, medium or high
links: []  # TODO: the cloud's documentation
"""
    return head + (_steps(setting) if guided else _changes(setting)) + effects


_COMPLIES: Final = """\
    # TODO: when the setting complies. As it is, everything does.
    complies: {any: [{present: true}, {present: false}]}
"""


def _changes(setting: str) -> str:
    return f"""\
changes:
  # {_about(setting)}
  - setting: {setting}
{_COMPLIES}\
    # TODO: the wanted value: to, merge, absent or a builder. Values that the user chooses go into `parameters`.
    merge: {{}}
guards: []  # TODO: what to check first, so that no one is locked out
"""


def _steps(setting: str) -> str:
    checks = f"checks:\n  # {_about(setting)}\n  - setting: {setting}\n{_COMPLIES}" if setting else ""
    return f"""\
{checks}steps:
  - do: "TODO: what to do, with the command or the console page."
    evidence: "TODO: what proves that it was done."
"""


def _about(setting: str) -> str:
    declared = settings()[setting]
    return f"{declared.title}, of {declared.resource}"
