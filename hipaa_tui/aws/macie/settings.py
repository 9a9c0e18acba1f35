"""Macie in one region: whether it looks through the buckets for patients' data."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Either, Read, Remove, Write
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch, never_switched_on
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.support.json_value import Json

_FREQUENCY: Final = "FIFTEEN_MINUTES"


class Sessions(RegionSwitch):
    name = "AWS::Macie::Session"
    title = "Macie"
    service = "macie"
    called = ("macie2",)
    kind = "session"
    said = "Macie"


def _off(error: CloudError) -> bool:
    """Is Macie off? It answers 403 both then and where the caller may not ask."""
    denied = error.code == "AccessDeniedException"
    return error.code == "ResourceNotFoundException" or (
        denied and never_switched_on(error, "macie is not enabled")
    )


class Session(Declared):
    """{"status": ENABLED or PAUSED, "findingPublishingFrequency"}; ABSENT where Macie is off."""

    id = "aws.macie.session"
    title = "Macie"
    resource = Sessions.name
    reading = Read("macie2", "GetMacieSession", off=_off)
    identity = {"AccountId": "{account}"}
    writing = Either(
        lambda before, _after: before.absent,
        then=Write("macie2", "EnableMacie", also=("iam:CreateServiceLinkedRole",)),
        otherwise=Write("macie2", "UpdateMacieSession"),
    )
    removing = Remove("macie2", "DisableMacie")
    terraform = ("aws_macie2_account",)

    def value(self, found: Any) -> Json:
        return self.canonical(found)

    def sent(self, before: Reading, after: Json) -> Json:
        return self.canonical(after)

    def canonical(self, value: Json) -> Json:
        return {
            "status": value.get("status") or "ENABLED",
            "findingPublishingFrequency": value.get("findingPublishingFrequency") or _FREQUENCY,
        }


RESOURCE_TYPES = (Sessions(),)
SETTINGS = (Session(),)
