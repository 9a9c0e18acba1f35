"""The sandbox's own hooks under /_sandbox/: health, the log of requests, faults, lag, and the whole state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from hipaa_tui.sandbox.arm import state
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content
from hipaa_tui.sandbox.arm.estate import Estate
from hipaa_tui.sandbox.arm.faults import Faults, Log
from hipaa_tui.sandbox.arm.messages import Request, Response
from hipaa_tui.support.json_value import Json

PREFIX: Final = "/_sandbox/"


class Controlled(Protocol):
    """What the hooks reach into: the router's state, its log of requests and its faults."""

    estate: Estate
    faults: Faults
    log: Log

    def reset(self) -> None:
        """Everything as at the start."""


def serve(router: Controlled, request: Request) -> Response:
    """Answer a request to a hook. ArmError 404 for one that there is not, 405 for another method."""
    name = request.path.removeprefix(PREFIX).rstrip("/")
    hooks = _HOOKS.get(name)
    if hooks is None:
        raise ArmError(
            404, "NotFound", f"There is no hook '{name[:80]}'. There are: {', '.join(sorted(_HOOKS))}."
        )
    hook = hooks.get(request.method)
    if hook is None:
        raise ArmError(405, "MethodNotAllowed", f"The hook '{name}' takes {', '.join(hooks)}.")
    return Response(200, hook(router, request.body))


def _health(router: Controlled, _body: Json) -> Json:
    with router.estate.lock:
        return {"status": "ok", "subscriptions": list(router.estate.subscriptions)}


def _requests(router: Controlled, _body: Json) -> Json:
    return {"value": router.log.entries()}


def _forget_requests(router: Controlled, _body: Json) -> Json:
    router.log.clear()
    return {}


def _fault(router: Controlled, body: Json) -> Json:
    router.faults.add(body)
    return {}


def _no_faults(router: Controlled, _body: Json) -> Json:
    router.faults.clear()
    return {}


def _lag(router: Controlled, body: Json) -> Json:
    if not isinstance(body, dict) or not isinstance(body.get("reads"), int):
        raise bad_content('a lag is {"path_contains": text, "reads": number}.')
    with router.estate.lock:
        router.estate.lag(str(body.get("path_contains", "")), body["reads"])
    return {}


def _dump(router: Controlled, _body: Json) -> Json:
    with router.estate.lock:
        return router.estate.dump()


def _load(router: Controlled, body: Json) -> Json:
    with router.estate.lock:
        state.load(router.estate, body)
    return {}


def _reset(router: Controlled, _body: Json) -> Json:
    router.reset()
    return {}


_HOOKS: Final[dict[str, dict[str, Callable[[Controlled, Json], Json]]]] = {
    "health": {"GET": _health},
    "requests": {"GET": _requests, "DELETE": _forget_requests},
    "faults": {"POST": _fault, "DELETE": _no_faults},
    "lag": {"POST": _lag},
    "state": {"GET": _dump, "PUT": _load},
    "reset": {"POST": _reset},
}
