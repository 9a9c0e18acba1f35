"""Looks at backups before a plan, a vault's policy or its lock changes: a backup that fails is noticed too late."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.backup.plans import plans
from hipaa_tui.aws.backup.settings import GUARDED, vault_of
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import allows
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import at

_OPT_IN: Final = {
    "AWS::DynamoDB::Table": "DynamoDB",
    "AWS::EC2::Instance": "EC2",
    "AWS::EC2::Volume": "EBS",
    "AWS::EFS::FileSystem": "EFS",
    "AWS::FSx::FileSystem": "FSx",
    "AWS::RDS::DBCluster": "Aurora",
    "AWS::RDS::DBInstance": "RDS",
}
_SOONEST: Final = 3
"""Days that AWS Backup leaves at least before a lock is final."""


def backup_opt_in(look: Look) -> Verdict:
    """Blocks where a plan that goes by tags would pass over the resource: its type is not opted in."""
    asked = Call("aws", "backup", "DescribeRegionSettings", {}, look.target.region)
    opted = look.cloud.call(asked).get("ResourceTypeOptInPreference") or {}
    out = sorted(str(name) for name, on in opted.items() if not on)
    mine = _OPT_IN.get(look.target.type)
    if mine in out:
        return (
            Outcome.BLOCK,
            f"AWS Backup is not opted in for {mine} in {look.target.region}, so a plan would pass it over: "
            f"`aws backup update-region-settings --resource-type-opt-in-preference {mine}=true` first",
        )
    if out and mine is None:
        return (
            Outcome.WARN,
            f"not opted in for {', '.join(out)} in {look.target.region}: plans pass those over",
        )
    return Outcome.PASS, f"AWS Backup is opted in for {mine or 'all that it takes'} in {look.target.region}"


def backup_copy_region(look: Look) -> Verdict:
    """Blocks copies to the same region, and to one that is not enabled."""
    wanted = str(look.parameters.get("copy_region") or "")
    if not wanted:
        return Outcome.WARN, "backups stay in one region, and are lost with it: name another (copy_region)"
    if wanted == look.target.region:
        return Outcome.BLOCK, f"{wanted} is where the backups are: name another region to copy them to"
    found = (
        look.cloud.call(Call("aws", "ec2", "DescribeRegions", {}, look.target.region)).get("Regions") or []
    )
    if wanted not in {str(one["RegionName"]) for one in found}:
        return Outcome.BLOCK, f"{wanted} is not enabled for the account, or does not exist"
    return Outcome.PASS, f"{wanted} is enabled, and another region"


def backup_vault_takes_it(look: Look) -> Verdict:
    """Blocks rules whose backups their vault would refuse: it is not there, or its lock wants other times."""
    for draft in look.changes:
        if draft.setting != "aws.backup.plan":
            continue
        for rule in draft.after["Rules"]:
            name, days = str(rule["TargetBackupVaultName"]), int(rule.get("Days") or 0)
            vault = _vault(look, name)
            if not vault:
                return (
                    Outcome.BLOCK,
                    f"the rule {rule['RuleName']} backs up to {name}, and there is no such vault",
                )
            most = int(vault.get("MaxRetentionDays") or 0) if vault.get("Locked") else 0
            if most and (days == 0 or days > most):
                return (
                    Outcome.BLOCK,
                    f"the lock of {name} lets nothing stay for more than {most} days, so the backups of "
                    f"{rule['RuleName']} would fail",
                )
    return Outcome.PASS, "the plan's vaults are there and take its backups"


def _vault(look: Look, name: str) -> dict[str, Any]:
    found = resource_type("AWS::Backup::BackupVault").target(
        name, look.target.account, look.target.region, look.target.partition
    )
    return vault_of(look.cloud, found) if found else {}


def who_deletes_backups(look: Look) -> Verdict:
    """Warns of those whom the vault's policy lets delete on purpose, and of a vault of AWS's own."""
    text = look.read("aws.backup.vault-policy", look.target).value
    if any(draft.setting == "aws.backup.vault-policy" for draft in look.changes):
        text = next(d.before for d in look.changes if d.setting == "aws.backup.vault-policy")
    named = [
        str(one.get("Sid") or "a statement without a Sid")
        for one in statements(text)
        if one.get("Effect") == "Allow" and any(allows(one, action) for action in GUARDED)
    ]
    if named:
        return (
            Outcome.WARN,
            f"its policy lets somebody delete or shorten backups on purpose ({', '.join(named)}): that ends",
        )
    return Outcome.PASS, "its policy lets nobody delete backups on purpose"


def vault_lock_fits(look: Look) -> Verdict:
    """Blocks a lock under which the backups of a plan would fail, and warns of one that becomes final."""
    draft = next((one for one in look.changes if one.setting == "aws.backup.vault-lock"), None)
    if draft is None:
        return Outcome.PASS, "the lock does not change"
    least, soon = (
        int(draft.after.get("MinRetentionDays") or 0),
        int(draft.after.get("ChangeableForDays") or 0),
    )
    if 0 < soon < _SOONEST:
        return (
            Outcome.BLOCK,
            f"AWS Backup makes no lock final before {_SOONEST} days: give {_SOONEST} or more",
        )
    for plan in plans(look.cloud, look.target.region):
        asked = {"BackupPlanId": plan["BackupPlanId"]}
        about = look.cloud.call(Call("aws", "backup", "GetBackupPlan", asked, look.target.region))[
            "BackupPlan"
        ]
        for rule in about.get("Rules") or []:
            days = int(at(rule, "Lifecycle.DeleteAfterDays") or 0)
            if rule.get("TargetBackupVaultName") == look.target.name and 0 < days < least:
                return (
                    Outcome.BLOCK,
                    f"{about.get('BackupPlanName')} keeps its backups here for {days} days ({rule.get('RuleName')}), "
                    f"and under a lock of {least} they would fail: let it keep them longer first",
                )
    if soon:
        return Outcome.WARN, f"in {soon} days the lock is final: nobody, neither root nor AWS, can loosen it"
    return Outcome.PASS, "every plan's backups stay long enough, and the lock can be taken away again"


GUARDS = {
    "backup-opt-in": backup_opt_in,
    "backup-copy-region": backup_copy_region,
    "backup-vault-takes-it": backup_vault_takes_it,
    "who-deletes-backups": who_deletes_backups,
    "vault-lock-fits": vault_lock_fits,
}
CAUTIOUS = ("backup-vault-takes-it", "vault-lock-fits")
