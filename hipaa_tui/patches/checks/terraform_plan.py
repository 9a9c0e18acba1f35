"""Runs `terraform plan` for the commit, and checks that it changes nothing but what the plan contains.

`terraform plan` uses the user's credentials and runs what the repository's code runs (providers, external data
sources). So it runs only on request (--prove), in an exported copy, without a state lock.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hipaa_tui.patches.checks.terraform import Steps, gist, terraform_program
from hipaa_tui.patches.edit.in_place import REMOVED
from hipaa_tui.patches.git.repository import LARGEST_COPY, Repository
from hipaa_tui.providers.model import Progress
from hipaa_tui.support.errors import RefusedError
from hipaa_tui.support.sanitize import plain

SECONDS: Final = 900.0
"""How long init and plan may take together."""
_STATE: Final = "terraform.tfstate"
_FOLLOW: Final = frozenset({"tags_all"})
"""Arguments that change along with others, and stand in no block."""
_SHOWN: Final = 6


Allowed = Mapping[str, frozenset[str] | None]
"""Address → the arguments and nested blocks that the patch sets there; None where an input of a module does."""


@dataclass(frozen=True, slots=True)
class Local:
    """What of the user's work tree Terraform needs: the state of a folder without a backend, and -var-file's files."""

    folder: Path
    state: Path | None = None
    var_files: Sequence[str] = ()
    backend: bool = False


def prove(repository: Repository, commit: str, allowed: Allowed, local: Local, progress: Progress) -> str:
    """The result for the commit: "terraform plan: 2 to import, 1 to change, nothing else", or "not proved: why".

    RefusedError if it would change anything that is not allowed. Raises Cancelled.
    """
    program = terraform_program()
    if program is None:
        return "not proved: neither terraform nor tofu is on PATH"
    with tempfile.TemporaryDirectory(prefix="hipaa-tui-", ignore_cleanup_errors=True) as scratch:
        root = Path(scratch) / "repo"
        root.mkdir()
        if not repository.export(commit, root, LARGEST_COPY):
            return f"not proved: the repository is larger than {LARGEST_COPY // 2**20} MB"
        folder = root.joinpath(*repository.prefix.parts)
        _bring_state(folder, local)
        steps = Steps(program, folder, Path(scratch), progress, time.monotonic() + SECONDS)
        try:
            shown = _planned(steps, Path(scratch), local)
        except TimeoutError:
            return f"not proved: terraform took longer than {SECONDS:.0f} s"
        except OSError as error:
            return f"not proved: terraform cannot be run: {error.strerror or error}"
    return shown if isinstance(shown, str) else judged(shown, allowed)


def _bring_state(folder: Path, local: Local) -> None:
    """Without a backend the state lies in the work tree, which the commit does not hold."""
    if local.backend:
        return
    for state in (local.state, local.folder / _STATE):
        if state is not None and state.is_file():
            shutil.copyfile(state, folder / _STATE)
            return


def _planned(steps: Steps, scratch: Path, local: Local) -> dict[str, Any] | str:
    """The plan as JSON, else why there is none."""
    workspace = _workspace(local.folder)
    code, said = steps.run("init", "-input=false", "-no-color", **workspace)
    if code != 0:
        return f"not proved: init failed: {gist(said)}"
    out = scratch / "plan"
    given = [f"-var-file={name}" for name in local.var_files]
    code, said = steps.run(
        *("plan", "-input=false", "-no-color", "-lock=false", f"-out={out}"), *given, **workspace
    )
    if code != 0:
        return f"not proved: plan failed: {gist(said)}"
    code, said = steps.run("show", "-json", str(out), **workspace)
    start = said.find("{")
    try:
        found = json.loads(said[start:]) if code == 0 and start >= 0 else None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else "not proved: terraform's plan cannot be read"


def _workspace(folder: Path) -> dict[str, str]:
    """The workspace that the user has selected there."""
    try:
        name = (folder / ".terraform" / "environment").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return {}
    return {"TF_WORKSPACE": name} if name and name != "default" else {}


def judged(planned: Mapping[str, Any], allowed: Allowed) -> str:
    """What a plan (`terraform show -json`) changes, in words. RefusedError where that is more than is allowed."""
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    for one in planned.get("resource_changes") or []:
        change = one.get("change") or {}
        actions = list(change.get("actions") or [])
        if change.get("importing"):
            counted["import"] += 1
        if actions in (["no-op"], ["read"]):
            continue
        address = str(one.get("address"))
        if address not in allowed:
            wrong.append(f"{address}: {_verb(actions)}, although the plan does not change it")
        elif actions == ["delete"] and REMOVED in (allowed[address] or ()):
            counted["destroy"] += 1
        elif "delete" in actions:
            wrong.append(f"{address}: {_verb(actions)}, which destroys what exists")
        elif extra := _more(change, allowed[address]):
            wrong.append(
                f"{address}: {_verb(actions)} {', '.join(extra[:4])}, which the plan does not change"
            )
        else:
            counted["change" if actions == ["update"] else "add"] += 1
    if wrong:
        shown = "; ".join(plain(one, 200) for one in wrong[:_SHOWN])
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise RefusedError(
            f"terraform plan would change more than the plan: {shown}{more}. No branch was created; apply or fix what "
            "is pending, or create the patch without --prove"
        )
    parts = [f"{counted[verb]} to {verb}" for verb in ("import", "add", "change", "destroy") if counted[verb]]
    return f"terraform plan: {', '.join(parts) or 'no changes'}, nothing else"


def _verb(actions: Sequence[str]) -> str:
    if len(actions) == 2:
        return "to be replaced"
    return {"create": "to be created", "update": "to be changed", "delete": "to be destroyed"}.get(
        "".join(actions), "/".join(map(str, actions)) or "to be changed"
    )


def _more(change: Mapping[str, Any], names: frozenset[str] | None) -> list[str]:
    return [] if names is None else sorted(set(_changed(change)) - _FOLLOW - names)


def _changed(change: Mapping[str, Any]) -> Iterator[str]:
    """The arguments that an update changes; not what the provider only computes anew."""
    if change.get("actions") != ["update"]:
        return
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    for name in {*before, *after}:
        if before.get(name) != after.get(name) and unknown.get(name) is not True:
            yield str(name)
