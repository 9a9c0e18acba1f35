"""What Systems Manager does by default in one region: which role instances get, and whether documents may be public.

Both are service settings, which have a default of AWS's that a reset brings back.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch
from hipaa_tui.support.json_value import ABSENT, Json

_DEFAULT: Final = "Default"
_NONE: Final = ("", "$None")


class DocumentSharings(RegionSwitch):
    name = "AWS::SSM::DocumentSharing"
    title = "Public sharing of Systems Manager documents"
    service = "ssm"
    kind = "servicesetting/ssm/documents/console/public-sharing-permission"
    said = "Public sharing of documents"


class HostManagements(RegionSwitch):
    name = "AWS::SSM::DefaultHostManagement"
    title = "Systems Manager's default host management"
    service = "ssm"
    kind = "servicesetting/ssm/managed-instance/default-ec2-instance-management-role"
    said = "Default host management"


class _ServiceSetting(Declared):
    """{"SettingValue": text}; ABSENT where it is AWS's own default."""

    terraform = ("aws_ssm_service_setting",)
    known_before = True

    def value(self, found: Any) -> Json:
        value = str(found.get("SettingValue") or "")
        default = found.get("Status") == _DEFAULT or value in _NONE
        return ABSENT if default else {"SettingValue": value}


_SHARING: Final = {"SettingId": "/ssm/documents/console/public-sharing-permission"}
_HOSTS: Final = {"SettingId": "/ssm/managed-instance/default-ec2-instance-management-role"}


class PublicSharing(_ServiceSetting):
    """{"SettingValue": "Disable"} where no document can be shared with everybody; by default each may."""

    id = "aws.ssm.public-sharing"
    title = "Public sharing of documents"
    resource = DocumentSharings.name
    reading = Read("ssm", "GetServiceSetting", "ServiceSetting", _SHARING)
    identity = {**_SHARING, "Arn": "{id}"}
    writing = Write("ssm", "UpdateServiceSetting", arguments=_SHARING, sends=("SettingValue",))
    removing = Remove("ssm", "ResetServiceSetting", arguments=_SHARING)


class DefaultHostManagement(_ServiceSetting):
    """{"SettingValue": name of the role that instances without one for Systems Manager get}"""

    id = "aws.ssm.default-host-management"
    title = "Role of instances that have none"
    resource = HostManagements.name
    reading = Read("ssm", "GetServiceSetting", "ServiceSetting", _HOSTS)
    identity = {**_HOSTS, "Arn": "{id}"}
    writing = Write(
        *("ssm", "UpdateServiceSetting"), arguments=_HOSTS, sends=("SettingValue",), also=("iam:PassRole",)
    )
    removing = Remove("ssm", "ResetServiceSetting", arguments=_HOSTS)
    # A role that was made a moment ago.
    retry_codes = ("ValidationException",)


RESOURCE_TYPES = (DocumentSharings(), HostManagements())
SETTINGS = (PublicSharing(), DefaultHostManagement())
