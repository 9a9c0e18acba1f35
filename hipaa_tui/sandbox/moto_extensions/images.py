"""What moto lacks of EC2's machine images: the region's block of public ones, and whom the block refuses."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAMIIdError
from moto.ec2.responses.amis import AmisResponse

_UNBLOCKED = "unblocked"
_modify_image = AmisResponse.modify_image_attribute
_describe_image = AmisResponse.describe_image_attribute


def _state(self: Any) -> str:
    return str(vars(self.ec2_backend).get("public_images", _UNBLOCKED))


def get_image_block_public_access_state(self: Any) -> ActionResult:
    """ec2:GetImageBlockPublicAccessState."""
    return ActionResult({"ImageBlockPublicAccessState": _state(self), "ManagedBy": "account"})


def enable_image_block_public_access(self: Any) -> ActionResult:
    """ec2:EnableImageBlockPublicAccess."""
    self.ec2_backend.public_images = self._get_param("ImageBlockPublicAccessState")
    return ActionResult({"ImageBlockPublicAccessState": _state(self)})


def disable_image_block_public_access(self: Any) -> ActionResult:
    """ec2:DisableImageBlockPublicAccess."""
    self.ec2_backend.public_images = _UNBLOCKED
    return ActionResult({"ImageBlockPublicAccessState": _state(self)})


def describe_image_attribute(self: Any) -> Any:
    """ec2:DescribeImageAttribute says of an image that is gone that it is, and does not fail."""
    if self._get_param("ImageId") not in self.ec2_backend.amis:
        raise InvalidAMIIdError(self._get_param("ImageId"))
    return _describe_image(self)


def modify_image_attribute(self: Any) -> Any:
    """ec2:ModifyImageAttribute refuses to make an image public where that is blocked."""
    added = (self._get_param("LaunchPermission") or {}).get("Add") or []
    if _state(self) != _UNBLOCKED and any(one.get("Group") == "all" for one in added):
        raise EC2ClientError(
            "OperationNotPermitted",
            "You can't publicly share this image because block public access for AMIs is enabled.",
        )
    return _modify_image(self)


def install() -> None:
    """Teach moto the operations."""
    for one in (
        *(get_image_block_public_access_state, enable_image_block_public_access),
        *(disable_image_block_public_access, describe_image_attribute, modify_image_attribute),
    ):
        setattr(AmisResponse, one.__name__, one)
