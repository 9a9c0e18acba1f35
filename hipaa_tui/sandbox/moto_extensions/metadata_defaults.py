"""What moto lacks of EC2's metadata service: the defaults of a region. Nothing asks them: moto launches as it always did."""

from __future__ import annotations

from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse

_CHOSEN: Final = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "InstanceMetadataTags")
_NONE: Final = ("no-preference", "-1")


def get_instance_metadata_defaults(self: Any) -> ActionResult:
    """ec2:GetInstanceMetadataDefaults: what was chosen, and nothing of what was not."""
    chosen = vars(self.ec2_backend).get("metadata_defaults", {})
    return ActionResult({"AccountLevel": {**chosen, "ManagedBy": "account"}})


def modify_instance_metadata_defaults(self: Any) -> ActionResult:
    """ec2:ModifyInstanceMetadataDefaults: what is named is set or cleared, the rest stays."""
    chosen = dict(vars(self.ec2_backend).get("metadata_defaults", {}))
    for name in _CHOSEN:
        given = self._get_param(name)
        if given is None:
            continue
        chosen.pop(name, None)
        if str(given) not in _NONE:
            chosen[name] = int(given) if name == "HttpPutResponseHopLimit" else given
    self.ec2_backend.metadata_defaults = chosen
    return ActionResult({"Return": True})


def install() -> None:
    """Teach moto the operations."""
    for one in (get_instance_metadata_defaults, modify_instance_metadata_defaults):
        setattr(InstanceResponse, one.__name__, one)
