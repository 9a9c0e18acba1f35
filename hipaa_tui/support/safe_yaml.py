"""Reads YAML without tags, aliases (and thus alias bombs) and duplicate keys.

Composing and constructing are in Python, because these rules are enforced there. The scanner, nine tenths of the
time for a hundred playbooks, is libyaml's if PyYAML was built with it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_WORDS = (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^(?:0|[1-9][0-9]{0,8})$", "0123456789"),
    ("null", r"^(?:~|null)?$", ("~", "n", "")),
)
"""The types of a policy's scalars other than text. YAML 1.1 would read 22:00 as the number 1320 and `no` as false."""


def _parser() -> type[Any]:
    """libyaml's parser, or PyYAML's own if it was built without libyaml."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        from yaml.parser import Parser
        from yaml.reader import Reader
        from yaml.scanner import Scanner

        class PythonParser(Reader, Scanner, Parser):
            def __init__(self, stream: Any) -> None:
                Reader.__init__(self, stream)
                Scanner.__init__(self)
                Parser.__init__(self)

        return PythonParser
    return CParser


@cache
def _loader(words_only: bool) -> Any:
    import yaml
    from yaml.composer import Composer
    from yaml.constructor import SafeConstructor
    from yaml.resolver import Resolver

    parser: Any = _parser()

    class Loader(Composer, parser, SafeConstructor, Resolver):  # type: ignore[misc]
        if words_only:
            yaml_implicit_resolvers: dict[str, Any] = {}

        def __init__(self, stream: Any) -> None:
            parser.__init__(self, stream)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                raise ValueError(
                    f"line {self.peek_event().start_mark.line + 1}: YAML aliases are not allowed"
                )
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _ in node.value:
                if not isinstance(key.value, str):
                    raise ValueError(f"line {key.start_mark.line + 1}: a key must be plain text")
                if key.value in seen:
                    raise ValueError(f"line {key.start_mark.line + 1}: duplicate key {key.value!r}")
                seen.add(key.value)
            return super().construct_mapping(node, deep)

    if words_only:
        for tag, pattern, first in _WORDS:
            Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
    return Loader


def read_own(data: bytes) -> Any:
    """The document of a file that ships with the package. Safe as well, but the rules above are only checked by tests.

    Takes a fifth of the time of `read`, since libyaml composes it, too.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(data.decode("utf-8"), Loader=loader)  # noqa: S506


def read(data: bytes, largest: int, *, words_only: bool = False) -> Any:
    """The document of a YAML file of at most `largest` bytes. ValueError says what is wrong and in which line.

    `words_only`: only true, false, null and integers are not text.
    """
    import yaml

    if len(data) > largest:
        raise ValueError(f"larger than {largest // 1024} KB")
    try:
        # Constructed by SafeConstructor: no tag makes an object.
        return yaml.load(data.decode("utf-8"), Loader=_loader(words_only))  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}invalid YAML: {getattr(error, 'problem', error)}") from None
    except (UnicodeError, RecursionError):
        raise ValueError("invalid YAML: not UTF-8, or nested too deeply") from None
