"""Looks at EBS snapshots before they are closed to everybody: who goes on, and who does not."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.lookups import listed, pages
from hipaa_tui.providers.guard import Look, Outcome, Verdict

_SHARING: Final = "aws.ec2.snapshot-sharing"
_BLOCK: Final = "aws.ec2.snapshot-block-public-access"


def ebs_snapshot_users(look: Look) -> Verdict:
    """Says who may make volumes of the snapshot after it is closed, and warns where nobody is named."""
    draft = next((one for one in look.changes if one.setting == _SHARING), None)
    if draft is None:
        return Outcome.PASS, "nobody's access changes"
    if named := draft.after["Users"]:
        return Outcome.PASS, f"{listed(named)} may use it as before, and nobody else"
    return (
        Outcome.WARN,
        "no account is named: whoever makes volumes of it in another account today is refused",
    )


def snapshots_public_today(look: Look) -> Verdict:
    """Warns which snapshots nobody else reaches any more, and blocks where the organization decides.

    A declarative policy holds for its accounts, which cannot change what it says (EBS User Guide, "Block public
    access for snapshots").
    """
    identity = look.read(_BLOCK, look.target).identity
    if identity.get("ManagedBy") == "declarative-policy":
        return (
            Outcome.BLOCK,
            "a declarative policy of the organization decides this: change it there, in the management account",
        )
    asked = {"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}
    found = pages(look, "ec2", "DescribeSnapshots", "Snapshots", **asked)
    names = sorted(str(one["SnapshotId"]) for one in found)
    if not names:
        return Outcome.PASS, "no snapshot of the region is public"
    return (
        Outcome.WARN,
        f"{listed(names)} are public, and nobody outside the named accounts reaches them from then on: close them as "
        "well (aws.ec2.public-snapshot), so that they stay closed when this is undone",
    )


GUARDS = {"ebs-snapshot-users": ebs_snapshot_users, "snapshots-public-today": snapshots_public_today}
CAUTIOUS = ()
