"""lambda:UpdateFunctionConfiguration with a TracingConfig, which moto takes at a creation alone."""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction

_plain = LambdaFunction.update_configuration


def update_configuration(function: LambdaFunction, config_updates: dict[str, Any]) -> Any:
    """The method of moto's LambdaFunction, with the mode of tracing kept."""
    mode = (config_updates.get("TracingConfig") or {}).get("Mode")
    if mode:
        function.tracing_config = {"Mode": mode}
    return _plain(function, config_updates)


def install() -> None:
    """Teach moto's Lambda."""
    LambdaFunction.update_configuration = update_configuration  # type: ignore[method-assign, assignment]
