"""Says no the way Azure Resource Manager does: a status, a code and a message in its error envelope."""

from __future__ import annotations

from collections.abc import Mapping

from hipaa_tui.support.json_value import Json


class ArmError(Exception):
    """A refused request. `target` is the path of the property at fault, "" where it is not about one."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.headers = dict(headers or {})

    def body(self) -> Json:
        """The envelope: {"error": {"code", "message", "target"?}}."""
        error = {"code": self.code, "message": self.message}
        if self.target:
            error["target"] = self.target
        return {"error": error}


def bad_content(message: str, target: str = "") -> ArmError:
    """400: the body is not what the type asks for."""
    return ArmError(
        400, "InvalidRequestContent", f"The request content was invalid: {message}", target=target
    )


def bad_value(message: str, target: str) -> ArmError:
    """400: the property at `target` has a value that the type does not allow."""
    return ArmError(400, "InvalidRequestPropertyValue", message, target=target)


def bad_reference(id: str, target: str) -> ArmError:
    """400: the body names a resource that is not there."""
    return ArmError(
        400,
        "InvalidResourceReference",
        f"Resource {id} referenced by the property '{target}' was not found.",
        target=target,
    )


def not_allowed(method: str, what: str) -> ArmError:
    """405: the type has no such operation."""
    return ArmError(
        405,
        "MethodNotAllowed",
        f"The HTTP method '{method}' is not supported for the resource type '{what}'.",
    )


def not_found(id: str) -> ArmError:
    """404: no resource has this id."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{id}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix",
    )
