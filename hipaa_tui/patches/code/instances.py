"""The instances of resource blocks: one for each resource that Terraform manages.

From an evaluation of the files (tfparse: variables, locals, functions, count, for_each, modules) or, more reliably,
from Terraform's state. Only what identifies a resource is kept: a state contains secrets.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hipaa_tui.patches.code.resource_identity import IDENTIFYING
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

SECONDS: Final = 60.0
"""How long an evaluation may take."""
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_DATA: Final = re.compile(r"\$\{(data\.(aws_caller_identity|aws_region|aws_partition)\.[\w-]+)\.(\w+)\}")
_INDEX: Final = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
_ALWAYS: Final = frozenset(
    {
        *("id", "arn", "name", "bucket", "identifier", "cluster_identifier", "cluster_id", "domain_name"),
        *("function_name", "replication_group_id", "resource_group_name"),
    }
)
_STATE_VERSION: Final = 4


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing that a block stands for.

    `address` is Terraform's (`module.b["a"].aws_s3_bucket.this`), `place` its (file, line) where that is known;
    `values` are arguments and attributes that are certain, as text. `sure` says that they come from a state.
    """

    address: str
    values: Mapping[str, str]
    place: tuple[str, int] = ("", 0)
    sure: bool = False

    @property
    def block(self) -> str:
        """The address without its indexes: `module.b.aws_s3_bucket.this`."""
        return _INDEX.sub("", self.address)

    @property
    def type(self) -> str:
        return self.block.split(".")[-2]

    @property
    def module(self) -> str:
        """`module.b["a"]`; "" in the root module."""
        return split_address(self.address)[0]


@dataclass
class Known:
    """What can be filled in of data sources that only a cloud knows: those of the plan's own account."""

    account: str = ""
    region: str = ""
    partition: str = "aws"

    def fill(self, text: str, elsewhere: Collection[str]) -> str:
        """The text with their values, but for those data sources that ask another provider."""

        def value(found: re.Match[str]) -> str:
            address, source, attribute = found.groups()
            if address in elsewhere:
                return found.group()
            filled = {
                ("aws_caller_identity", "account_id"): self.account,
                ("aws_region", "name"): self.region,
                ("aws_region", "id"): self.region,
                ("aws_region", "region"): self.region,
                ("aws_partition", "partition"): self.partition,
            }.get((source, attribute), "")
            return filled or found.group()

        return _DATA.sub(value, text)


def split_address(address: str) -> tuple[str, str]:
    """("module.b[\\"a\\"]", "aws_s3_bucket.this") of an address; quotes may hold dots and brackets."""
    parts: list[str] = []
    depth, start, quoted = 0, 0, False
    for at, sign in enumerate(address):
        if sign == '"' and (at == 0 or address[at - 1] != "\\"):
            quoted = not quoted
        elif not quoted and sign in "[]":
            depth += 1 if sign == "[" else -1
        elif not quoted and depth == 0 and sign == ".":
            parts.append(address[start:at])
            start = at + 1
    parts.append(address[start:])
    split = 0
    while split + 1 < len(parts) and parts[split] == "module":
        split += 2
    return ".".join(parts[:split]), ".".join(parts[split:])


# -- evaluation


@dataclass
class Evaluation:
    """The files of a configuration, evaluated when that is first asked for.

    `export` writes the files below a folder and gives the root module's folder in it; `problem` says afterwards why
    there is no evaluation.
    """

    export: Callable[[Path], Path]
    variables: tuple[str, ...] = ()
    known: Known = field(default_factory=Known)
    seconds: float = SECONDS
    progress: Callable[[], None] = lambda: None
    problem: str = ""
    _found: list[Instance] | None = None
    _given: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)

    def instances(self) -> list[Instance]:
        """Every instance that the files make; none where they could not be evaluated. Raises what `progress` raises."""
        if self._found is None:
            self._found = []
            with tempfile.TemporaryDirectory(prefix="hipaa-tui-", ignore_cleanup_errors=True) as scratch:
                root = self.export(Path(scratch) / "repo")
                texts = "\n".join(
                    path.read_text("utf-8", "replace") for path in _texts(Path(scratch) / "repo")
                )
                blocks = self._run(root, Path(scratch))
            self._found = list(_evaluated(blocks, texts, self.known))
            self._given = _given(blocks, texts, self.known)
        return self._found

    def given(self, file: str, line: int) -> dict[str, str]:
        """What the `module` block there certainly gives to inputs, as text; several instances say nothing."""
        self.instances()
        return self._given.get((file, line), {})

    def _run(self, root: Path, scratch: Path) -> list[dict[str, Any]]:
        out, err = scratch / "out", scratch / "err"
        command = [
            sys.executable,
            "-P",
            "-m",
            "hipaa_tui.patches.code.evaluate_child",
            str(root),
            *self.variables,
        ]
        until = time.monotonic() + self.seconds
        # Neither credentials nor TF_VAR_…: what the evaluation says must not hang on this terminal.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_PRIVATE)}
        with out.open("wb") as sink, err.open("wb") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=errors, env=kept, cwd=scratch
            )
            try:
                while process.poll() is None:
                    self.progress()
                    if time.monotonic() > until:
                        self.problem = f"evaluating the Terraform files took more than {self.seconds:.0f} s"
                        return []
                    time.sleep(0.02)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait(10)
        if process.returncode:
            said = plain(" ".join(err.read_text("utf-8", "replace").split()[-40:]), 200)
            self.problem = f"the Terraform files could not be evaluated: {said or process.returncode}"
            return []
        try:
            found = json.loads(out.read_text("utf-8", "replace"))
        except ValueError:
            self.problem = "the Terraform files could not be evaluated: the output is not JSON"
            return []
        return [one for one in found if isinstance(one, dict)]


_PRIVATE: Final = ("AWS_", "AZURE_", "ARM_", "TF_", "GIT_", "GITHUB_", "GH_")


def _texts(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file() and path.suffix in {".tf", ".tfvars", ".json"})


def _given(
    blocks: Iterable[Mapping[str, Any]], texts: str, known: Known
) -> dict[tuple[str, int], dict[str, str]]:
    found: dict[tuple[str, int], dict[str, str]] = {}
    for block in blocks:
        about = block["__tfmeta"]
        place = (str(about.get("filename", "")), int(about.get("line_start", 0)))
        if split_address(str(about.get("path", "")))[1]:
            continue
        values = {
            name: _certain(value, texts, known, ())
            for name, value in block.items()
            if name not in {"id", "__tfmeta"}
        }
        found[place] = (
            {} if place in found else {name: one for name, one in values.items() if one is not None}
        )
    return found


def _evaluated(blocks: Sequence[Mapping[str, Any]], texts: str, known: Known) -> Iterator[Instance]:
    elsewhere = {
        split_address(str(block["__tfmeta"].get("path")))[1] for block in blocks if block.get("provider")
    }
    for block in blocks:
        about = block["__tfmeta"]
        path = str(about.get("path", ""))
        if about.get("type") != "resource" or not path:
            continue
        address = split_address(path)[1]
        kind = address.split(".")[0]
        values = {
            name: text
            for name in {*IDENTIFYING.get(kind, ()), *_ALWAYS} - {"id"}
            if (text := _certain(block.get(name), texts, known, elsewhere)) is not None
        }
        yield Instance(path, values, (str(about.get("filename", "")), int(about.get("line_start", 0))))


def _certain(value: Any, texts: str, known: Known, elsewhere: Collection[str]) -> str | None:
    """An evaluated value as text; None where a part of it is made up, since only Terraform or the cloud knows it."""
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str):
        return None
    filled = known.fill(value, elsewhere)
    if "${" in filled or "%{" in filled:
        return None
    # The evaluation gives a random id to what does not exist; a real one has to be written down somewhere.
    return None if any(made not in texts for made in _UUID.findall(filled)) else filled


# -- state


def read_state(path: Path) -> list[Instance]:
    """The instances of a state file or of `terraform show -json`'s output (of a state, or of a plan).

    InputError where it is neither.
    """
    try:
        found = json.loads(path.expanduser().read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; give a Terraform state file") from None
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        for holder in (found, found.get("prior_state")):
            values = holder.get("values") if isinstance(holder, dict) else None
            if isinstance(values, dict) and isinstance(values.get("root_module"), dict):
                return list(_shown(values["root_module"]))
        if found.get("version") == _STATE_VERSION and isinstance(found.get("resources"), list):
            return list(_stated(found["resources"]))
    raise InputError(
        f"{path}: neither a Terraform state (version 4) nor the output of `terraform show -json`; "
        "create one with `terraform state pull`"
    )


def _shown(module: Mapping[str, Any], depth: int = 0) -> Iterator[Instance]:
    for one in module.get("resources") or []:
        if isinstance(one, dict) and one.get("mode") == "managed" and isinstance(one.get("address"), str):
            yield Instance(one["address"], _identity(str(one.get("type")), one.get("values")), sure=True)
    for child in module.get("child_modules") or []:
        if isinstance(child, dict) and depth < 20:
            yield from _shown(child, depth + 1)


def _stated(resources: Iterable[Any]) -> Iterator[Instance]:
    for one in resources:
        if not isinstance(one, dict) or one.get("mode") != "managed":
            continue
        type, name, module = (str(one.get(key) or "") for key in ("type", "name", "module"))
        for each in one.get("instances") or []:
            if not isinstance(each, dict) or each.get("deposed"):
                continue
            key = each.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            address = f"{module}.{type}.{name}{index}" if module else f"{type}.{name}{index}"
            yield Instance(address, _identity(type, each.get("attributes")), sure=True)


def _identity(type: str, values: Any) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    names = {*IDENTIFYING.get(type, ()), *_ALWAYS}
    return {name: str(values[name]) for name in names if isinstance(values.get(name), str | int)}
