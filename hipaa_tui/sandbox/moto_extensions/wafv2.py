"""wafv2:ListResourcesForWebACL, by which other tools see what stands behind a web ACL."""

from __future__ import annotations

import json
from typing import Any, Final

from moto.wafv2.exceptions import WAFNonexistentItemException
from moto.wafv2.responses import WAFV2Response

_KINDS: Final = {"APPLICATION_LOAD_BALANCER": ":loadbalancer/app/", "API_GATEWAY": ":apigateway:"}


def list_resources_for_web_acl(response: Any) -> str:
    """The operation: load balancers unless another kind is asked for."""
    acl = response.wafv2_backend.wacls.get(response._get_param("WebACLArn"))
    if acl is None:
        raise WAFNonexistentItemException
    part = _KINDS.get(response._get_param("ResourceType") or "APPLICATION_LOAD_BALANCER")
    found = [arn for arn in acl.associated_resources if part and part in arn]
    return json.dumps({"ResourceArns": found})


def install() -> None:
    """Teach moto's WAF the operation."""
    WAFV2Response.list_resources_for_web_acl = list_resources_for_web_acl  # type: ignore[attr-defined]
