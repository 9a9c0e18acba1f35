"""Inspector in one region: which kinds of resources are looked through for known weaknesses."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.resource_types.region_switch import RegionSwitch, call
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

KINDS: Final = {"EC2": "ec2", "ECR": "ecr", "LAMBDA": "lambda", "LAMBDA_CODE": "lambdaCode"}
"""What one may switch on → what the account's status calls it."""
_ON: Final = ("ENABLED", "ENABLING")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("inspector2", name) for name in names)


class Inspectors(RegionSwitch):
    name = "AWS::Inspector::Scanning"
    title = "Inspector"
    service = "inspector2"
    kind = "inspector2"
    said = "Inspector"


class Scanning(Setting):
    """{"EC2": bool, "ECR": bool, "LAMBDA": bool, "LAMBDA_CODE": bool}; ABSENT where nothing is scanned."""

    id = "aws.inspector.scanning"
    title = "Kinds of resources that are scanned"
    resource = Inspectors.name
    reads = _operations("BatchGetAccountStatus")
    writes = (
        Operation("inspector2", "Enable", also=("iam:CreateServiceLinkedRole",)),
        *_operations("Disable"),
    )
    removes = _operations("Disable")
    settle_seconds = 180.0
    terraform = ("aws_inspector2_enabler",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = call("inspector2", target, "BatchGetAccountStatus", accountIds=[target.account])
        found = [one for one in cloud.call(asked).get("accounts") or [] if one["accountId"] == target.account]
        states: dict[str, Any] = found[0].get("resourceState") or {} if found else {}
        value = {name: (states.get(key) or {}).get("status") in _ON for name, key in KINDS.items()}
        return Reading(value if any(value.values()) else ABSENT, {"AccountId": target.account})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have = {} if before.absent else before.value
        calls = []
        for operation, wanted in (("Enable", True), ("Disable", False)):
            kinds = [
                one for one in KINDS if bool(after.get(one)) is wanted and bool(have.get(one)) is not wanted
            ]
            if kinds:
                asked = {"accountIds": [target.account], "resourceTypes": kinds}
                calls.append(call("inspector2", target, operation, **asked))
        return calls

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return self.write(target, before, {})

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        if ABSENT in (before, after):
            return []
        return [{one: bool(before.get(one)) or bool(after.get(one)) for one in KINDS}]

    def canonical(self, value: Json) -> Json:
        return {one: bool(value.get(one)) for one in KINDS}


RESOURCE_TYPES = (Inspectors(),)
SETTINGS = (Scanning(),)
