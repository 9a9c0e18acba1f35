"""Verifies the changes of a plan by a fresh read."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.diff import words
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import CloudError, Clouds, Progress, Silent
from hipaa_tui.providers.registry import setting
from hipaa_tui.runs.apply import confirmed
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.redaction import redact, redact_text


@dataclass(frozen=True, slots=True)
class Verified:
    """One change as a fresh read found it."""

    change: str
    setting: str
    resource: str
    verified: bool
    found: str

    def as_json(self) -> dict[str, Json]:
        return {
            "change": self.change,
            "setting": self.setting,
            "resource": self.resource,
            "verified": self.verified,
            "found": self.found,
        }


def verify(plan: Plan, clouds: Clouds, progress: Progress | None = None) -> list[Verified]:
    """A result per change. Of several changes of one setting only the last is verified."""
    progress = progress or Silent()
    last = {(change.setting, change.target.key): change for change in plan.changes}
    read = SettingReader(clouds)
    results = []
    for number, change in enumerate(last.values()):
        one = setting(change.setting)
        progress.step(number, len(last), f"{one.title} of {change.target.name}")
        try:
            value = read(change.setting, change.target).value
            ok, found = confirmed(change, value), words(redact(one.display(value)))[:400]
        except CloudError as error:
            ok, found = False, redact_text(f"could not be read: {error}")
        results.append(Verified(change.id, change.setting, change.target.id, ok, found))
    progress.step(len(last), len(last), "verified")
    return results
