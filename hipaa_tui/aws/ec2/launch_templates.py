"""Launch templates: whether the instances that they make answer for their metadata without a token.

A version never changes. So a write makes the next one from the default, other in one place, and makes that the
default; the way back makes the earlier one the default again and deletes ours, which $Latest would still mean.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-launch-template-versions.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, OWN_ANSWER, Json, reference

_GONE: Final = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException")
_OURS: Final = "hipaa-tui: metadata with tokens"
_CHOSEN: Final = ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit")
_KEPT: Final = ("HttpProtocolIpv6", "InstanceMetadataTags")
VERSION: Final = "DefaultVersion"


class LaunchTemplates(Named):
    name = "AWS::EC2::LaunchTemplate"
    title = "Launch template"
    service = "ec2"
    kind = "launch-template/"
    pattern = re.compile(r"lt-[0-9a-f]+")
    listing = Read("ec2", "DescribeLaunchTemplates", "LaunchTemplates")
    field = "LaunchTemplateId"
    tagging = Read(
        *("ec2", "DescribeLaunchTemplates", "LaunchTemplates.0.Tags", {"LaunchTemplateIds": ["{name}"]})
    )


class TemplateMetadata(Setting):
    """{"HttpTokens", "HttpEndpoint": as the default version says them or "", "HttpPutResponseHopLimit": 0 where it does not,
    "DefaultVersion": its number, null for the next one}. The number is for the way back, and never compared.
    """

    id = "aws.ec2.launch-template-metadata"
    title = "Metadata service of what the template makes"
    resource = LaunchTemplates.name
    reads = operations("DescribeLaunchTemplateVersions")
    writes = operations("CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "DeleteLaunchTemplateVersions")
    terraform = ("aws_launch_template",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = call(
            target,
            "DescribeLaunchTemplateVersions",
            LaunchTemplateId=target.name,
            Versions=["$Default", "$Latest"],
        )
        try:
            found = cloud.call(asked).get("LaunchTemplateVersions") or []
        except CloudError as error:
            return absent_on(_GONE, error)
        default = next((one for one in found if one.get("DefaultVersion")), None)
        if default is None:
            return Reading(ABSENT)
        options = (default.get("LaunchTemplateData") or {}).get("MetadataOptions") or {}
        value: dict[str, Json] = {name: str(options.get(name) or "") for name in _CHOSEN[:2]}
        value[_CHOSEN[2]] = int(options.get(_CHOSEN[2]) or 0)
        identity: dict[str, Json] = {
            "Arn": target.id,
            "LaunchTemplateId": target.name,
            "Name": str(default.get("LaunchTemplateName") or ""),
            "Latest": max(int(one["VersionNumber"]) for one in found),
            "Description": str(default.get("VersionDescription") or ""),
            "Others": {name: options[name] for name in _KEPT if options.get(name)},
        }
        return Reading({**value, VERSION: int(default["VersionNumber"])}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError("there is no such launch template")
        own = {"LaunchTemplateId": target.name}
        if after.get(VERSION):
            return self._back(target, own, before, int(after[VERSION]))
        options = {name: after[name] for name in _CHOSEN if after.get(name)}
        data = {"MetadataOptions": {**before.identity.get("Others", {}), **options}}
        source = str(before.value[VERSION])
        made = reference(OWN_ANSWER, "LaunchTemplateVersion.VersionNumber")
        about = f"{_OURS}, from version {source}"
        return [
            call(
                target,
                "CreateLaunchTemplateVersion",
                **own,
                SourceVersion=source,
                VersionDescription=about,
                LaunchTemplateData=data,
            ),
            call(target, "ModifyLaunchTemplate", **own, DefaultVersion=made),
        ]

    def _back(self, target: Target, own: dict[str, Json], before: Reading, version: int) -> list[Call]:
        calls = [call(target, "ModifyLaunchTemplate", **own, DefaultVersion=str(version))]
        now = before.value.get(VERSION)
        # Before the first write the number of ours is nobody's to know yet; a live look has it.
        ours: Json = str(now) if now else reference(OWN_ANSWER, "LaunchTemplate.LatestVersionNumber")
        if not now or str(before.identity.get("Description") or "").startswith(_OURS):
            calls.append(call(target, "DeleteLaunchTemplateVersions", **own, Versions=[ours]))
        return calls

    def canonical(self, value: Json) -> Json:
        return {name: value.get(name) for name in _CHOSEN}


def template_with_tokens(current: Json, wanted: Json) -> Json:
    """{"hop_limit"}: tokens required, and let travel at least so far; never less than the template says."""
    if current is ABSENT:
        raise ValueError("there is no such launch template")
    hops = max(int(current["HttpPutResponseHopLimit"]), int(wanted["hop_limit"]))
    given: Mapping[str, Any] = {
        "HttpTokens": "required",
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": hops,
    }
    return {**current, **given, VERSION: None}


RESOURCE_TYPES = (LaunchTemplates(),)
SETTINGS = (TemplateMetadata(),)
BUILDERS = {"template_with_tokens": template_with_tokens}
