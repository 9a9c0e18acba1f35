"""AWS Backup's vaults: the key that recovery points lie under, who may delete them, and the lock.

A vault's key is chosen when it is made. A lock with a date is final once that date is past, for root and for
AWS itself (AWS Backup Developer Guide, "Vault Lock").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, tags_of
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, allows, principals
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

TAGS: Final = {"managed-by": "hipaa-tui"}
LONGEST_POLICY: Final = 10_240
_MOST_POINTS: Final = 20


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("backup", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about the vault."""
    return Call("aws", "backup", operation, {"BackupVaultName": target.name, **arguments}, target.region)


def vault_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The vault among the region's; empty where there is none of that name."""
    listed = cloud.pages(Call("aws", "backup", "ListBackupVaults", {}, target.region), "BackupVaultList")
    return next((dict(one) for one in listed if one["BackupVaultName"] == target.name), {})


class Vaults(Named):
    name = "AWS::Backup::BackupVault"
    title = "Backup vault"
    service = "backup"
    kind = "backup-vault:"
    pattern = re.compile(r"[A-Za-z0-9_/.-]{2,100}")
    listing = Read("backup", "ListBackupVaults", "BackupVaultList")
    field = "BackupVaultName"
    tagging = Read("backup", "ListTags", "Tags", {"ResourceArn": "{id}"}, gone=("ResourceNotFoundException",))

    def own(self, item: Json, account: str) -> bool:
        # AWS locks a logically air-gapped vault when it is created.
        return bool(item.get("VaultType", "BACKUP_VAULT") == "BACKUP_VAULT")

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(self.tagging.ask(cloud, _full(target)))


class Vault(Setting):
    """The vault itself: {"EncryptionKeyArn"?}. Its target's id is its name or its ARN."""

    id = "aws.backup.vault"
    title = "Backup vault"
    resource = Vaults.name
    reads = _operations("ListBackupVaults")
    writes = (
        Operation("backup", "CreateBackupVault", also=("backup:TagResource", "backup-storage:MountCapsule")),
    )
    creates_resource = True
    kept_on_rollback = "a vault that may hold backups is never deleted"
    terraform = ("aws_backup_vault",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        target = _full(target)
        found = vault_of(cloud, target)
        value = {"EncryptionKeyArn": str(found["EncryptionKeyArn"])} if found.get("EncryptionKeyArn") else {}
        return Reading(value if found else ABSENT, self.planned_identity(target, value))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if not before.absent:
            raise ValueError(f"{target.name} is there already: a vault keeps the key that it was made with")
        return [call(_full(target), "CreateBackupVault", **after, BackupVaultTags=TAGS)]

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        full = _full(target)
        return {"BackupVaultName": full.name, "Arn": full.id}


class VaultPolicy(Setting):
    """The vault's access policy, word for word.

    One that refuses everybody PutBackupVaultAccessPolicy can still be deleted, which is the way to change it.
    """

    id = "aws.backup.vault-policy"
    title = "Access policy of the vault"
    resource = Vaults.name
    reads = _operations("GetBackupVaultAccessPolicy")
    writes = _operations("PutBackupVaultAccessPolicy", "DeleteBackupVaultAccessPolicy")
    removes = _operations("DeleteBackupVaultAccessPolicy")
    terraform = ("aws_backup_vault_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        target = _full(target)
        identity = {"BackupVaultName": target.name, "Arn": target.id}
        try:
            found = cloud.call(call(target, "GetBackupVaultAccessPolicy"))
        except CloudError as error:
            return Reading(absent_on(("ResourceNotFoundException",), error).value, identity)
        return Reading(str(found["Policy"]) if found.get("Policy") else ABSENT, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        target = _full(target)
        put = call(target, "PutBackupVaultAccessPolicy", Policy=after)
        return [call(target, "DeleteBackupVaultAccessPolicy"), put] if _closed(before.value) else [put]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(_full(target), "DeleteBackupVaultAccessPolicy")]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [ABSENT] if after is not ABSENT and _closed(before) else []

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


class VaultLock(Setting):
    """{"MinRetentionDays", "MaxRetentionDays"?, "ChangeableForDays"? or "LockDate"?}; ABSENT where it is not locked.

    Without days or a date (governance) whoever has the permission can take the lock away; with them (compliance)
    nobody can from that date on.
    """

    id = "aws.backup.vault-lock"
    title = "Lock of the vault"
    resource = Vaults.name
    reads = _operations("ListBackupVaults")
    writes = _operations("PutBackupVaultLockConfiguration")
    removes = _operations("DeleteBackupVaultLockConfiguration")
    terraform = ("aws_backup_vault_lock_configuration",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        target = _full(target)
        found = vault_of(cloud, target)
        identity = {"BackupVaultName": target.name, "Arn": target.id}
        if not found.get("Locked"):
            return Reading(ABSENT, identity)
        value: dict[str, Json] = {
            key: int(found[key]) for key in ("MinRetentionDays", "MaxRetentionDays") if found.get(key)
        }
        if found.get("LockDate"):
            value["LockDate"] = str(found["LockDate"])
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        asked = {key: item for key, item in after.items() if key != "LockDate"}
        return [call(_full(target), "PutBackupVaultLockConfiguration", **asked)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(_full(target), "DeleteBackupVaultLockConfiguration")]

    def canonical(self, value: Json) -> Json:
        final = bool(value.get("LockDate") or value.get("ChangeableForDays"))
        return {
            "min": value.get("MinRetentionDays") or 0,
            "max": value.get("MaxRetentionDays") or 0,
            "final": final,
        }

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if after is ABSENT or not after.get("ChangeableForDays"):
            return ""
        return (
            f"{after['ChangeableForDays']} days later nobody can loosen or remove the lock, neither root nor AWS, and "
            f"what is in the vault stays for {after.get('MinRetentionDays') or 0} days; until then it can be taken back"
        )


class RecoveryPoints(Declared):
    """{"Unencrypted": [ARNs], "Short": [ARNs that go before 35 days], "More": bool}. Read-only."""

    id = "aws.backup.recovery-points"
    title = "Recovery points of the vault"
    resource = Vaults.name
    reading = Read(
        *("backup", "ListRecoveryPointsByBackupVault", "RecoveryPoints", {"BackupVaultName": "{name}"}),
        pages=True,
    )
    read_only = "a recovery point stays as it was made"

    def value(self, found: Any) -> Json:
        _, unencrypted, short = _completed(found)
        return {"Unencrypted": unencrypted[:_MOST_POINTS], "Short": short[:_MOST_POINTS]}

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        count, unencrypted, short = _completed(found)
        return {"Count": count, "Unencrypted": len(unencrypted), "Short": len(short)}


def _completed(points: Any) -> tuple[int, list[str], list[str]]:
    """How many recovery points are complete; the ARNs of those without encryption, and of those that go too soon."""
    done = [one for one in points or [] if one.get("Status") == "COMPLETED"]
    unencrypted = [str(one["RecoveryPointArn"]) for one in done if not one.get("IsEncrypted")]
    short = [str(one["RecoveryPointArn"]) for one in done if 0 < _days(one) < SHORTEST_RETENTION]
    return len(done), unencrypted, short


SHORTEST_RETENTION: Final = 35
"""Days that a backup is to be kept at least (the rule backup-plan-min-frequency-and-min-retention-check)."""
GUARDED: Final = (
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
    "backup:PutBackupVaultAccessPolicy",
)
"""What the rule backup-recovery-point-manual-deletion-disabled wants refused to everybody."""


def _days(point: Mapping[str, Any]) -> int:
    return int((point.get("Lifecycle") or {}).get("DeleteAfterDays") or 0)


def _full(target: Target) -> Target:
    """The vault by its ARN, also where a playbook names it by its name alone."""
    return Vaults().target(target.id, target.account, target.region, target.partition) or target


def _closed(text: Json) -> bool:
    """Does the policy refuse somebody to write another one?"""
    return any(one.get("Effect") == "Deny" and allows(one, GUARDED[2]) for one in documents.statements(text))


def _refuses_all(statement: Mapping[str, Any]) -> bool:
    """Does the statement refuse everybody every way to delete backups of any vault that bears it?"""
    where = statement.get("Resource")
    return (
        statement.get("Effect") == "Deny"
        and not statement.get("Condition")
        and EVERYBODY in principals(statement)
        and "*" in (where if isinstance(where, list) else [where])
        and all(allows(statement, action) for action in GUARDED)
    )


def no_manual_deletion(current: Json, _wanted: Json) -> Json:
    """The vault's policy with deletion refused to everybody; AWS Backup itself goes on ending what has run out.

    One that refuses all of it already is enough, whatever else it refuses (AWS's own vault for EFS has such a policy).
    """
    if any(_refuses_all(one) for one in documents.statements(current)):
        return current
    asked = {
        "Sid": "NobodyDeletesBackups",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": list(GUARDED),
        "Resource": "*",
    }
    return documents.with_statements(current, asked, longest=LONGEST_POLICY)


def vault_lock(current: Json, wanted: Json) -> Json:
    """The lock that `wanted` ({"days", "changeable_for"}) asks for; one that is stricter stays."""
    have = current or {}
    days = max(int(wanted["days"]), int(have.get("MinRetentionDays") or 0))
    result: dict[str, Json] = {"MinRetentionDays": days}
    if have.get("MaxRetentionDays"):
        if int(have["MaxRetentionDays"]) < days:
            raise ValueError(f"the lock lets nothing be kept for more than {have['MaxRetentionDays']} days")
        result["MaxRetentionDays"] = have["MaxRetentionDays"]
    if have.get("LockDate"):
        if days > int(have.get("MinRetentionDays") or 0):
            # A call without days would make it a lock that can be taken away, and one with days set a new date.
            raise ValueError(f"the lock becomes final on {have['LockDate']}: change it by hand before")
        result["LockDate"] = have["LockDate"]
    elif int(wanted.get("changeable_for") or 0):
        result["ChangeableForDays"] = int(wanted["changeable_for"])
    return result


RESOURCE_TYPES = (Vaults(),)
SETTINGS = (Vault(), VaultPolicy(), VaultLock(), RecoveryPoints())
BUILDERS = {"no_manual_deletion": no_manual_deletion, "vault_lock": vault_lock}
