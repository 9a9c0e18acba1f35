"""Which resources a plan of AWS Backup takes. A selection cannot be changed, only made anew."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.backup.plans import NAME, Plans, call, plan_id
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json, canonical_bytes

_SELECTS: Final = ("IamRoleArn", "ListOfTags", "Resources", "NotResources", "Conditions")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("backup", name) for name in names)


class Selections(ResourceType):
    """Which resources a plan takes, by "PLAN/SELECTION". Only ever a target of a playbook's own changes."""

    name = "AWS::Backup::BackupSelection"
    title = "Backup selection"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return []

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        plan, _, selection = id.partition("/")
        if not NAME.fullmatch(plan) or not NAME.fullmatch(selection):
            return None
        return Target("aws", self.name, account, region, id, id, partition)


class Selection(Setting):
    """{"BackupPlanId", "IamRoleArn", "ListOfTags"?, "Resources"?, "NotResources"?, "Conditions"?}"""

    id = "aws.backup.selection"
    title = "What the plan takes"
    resource = Selections.name
    reads = _operations("ListBackupPlans", "ListBackupSelections", "GetBackupSelection")
    writes = (
        Operation("backup", "CreateBackupSelection", also=("iam:PassRole",)),
        *_operations("DeleteBackupSelection"),
    )
    removes = _operations("DeleteBackupSelection")
    creates_resource = True
    repeatable = False
    kept_on_rollback = "other resources may be backed up by it by now"
    # The role is only a moment old.
    retry_codes = ("InvalidParameterValueException",)
    settle_seconds = 60.0
    terraform = ("aws_backup_selection",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        plan, _, name = target.id.partition("/")
        id = plan_id(cloud, Target("aws", Plans.name, target.account, target.region, plan, plan))
        for one in selections(cloud, target.region, id) if id else ():
            if one["SelectionName"] == name:
                value = {key: item for key, item in one.items() if key in _SELECTS and item}
                value["BackupPlanId"] = id
                return Reading(value, {"SelectionId": one["SelectionId"], "BackupPlanId": id})
        return Reading(ABSENT)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        document = {key: item for key, item in after.items() if key in _SELECTS}
        document["SelectionName"] = target.id.partition("/")[2]
        given = {"BackupPlanId": after["BackupPlanId"], "BackupSelection": document}
        made = call(target.region, "CreateBackupSelection", **given)
        return [made] if before.absent else [*self.remove(target, before), made]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        which = {key: before.identity[key] for key in ("BackupPlanId", "SelectionId")}
        return [call(target.region, "DeleteBackupSelection", **which)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [ABSENT] if before is not ABSENT and after is not ABSENT else []

    def canonical(self, value: Json) -> Json:
        plain: dict[str, Any] = {key: item for key, item in value.items() if item and key != "Conditions"}
        if conditions := {key: item for key, item in (value.get("Conditions") or {}).items() if item}:
            plain["Conditions"] = conditions
        for key in ("ListOfTags", "Resources", "NotResources"):
            if key in plain:
                plain[key] = sorted(plain[key], key=canonical_bytes)
        return plain


def selections(cloud: Cloud, region: str, plan: str) -> list[dict[str, Any]]:
    """Every selection of the plan (an id), each with its "SelectionId"."""
    listed = cloud.pages(call(region, "ListBackupSelections", BackupPlanId=plan), "BackupSelectionsList")
    found = []
    for one in listed:
        which = {"BackupPlanId": plan, "SelectionId": one["SelectionId"]}
        try:
            about = cloud.call(call(region, "GetBackupSelection", **which))["BackupSelection"]
        except CloudError as error:
            absent_on(("ResourceNotFoundException",), error)
            continue
        found.append({**about, "SelectionId": one["SelectionId"]})
    return found


def with_tag_selection(current: Json, wanted: Json) -> Json:
    """A selection that takes what bears the tag; one that is there takes it besides what it takes today.

    `wanted` is {"plan", "role", "key", "value"}.
    """
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": wanted["key"], "ConditionValue": wanted["value"]}
    if current is ABSENT:
        return {"BackupPlanId": wanted["plan"], "IamRoleArn": wanted["role"], "ListOfTags": [tag]}
    return {**current, "ListOfTags": [*(current.get("ListOfTags") or []), tag]}


RESOURCE_TYPES = (Selections(),)
SETTINGS = (Selection(),)
BUILDERS = {"with_tag_selection": with_tag_selection}
