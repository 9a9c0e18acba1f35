"""IAM Access Analyzer in one region: whether anything looks for resources that outsiders can reach."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.resource_types.region_switch import TAGS, RegionSwitch
from hipaa_tui.providers.model import Call, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

OURS: Final = "hipaa-tui-external-access"
_EXTERNAL: Final = ("ACCOUNT", "ORGANIZATION")
"""Analyzers of access from outside. Those of unused and of internal access are paid for, and another matter."""


class Analyzers(RegionSwitch):
    name = "AWS::AccessAnalyzer::Analyzer"
    title = "IAM Access Analyzer"
    service = "access-analyzer"
    called = ("accessanalyzer",)
    kind = "analyzer"
    said = "IAM Access Analyzer"


class Analyzer(Declared):
    """{"analyzerName", "type": ACCOUNT or ORGANIZATION} of one that is active, ours before others; ABSENT without."""

    id = "aws.accessanalyzer.analyzer"
    title = "Analyzer of external access"
    resource = Analyzers.name
    reading = Read("accessanalyzer", "ListAnalyzers", "analyzers", pages=True)
    writing = Write(
        *("accessanalyzer", "CreateAnalyzer"),
        arguments={"tags": TAGS},
        also=("iam:CreateServiceLinkedRole",),
    )
    removing = Remove("accessanalyzer", "DeleteAnalyzer", sends=("analyzerName",))
    settle_seconds = 60.0
    terraform = ("aws_accessanalyzer_analyzer",)

    def value(self, found: Any) -> Json:
        analyzer = _external(found)
        return {"analyzerName": analyzer["name"], "type": analyzer["type"]} if analyzer else ABSENT

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        analyzer = _external(found)
        return {"Arn": analyzer["arn"], "Tags": analyzer.get("tags") or {}} if analyzer else {}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not before.absent:
            raise ValueError(f"{target.name} has the analyzer {before.value['analyzerName']} already")
        return super().write(target, before, after)


def _external(analyzers: Any) -> dict[str, Any]:
    """The active analyzer of external access, ours before others; empty where there is none."""
    active = [one for one in analyzers if one["type"] in _EXTERNAL and one.get("status") == "ACTIVE"]
    return min(
        active, key=lambda one: (one["name"] != OURS, one["type"] != "ACCOUNT", one["name"]), default={}
    )


RESOURCE_TYPES = (Analyzers(),)
SETTINGS = (Analyzer(),)
