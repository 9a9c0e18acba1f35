"""Checks who can still use an EBS snapshot after public sharing ends, and which snapshots are public."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.lookups import listed, pages
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict

_SHARING: Final = "aws.ec2.snapshot-sharing"
_BLOCK: Final = "aws.ec2.snapshot-block-public-access"


def ebs_snapshot_users(context: GuardContext) -> Verdict:
    """Passes with the accounts that can still use the snapshot; warns where none is named."""
    draft = next((change for change in context.changes if change.setting == _SHARING), None)
    if draft is None:
        return Outcome.PASS, "the snapshot's sharing does not change"
    if named := draft.after["Users"]:
        return Outcome.PASS, f"{listed(named)} can use it as before, and no other account can"
    return (
        Outcome.WARN,
        "no account is named: other accounts that create volumes from it will be refused, so share it with those "
        "that need it first",
    )


def snapshots_public_today(context: GuardContext) -> Verdict:
    """Warns which snapshots lose their public access, and blocks where the organization controls the setting.

    Accounts under a declarative policy cannot change what it sets (EBS User Guide, "Block public access for
    snapshots").
    """
    identity = context.read(_BLOCK, context.target).identity
    if identity.get("ManagedBy") == "declarative-policy":
        return (
            Outcome.BLOCK,
            "a declarative policy of the organization controls this setting: change it there, in the management "
            "account",
        )
    request = {"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}
    snapshots = pages(context, "ec2", "DescribeSnapshots", "Snapshots", **request)
    names = sorted(str(snapshot["SnapshotId"]) for snapshot in snapshots)
    if not names:
        return Outcome.PASS, "no snapshot of the account is public in this region"
    return (
        Outcome.WARN,
        f"{listed(names)} are public, and only accounts named in their sharing will be able to use them: end their "
        "public sharing as well (aws.ec2.public-snapshot), so that a rollback does not reopen them",
    )


GUARDS = {"ebs-snapshot-users": ebs_snapshot_users, "snapshots-public-today": snapshots_public_today}
BLOCK_ON_ERROR = ()
