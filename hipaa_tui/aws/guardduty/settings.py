"""GuardDuty in one region: whether its detector watches, and what it has found that nobody has looked at."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.resource_types.region_switch import TAGS, RegionSwitch, call
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

HIGH: Final = 7
"""From which severity on a finding is high (GuardDuty User Guide, "Severity levels of GuardDuty findings")."""
_SHOWN: Final = 20
_SIX_HOURS: Final = "SIX_HOURS"


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("guardduty", name) for name in names)


class Detectors(RegionSwitch):
    name = "AWS::GuardDuty::Detector"
    title = "GuardDuty"
    service = "guardduty"
    kind = "detector"
    said = "GuardDuty"


class Detector(Setting):
    """{"Enable": bool, "FindingPublishingFrequency"}; ABSENT where the region has no detector."""

    id = "aws.guardduty.detector"
    title = "Detector"
    resource = Detectors.name
    reads = _operations("ListDetectors", "GetDetector")
    writes = (
        Operation("guardduty", "CreateDetector", also=("iam:CreateServiceLinkedRole",)),
        *_operations("UpdateDetector"),
    )
    removes = _operations("DeleteDetector")
    terraform = ("aws_guardduty_detector",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        id = detector_of(cloud, target)
        if id is None:
            return Reading(ABSENT)
        found = cloud.call(call("guardduty", target, "GetDetector", DetectorId=id))
        value = {
            "Enable": found.get("Status") == "ENABLED",
            "FindingPublishingFrequency": found.get("FindingPublishingFrequency") or _SIX_HOURS,
        }
        return Reading(value, {"DetectorId": id, "Tags": found.get("Tags") or {}})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        chosen = self.canonical(after)
        if before.absent:
            return [call("guardduty", target, "CreateDetector", **chosen, Tags=TAGS)]
        return [
            call("guardduty", target, "UpdateDetector", DetectorId=before.identity["DetectorId"], **chosen)
        ]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        id = before.identity["DetectorId"]
        return [call("guardduty", target, "DeleteDetector", DetectorId=id)]

    def canonical(self, value: Json) -> Json:
        frequency = value.get("FindingPublishingFrequency") or _SIX_HOURS
        return {"Enable": bool(value.get("Enable")), "FindingPublishingFrequency": frequency}


class HighFindings(Setting):
    """{"Findings": [ids, up to 20], "More": bool} of high severity that nobody has archived. Only for looking.

    ABSENT where there is no detector: then nothing was looked for, which another playbook is about.
    """

    id = "aws.guardduty.high-findings"
    title = "Open findings of high severity"
    resource = Detectors.name
    reads = _operations("ListDetectors", "ListFindings")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        id = detector_of(cloud, target)
        if id is None:
            return Reading(ABSENT)
        criteria = {
            "Criterion": {
                "severity": {"GreaterThanOrEqual": HIGH},
                "service.archived": {"Equals": ["false"]},
            }
        }
        asked = {"DetectorId": id, "FindingCriteria": criteria, "MaxResults": _SHOWN}
        found = cloud.call(call("guardduty", target, "ListFindings", **asked))
        value = {"Findings": found.get("FindingIds") or [], "More": bool(found.get("NextToken"))}
        return Reading(value, {"DetectorId": id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a finding is looked into by a person, who then archives it")


def detector_of(cloud: Cloud, target: Target) -> str | None:
    """The id of the region's detector: there is at most one."""
    found = cloud.call(call("guardduty", target, "ListDetectors")).get("DetectorIds") or []
    return str(found[0]) if found else None


RESOURCE_TYPES = (Detectors(),)
SETTINGS = (Detector(), HighFindings())
