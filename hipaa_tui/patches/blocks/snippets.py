"""Renders the snippets: one template per setting, which yields Terraform blocks.

The output is parsed, checked against the schema extract and printed again, so that a snippet needs no care for layout
and can only yield blocks. Its variables:

    value, before, live    the wanted value, the earlier one, and what stands there now (null: ABSENT)
    exists, applied        whether it stands there now (only then may it be imported), as wanted already
    identity, facts        what the cloud assigned, and what was looked up besides (facts.py)
    target, partition      the resource
    address(type, name, label)
                           the address of the block for the object `name`, with `.label`; unique in the folder
    ref(type, name, attribute, literal)
                           the attribute of the block for that object where the patch or the folder
                           has one, else the literal
    follows(type, name)    `[address]` of such a block of the patch, for depends_on; else `[]`
    x | hcl, x | hcl_json  an expression of exactly this value; jsonencode(…) of a policy
    x | text               a string of exactly this text, never a reference (import ids)
    x | label, x | json    a safe label; the JSON document in a string
    x | at("a.b.0")        what stands at the path, null where nothing does
    begun(address)         does an earlier change describe the resource already? Then what is only there
                           for completeness must not be said again
    refuse(reason)         leaves the change out
    x | own_named(name), x | rule_blocks(group), x | words
                           see shapes.py; the words of a text with commas

A service's snippets are in a folder of its own, each named after its setting. A setting that is only a part of a large
block (one argument of an aws_db_instance) has its snippet in that folder's `edits/`: one resource block with that
part, which is said to the person who owns the block. `modules/NAME/` has what is set at the call of that module.

A string that is the ARN or ARM id of something with a block before it becomes a reference to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hipaa_tui.patches.blocks.shapes import own_named, rule_blocks
from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.syntax import Declared, parse
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import at

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST: Final = 400_000
"""Characters that one snippet may give."""
_FILTERS: Final = frozenset(
    {
        "lower",
        "upper",
        "default",
        "first",
        "last",
        "join",
        "length",
        "sort",
        "replace",
        "trim",
        "map",
        "list",
        "selectattr",
        "rejectattr",
        "unique",
    }
)


class Refused(Exception):
    """A change cannot be expressed in Terraform; the message says why."""


class NoSnippetError(Refused):
    """There is no snippet for the setting: Terraform has no separate resource for it."""


def _refuse(reason: str) -> str:
    raise Refused(reason)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a snippet gave, before it stands in the patch."""

    blocks: tuple[Declared, ...]
    imports: Mapping[str, str]


class Snippets:
    """The snippets of a folder."""

    def __init__(self, folder: Path) -> None:
        self._paths = {_name(path): path for path in sorted(folder.rglob("*.tf.j2"))}
        self._environment = _environment(folder)
        self._compiled: dict[Path, Template] = {}
        self._link: hcl.Link = lambda _: None
        self._environment.filters |= {
            "hcl": lambda value: hcl.expression(value, self._link),
            "hcl_json": lambda value: hcl.json_document(value, self._link),
        }

    def fill(
        self,
        setting: str,
        variables: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]],
        link: hcl.Link,
        *,
        folder: str = "",
    ) -> Rendered:
        """What the setting's snippet gives. InputError says what is wrong with the snippet; Refused.

        `folder` is "", "edits" or "modules/NAME": the one within the service's folder.
        """
        from jinja2 import TemplateError

        path = self._paths.get((folder, f"{setting}.tf.j2"))
        if path is None:
            raise NoSnippetError(f"there is no Terraform snippet for {setting}")
        self._link = link
        try:
            text = self._template(path).render({**variables, **functions, "refuse": _refuse})
        except Refused:
            raise
        except (TemplateError, TypeError, ValueError, KeyError, OverflowError, RecursionError) as error:
            raise InputError(f"the snippet {path.name} cannot be rendered: {error}") from None
        if len(text) > LONGEST:
            raise InputError(f"the snippet {path.name} yields more than {LONGEST} characters")
        return _understood(path.name, text)

    def _template(self, path: Path) -> Template:
        """Compiled once: a patch of a hundred changes fills the same few."""
        if path not in self._compiled:
            self._compiled[path] = self._environment.from_string(path.read_text(encoding="utf-8"))
        return self._compiled[path]


def _name(path: Path) -> tuple[str, str]:
    """(the folder within the service's, the file) of a snippet, as `fill` asks for it."""
    parent = path.parent
    if parent.name == "edits":
        return "edits", path.name
    if parent.parent.name == "modules":
        return f"modules/{parent.name}", path.name
    return "", path.name


def _environment(snippets: Path) -> ImmutableSandboxedEnvironment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(snippets),  # refuses names that leave the folder
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters = {name: one for name, one in environment.filters.items() if name in _FILTERS}
    environment.filters["label"] = hcl.label
    environment.filters["text"] = lambda text: hcl.string(str(text))
    environment.filters["at"] = at
    environment.filters["words"] = lambda text: [word for word in str(text).replace(",", " ").split() if word]
    environment.filters["own_named"] = own_named
    environment.filters["rule_blocks"] = rule_blocks
    environment.filters["json"] = lambda value: json.dumps(value, sort_keys=True)
    environment.globals.clear()
    return environment


def _understood(name: str, text: str) -> Rendered:
    """The blocks and import ids in a snippet's text. InputError where it is anything else."""
    parsed = parse(text)
    if parsed.broken or parsed.attributes:
        raise InputError(f"the snippet {name} does not yield valid HCL (line {parsed.broken or 1})")
    resources = tuple(block for block in parsed.blocks if block.type in {"resource", "module"})
    if not resources:
        raise InputError(f"the snippet {name} yields no resource")
    return Rendered(resources, dict(_imports(name, parsed.blocks)))


def _imports(name: str, blocks: Iterable[Declared]) -> Iterable[tuple[str, str]]:
    for block in blocks:
        if block.type in {"resource", "module"}:
            continue
        to = next((one.text for one in block.attributes if one.name == "to"), "")
        id = block.value("id")
        if block.type != "import" or not to or not isinstance(id, str):
            raise InputError(
                f"the snippet {name} may yield only resource blocks, and import blocks with a literal id"
            )
        yield to, id
