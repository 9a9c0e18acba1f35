"""Whether a plan of AWS Backup takes a resource, and the tag by which ours takes it: one setting a type.

AWS Backup has no word for "is this in a plan", so the selections are weighed as its guide says: by ARN or by any
of the tags, where both are given by both, with every condition met and nothing excluded
(AWS Backup Developer Guide, "Assign resources to a backup plan").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.backup.plans import plans
from hipaa_tui.aws.backup.selections import selections
from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Operation,
    Reading,
    Setting,
    Target,
)
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json

_TAG: Final = "aws:ResourceTag/"


class FsxFileSystems(Named):
    name = "AWS::FSx::FileSystem"
    title = "FSx file system"
    service = "fsx"
    kind = "file-system/"
    pattern = re.compile(r"fs-[0-9a-f]{8,40}")
    listing = Read("fsx", "DescribeFileSystems", "FileSystems")
    field = "FileSystemId"
    tagging = Read("fsx", "ListTagsForResource", "Tags", {"ResourceARN": "{id}"}, pages=True)
    everywhere = False


@dataclass(frozen=True, slots=True)
class _Kind:
    """How resources of one type are tagged: the service, its operations, and their arguments."""

    what: str
    title: str
    type: str
    service: str
    tagged: str
    """The operation that reads the tags."""
    tag: str
    untag: str
    terraform: str
    which: Callable[[Target], dict[str, Json]]
    named: bool = True
    """Are the keys to take away given as names under TagKeys (EC2 takes tags)?"""


_KINDS: Final = (
    _Kind(
        *(
            "table",
            "table",
            "AWS::DynamoDB::Table",
            "dynamodb",
            "ListTagsOfResource",
            "TagResource",
            "UntagResource",
            "aws_dynamodb_table",
        ),
        lambda target: {"ResourceArn": target.id},
    ),
    _Kind(
        *(
            "file-system",
            "file system",
            "AWS::EFS::FileSystem",
            "efs",
            "ListTagsForResource",
            "TagResource",
            "UntagResource",
        ),
        "aws_efs_file_system",
        lambda target: {"ResourceId": target.name},
    ),
    _Kind(
        *(
            "fsx",
            "file system",
            "AWS::FSx::FileSystem",
            "fsx",
            "ListTagsForResource",
            "TagResource",
            "UntagResource",
            "",
        ),
        lambda target: {"ResourceARN": target.id},
    ),
    _Kind(
        *(
            "volume",
            "volume",
            "AWS::EC2::Volume",
            "ec2",
            "DescribeVolumes",
            "CreateTags",
            "DeleteTags",
            "aws_ebs_volume",
        ),
        lambda target: {"Resources": [target.id.rpartition("/")[2]]},
        named=False,
    ),
    _Kind(
        *(
            "instance",
            "instance",
            "AWS::EC2::Instance",
            "ec2",
            "DescribeInstances",
            "CreateTags",
            "DeleteTags",
            "aws_instance",
        ),
        lambda target: {"Resources": [target.id.rpartition("/")[2]]},
        named=False,
    ),
    _Kind(
        *(
            "database",
            "database",
            "AWS::RDS::DBInstance",
            "rds",
            "ListTagsForResource",
            "AddTagsToResource",
            "RemoveTagsFromResource",
        ),
        "aws_db_instance",
        lambda target: {"ResourceName": target.id},
    ),
    _Kind(
        *(
            "cluster",
            "cluster",
            "AWS::RDS::DBCluster",
            "rds",
            "ListTagsForResource",
            "AddTagsToResource",
            "RemoveTagsFromResource",
        ),
        "aws_rds_cluster",
        lambda target: {"ResourceName": target.id},
    ),
)


class InPlan(Setting):
    """{"Tags": its tags, "Plans": names of the plans that take it}

    The tags are what is written; which plans take it follows, and only whether there is one is compared.
    """

    settle_seconds = 60.0

    def __init__(self, kind: _Kind) -> None:
        self.kind = kind
        self.id = f"aws.backup.{kind.what}-in-plan"
        self.title = f"Backup plan of the {kind.title}"
        self.resource = kind.type
        listed = ("ListBackupPlans", "ListBackupSelections", "GetBackupSelection")
        plans_read = (Operation("backup", name) for name in listed)
        self.reads = (Operation(kind.service, kind.tagged), *plans_read)
        self.writes = (Operation(kind.service, kind.tag), Operation(kind.service, kind.untag))
        self.terraform = (kind.terraform,) if kind.terraform else ()

    def read(self, cloud: Cloud, target: Target) -> Reading:
        tags = dict(resource_type(target.type).tags(cloud, target))
        taking = [
            str(plan.get("BackupPlanName") or plan["BackupPlanId"])
            for plan in plans(cloud, target.region)
            if any(
                takes(one, target, tags)
                for one in selections(cloud, target.region, str(plan["BackupPlanId"]))
            )
        ]
        own = {key: value for key, value in tags.items() if not key.startswith("aws:")}
        return Reading({"Tags": own, "Plans": sorted(taking)}, {"Arn": target.id, "Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = before.value["Tags"], after["Tags"]
        put = {key: value for key, value in want.items() if have.get(key) != value}
        gone = sorted(have.keys() - want.keys())
        kind, calls = self.kind, []
        # A tag that is there already is put once more: then it is the plan that was missing.
        added = [{"Key": key, "Value": value} for key, value in sorted(put.items())]
        if added or not gone:
            every = added or [{"Key": key, "Value": value} for key, value in sorted(want.items())]
            calls.append(self._tagging(target, kind.tag, "Tags", every))
        if gone:
            keys: Json = gone if kind.named else [{"Key": key} for key in gone]
            calls.append(self._tagging(target, kind.untag, "TagKeys" if kind.named else "Tags", keys))
        return calls

    def _tagging(self, target: Target, operation: str, argument: str, tags: Json) -> Call:
        given = {**self.kind.which(target), argument: tags}
        return Call("aws", self.kind.service, operation, given, target.region)

    def canonical(self, value: Json) -> Json:
        return {"tags": value["Tags"], "taken": bool(value["Plans"])}

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        both = {**before["Tags"], **after["Tags"]}
        return [{"Tags": both, "Plans": before["Plans"]}, {"Tags": both, "Plans": after["Plans"]}]


def takes(selection: Mapping[str, Any], target: Target, tags: Mapping[str, str]) -> bool:
    """Does the selection take the resource?"""
    named, by_tag = selection.get("Resources") or [], selection.get("ListOfTags") or []
    conditions = {key: item for key, item in (selection.get("Conditions") or {}).items() if item}
    if any(fnmatchcase(target.id, str(one)) for one in selection.get("NotResources") or []):
        return False
    if named and not any(fnmatchcase(target.id, str(one)) for one in named):
        return False
    if by_tag and not any(tags.get(str(one["ConditionKey"])) == one["ConditionValue"] for one in by_tag):
        return False
    if not all(_meets(operator, test, tags) for operator, tests in conditions.items() for test in tests):
        return False
    return bool(named or by_tag or conditions)


def _meets(operator: str, test: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    found = tags.get(str(test.get("ConditionKey", "")).removeprefix(_TAG))
    wanted = str(test.get("ConditionValue", ""))
    if found is None:
        return "Not" in operator
    same = fnmatchcase(found, wanted) if "Like" in operator else found == wanted
    return same is ("Not" not in operator)


def with_backup_tag(current: Json, wanted: Json) -> Json:
    """The resource's tags with the one by which the plan takes it: {"key", "value", "plan"}."""
    if current is ABSENT:
        raise ValueError("the resource is not there")
    have = current["Tags"].get(wanted["key"])
    if have not in (None, wanted["value"]):
        raise ValueError(
            f"its tag {wanted['key']} says {have!r} already: choose another tag (tag_key), or change that by hand"
        )
    tags = {**current["Tags"], wanted["key"]: wanted["value"]}
    return {"Tags": tags, "Plans": [*current["Plans"], wanted["plan"]]}


RESOURCE_TYPES = (FsxFileSystems(),)
SETTINGS = tuple(InPlan(kind) for kind in _KINDS)
BUILDERS = {"with_backup_tag": with_backup_tag}
