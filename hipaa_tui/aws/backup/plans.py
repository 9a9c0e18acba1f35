"""AWS Backup's plans: how often, for how long and where to.

A plan has a name for people and an id for AWS; ours is found by its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.backup.settings import SHORTEST_RETENTION, TAGS
from hipaa_tui.aws.declared import Declared, Read
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json, canonical_bytes

OWN: Final = "hipaa-tui-phi"
"""The name of our plan, and of its vault."""
_COLD_STAYS: Final = 90
"""Days that a backup has to lie in cold storage at least before it goes (AWS Backup, "Lifecycle")."""
_DEFAULTS: Final[dict[str, Json]] = {
    "ScheduleExpression": "cron(0 5 ? * * *)",
    "StartWindowMinutes": 480,
    "CompletionWindowMinutes": 10080,
    "ScheduleExpressionTimezone": "Etc/UTC",
}
"""What AWS Backup takes where a rule says nothing."""
_DERIVED: Final = ("RuleId", "Daily", "Days")
NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,50}")
_EVERY_HOURS: Final = re.compile(r"rate\((\d+) (hours?|minutes?|days?)\)")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("backup", name) for name in names)


def call(region: str, operation: str, **arguments: Json) -> Call:
    """A call about plans."""
    return Call("aws", "backup", operation, arguments, region)


def plans(cloud: Cloud, region: str) -> list[dict[str, Any]]:
    """Every plan of the region, as ListBackupPlans says it."""
    return [dict(one) for one in cloud.pages(call(region, "ListBackupPlans"), "BackupPlansList")]


def plan_id(cloud: Cloud, target: Target) -> str:
    """The id of the plan that the target means by its name, id or ARN; "" where there is none."""
    named = target.id.rpartition(":")[2]
    for one in plans(cloud, target.region):
        if named in (one["BackupPlanId"], one.get("BackupPlanName")):
            return str(one["BackupPlanId"])
    return ""


class Plans(ResourceType):
    """The region's plans; where there is none, ours that is still to be made."""

    name = "AWS::Backup::BackupPlan"
    title = "Backup plan"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = [self._of(one, account, region, partition) for one in plans(cloud, region)]
        return found or [Target("aws", self.name, account, region, OWN, OWN, partition)]

    def _of(self, plan: Mapping[str, Any], account: str, region: str, partition: str) -> Target:
        name = str(plan.get("BackupPlanName") or plan["BackupPlanId"])
        # By its name, as a plan that is not there yet: one plan is one resource before and after.
        id = OWN if name == OWN else str(plan["BackupPlanArn"])
        return Target("aws", self.name, account, region, id, name, partition)

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            if not NAME.fullmatch(id):
                return None
            return Target("aws", self.name, account, region, id, id, partition)
        kind, _, name = arn.resource.partition(":")
        if arn.service != "backup" or kind != "backup-plan":
            return None
        account, region, partition = arn.account or account, arn.region or region, arn.partition
        # A report that there is none names no plan.
        return Target("aws", self.name, account, region, id if name else OWN, name or OWN, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        id = plan_id(cloud, target)
        if not id:
            return {}
        arn = f"arn:{target.partition}:backup:{target.region}:{target.account}:backup-plan:{id}"
        found = cloud.call(call(target.region, "ListTags", ResourceArn=arn))
        return {str(key): str(value) for key, value in (found.get("Tags") or {}).items()}


class Plan(Setting):
    """The plan's document: {"BackupPlanName", "Rules": […], "AdvancedBackupSettings"?}

    Each rule also says "Daily" (does it run every day) and "Days" (how long it keeps, 0 for ever): for
    predicates, and never compared or written.
    """

    id = "aws.backup.plan"
    title = "Backup plan"
    resource = Plans.name
    reads = _operations("ListBackupPlans", "GetBackupPlan")
    writes = (
        Operation("backup", "CreateBackupPlan", also=("backup:TagResource",)),
        *_operations("UpdateBackupPlan"),
    )
    creates_resource = True
    repeatable = False
    kept_on_rollback = (
        "other resources may be backed up by it by now; a plan that takes nothing costs nothing"
    )
    retry_codes = ("InvalidParameterValueException",)
    terraform = ("aws_backup_plan",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        id = plan_id(cloud, target)
        if not id:
            return Reading(ABSENT)
        found = cloud.call(call(target.region, "GetBackupPlan", BackupPlanId=id))
        value = {key: item for key, item in found["BackupPlan"].items() if key != "ScanSettings" or item}
        value["Rules"] = [annotated(rule) for rule in value.get("Rules") or []]
        return Reading(value, {"BackupPlanId": id, "Arn": str(found["BackupPlanArn"])})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        document = {**after, "Rules": [_plain(rule) for rule in after["Rules"]]}
        if before.absent:
            given = {"BackupPlan": document, "BackupPlanTags": TAGS}
            return [call(target.region, "CreateBackupPlan", **given)]
        id = before.identity["BackupPlanId"]
        return [call(target.region, "UpdateBackupPlan", BackupPlanId=id, BackupPlan=document)]

    def canonical(self, value: Json) -> Json:
        rules = [{**_DEFAULTS, **_filled(_plain(rule))} for rule in value["Rules"]]
        rest = {key: item for key, item in value.items() if key != "Rules" and item}
        return {**rest, "Rules": sorted(rules, key=canonical_bytes)}


class RestoreTests(Declared):
    """{"Plans": [{"Name", "Schedule", "LastRun"?}]}: AWS Backup's restore testing in the region. Read-only."""

    id = "aws.backup.restore-tests"
    title = "Restore testing"
    resource = Plans.name
    reading = Read("backup", "ListRestoreTestingPlans", "RestoreTestingPlans", pages=True)
    read_only = "what is restored and how it is proven is for a person to say"

    def value(self, found: Any) -> Json:
        return {
            "Plans": [
                {
                    "Name": str(one["RestoreTestingPlanName"]),
                    "Schedule": str(one.get("ScheduleExpression") or ""),
                }
                | ({"LastRun": str(one["LastExecutionTime"])} if one.get("LastExecutionTime") else {})
                for one in found
            ]
        }


def annotated(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The rule with what predicates want to know."""
    days = int((rule.get("Lifecycle") or {}).get("DeleteAfterDays") or 0)
    return {
        **rule,
        "Daily": daily(str(rule.get("ScheduleExpression") or _DEFAULTS["ScheduleExpression"])),
        "Days": days,
    }


def _plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in rule.items() if key not in _DERIVED}


def _filled(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in rule.items() if item not in (None, [], {}, "", False)}


def daily(schedule: str) -> bool:
    """Does a cron or rate expression of AWS run at least once on every day?"""
    rate = _EVERY_HOURS.fullmatch(schedule)
    if rate:
        return not rate[2].startswith("day") or int(rate[1]) <= 1
    fields = schedule.removeprefix("cron(").removesuffix(")").split()
    if not schedule.startswith("cron(") or len(fields) != 6:
        return False
    _, _, day, month, weekday, year = fields
    any_day = {"*", "?", "1/1", "*/1"}
    return (
        day in any_day and weekday in {"*", "?", "MON-SUN", "SUN-SAT", "1-7"} and month == "*" and year == "*"
    )


def with_backup_rule(current: Json, wanted: Json) -> Json:
    """A plan with one rule that runs every day and keeps long enough; every other rule stays.

    `wanted` is {"name", "vault", "days", "copy_region"?, "copy_vault"?: ARN of a vault there}. Where a daily rule is there it only
    keeps longer, never shorter.
    """
    days = max(int(wanted["days"]), SHORTEST_RETENTION)
    kept: dict[str, Json] = {"DeleteAfterDays": days}
    rule: dict[str, Any] = {
        **_DEFAULTS,
        "RuleName": "daily",
        "TargetBackupVaultName": wanted["vault"],
        "Lifecycle": kept,
    }
    if wanted.get("copy_region"):
        rule["CopyActions"] = [{"DestinationBackupVaultArn": wanted["copy_vault"], "Lifecycle": kept}]
    if current is ABSENT:
        return {"BackupPlanName": wanted["name"], "Rules": [annotated(rule)]}
    rules = [dict(one) for one in current["Rules"]]
    every_day = [one for one in rules if one.get("Daily")]
    for one in every_day:
        if one["Days"] == 0 or one["Days"] >= days:
            return current
    if not every_day:
        # To where the plan's other rules go: that vault is there, and its readers are known.
        vault = rules[0]["TargetBackupVaultName"] if rules else wanted["vault"]
        return {
            **current,
            "Rules": [
                *rules,
                annotated({**rule, "RuleName": "hipaa-tui-daily", "TargetBackupVaultName": vault}),
            ],
        }
    longest = max(every_day, key=lambda one: int(one["Days"]))
    cold = int((longest.get("Lifecycle") or {}).get("MoveToColdStorageAfterDays") or 0)
    enough = max(days, cold + _COLD_STAYS) if cold else days
    longer = annotated(
        {**longest, "Lifecycle": {**(longest.get("Lifecycle") or {}), "DeleteAfterDays": enough}}
    )
    return {**current, "Rules": [longer if one is longest else one for one in rules]}


RESOURCE_TYPES = (Plans(),)
SETTINGS = (Plan(), RestoreTests())
BUILDERS = {"with_backup_rule": with_backup_rule}
