"""When the principals of IAM last used which service, which narrowing a policy starts from.

Each signed request is noted under the user whose key or the role whose session signed it. AWS's report names the
services that were never used as well, and shows a use hours later; here only used ones stand in it, at once.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, iam_backends
from moto.iam.responses import IamResponse
from moto.sts.models import sts_backends

_SCOPE: Final = re.compile(r"Credential=([^/]+)/\d{8}/[^/]+/([^/]+)/aws4_request")
_plain = BaseResponse.setup_class


def _uses(backend: IAMBackend) -> dict[str, dict[str, datetime]]:
    """Services by the ARN of who used them; gone with everything else when moto forgets."""
    found: dict[str, dict[str, datetime]] = backend.__dict__.setdefault("service_uses", {})
    return found


def setup_class(response: BaseResponse, *arguments: Any, **named: Any) -> None:
    """What moto does at the beginning of each request, and a note of who asked which service."""
    _plain(response, *arguments, **named)
    signed = _SCOPE.search(str(response.headers.get("Authorization") or ""))
    if signed is None:
        return
    backend: IAMBackend = iam_backends[response.current_account][response.partition]
    key, service = signed.groups()
    owner = _user_of(backend, key) or _role_of(response, key)
    if owner:
        _uses(backend).setdefault(owner, {})[service] = utcnow()


def _user_of(backend: IAMBackend, key: str) -> str:
    held = backend.access_keys.get(key)
    user = backend.users.get(str(held.user_name)) if held is not None else None
    return str(user.arn) if user is not None else ""


def _role_of(response: BaseResponse, key: str) -> str:
    session = sts_backends[response.current_account][response.partition].get_assumed_role_from_access_key(key)
    return str(session.role_arn) if session is not None else ""


def _who(backend: IAMBackend, arn: str) -> set[str]:
    """Users and roles whose uses the report on a user, role, group or policy counts."""
    kind = arn.partition("::")[2].partition(":")[2].partition("/")[0]
    name = arn.rpartition("/")[2]
    if kind in {"user", "role"}:
        return {arn}
    if kind == "group":
        return {str(one.arn) for one in backend.get_group(name).users}
    if arn not in backend.managed_policies:
        raise NotFoundException(f"ARN {arn} does not exist.")
    holders: list[Any] = [*backend.users.values(), *backend.roles.values()]
    found = {str(one.arn) for one in holders if arn in one.managed_policies}
    groups = [one for one in backend.groups.values() if arn in one.managed_policies]
    return found | {str(user.arn) for group in groups for user in group.users}


def generate_service_last_accessed_details(response: Any) -> ActionResult:
    """The operation, as a method of moto's IamResponse."""
    arn = str(response._get_param("Arn"))
    _who(response.backend, arn)
    job = str(uuid4())
    response.backend.__dict__.setdefault("last_accessed_jobs", {})[job] = (arn, utcnow())
    return ActionResult({"JobId": job})


def get_service_last_accessed_details(response: Any) -> ActionResult:
    """The operation, as a method of moto's IamResponse."""
    job = str(response._get_param("JobId"))
    jobs = response.backend.__dict__.get("last_accessed_jobs", {})
    if job not in jobs:
        raise NotFoundException(f"Job {job} does not exist.")
    arn, made = jobs[job]
    last: dict[str, datetime] = {}
    for owner in _who(response.backend, arn):
        for service, when in _uses(response.backend).get(owner, {}).items():
            last[service] = max(when, last.get(service, when))
    listed = [
        {
            "ServiceName": service,
            "ServiceNamespace": service,
            "LastAuthenticated": when,
            "TotalAuthenticatedEntities": 1,
        }
        for service, when in sorted(last.items())
    ]
    return ActionResult(
        {
            "JobStatus": "COMPLETED",
            "JobType": "SERVICE_LEVEL",
            "JobCreationDate": made,
            "JobCompletionDate": made,
            "ServicesLastAccessed": listed,
            "IsTruncated": False,
        }
    )


def install() -> None:
    """Teach moto's IAM the operations, and every service to note its use."""
    BaseResponse.setup_class = setup_class  # type: ignore[method-assign, assignment]
    taught: Any = IamResponse
    taught.generate_service_last_accessed_details = generate_service_last_accessed_details
    taught.get_service_last_accessed_details = get_service_last_accessed_details
