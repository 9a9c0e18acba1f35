"""Sets one argument of a block: replaces a literal, edits a policy by statements and a map by keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hipaa_tui.patches.editing import policies
from hipaa_tui.patches.editing.edit_context import EditContext
from hipaa_tui.patches.editing.equivalence import Likeness
from hipaa_tui.patches.editing.merging import Merging
from hipaa_tui.patches.language.edits import (
    Edit,
    NotEditableError,
    OfRootError,
    comment_kept,
    encoded,
    indent_at,
    newline_of,
)
from hipaa_tui.patches.language.json_parts import Text, heredoc_of, heredoc_span, holes_in
from hipaa_tui.patches.language.nodes import line_of, value_of
from hipaa_tui.patches.language.styles import Style
from hipaa_tui.patches.language.syntax import (
    Expression,
    Items,
    Traversal,
    Unknown,
    expression_in,
    expression_of,
    is_literal,
)
from hipaa_tui.patches.language.value_spans import Part, call_in, document_in, part_in, part_of

if TYPE_CHECKING:
    from tree_sitter import Node

_WIDEST_FLAT: Final = 60
HEREDOC: Final = Style(json=True, templated=True, sign=": ", quoted=True)
JSON_FILE: Final = Style(json=True, references=False, sign=": ", quoted=True)


@dataclass(frozen=True, slots=True)
class Arguments:
    """Edits arguments of one file."""

    source: bytes
    sight: EditContext

    def set(self, attribute: Node, name: str, text: str, earlier: str = "") -> list[Edit]:
        """What has to be edited. NotEditableError where a person has to."""
        node = value_of(attribute)
        now, then = expression_of(node), expression_in(text)
        if self.same(now, then) or squeezed(self.text(node)) == squeezed(text):
            return []
        try:
            return self._set(node, name, text, earlier)
        except NotEditableError as error:
            error.line = error.line or line_of(attribute)
            raise

    def _set(self, node: Node, name: str, text: str, earlier: str) -> list[Edit]:
        now = expression_of(node)
        wanted = document_in(text)
        if wanted is not None:
            found = self.document(node)
            if found is not None:
                return document_edits(self.source, found, wanted, document_in(earlier), self.sight)
            if isinstance(now, str) and not quoted_differs(now, wanted, document_in(earlier), self.sight):
                return []
        then = part_in(text)
        if then is not None and wanted is None and (then.entries is not None or then.items is not None):
            found_part = part_of(node, self.source)
            before = part_in(earlier) if earlier else None
            merged = call_in(node, "merge")
            if merged:
                return self._merged(merged, then, before, name)
            if before is not None and self._is_shared_map(now, then, before):
                return self._beside(node, then, before)
            if (
                (found_part.entries is None) == (then.entries is None)
                and not isinstance(found_part.value, Unknown)
                and (found_part.entries is not None or found_part.items is not None)
            ):
                return self._merging(keep=True).bring(found_part, then, before, name)
        if not is_literal(now):
            if self.sight.follow:
                self.sight.follow(now, name, text, earlier)
                return []
            shown = " ".join(self.text(node).split())[:80]
            raise NotEditableError(f"{name} is {shown}: change it where that is defined")
        if not self.sight.has_name(expression_in(text)) and wanted is None:
            raise OfRootError(name, text)
        new = text.replace("\n", "\n" + indent_at(self.source, node.start_byte))
        shorter = len(self.text(node)) - len(new)
        return [
            Edit(node.start_byte, node.end_byte, encoded(new, newline_of(self.source))),
            *comment_kept(self.source, node.end_byte, shorter),
        ]

    def says(self, attribute: Node, text: str) -> bool:
        """Does the argument say that, as far as can be told without Terraform?"""
        alone = Arguments(self.source, replace(self.sight, follow=None))
        try:
            return alone.set(attribute, "", text) == []
        except NotEditableError:
            return False

    def document(self, node: Node) -> tuple[Part, Style] | None:
        """The document that an expression encodes, and how it is written there."""
        inner = call_in(node, "jsonencode")
        if inner is not None and len(inner) == 1:
            return part_of(inner[0], self.source), Style()
        heredoc = heredoc_of(node)
        if heredoc is not None:
            start, end = heredoc_span(heredoc, self.source)
            text = Text(self.source, start, end, holes_in(heredoc), templated=True)
            return text.part(), HEREDOC
        return None

    def _merging(self, *, keep: bool = False) -> Merging:
        return merging_in(self.source, Style(), self.sight, keep=keep)

    def _is_shared_map(self, now: Expression, wanted: Part, earlier: Part) -> bool:
        """Is it a map that others may use, which only has to say more?"""
        if not isinstance(now, Traversal) or now.indexed or len(now.parts) != 2:
            return False
        # A module's variable is set at its call.
        named = now.parts[0] == "local" or (now.parts[0] == "var" and not self.sight.apart)
        more = wanted.entries is not None and set(earlier.keys) <= set(wanted.keys)
        return named and more and None not in wanted.keys and earlier.entries is not None

    def _beside(self, node: Node, wanted: Part, earlier: Part) -> list[Edit]:
        """`merge(…)` of the shared map with what it has to say more here: others keep theirs."""
        merging = self._merging()
        shared = self.sight.literal(expression_of(node))
        said = (
            dict(zip(map(str, shared.keys), shared.values, strict=False)) if isinstance(shared, Items) else {}
        )
        more = [
            one
            for one in wanted.entries or ()
            if not merging.untouched(one.value, earlier.get(str(one.key)))
            and not self.same(said.get(str(one.key)), one.value.value)
        ]
        if not more:
            return []
        value = {str(one.key): merging.value(one.value) for one in more}
        indent, style = indent_at(self.source, node.start_byte), Style()
        flat = style.written(value, indent, flat=True)
        shown = style.written(value, indent) if len(flat) > _WIDEST_FLAT or "\n" in flat else flat
        new = f"merge({self.text(node)}, {shown})"
        return [
            Edit(node.start_byte, node.end_byte, encoded(new, newline_of(self.source))),
            *comment_kept(self.source, node.end_byte, len(self.text(node)) - len(new)),
        ]

    def _merged(self, arguments: list[Node], wanted: Part, earlier: Part | None, name: str) -> list[Edit]:
        """`merge(…)`: a key is changed in the object that sets it, a new one goes into the last object."""
        parts = [part_of(one, self.source) for one in arguments]
        if wanted.entries is None or not any(one.entries is not None for one in parts):
            raise NotEditableError(
                f"{name} is {squeezed(self.text(arguments[0].parent or arguments[0]))[:80]}: change it there"
            )
        last = max(at for at, one in enumerate(parts) if one.entries is not None)
        rest: dict[int, list[str]] = {}
        said = {key for one in parts for key in self._keys(one)}
        for entry in wanted.entries:
            key = str(entry.key)
            before = earlier.get(key) if earlier else None
            if key not in said and before is not None and self._merging().untouched(entry.value, before):
                continue  # one of the others says it, and it is no part of the change
            where = self._setter(parts, key, last, name)
            known = parts[where] if where >= 0 else None
            if known is not None and known.entries is None:
                found = self.sight.literal(known.value)
                value = (
                    dict(zip(map(str, found.keys), found.values, strict=True))[key]
                    if isinstance(found, Items)
                    else None
                )
                where = -1 if self.same(value, entry.value.value) else last
            if where >= 0:
                rest.setdefault(where, []).append(key)
        edits: list[Edit] = []
        for at, keys in rest.items():
            part = Part(
                wanted.start,
                wanted.end,
                wanted.value,
                wanted.text,
                entries=tuple(one for one in wanted.entries if one.key in keys),
            )
            old = earlier and Part(
                earlier.start,
                earlier.end,
                earlier.value,
                earlier.text,
                entries=tuple(one for one in earlier.entries or () if one.key in keys),
            )
            edits += self._merging(keep=True).bring(parts[at], part, old or None, name)
        return edits

    def _setter(self, parts: list[Part], key: str, last: int, name: str) -> int:
        """Which argument of merge() says the key's value; where none does, the last object."""
        for at in range(len(parts) - 1, -1, -1):
            one = parts[at]
            if one.entries is not None:
                if one.get(key) is not None or (
                    at == last and not any(key in self._keys(other) for other in parts[:at])
                ):
                    return at
                continue
            found = self.sight.literal(one.value)
            if isinstance(found, Items) and (found.keys or not found.values):
                if key in map(str, found.keys):
                    return at
            elif at > last:
                shown = squeezed(one.text)[:60]
                raise NotEditableError(f"{shown} comes last in merge(…) and may contain {key}: set it there")
        return last

    def _keys(self, part: Part) -> list[str]:
        if part.entries is not None:
            return [str(one) for one in part.keys]
        found = self.sight.literal(part.value)
        return [str(one) for one in found.keys] if isinstance(found, Items) else []

    # -- comparing

    def same(self, now: Expression, then: Expression) -> bool:
        """Does the file's expression say what is wanted?"""
        if type(now) is type(then) and now == then and is_literal(now):
            return True
        if isinstance(then, str):
            return self.sight.means(now) == frozenset({then})
        if isinstance(now, Items) and isinstance(then, Items):
            return self._same_items(now, then)
        # Terraform takes "true" and "7" for true and 7.
        return (
            isinstance(now, str)
            and not isinstance(then, str)
            and is_literal(then)
            and now == str(then).lower()
        )

    def _same_items(self, now: Items, then: Items) -> bool:
        if len(now.values) != len(then.values) or len(now.keys) != len(then.keys):
            return False
        if not now.keys:
            return all(map(self.same, now.values, then.values))
        mine, theirs = (dict(zip(map(repr, one.keys), one.values, strict=True)) for one in (now, then))
        return mine.keys() == theirs.keys() and all(self.same(mine[key], theirs[key]) for key in mine)

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")


def merging_in(
    source: bytes, style: Style, sight: EditContext, *, keep: bool = False, policy: bool = False
) -> Merging:
    """How documents of this file are brought to what is wanted."""
    like = Likeness(sight.means, sight.theirs, sight.literal, policy=policy, apart=sight.apart)
    return Merging(
        source, style, like, keep=keep, free=style.references and not sight.apart, follow=sight.follow
    )


def document_edits(
    source: bytes, found: tuple[Part, Style], wanted: Part, earlier: Part | None, sight: EditContext
) -> list[Edit]:
    """A document, brought to the wanted one where it stands."""
    part, style = found
    policy = policies.is_policy(wanted)
    merging = merging_in(source, style, sight, policy=policy)
    if policy:
        return policies.policy_edits(merging, part, wanted, earlier)
    return merging.bring(part, wanted, earlier, "")


def quoted_differs(text: str, wanted: Part, earlier: Part | None, sight: EditContext) -> bool:
    """Does a quoted string of JSON say something else? NotEditableError where it says what no cloud has seen."""
    source = text.encode()
    try:
        part = Text(source, 0, len(source)).part()
    except NotEditableError:
        return True
    try:
        return bool(
            document_edits(source, (part, JSON_FILE), wanted, earlier, EditContext(theirs=sight.theirs))
        )
    except NotEditableError as error:
        raise NotEditableError(str(error)) from None


def squeezed(text: str) -> str:
    return " ".join(text.split())
