"""Fills in a playbook's values: strings by sandboxed templates, typed values by {$…} references.

Templates only yield strings (jinja2's native types would turn account 012345678901 into a number). A typed value is
a reference that stands for a whole value:
    {$param: NAME}              a parameter, with its type
    {$from: CHANGE.FIELD}       what the cloud assigned to an earlier change of the same playbook
    {$current: SETTING.PATH}    what the finding's resource has now
    {$first: [V, …]}            the first that is not empty
Text from findings and clouds only ever enters as a value of a variable, never as a template.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from hipaa_tui.support.json_value import Json

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 16_384
"""Maximum number of characters that a template may yield, far more than any ARN, name or sentence needs."""
_SHOWN = 80
LONGEST_TEMPLATE = 4_096
"""Maximum length of a template; the shipped ones have up to 200 characters."""
_FAULTS = (
    *(TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError),
    *(RecursionError, MemoryError, SyntaxError),
)
"""What rendering can raise beside Jinja's own errors; SyntaxError if Python cannot nest what Jinja can."""


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        """A Jinja environment without loading, without calls except those defined here, and without huge strings."""

        intercepted_binops = frozenset({"*", "**", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            raise SecurityError(f"playbook templates cannot use the operator {operator}")

        def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
            if obj is not guid:
                raise SecurityError("playbook templates can call only guid")
            return guid(*args)

    environment = Environment(undefined=StrictUndefined, autoescape=False)
    keep = {"lower", "upper", "default", "first", "last", "trim", "string"}
    environment.filters = {k: v for k, v in environment.filters.items() if k in keep}
    environment.filters |= {"join": _join, "replace": _replace}
    environment.globals.clear()
    environment.globals["guid"] = guid
    return environment


def _join(parts: Any, by: str = "") -> str:
    """Jinja's filter with a limit: two in a row could make gigabytes of a name."""
    texts = [str(part) for part in parts]
    _bounded(sum(map(len, texts)) + len(by) * len(texts))
    return by.join(texts)


def _replace(text: str, old: str, new: str) -> str:
    text, old, new = str(text), str(old), str(new)
    _bounded(len(text) + text.count(old) * max(0, len(new) - len(old)))
    return text.replace(old, new)


def _bounded(length: int) -> None:
    if length > LONGEST:
        raise ValueError(f"gives more than {LONGEST} characters")


def guid(*parts: str) -> str:
    """A UUID that is the same for the same parts, so that a retry finds what the first try created."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "hipaa-tui:" + "|".join(str(part) for part in parts)))


def text(template: str, variables: Mapping[str, Any]) -> str:
    """The rendered template. ValueError says what is wrong with it."""
    if "{{" not in template and "{%" not in template and "{#" not in template:
        return template
    from jinja2 import TemplateError

    _refuse_statements(template)
    try:
        filled = _environment().from_string(template).render(variables)
    except (TemplateError, *_FAULTS) as error:
        raise ValueError(f"{template[:_SHOWN]!r}: {error or type(error).__name__}") from None
    if len(filled) > LONGEST:
        raise ValueError(f"{template[:_SHOWN]!r} gives more than {LONGEST} characters")
    return str(filled)


def check_template(template: str) -> None:
    """ValueError if the text is not a valid template, independent of its values."""
    if "{{" not in template and "{%" not in template and "{#" not in template:
        return
    from jinja2 import TemplateError

    _refuse_statements(template)
    try:
        _environment().from_string(template)
    except (TemplateError, *_FAULTS) as error:
        raise ValueError(f"{template[:_SHOWN]!r}: {error or type(error).__name__}") from None


def _refuse_statements(template: str) -> None:
    if len(template) > LONGEST_TEMPLATE:
        raise ValueError(f"{template[:_SHOWN]!r}… has more than {LONGEST_TEMPLATE} characters")
    if "{%" in template:
        raise ValueError(f"playbook templates cannot contain statements: {template[:_SHOWN]!r}")


def fill(
    value: Json,
    variables: Mapping[str, Any],
    *,
    parameters: Mapping[str, Json],
    assigned: Callable[[str], Json],
    current: Callable[[str], Json],
) -> Json:
    """`value` with templates rendered and references resolved. ValueError says what is wrong.

    `assigned("key.arn")` answers {$from}, `current("aws.s3.logging.TargetBucket")` answers {$current};
    both may raise ValueError.
    """

    def go(item: Json) -> Json:
        if isinstance(item, str):
            return text(item, variables)
        if isinstance(item, list):
            return [go(one) for one in item]
        if not isinstance(item, Mapping):
            return item
        if len(item) == 1:
            ((word, argument),) = item.items()
            match word:
                case "$param":
                    if argument not in parameters:
                        raise ValueError(f"there is no parameter {argument!r}")
                    return parameters[argument]
                case "$from":
                    return assigned(str(argument))
                case "$current":
                    return current(str(argument))
                case "$first":
                    return _first(argument)
        return {text(key, variables): go(one) for key, one in item.items()}

    def _first(options: Json) -> Json:
        problem: ValueError | None = None
        for option in options:
            try:
                found = go(option)
            except ValueError as error:
                problem = error
                continue
            if found not in ("", None, [], {}):
                return found
        raise problem or ValueError("every option of $first is empty")

    return go(value)
