"""EBS snapshots: who may make a volume of one, and whether the region lets anybody share one with everybody."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.declared import Declared, Either, Read, Write, text
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

EVERYBODY: Final = "all"
_GONE: Final = ("InvalidSnapshot.NotFound",)
_ATTRIBUTE: Final = "createVolumePermission"
_ALL: Final = "block-all-sharing"
_KINDS: Final = (("Groups", "GroupNames"), ("Users", "UserIds"))


class Snapshots(Named):
    name = "AWS::EC2::Snapshot"
    title = "EBS snapshot"
    service = "ec2"
    kind = "snapshot/"
    pattern = re.compile(r"snap-[0-9a-f]+")
    listing = Read("ec2", "DescribeSnapshots", "Snapshots", {"OwnerIds": ["self"]})
    field = "SnapshotId"
    tagging = Read("ec2", "DescribeSnapshots", "Snapshots.0.Tags", {"SnapshotIds": ["{name}"]})

    def own(self, item: Json, account: str) -> bool:
        # Snapshots that others share with this account are listed where the owner is not filtered.
        return bool(item.get("OwnerId", account) == account)


class Sharing(Setting):
    """{"Groups": ["all" for everybody], "Users": [account ids]}"""

    id = "aws.ec2.snapshot-sharing"
    title = "Who may make a volume of the snapshot"
    resource = Snapshots.name
    reads = operations("DescribeSnapshotAttribute")
    writes = operations("ModifySnapshotAttribute")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = call(target, "DescribeSnapshotAttribute", SnapshotId=target.name, Attribute=_ATTRIBUTE)
        try:
            found = cloud.call(asked).get("CreateVolumePermissions") or []
        except CloudError as error:
            return absent_on(_GONE, error)
        value = {
            "Groups": sorted(str(one["Group"]) for one in found if one.get("Group")),
            "Users": sorted(str(one["UserId"]) for one in found if one.get("UserId")),
        }
        return Reading(value, {"Arn": target.id, "SnapshotId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        which = {"SnapshotId": target.name, "Attribute": _ATTRIBUTE}
        calls = []
        for field, argument in _KINDS:
            have, want = set(before.value[field]), set(after[field])
            # The API takes or gives in one call, not both.
            for kind, names in (("remove", have - want), ("add", want - have)):
                if names:
                    given = {"OperationType": kind, argument: sorted(names)}
                    calls.append(call(target, "ModifySnapshotAttribute", **which, **given))
        return calls

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        stages, now = [], {field: set(before[field]) for field, _ in _KINDS}
        for field, _ in _KINDS:
            want = set(after[field])
            for step in (now[field] & want, want):
                now[field] = step
                stages.append({one: sorted(names) for one, names in now.items()})
        return [stage for stage in stages if not self.same(stage, before) and not self.same(stage, after)]

    def canonical(self, value: Json) -> Json:
        return {field: sorted(value[field]) for field, _ in _KINDS}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        fresh = set((after or {}).get("Groups") or []) - set((before or {}).get("Groups") or [])
        return "whoever copies the public snapshot meanwhile keeps the copy" if EVERYBODY in fresh else ""


class PublicSharing(RegionSwitch):
    name = "AWS::EC2::SnapshotBlockPublicAccess"
    title = "Public sharing of EBS snapshots"
    service = "ec2"
    kind = "snapshot-block-public-access"
    # Prowler names the account in its own region; the playbook is planned for all of them.
    also = ("account",)
    said = "Public sharing of EBS snapshots"


class BlockPublicSharing(Declared):
    """{"State": "block-all-sharing", "block-new-sharing" or "unblocked"}"""

    id = "aws.ec2.snapshot-block-public-access"
    title = "Block of public snapshots"
    resource = PublicSharing.name
    reading = Read("ec2", "GetSnapshotBlockPublicAccessState")
    fields = {"State": text("State", "unblocked")}
    identity = {"Region": "{region}"}
    identity_fields = {"ManagedBy": text("ManagedBy", "account")}
    writing = Either(
        lambda _before, after: after["State"] == "unblocked",
        then=Write("ec2", "DisableSnapshotBlockPublicAccess", sends=None),
        otherwise=Write("ec2", "EnableSnapshotBlockPublicAccess", sends=("State",)),
    )
    settle_seconds = 120.0
    terraform = ("aws_ebs_snapshot_block_public_access",)

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if before["State"] != _ALL or after["State"] == _ALL:
            return ""
        return "snapshots that still say so are public again, and whoever copies one meanwhile keeps the copy"


def without_public_group(current: Json, _wanted: Json) -> Json:
    """The accounts that were named stay."""
    if current is ABSENT:
        raise ValueError("there is no such snapshot")
    return {**current, "Groups": [one for one in current["Groups"] if one != EVERYBODY]}


RESOURCE_TYPES = (Snapshots(), PublicSharing())
SETTINGS = (Sharing(), BlockPublicSharing())
BUILDERS = {"without_public_group": without_public_group}
