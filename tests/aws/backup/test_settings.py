"""AWS Backup: which plan takes what, how often is daily, locks that become final, and a plan made from nothing."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.validate import ParamValidator

from hipaa_tui.aws.backup.coverage import SETTINGS, takes
from hipaa_tui.aws.backup.plans import daily
from hipaa_tui.aws.backup.settings import GUARDED
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.providers.registry import builders, resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers, do, text
from tests.aws.server import ACCOUNT, REGION

ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/patients"
TABLE = Target("aws", "AWS::DynamoDB::Table", ACCOUNT, REGION, ARN, "patients")
PHI = {"ConditionType": "STRINGEQUALS", "ConditionKey": "hipaa:phi", "ConditionValue": "true"}
LIKE = {"ConditionKey": "aws:ResourceTag/team", "ConditionValue": "rec*"}


@pytest.mark.parametrize(
    ("schedule", "often"),
    [
        ("cron(0 5 ? * * *)", True),
        ("cron(0 5 * * ? *)", True),
        ("cron(0 */4 ? * * *)", True),
        ("rate(12 hours)", True),
        ("rate(1 day)", True),
        ("rate(2 days)", False),
        ("cron(0 5 ? * SUN *)", False),
        ("cron(0 5 1 * ? *)", False),
        ("cron(0 5 ? 1-6 * *)", False),
        ("something", False),
    ],
)
def test_daily_is_every_day(schedule, often):
    assert daily(schedule) is often


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        ({"Resources": ["*"]}, True),
        ({"Resources": [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*"]}, True),
        ({"Resources": ["arn:aws:ec2:*"]}, False),
        ({"Resources": ["*"], "NotResources": [ARN]}, False),
        ({"ListOfTags": [PHI]}, True),
        ({"ListOfTags": [{**PHI, "ConditionValue": "no"}, PHI]}, True),
        ({"ListOfTags": [{**PHI, "ConditionValue": "no"}]}, False),
        ({"Resources": ["arn:aws:ec2:*"], "ListOfTags": [PHI]}, False),
        ({"Resources": ["*"], "Conditions": {"StringLike": [LIKE]}}, True),
        ({"Resources": ["*"], "Conditions": {"StringNotLike": [LIKE]}}, False),
        ({"Resources": ["*"], "Conditions": {"StringEquals": [LIKE]}}, False),
        ({"Resources": ["*"], "Conditions": {"StringNotEquals": [{**LIKE, "ConditionKey": "other"}]}}, True),
        ({}, False),
    ],
)
def test_what_a_selection_takes_is_weighed_as_aws_does(selection, taken):
    assert takes(selection, TABLE, {"hipaa:phi": "true", "team": "records"}) is taken


def rule(name, days, schedule="cron(0 5 ? * * *)", **more):
    return builders()["with_backup_rule"](ABSENT, {"name": "x", "vault": "v", "days": 35})["Rules"][0] | {
        "RuleName": name,
        "ScheduleExpression": schedule,
        "Lifecycle": {"DeleteAfterDays": days, **more},
        "Days": days,
        "Daily": daily(schedule),
    }


def test_a_plan_is_made_longer_and_never_shorter():
    wanted = {"name": "x", "vault": "Default", "days": 60}
    build = builders()["with_backup_rule"]
    short = {"BackupPlanName": "x", "Rules": [rule("a", 7), rule("b", 20), rule("weekly", 5, "rate(7 days)")]}
    longer = build(short, wanted)
    assert [one["Days"] for one in longer["Rules"]] == [7, 60, 5]
    assert build(longer, wanted) == longer
    assert build({**short, "Rules": [rule("for ever", 0)]}, wanted)["Rules"][0]["Days"] == 0
    cold = build({**short, "Rules": [rule("a", 20, MoveToColdStorageAfterDays=10)]}, wanted)
    assert cold["Rules"][0]["Lifecycle"] == {"DeleteAfterDays": 100, "MoveToColdStorageAfterDays": 10}
    weekly = build({**short, "Rules": [rule("weekly", 400, "rate(7 days)")]}, wanted)
    assert [(one["RuleName"], one["TargetBackupVaultName"]) for one in weekly["Rules"]] == [
        ("weekly", "v"),
        ("hipaa-tui-daily", "v"),
    ]


def test_a_lock_becomes_final_only_when_asked():
    one, build = setting("aws.backup.vault-lock"), builders()["vault_lock"]
    held = build(ABSENT, {"days": 35, "changeable_for": 0})
    final = build(ABSENT, {"days": 35, "changeable_for": 30})
    assert one.cannot_be_undone(ABSENT, held) == ""
    assert "30 days later nobody" in one.cannot_be_undone(ABSENT, final)
    assert one.same(final, {"MinRetentionDays": 35, "LockDate": "2027-01-01T00:00:00+00:00"})
    assert not one.same(final, held)
    stricter = {"MinRetentionDays": 90, "LockDate": "2027-01-01T00:00:00+00:00"}
    assert build(stricter, {"days": 35, "changeable_for": 3}) == stricter
    with pytest.raises(ValueError, match="final on 2027"):
        build(stricter, {"days": 100, "changeable_for": 0})
    with pytest.raises(ValueError, match="more than 30 days"):
        build({"MinRetentionDays": 1, "MaxRetentionDays": 30}, {"days": 35, "changeable_for": 0})


def test_a_policy_that_refuses_its_own_change_is_deleted_first(aws):
    """moto refuses as AWS does, by the sandbox's addition."""
    do(aws, "backup", "CreateBackupVault", BackupVaultName="clinic")
    vault = resource_type("AWS::Backup::BackupVault").target("clinic", ACCOUNT, REGION)
    one = setting("aws.backup.vault-policy")
    closed = builders()["no_manual_deletion"](ABSENT, {})
    for call in one.calls(vault, Reading(ABSENT), closed):
        aws.call(call)
    earlier = text(
        {"Effect": "Allow", "Principal": "*", "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
    )
    calls = one.calls(vault, one.read(aws, vault), earlier)
    assert [call.operation for call in calls] == [
        "DeleteBackupVaultAccessPolicy",
        "PutBackupVaultAccessPolicy",
    ]
    assert one.between(vault, closed, earlier) == [ABSENT]
    for call in calls:
        aws.call(call)
    assert one.same(one.read(aws, vault).value, earlier)


@pytest.mark.parametrize(
    ("more", "enough"),
    [
        ({}, True),
        ({"Action": "backup:*"}, True),
        ({"Action": "backup:DeleteRecoveryPoint"}, False),
        ({"Resource": "arn:aws:backup:us-east-1:1:backup-vault:x"}, False),
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}, False),
        ({"Principal": {"AWS": "arn:aws:iam::1:root"}}, False),
        ({"Effect": "Allow"}, False),
    ],
)
def test_a_policy_that_refuses_deletion_already_is_enough(more, enough):
    refused = {
        "Sid": "Theirs",
        "Effect": "Deny",
        "Principal": "*",
        "Action": [*GUARDED, "backup:DeleteBackupVault"],
        "Resource": "*",
    }
    current = text({**refused, **more})
    assert (builders()["no_manual_deletion"](current, {}) == current) is enough


def test_an_air_gapped_vault_is_left_to_aws(aws):
    vaults = [
        {"BackupVaultName": "plain"},
        {"BackupVaultName": "gap", "VaultType": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"},
    ]
    cloud = Answers(aws, ListBackupVaults={"BackupVaultList": vaults})
    listed = resource_type("AWS::Backup::BackupVault").list(cloud, ACCOUNT, REGION, "aws")
    assert [one.name for one in listed] == ["plain"]


def test_recovery_points_in_the_clear_and_short_ones_are_found(aws):
    vault = resource_type("AWS::Backup::BackupVault").target("clinic", ACCOUNT, REGION)
    points = [
        {
            "RecoveryPointArn": "a",
            "Status": "COMPLETED",
            "IsEncrypted": True,
            "Lifecycle": {"DeleteAfterDays": 35},
        },
        {"RecoveryPointArn": "b", "Status": "COMPLETED", "IsEncrypted": False},
        {
            "RecoveryPointArn": "c",
            "Status": "COMPLETED",
            "IsEncrypted": True,
            "Lifecycle": {"DeleteAfterDays": 7},
        },
        {"RecoveryPointArn": "d", "Status": "EXPIRED", "IsEncrypted": False},
    ]
    cloud = Answers(aws, ListRecoveryPointsByBackupVault={"RecoveryPoints": points})
    assert setting("aws.backup.recovery-points").read(cloud, vault).value == {
        "Unencrypted": ["b"],
        "Short": ["c"],
    }


def test_a_vault_keeps_its_key():
    one = setting("aws.backup.vault")
    vault = resource_type("AWS::Backup::BackupVault").target("clinic", ACCOUNT, REGION)
    with pytest.raises(ValueError, match="there already"):
        one.calls(vault, Reading({"EncryptionKeyArn": "a"}), {"EncryptionKeyArn": "b"})


@pytest.mark.parametrize("one", SETTINGS, ids=lambda one: one.id)
def test_every_kind_of_resource_is_tagged_as_its_service_wants(one):
    where = Target(
        "aws", one.resource, ACCOUNT, REGION, f"arn:aws:x:{REGION}:{ACCOUNT}:thing/fs-0123abcd", "fs-0123abcd"
    )
    bare = {"Tags": {}, "Plans": []}
    tagged = {"Tags": {"hipaa:phi": "true"}, "Plans": ["hipaa-tui-phi"]}
    session = botocore.session.get_session()
    for before, after in ((bare, tagged), (tagged, bare)):
        (call,) = one.calls(where, Reading(before), after)
        shape = session.get_service_model(call.service).operation_model(call.operation).input_shape
        assert not ParamValidator().validate(dict(call.arguments), shape).has_errors()
        assert (call.service, call.operation) in {(made.service, made.operation) for made in one.writes}
        assert "hipaa:phi" in str(call.arguments)


def test_a_tag_that_means_something_else_is_left_alone():
    build = builders()["with_backup_tag"]
    wanted = {"key": "hipaa:phi", "value": "true", "plan": "p"}
    with pytest.raises(ValueError, match="says 'no' already"):
        build({"Tags": {"hipaa:phi": "no"}, "Plans": []}, wanted)
    assert build({"Tags": {"hipaa:phi": "true"}, "Plans": []}, wanted)["Plans"] == ["p"]


def test_a_plan_is_made_once_copies_elsewhere_and_stays(aws, tmp_path):
    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    catalogue, clouds = load(), {"aws": aws}
    kind = resource_type("AWS::Backup::BackupPlan")
    (ours,) = kind.list(aws, ACCOUNT, REGION, "aws")
    wish = FixRequest(catalogue.get("aws.backup.plan"), ours, (ours.id,))
    plan = make_plan([wish], clouds, {"copy_region": "us-west-2", "retention_days": "2190"})
    assert (plan.skipped, plan.blocked) == ((), ())
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    made = setting("aws.backup.plan").read(aws, ours).value["Rules"][0]
    assert (made["Daily"], made["Days"]) == (True, 2190)
    assert made["CopyActions"][0]["DestinationBackupVaultArn"].startswith("arn:aws:backup:us-west-2:")
    (there,) = do(aws, "backup", "ListBackupVaults", region="us-west-2")["BackupVaultList"]
    assert there["EncryptionKeyArn"].startswith("arn:aws:kms:us-west-2:")
    assert make_plan([wish], clouds, {}).changes == ()
    back = rollback_plan(journal, run, clouds)
    assert back.changes == ()
    assert all("stays" in one.reason for one in back.skipped)
    # Another tag is taken besides, by a selection made anew.
    selection = setting("aws.backup.selection")
    where = resource_type("AWS::Backup::BackupSelection").target("hipaa-tui-phi/by-tag", ACCOUNT, REGION)
    before = selection.read(aws, where)
    wanted = {"plan": "", "role": "", "key": "class", "value": "phi"}
    after = builders()["with_tag_selection"](before.value, wanted)
    for call in selection.calls(where, before, after):
        aws.call(call)
    assert selection.same(selection.read(aws, where).value, after)
    assert len(after["ListOfTags"]) == 2
