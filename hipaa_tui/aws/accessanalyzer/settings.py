"""IAM Access Analyzer in one region: whether anything looks for resources that outsiders can reach."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.resource_types.region_switch import TAGS, RegionSwitch, call
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

OURS: Final = "hipaa-tui-external-access"
_EXTERNAL: Final = ("ACCOUNT", "ORGANIZATION")
"""Analyzers of access from outside. Those of unused and of internal access are paid for, and another matter."""


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("accessanalyzer", name) for name in names)


class Analyzers(RegionSwitch):
    name = "AWS::AccessAnalyzer::Analyzer"
    title = "IAM Access Analyzer"
    service = "access-analyzer"
    called = ("accessanalyzer",)
    kind = "analyzer"
    said = "IAM Access Analyzer"
    lists = _operations("ListAnalyzers")


class Analyzer(Setting):
    """{"analyzerName", "type": ACCOUNT or ORGANIZATION} of one that is active, ours before others; ABSENT without."""

    id = "aws.accessanalyzer.analyzer"
    title = "Analyzer of external access"
    resource = Analyzers.name
    reads = _operations("ListAnalyzers")
    writes = (Operation("accessanalyzer", "CreateAnalyzer", also=("iam:CreateServiceLinkedRole",)),)
    removes = _operations("DeleteAnalyzer")
    settle_seconds = 60.0
    terraform = ("aws_accessanalyzer_analyzer",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        listed = cloud.pages(call("accessanalyzer", target, "ListAnalyzers"), "analyzers")
        found = [one for one in listed if one["type"] in _EXTERNAL and one.get("status") == "ACTIVE"]
        if not found:
            return Reading(ABSENT)
        one = min(found, key=lambda a: (a["name"] != OURS, a["type"] != "ACCOUNT", a["name"]))
        identity = {"Arn": one["arn"], "Tags": one.get("tags") or {}}
        return Reading({"analyzerName": one["name"], "type": one["type"]}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not before.absent:
            raise ValueError(f"{target.name} has the analyzer {before.value['analyzerName']} already")
        return [call("accessanalyzer", target, "CreateAnalyzer", **after, tags=TAGS)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        name = before.value["analyzerName"]
        return [call("accessanalyzer", target, "DeleteAnalyzer", analyzerName=name)]


RESOURCE_TYPES = (Analyzers(),)
SETTINGS = (Analyzer(),)
