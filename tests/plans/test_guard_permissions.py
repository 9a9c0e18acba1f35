"""Whether a change may be made, and taken back, is known before its first write."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.azure.caller_permissions import above_of, allows, scope_of
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import EVERYWHERE, guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.model import ANYWHERE, Denied, Target
from hipaa_tui.providers.registry import setting
from tests.aws.guards import Answers, do, make_bucket
from tests.aws.guards import verdict as on_aws
from tests.azure.server import ACCOUNT, CONTRIBUTOR, GROUP, SCOPE, assignment, azure, storage_account, target

BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
PUBLIC = "aws.s3.public-access-block"
TAGS = "arn:aws:s3:::phi-records"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
NETWORK = "4d97b98b-1d4f-4787-a291-c67834d212e7"
TRANSPORT = "azure.storage.transport"


@pytest.fixture
def as_maria(aws, monkeypatch):
    """Logs in as a user who may do these actions on everything."""
    from hipaa_tui.aws.cloud import connect

    def log_in(*actions):
        do(aws, "iam", "CreateUser", UserName="maria")
        policy = {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
        given = {"PolicyName": "its", "PolicyDocument": json.dumps({"Version": "2012-10-17", **policy})}
        do(aws, "iam", "PutUserPolicy", UserName="maria", **given)
        key = do(aws, "iam", "CreateAccessKey", UserName="maria")["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        return connect(region="us-east-1")

    return log_in


def test_every_playbook_asks():
    assert "permitted" in EVERYWHERE


def test_who_may_write_passes(aws, as_maria):
    where = make_bucket(aws, "phi-records")
    cloud = as_maria("s3:PutBucketPublicAccessBlock")
    assert on_aws(cloud, "permitted", where, (PUBLIC, BLOCKED))[0] is Outcome.PASS


def test_who_may_put_a_buckets_notifications_may_put_them(aws, as_maria):
    """The action is s3:PutBucketNotification; the operation has a longer name."""
    where = make_bucket(aws, "phi-records")
    events = ("aws.s3.event-notifications", {"EventBridgeConfiguration": {}})
    assert on_aws(as_maria("s3:PutBucketNotification"), "permitted", where, events)[0] is Outcome.PASS


def test_who_may_put_ownership_controls_may_take_them_away(aws, as_maria):
    where = make_bucket(aws, "phi-records")
    owned = ("aws.s3.ownership", {"ObjectOwnership": "BucketOwnerEnforced"})
    assert on_aws(as_maria("s3:PutBucketOwnershipControls"), "permitted", where, owned)[0] is Outcome.PASS


def test_who_may_only_read_is_refused_by_name(aws, as_maria):
    where = make_bucket(aws, "phi-records")
    outcome, reason = on_aws(as_maria("s3:Get*", "s3:List*"), "permitted", where, (PUBLIC, BLOCKED))
    assert outcome is Outcome.BLOCK
    assert "s3:PutBucketPublicAccessBlock on phi-records" in reason


def test_an_scp_that_refuses_is_named(aws):
    """moto's SCPs bind nobody: the answer of IAM is told here, as its model has it."""
    where = make_bucket(aws, "phi-records")
    said = {
        "EvalActionName": "s3:PutBucketPublicAccessBlock",
        "EvalDecision": "implicitDeny",
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
    }
    cloud = Answers(aws, SimulatePrincipalPolicy={"EvaluationResults": [said]})
    outcome, reason = on_aws(cloud, "permitted", where, (PUBLIC, BLOCKED))
    assert outcome is Outcome.BLOCK
    assert "denied by an SCP" in reason


def test_a_way_back_that_is_missing_is_a_warning(aws, as_maria):
    where = make_bucket(aws, "phi-records")
    policy = {"Version": "2012-10-17", "Statement": []}
    cloud = as_maria("s3:PutBucketPolicy", "s3:GetBucketPolicy")
    outcome, reason = on_aws(cloud, "permitted", where, ("aws.s3.bucket-policy", json.dumps(policy)))
    assert outcome is Outcome.WARN
    assert "s3:DeleteBucketPolicy" in reason


def test_permissions_that_cannot_be_told_are_a_warning(aws, as_maria):
    where = make_bucket(aws, "phi-records")
    unheard = Answers(as_maria("s3:*"), SimulatePrincipalPolicy={"EvaluationResults": []})
    outcome, reason = on_aws(unheard, "permitted", where, (PUBLIC, BLOCKED))
    assert outcome is Outcome.WARN
    assert "could not be determined" in reason


def test_what_the_draft_says_itself_is_not_worked_out_again(aws, as_maria):
    where = make_bucket(aws, "phi-records")
    cloud = as_maria("s3:PutBucketPublicAccessBlock")
    draft = PlannedChange(PUBLIC, where, None, BLOCKED, ("s3:PutBucketTagging",), ())
    found = guards()[0]["permitted"](
        GuardContext(cloud, where, [draft], {}, {}, SettingReader({"aws": cloud}))
    )
    assert found[0] is Outcome.BLOCK
    assert "s3:PutBucketTagging" in found[1]


# Azure -----------------------------------------------------------------------------------------------


def role(guid, scope=SCOPE):
    definition = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    return assignment(7, SANDBOX_PRINCIPAL, "ServicePrincipal", scope=scope, roleDefinitionId=definition)


def other_role(guid, scope):
    found = role(guid, scope)
    return {**found, "id": found["id"].replace("0007", "0008"), "name": found["name"].replace("0007", "0008")}


def on_azure(*resources):
    with azure(storage_account(), *resources) as cloud:
        before = setting(TRANSPORT).read(cloud, target(ACCOUNT)).value
        after = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}
        draft = PlannedChange(TRANSPORT, target(ACCOUNT), before, after)
        look = GuardContext(cloud, target(ACCOUNT), [draft], {}, {}, SettingReader({"azure": cloud}))
        return guards()[0]["permitted"](look)


@pytest.mark.parametrize("held", [(), (role(CONTRIBUTOR),), (role(CONTRIBUTOR, GROUP),)])
def test_a_contributor_may_write_in_azure(held):
    assert on_azure(*held)[0] is Outcome.PASS


def test_a_reader_may_not_write_in_azure():
    outcome, reason = on_azure(role(READER))
    assert outcome is Outcome.BLOCK
    assert "Microsoft.Storage/storageAccounts/write on patientfiles" in reason


def test_actions_are_matched_in_any_case_and_left_out_by_not_actions():
    held = [{"actions": ["microsoft.storage/*"], "notActions": ["*/delete"]}]
    assert allows(held, "Microsoft.Storage/storageAccounts/write")
    assert not allows(held, "Microsoft.Storage/storageAccounts/delete")
    assert allows([*held, {"actions": ["*"]}], "Microsoft.Storage/storageAccounts/delete")
    assert not allows([], "Microsoft.Storage/storageAccounts/write")


def test_access_is_decided_at_what_an_extension_extends():
    setting_of = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/x"
    assert scope_of(setting_of) == f"{ACCOUNT}/blobServices/default"
    assert above_of(scope_of(setting_of)) == ACCOUNT
    assert [above_of(ACCOUNT), above_of(GROUP), above_of(SCOPE)] == [GROUP, SCOPE, ""]


def test_what_is_not_there_yet_is_asked_about_above():
    missing = ACCOUNT.replace("patientfiles", "newfiles")
    with azure(role(CONTRIBUTOR, GROUP)) as cloud:
        found = cloud.denied(["Microsoft.Storage/storageAccounts/write"], target(missing))
    assert found == Denied()


def test_what_is_checked_elsewhere_is_unknown():
    with azure(storage_account(), role(NETWORK)) as cloud:
        keys = "Microsoft.OperationalInsights/workspaces/sharedKeys/action"
        found = cloud.denied([keys, "Microsoft.Storage/storageAccounts/write"], target(ACCOUNT))
    assert found.actions == ("Microsoft.Storage/storageAccounts/write",)
    assert found.unknown == (keys,)


def test_a_role_that_is_given_counts_at_once():
    write = "Microsoft.Storage/storageAccounts/write"
    with azure(storage_account(), role(READER), other_role(NETWORK, GROUP)) as cloud:
        assert cloud.denied([write], target(ACCOUNT)).actions == (write,)
        with azure(storage_account()) as other:
            cloud.endpoint = other.endpoint
            cloud._made.clear()
            assert cloud.denied([write], target(ACCOUNT)) == Denied()


def test_anywhere_counts_what_is_held_in_a_resource_group():
    subscription = Target("azure", ANYWHERE, SCOPE.rpartition("/")[2], "", SCOPE, "clinic", "AzureCloud")
    write = "Microsoft.Storage/storageAccounts/write"
    reader = role(READER)
    with azure(reader, other_role(CONTRIBUTOR, GROUP)) as cloud:
        assert cloud.denied([write], subscription) == Denied()
    with azure(reader) as cloud:
        assert cloud.denied([write], subscription) == Denied((write,))
    with azure(role(CONTRIBUTOR, GROUP)) as cloud:
        assert cloud.denied([write], subscription).unknown == (write,)
