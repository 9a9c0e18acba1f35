"""Checks AWS Backup before a plan, a vault policy or a vault lock changes: opt-in, copy region, retention, deletion."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.backup.plans import plans
from hipaa_tui.aws.backup.settings import GUARDED, vault_of
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import allows
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
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
_MIN_DAYS: Final = 3
"""Minimum number of days that AWS Backup requires before a lock becomes final."""


def backup_opt_in(context: GuardContext) -> Verdict:
    """Blocks where the resource's type is not opted in to AWS Backup: a plan that selects by tags would skip it.

    Warns of other types that are not opted in where the resource is of no such type.
    """
    request = Call("aws", "backup", "DescribeRegionSettings", {}, context.target.region)
    opted = context.cloud.call(request).get("ResourceTypeOptInPreference") or {}
    excluded = sorted(str(name) for name, on in opted.items() if not on)
    kind = _OPT_IN.get(context.target.type)
    if kind in excluded:
        return (
            Outcome.BLOCK,
            f"AWS Backup is not opted in for {kind} in {context.target.region}, so a plan would skip it: run `aws "
            f"backup update-region-settings --resource-type-opt-in-preference {kind}=true` first",
        )
    if excluded and kind is None:
        return (
            Outcome.WARN,
            f"AWS Backup is not opted in for {', '.join(excluded)} in {context.target.region}: plans skip those resource "
            "types",
        )
    return (
        Outcome.PASS,
        f"AWS Backup is opted in for {kind or 'all resource types'} in {context.target.region}",
    )


def backup_copy_region(context: GuardContext) -> Verdict:
    """Blocks copies to the same region and to one that is not enabled; warns where no copy region is named."""
    wanted = str(context.parameters.get("copy_region") or "")
    if not wanted:
        return (
            Outcome.WARN,
            "backups stay in one region and are lost with it: name a second region (copy_region)",
        )
    if wanted == context.target.region:
        return (
            Outcome.BLOCK,
            f"{wanted} is the region of the backups themselves: name another region for the copies",
        )
    regions = (
        context.cloud.call(Call("aws", "ec2", "DescribeRegions", {}, context.target.region)).get("Regions")
        or []
    )
    if wanted not in {str(region["RegionName"]) for region in regions}:
        return Outcome.BLOCK, f"{wanted} is not enabled for the account, or does not exist"
    return Outcome.PASS, f"{wanted} is enabled and is another region"


def backup_vault_takes_it(context: GuardContext) -> Verdict:
    """Blocks rules whose vault does not exist, or whose vault lock does not allow their retention."""
    for draft in context.changes:
        if draft.setting != "aws.backup.plan":
            continue
        for rule in draft.after["Rules"]:
            name, days = str(rule["TargetBackupVaultName"]), int(rule.get("Days") or 0)
            vault = _vault(context, name)
            if not vault:
                return (
                    Outcome.BLOCK,
                    f"the rule {rule['RuleName']} backs up to the vault {name}, which does not exist: create it "
                    "first",
                )
            longest = int(vault.get("MaxRetentionDays") or 0) if vault.get("Locked") else 0
            if longest and (days == 0 or days > longest):
                return (
                    Outcome.BLOCK,
                    f"the vault lock of {name} allows at most {longest} days of retention, so the backups of "
                    f"{rule['RuleName']} would fail: choose a shorter retention or another vault",
                )
    return Outcome.PASS, "the plan's vaults exist and accept its backups"


def _vault(context: GuardContext, name: str) -> dict[str, Any]:
    target = resource_type("AWS::Backup::BackupVault").target(
        name, context.target.account, context.target.region, context.target.partition
    )
    return vault_of(context.cloud, target) if target else {}


def who_deletes_backups(context: GuardContext) -> Verdict:
    """Warns of statements in the vault policy that allow deleting or shortening backups."""
    text = context.read("aws.backup.vault-policy", context.target).value
    if any(draft.setting == "aws.backup.vault-policy" for draft in context.changes):
        text = next(d.before for d in context.changes if d.setting == "aws.backup.vault-policy")
    named = [
        str(statement.get("Sid") or "a statement without a Sid")
        for statement in statements(text)
        if statement.get("Effect") == "Allow" and any(allows(statement, action) for action in GUARDED)
    ]
    if named:
        return (
            Outcome.WARN,
            f"the vault policy allows deleting or shortening backups ({', '.join(named)}): with this change that "
            "access ends",
        )
    return Outcome.PASS, "the vault policy lets no one delete backups"


def vault_lock_fits(context: GuardContext) -> Verdict:
    """Blocks a lock under which the backups of a plan would fail; warns of one that becomes final."""
    draft = next((change for change in context.changes if change.setting == "aws.backup.vault-lock"), None)
    if draft is None:
        return Outcome.PASS, "the vault lock does not change"
    minimum, final_after = (
        int(draft.after.get("MinRetentionDays") or 0),
        int(draft.after.get("ChangeableForDays") or 0),
    )
    if 0 < final_after < _MIN_DAYS:
        return (
            Outcome.BLOCK,
            f"AWS Backup requires at least {_MIN_DAYS} days before a lock becomes final: set {_MIN_DAYS} or more",
        )
    for plan in plans(context.cloud, context.target.region):
        request = {"BackupPlanId": plan["BackupPlanId"]}
        details = context.cloud.call(Call("aws", "backup", "GetBackupPlan", request, context.target.region))[
            "BackupPlan"
        ]
        for rule in details.get("Rules") or []:
            days = int(at(rule, "Lifecycle.DeleteAfterDays") or 0)
            if rule.get("TargetBackupVaultName") == context.target.name and 0 < days < minimum:
                return (
                    Outcome.BLOCK,
                    f"{details.get('BackupPlanName')} keeps backups in this vault for {days} days (rule "
                    f"{rule.get('RuleName')}), less than the lock's minimum of {minimum}, so they would fail: raise "
                    "that retention first",
                )
    if final_after:
        return (
            Outcome.WARN,
            f"in {final_after} days the lock becomes final: from then on nobody can loosen it, neither root nor AWS",
        )
    return (
        Outcome.PASS,
        "every plan keeps its backups long enough for the lock, and the lock can be removed again",
    )


GUARDS = {
    "backup-opt-in": backup_opt_in,
    "backup-copy-region": backup_copy_region,
    "backup-vault-takes-it": backup_vault_takes_it,
    "who-deletes-backups": who_deletes_backups,
    "vault-lock-fits": vault_lock_fits,
}
BLOCK_ON_ERROR = ("backup-vault-takes-it", "vault-lock-fits")
