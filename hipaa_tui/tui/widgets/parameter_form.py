"""Asks for the parameters of a plan's playbooks, with the defaults filled in; errors are shown under the field."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from hipaa_tui.playbooks.model import Parameter, Playbook
from hipaa_tui.playbooks.parameters import typed
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.static_text import StaticText


class ParameterForm(Vertical):
    """One field per parameter of each playbook: two that ask by the same name get an answer each."""

    DEFAULT_CSS = "ParameterForm { height: auto; } ParameterForm StaticText { height: auto; }"

    def __init__(self, playbooks: Sequence[Playbook]) -> None:
        super().__init__()
        self._playbooks = [playbook for playbook in playbooks if playbook.parameters]
        self._parameters = {
            f"{playbook.id}.{name}": parameter
            for playbook in self._playbooks
            for name, parameter in playbook.parameters.items()
        }

    def compose(self) -> ComposeResult:
        for playbook in self._playbooks:
            title = playbook.title if len(self._playbooks) > 1 else "Parameters"
            yield StaticText([GAP, heading(title)])
            for name, parameter in playbook.parameters.items():
                key = f"{playbook.id}.{name}"
                hint = f"  {_accepts(parameter)}" if _accepts(parameter) else ""
                yield StaticText([Para(f"{parameter.title}{hint}", lead=f"{name}: ", lead_tone="strong")])
                yield PlainInput(_text(parameter.default), id=_id("in", key), name=key)
                yield StaticText(id=_id("bad", key))

    def answers(self) -> dict[str, str] | None:
        """The values that differ from the defaults, by PLAYBOOK.PARAMETER; None if a field is invalid, which is then
        marked and focused."""
        given: dict[str, str] = {}
        wrong: list[str] = []
        for name, parameter in self._parameters.items():
            text = self.query_one(f"#{_id('in', name)}", Input).value.strip()
            sentence = _complaint(parameter, text)
            self._complain(name, sentence)
            if sentence:
                wrong.append(name)
            elif text != _text(parameter.default):
                given[name] = text
        if wrong:
            self.query_one(f"#{_id('in', wrong[0])}", Input).focus()
            return None
        return given

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        name = event.input.name or ""
        self._complain(name, _complaint(self._parameters[name], event.value.strip()))

    def _complain(self, name: str, sentence: str) -> None:
        lines = [Para(sentence, "bad", lead="✗ ", lead_tone="bad")] if sentence else []
        self.query_one(f"#{_id('bad', name)}", StaticText).show(lines)


def _id(prefix: str, name: str) -> str:
    """A widget id for a parameter, whose name may contain characters that an id must not."""
    return f"{prefix}-{name.encode().hex()}"


def _complaint(parameter: Parameter, text: str) -> str:
    try:
        typed(parameter, text)
    except InputError as error:
        return str(error)
    return ""


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _accepts(parameter: Parameter) -> str:
    if parameter.choices:
        return f"(one of {', '.join(parameter.choices)})"
    if parameter.minimum is not None and parameter.maximum is not None:
        return f"({parameter.minimum} to {parameter.maximum})"
    if parameter.minimum is not None:
        return f"({parameter.minimum} or more)"
    if parameter.maximum is not None:
        return f"({parameter.maximum} or less)"
    return {"boolean": "(true or false)", "cidr": "(a CIDR)", "cidrs": "(comma-separated CIDRs)"}.get(
        parameter.type, ""
    )
