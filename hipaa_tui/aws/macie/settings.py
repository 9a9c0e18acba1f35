"""Macie in one region: whether it looks through the buckets for patients' data."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.resource_types.region_switch import RegionSwitch, call, never_switched_on
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_FREQUENCY: Final = "FIFTEEN_MINUTES"


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("macie2", name) for name in names)


class Sessions(RegionSwitch):
    name = "AWS::Macie::Session"
    title = "Macie"
    service = "macie"
    called = ("macie2",)
    kind = "session"
    said = "Macie"
    lists = _operations("GetMacieSession")


class Session(Setting):
    """{"status": ENABLED or PAUSED, "findingPublishingFrequency"}; ABSENT where Macie is off."""

    id = "aws.macie.session"
    title = "Macie"
    resource = Sessions.name
    reads = _operations("GetMacieSession")
    writes = (
        Operation("macie2", "EnableMacie", also=("iam:CreateServiceLinkedRole",)),
        *_operations("UpdateMacieSession"),
    )
    removes = _operations("DisableMacie")
    terraform = ("aws_macie2_account",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call("macie2", target, "GetMacieSession"))
        except CloudError as error:
            # Macie answers 403 both where it is off and where one may not ask.
            off = error.code == "AccessDeniedException" and never_switched_on(error, "macie is not enabled")
            if off or error.code == "ResourceNotFoundException":
                return Reading(ABSENT)
            raise
        return Reading(self.canonical(found), {"AccountId": target.account})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        operation = "EnableMacie" if before.absent else "UpdateMacieSession"
        return [call("macie2", target, operation, **self.canonical(after))]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call("macie2", target, "DisableMacie")]

    def canonical(self, value: Json) -> Json:
        return {
            "status": value.get("status") or "ENABLED",
            "findingPublishingFrequency": value.get("findingPublishingFrequency") or _FREQUENCY,
        }


RESOURCE_TYPES = (Sessions(),)
SETTINGS = (Session(),)
