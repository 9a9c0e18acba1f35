"""Snapshots of DB instances and of DB clusters (Neptune's and DocumentDB's among them): who may restore them.

Both kinds are one resource type here, since reports name both by one check; the ARN tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.rds.settings import call, operations, tags_of
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

EVERYBODY: Final = "all"
_KINDS: Final = ("snapshot", "cluster-snapshot")
_NAME: Final = re.compile(r"(?:(?:rds|awsbackup|preupgrade):)?[A-Za-z][A-Za-z0-9:.-]{0,254}")
_GONE: Final = ("DBSnapshotNotFound", "DBSnapshotNotFoundFault", "DBClusterSnapshotNotFoundFault")
_ATTRIBUTE: Final = "restore"


class Snapshots(ResourceType):
    name = "AWS::RDS::DBSnapshot"
    title = "RDS snapshot"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = []
        for kind, what in zip(_KINDS, ("DBSnapshot", "DBClusterSnapshot"), strict=True):
            listed = cloud.pages(Call("aws", "rds", f"Describe{what}s", {}, region), f"{what}s")
            names = (str(one[f"{what}Identifier"]) for one in listed)
            found += [self._of(kind, name, account, region, partition) for name in names]
        return found

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        kind, name = _KINDS[0], id
        if arn is not None:
            kind, _, name = arn.resource.partition(":")
            if arn.service != "rds" or kind not in _KINDS:
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        return self._of(kind, name, account, region, partition) if _NAME.fullmatch(name) else None

    def _of(self, kind: str, name: str, account: str, region: str, partition: str) -> Target:
        full = f"arn:{partition}:rds:{region}:{account}:{kind}:{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(cloud, target)


def what_of(target: Target) -> str:
    """DBSnapshot or DBClusterSnapshot: how the operations and their members are called."""
    return "DBClusterSnapshot" if f":{_KINDS[1]}:" in target.id else "DBSnapshot"


def automatic(target: Target) -> bool:
    """Is it one that RDS itself made? Such a one cannot be shared."""
    return target.name.startswith("rds:")


def snapshot_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What is said of the snapshot; empty where it is not there."""
    what = what_of(target)
    try:
        found = cloud.call(call(target, f"Describe{what}s", **{f"{what}Identifier": target.name}))
    except CloudError as error:
        absent_on(_GONE, error)
        return {}
    return dict(next(iter(found.get(f"{what}s") or []), {}))


class Sharing(Setting):
    """{"Restore": [account ids, "all" for everybody]}"""

    id = "aws.rds.snapshot-sharing"
    title = "Who may restore the snapshot"
    resource = Snapshots.name
    reads = operations("DescribeDBSnapshotAttributes", "DescribeDBClusterSnapshotAttributes")
    writes = operations("ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute")
    settle_seconds = 60.0

    def read(self, cloud: Cloud, target: Target) -> Reading:
        what = what_of(target)
        identity = {"Arn": target.id, "Name": target.name}
        if automatic(target):
            return Reading({"Restore": []}, identity)
        asked = call(target, f"Describe{what}Attributes", **{f"{what}Identifier": target.name})
        try:
            found = cloud.call(asked)[f"{what}AttributesResult"]
        except CloudError as error:
            return absent_on(_GONE, error)
        values = [
            str(value)
            for one in found.get(f"{what}Attributes") or []
            if one.get("AttributeName") == _ATTRIBUTE
            for value in one.get("AttributeValues") or []
        ]
        return Reading({"Restore": sorted(values)}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = set(before.value["Restore"]), set(after["Restore"])
        both = {"ValuesToAdd": sorted(want - have), "ValuesToRemove": sorted(have - want)}
        given = {name: values for name, values in both.items() if values}
        what = what_of(target)
        which = {f"{what}Identifier": target.name, "AttributeName": _ATTRIBUTE}
        return [call(target, f"Modify{what}Attribute", **which, **given)] if given else []

    def canonical(self, value: Json) -> Json:
        return sorted(value["Restore"])

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        fresh = set((after or {}).get("Restore") or []) - set((before or {}).get("Restore") or [])
        return "whoever copies the public snapshot meanwhile keeps the copy" if EVERYBODY in fresh else ""


class Encryption(Setting):
    """{"Encrypted": bool, "Engine", "Type": manual, automated or awsbackup}. Only for looking."""

    id = "aws.rds.snapshot-encryption"
    title = "Encryption of the snapshot"
    resource = Snapshots.name
    reads = operations("DescribeDBSnapshots", "DescribeDBClusterSnapshots")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = snapshot_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        value = {
            "Encrypted": bool(about.get("Encrypted") or about.get("StorageEncrypted")),
            "Engine": str(about.get("Engine") or ""),
            "Type": str(about.get("SnapshotType") or ""),
        }
        return Reading(value, {"Arn": target.id, "Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a snapshot stays as it was made: only a copy of it can be encrypted")


def without_everybody(current: Json, _wanted: Json) -> Json:
    """The accounts that were named stay."""
    if current is ABSENT:
        raise ValueError("there is no such snapshot")
    return {"Restore": [one for one in current["Restore"] if one != EVERYBODY]}


RESOURCE_TYPES = (Snapshots(),)
SETTINGS = (Sharing(), Encryption())
BUILDERS = {"without_everybody": without_everybody}
