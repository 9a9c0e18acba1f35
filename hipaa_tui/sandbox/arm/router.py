"""Takes a request through what Azure Resource Manager asks of every request, to whom it concerns."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from copy import deepcopy
from typing import Final

from hipaa_tui.sandbox.arm import access, control, faults, reads, state, views, writes
from hipaa_tui.sandbox.arm.address import Address, Kind, parse
from hipaa_tui.sandbox.arm.context import Context
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content, not_allowed
from hipaa_tui.sandbox.arm.estate import Estate
from hipaa_tui.sandbox.arm.faults import Faults, Log
from hipaa_tui.sandbox.arm.messages import Request, Response
from hipaa_tui.sandbox.arm.operations import Operations, is_operation
from hipaa_tui.support.json_value import Json

_VERSION: Final = re.compile(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[a-z0-9.]+)?$", re.IGNORECASE)
_WRITES: Final = {"PUT": writes.put, "PATCH": writes.patch, "DELETE": writes.delete}
_READS: Final = {"GET": reads.get, "HEAD": reads.head}


class Router:
    """Requests in, responses out. Thread-safe. `initial` is the state that a reset goes back to."""

    def __init__(self, initial: Json = None) -> None:
        """ArmError 400 where `initial` is no state."""
        self.estate = Estate()
        self.faults = Faults()
        self.log = Log()
        self._operations = Operations()
        self._initial = deepcopy(initial)
        state.load(self.estate, deepcopy(initial))

    def reset(self) -> None:
        """Everything as at the start: state, log, faults, lag and operations."""
        with self.estate.lock:
            state.load(self.estate, deepcopy(self._initial))
            self._operations = Operations()
        self.faults.clear()
        self.log.clear()

    def answer(self, request: Request) -> Response:
        """The response to a request; never raises for what a client sends."""
        if request.path.startswith(control.PREFIX):
            return _safely(lambda: control.serve(self, request))
        oid = ""
        try:
            oid = access.caller(request.headers.get("authorization", ""))
        except ArmError as error:
            response = Response(error.status, error.body(), error.headers)
        else:
            response = self._with_faults(request, oid)
        self.log.add(request, response.status, oid)
        return response

    def _with_faults(self, request: Request, oid: str) -> Response:
        fault = self.faults.next(request)
        if fault is None:
            return _safely(lambda: self._arm(request, oid))
        if fault.status is not None and not fault.after_effect:
            faults.wait(fault)
            return faults.answer(fault)
        if not fault.after_effect:
            faults.wait(fault)
        response = _safely(lambda: self._arm(request, oid))
        if fault.after_effect:
            faults.wait(fault)
        return response if fault.status is None else faults.answer(fault)

    def _arm(self, request: Request, oid: str) -> Response:
        _check_version(request)
        at = parse(request.path)
        with self.estate.lock:
            context = Context(self.estate, self._operations, request, at, oid)
            if is_operation(at) and request.method == "GET":
                return self._poll(at)
            if request.method in _READS:
                with self.estate.reading():
                    return _READS[request.method](context)
            if request.method == "POST" and at.kind is Kind.COLLECTION:
                with self.estate.writing(request.path):
                    return writes.post(context)
            if request.method not in _WRITES or at.kind is not Kind.RESOURCE:
                raise not_allowed(request.method, at.type or at.kind.value)
            with self.estate.writing(request.path):
                return _WRITES[request.method](context)

    def _poll(self, at: Address) -> Response:
        operation = self._operations.find(at)
        resource = self.estate.get(operation.key) if operation is not None else None
        return self._operations.poll(at, views.shown(self.estate, resource) if resource is not None else None)


def _check_version(request: Request) -> None:
    if not request.api_version:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )
    if not _VERSION.match(request.api_version):
        raise ArmError(
            400, "InvalidApiVersionParameter", f"The api-version '{request.api_version[:80]}' is invalid."
        )


def _safely(serve: Callable[[], Response]) -> Response:
    try:
        return serve()
    except ArmError as error:
        return Response(error.status, error.body(), error.headers)
    except RecursionError:
        deep = bad_content("it is nested too deeply.")
        return Response(deep.status, deep.body())
    except Exception:  # whatever it is, the client gets an answer and the developer the reason
        traceback.print_exc()
        broken = ArmError(500, "InternalServerError", "The sandbox has a fault of its own: see its stderr.")
        return Response(broken.status, broken.body())
