"""The permissions that an API call needs, and its equivalent CLI command."""

from __future__ import annotations

from collections.abc import Iterable

from hipaa_tui.providers.model import Call


def permissions(calls: Iterable[Call]) -> tuple[str, ...]:
    """The IAM or ARM actions that the calls need, sorted, each once."""
    return tuple(sorted({action for call in calls for action in _of(call)}))


def command(call: Call) -> str:
    """The equivalent aws or az command."""
    if call.provider == "aws":
        from hipaa_tui.aws.cli_commands import command as render
    else:
        from hipaa_tui.azure.cli_commands import command as render
    return render(call)


def _of(call: Call) -> tuple[str, ...]:
    if call.provider == "aws":
        from hipaa_tui.aws.permissions.actions import for_call
    else:
        from hipaa_tui.azure.permissions import for_call
    return for_call(call)
