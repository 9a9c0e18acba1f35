"""Renders the templates of records: in a sandbox, within a budget, with values escaped for the format.

A team may use templates of its own; one that is invalid, endless or too large ends in a sentence with file and line.
The output of an expression is escaped for the format, except if a filter (or a macro of the template) has done so:

    x | plain, x | cut(n), x | pad(n)   on one line; at most n characters; at least n
    x | tojson                          a JSON value
    x | block                           JSON: the text of a {% set x %} … {% endset %}, to be given to tojson
    x | md, x | code, list | codes      Markdown: prose; a code span; several of them with commas
    lines | fence("diff")               Markdown: a block of code that nothing in it can end
    x | safe                            goes out as it is: for text of the template itself
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from hipaa_tui.records import escapes
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.private_files import read_regular
from hipaa_tui.support.sanitize import plain

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

SECONDS: Final = 5.0
"""Maximum time for a template in seconds; the shipped ones take 0.01 s."""
TURNS: Final = 50_000
"""Maximum number of loop iterations and macro calls together."""
LONGEST: Final = 2_000_000
"""Maximum number of characters that a template may output, including intermediate parts."""
_TEXT: Final = 400_000
"""Maximum number of characters of a text, or items of a list, that a template may create."""
_SOURCE: Final = 256 * 1024
_FILTERS: Final = (
    *("lower", "upper", "capitalize", "default", "first", "last", "length", "sort", "trim", "map", "list"),
    *("select", "reject", "selectattr", "rejectattr", "unique", "int", "string", "tojson"),
)
_METHODS: Final[dict[type, frozenset[str]]] = {
    str: frozenset(
        (
            *("lower", "upper", "capitalize", "strip", "lstrip", "rstrip", "startswith", "endswith", "count"),
            *("split", "rsplit", "splitlines", "partition", "rpartition", "removeprefix", "removesuffix"),
            *("find", "rfind", "isdigit"),
        )
    ),
    dict: frozenset({"items", "keys", "values", "get"}),
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
}
Escape = Callable[[str], str]


class _Spent(Exception):
    """The template exceeds its budget."""


class _Budget:
    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._seconds = seconds
        self._turns = 0
        self._chars = 0

    def turn(self, chars: int) -> str:
        """Count one iteration of a loop that outputs so many characters of the template."""
        self._turns += 1
        if self._turns > TURNS:
            raise _Spent(f"it has more than {TURNS} loop iterations")
        self.put_out(chars)
        return ""

    def put_out(self, chars: int) -> None:
        self._chars += chars
        if self._chars > LONGEST:
            raise _Spent(f"it outputs more than {LONGEST} characters")
        if time.monotonic() > self._until:
            raise _Spent(f"it takes longer than {self._seconds:.0f} s")


def fill(path: Path, variables: Mapping[str, Any], escape: Escape, *, seconds: float = SECONDS) -> str:
    """The rendered template. InputError says what is wrong, with file and line."""
    try:
        source = read_regular(path, _SOURCE).decode()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except ValueError:
        raise InputError(f"{path}: not UTF-8") from None
    from jinja2 import TemplateSyntaxError

    try:
        code = _compiled(source, str(path), escape)
        environment = _environment(_Budget(seconds), escape)
        template = environment.template_class.from_code(environment, code, environment.make_globals(None))
        return "".join(template.generate(dict(variables)))
    except TemplateSyntaxError as error:
        raise InputError(
            f"{path}:{error.lineno}: invalid template: {plain(str(error.message), 300)}"
        ) from None
    except (RecursionError, MemoryError):
        raise InputError(f"{path}: the template is nested too deeply or too large") from None
    except Exception as error:  # a template can make Python say anything
        line = _line(error, str(path))
        raise InputError(f"{path}{line}: the template cannot be rendered: {plain(str(error), 300)}") from None


@lru_cache(maxsize=16)
def _compiled(source: str, path: str, escape: Escape) -> CodeType:
    """The compiled template, cached: compiling takes longer than rendering, and a plan's branches share templates."""
    environment = _environment(_Budget(SECONDS), escape)
    tree = environment.parse(source)
    _watched(tree)
    return environment.compile(tree, "record", path)


def _line(error: BaseException, file: str) -> str:
    trace, found = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            found = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _watched(tree: nodes.Template) -> None:
    """Instrument the template: count every loop iteration, macro call and string concatenation."""
    from jinja2 import nodes

    def ours(name: str, argument: nodes.Expr) -> nodes.Call:
        return nodes.Call(
            nodes.EnvironmentAttribute(name), [argument], [], None, None, lineno=argument.lineno
        )

    for node in list(tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock))):
        assert isinstance(node, nodes.For | nodes.Macro | nodes.CallBlock)  # noqa: S101 - for the type checker
        chars = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        call = ours("turn", nodes.Const(chars, lineno=node.lineno))
        node.body.insert(0, nodes.Output([call], lineno=node.lineno))
    _limit_concats(tree, lambda concat: ours("limited", concat))
    assert tree.environment is not None  # noqa: S101 - a parsed tree has one
    tree.set_environment(tree.environment)


def _limit_concats(node: nodes.Node, wrap: Callable[[nodes.Expr], nodes.Expr]) -> None:
    from jinja2 import nodes

    for name, value in list(node.iter_fields()):
        several = value if isinstance(value, list) else [value]
        for index, one in enumerate(several):
            if not isinstance(one, nodes.Node):
                continue
            _limit_concats(one, wrap)
            if isinstance(one, nodes.Concat):
                if isinstance(value, list):
                    value[index] = wrap(one)
                else:
                    setattr(node, name, wrap(one))


def _environment(budget: _Budget, escape: Escape) -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.runtime import Macro
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from jinja2.utils import Namespace
    from markupsafe import Markup

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def turn(self, chars: int) -> str:
            return budget.turn(chars)

        def limited(self, value: Any) -> Any:
            if isinstance(value, str | list | tuple) and len(value) > _TEXT:
                raise _Spent(f"it creates a text or a list of more than {_TEXT}")
            return value

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            sized = [one for one in (left, right) if isinstance(one, str | list | tuple)]
            if operator == "*" and sized:
                number = right if sized[0] is left else left
                if not isinstance(number, int) or len(sized[0]) * number > _TEXT:
                    raise _Spent(f"it creates a text or a list of more than {_TEXT}")
            elif operator == "%" and sized:
                raise _Spent("% cannot format text here")
            elif operator in {"*", "**"} and max(abs(left), abs(right)) > 2**16:
                raise _Spent("its numbers are too large")
            return self.limited(super().call_binop(context, operator, left, right))

        def wrap_str_format(self, value: Any) -> None:
            """Texts are not formatted here: what they are is decided below."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            for kind, names in _METHODS.items():
                if isinstance(obj, kind):
                    return attr in names
            return super().is_safe_attribute(obj, attr, value)

        def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
            result = super().call(__context, __obj, *args, **kwargs)
            return Markup(result) if isinstance(__obj, Macro) else result  # noqa: S704 - of the template's own

    def finalize(value: Any) -> str:
        text = str(value) if isinstance(value, Markup) else escape("" if value is None else str(value))
        budget.put_out(len(text))
        return text

    def replace(text: str, old: str, new: str) -> str:
        if not old or len(text) + text.count(old) * len(new) > _TEXT:
            raise _Spent(f"it creates a text of more than {_TEXT}")
        return text.replace(old, new)

    def join(items: Any, between: str = "") -> str:
        texts = [str(one) for one in items]
        if sum(map(len, texts)) + len(between) * len(texts) > _TEXT:
            raise _Spent(f"it creates a text of more than {_TEXT}")
        return between.join(texts)

    environment = Sandbox(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,
        finalize=finalize,
    )
    marked: dict[str, Callable[..., str]] = {
        "md": escapes.markdown,
        "code": escapes.code_span,
        "codes": lambda texts: ", ".join(escapes.code_span(one) for one in texts),
        "fence": escapes.fence,
        "safe": str,
    }
    environment.filters = {name: environment.filters[name] for name in _FILTERS} | {
        "plain": plain,
        "cut": escapes.cut,
        "block": escapes.from_block,
        "pad": lambda text, width: str(text).ljust(min(int(width), 1000)),
        "replace": replace,
        "join": join,
        **{name: _safe(function, Markup) for name, function in marked.items()},
    }
    environment.policies["json.dumps_function"] = json.dumps
    environment.globals = {"range": _range, "namespace": Namespace}
    return environment


def _safe(function: Callable[..., str], mark: Callable[[str], str]) -> Callable[..., str]:
    return lambda *given: mark(function(*given))


def _range(*numbers: int) -> range:
    found = range(*numbers)
    if len(found) > 10_000:
        raise _Spent("a range has at most 10000 numbers")
    return found
