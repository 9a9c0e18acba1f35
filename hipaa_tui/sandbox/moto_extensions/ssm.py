"""What moto lacks of Systems Manager: its service settings, and which instances are managed and compliant.

An instance counts as managed where it could be: it runs, and a role for Systems Manager reaches it. No agent runs
anywhere, so nothing is ever patched, and nothing is found missing.
"""

from __future__ import annotations

from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.ssm.responses import SimpleSystemManagerResponse

_DEFAULTS: Final = {
    "/ssm/documents/console/public-sharing-permission": "Enable",
    "/ssm/managed-instance/default-ec2-instance-management-role": "$None",
}
_ROLE: Final = "/ssm/managed-instance/default-ec2-instance-management-role"
_CORE: Final = "policy/AmazonSSMManagedInstanceCore"


def _settings(response: Any) -> dict[str, str]:
    backend = response.ssm_backend
    held: dict[str, str] = vars(backend).setdefault("service_settings", {})
    return held


def _asked(response: Any) -> str:
    """The setting's id, which may be said by its ARN."""
    asked = str(response._get_param("SettingId"))
    return asked.partition("servicesetting")[2] if asked.startswith("arn:") else asked


def _described(response: Any, id: str) -> dict[str, Any]:
    held = _settings(response)
    return {
        "SettingId": id,
        "SettingValue": held.get(id, _DEFAULTS.get(id, "")),
        "Status": "Customized" if id in held else "Default",
        "ARN": f"arn:aws:ssm:{response.region}:{response.current_account}:servicesetting{id}",
    }


def get_service_setting(response: Any) -> ActionResult:
    """ssm:GetServiceSetting."""
    return ActionResult({"ServiceSetting": _described(response, _asked(response))})


def update_service_setting(response: Any) -> ActionResult:
    """ssm:UpdateServiceSetting."""
    _settings(response)[_asked(response)] = response._get_param("SettingValue")
    return ActionResult({})


def reset_service_setting(response: Any) -> ActionResult:
    """ssm:ResetServiceSetting: AWS's own default again."""
    id = _asked(response)
    _settings(response).pop(id, None)
    return ActionResult({"ServiceSetting": _described(response, id)})


def describe_instance_information(response: Any) -> ActionResult:
    """ssm:DescribeInstanceInformation, all of them or those whose ids are asked for."""
    wanted = [
        id
        for one in response._get_param("Filters") or []
        if one["Key"] == "InstanceIds"
        for id in one["Values"]
    ]
    by_default = bool(_settings(response).get(_ROLE))
    found = []
    for reservation in ec2_backends[response.current_account][response.region].describe_instances():
        for one in reservation.instances:
            if wanted and one.id not in wanted:
                continue
            if one.state == "running" and (by_default or _has_core(response, one)):
                found.append({"InstanceId": one.id, "PingStatus": "Online", "ResourceType": "EC2Instance"})
    return ActionResult({"InstanceInformationList": found})


def _has_core(response: Any, instance: Any) -> bool:
    """Does the instance's role have AWS's policy for Systems Manager?"""
    association = instance.ec2_backend.iam_instance_profile_associations.get(instance.id)
    if association is None:
        return False
    iam = iam_backends[response.current_account]["aws"]
    return any(
        str(arn).endswith(_CORE)
        for role in association.iam_instance_profile.roles
        for arn in iam.get_role(role.name).managed_policies
    )


def list_compliance_items(_response: Any) -> ActionResult:
    """ssm:ListComplianceItems: nothing was looked at."""
    return ActionResult({"ComplianceItems": []})


def list_resource_compliance_summaries(_response: Any) -> ActionResult:
    """ssm:ListResourceComplianceSummaries: nothing was looked at."""
    return ActionResult({"ResourceComplianceSummaryItems": []})


def install() -> None:
    """Teach moto the operations."""
    for one in (
        *(get_service_setting, update_service_setting, reset_service_setting),
        *(describe_instance_information, list_compliance_items, list_resource_compliance_summaries),
    ):
        setattr(SimpleSystemManagerResponse, one.__name__, one)
