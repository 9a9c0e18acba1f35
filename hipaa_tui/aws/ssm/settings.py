"""What Systems Manager does by default in one region: which role instances get, and whether documents may be public.

Both are service settings, which have a default of AWS's that a reset brings back.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html
"""

from __future__ import annotations

from typing import ClassVar, Final

from hipaa_tui.aws.resource_types.region_switch import RegionSwitch, call
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_DEFAULT: Final = "Default"
_NONE: Final = ("", "$None")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("ssm", name) for name in names)


class DocumentSharings(RegionSwitch):
    name = "AWS::SSM::DocumentSharing"
    title = "Public sharing of Systems Manager documents"
    service = "ssm"
    kind = "servicesetting/ssm/documents/console/public-sharing-permission"
    said = "Public sharing of documents"
    lists = _operations("GetServiceSetting")


class HostManagements(RegionSwitch):
    name = "AWS::SSM::DefaultHostManagement"
    title = "Systems Manager's default host management"
    service = "ssm"
    kind = "servicesetting/ssm/managed-instance/default-ec2-instance-management-role"
    said = "Default host management"
    lists = _operations("GetServiceSetting")


class _ServiceSetting(Setting):
    """{"SettingValue": text}; ABSENT where it is AWS's own default."""

    reads = _operations("GetServiceSetting")
    writes = _operations("UpdateServiceSetting")
    removes = _operations("ResetServiceSetting")
    terraform = ("aws_ssm_service_setting",)
    setting_id: ClassVar[str]

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call("ssm", target, "GetServiceSetting", SettingId=self.setting_id))[
            "ServiceSetting"
        ]
        value = str(found.get("SettingValue") or "")
        default = found.get("Status") == _DEFAULT or value in _NONE
        return Reading(ABSENT if default else {"SettingValue": value}, self.planned_identity(target, None))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        asked = {"SettingId": self.setting_id, "SettingValue": after["SettingValue"]}
        return [call("ssm", target, "UpdateServiceSetting", **asked)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call("ssm", target, "ResetServiceSetting", SettingId=self.setting_id)]

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"SettingId": self.setting_id, "Arn": target.id}


class PublicSharing(_ServiceSetting):
    """{"SettingValue": "Disable"} where no document can be shared with everybody; by default each may."""

    id = "aws.ssm.public-sharing"
    title = "Public sharing of documents"
    resource = DocumentSharings.name
    setting_id = "/ssm/documents/console/public-sharing-permission"


class DefaultHostManagement(_ServiceSetting):
    """{"SettingValue": name of the role that instances without one for Systems Manager get}"""

    id = "aws.ssm.default-host-management"
    title = "Role of instances that have none"
    resource = HostManagements.name
    setting_id = "/ssm/managed-instance/default-ec2-instance-management-role"
    writes = (Operation("ssm", "UpdateServiceSetting", also=("iam:PassRole",)),)
    # A role that was made a moment ago.
    retry_codes = ("ValidationException",)


RESOURCE_TYPES = (DocumentSharings(), HostManagements())
SETTINGS = (PublicSharing(), DefaultHostManagement())
