"""What the session may do is known before it is tried, and what cannot be known is said to be unknown."""

import json

import pytest

from hipaa_tui.aws.cloud import connect
from hipaa_tui.aws.permissions.simulation import Simulation, arn_of
from hipaa_tui.providers.model import ANYWHERE, CloudError, Denied, Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do
from tests.aws.server import ACCOUNT, REGION

BUCKET = resource_type("AWS::S3::Bucket").target("phi-records", ACCOUNT, REGION)
LOGS = resource_type("AWS::Logs::LogGroup").target("/hipaa-tui/x", ACCOUNT, REGION)
ROLE = resource_type("AWS::IAM::Role").target("hipaa-tui-flow", ACCOUNT, REGION)
EVERYWHERE = Target("aws", ANYWHERE, ACCOUNT, REGION, "*", ACCOUNT)
WRITE = "s3:PutBucketPolicy"
TRUST = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}}


def statement(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def as_role(aws, monkeypatch):
    """Logs in as a role, at a path as SSO's are, that has these statements."""

    def log_in(*statements, **more):
        do(
            aws,
            "iam",
            "CreateRole",
            RoleName="auditor",
            Path="/people/",
            AssumeRolePolicyDocument=json.dumps(TRUST),
            **more,
        )
        if statements:
            policy = {"PolicyName": "its", "PolicyDocument": document(*statements)}
            do(aws, "iam", "PutRolePolicy", RoleName="auditor", **policy)
        arn = f"arn:aws:iam::{ACCOUNT}:role/people/auditor"
        keys = do(aws, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="me")["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
        return connect(region=REGION)

    return log_in


@pytest.fixture
def as_user(aws, monkeypatch):
    def log_in(*statements):
        do(aws, "iam", "CreateUser", UserName="maria", Path="/staff/")
        policy = {"PolicyName": "its", "PolicyDocument": document(*statements)}
        do(aws, "iam", "PutUserPolicy", UserName="maria", **policy)
        key = do(aws, "iam", "CreateAccessKey", UserName="maria")["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        return connect(region=REGION)

    return log_in


def test_whom_the_local_cloud_makes_up_may_do_everything(aws):
    assert aws.denied([WRITE, "kms:CreateKey"], BUCKET) == Denied()


def test_a_role_is_asked_about_by_its_whole_arn(as_role):
    cloud = as_role(statement("s3:*", f"{BUCKET.id}"))
    assert cloud.denied([WRITE], BUCKET) == Denied()
    other = resource_type("AWS::S3::Bucket").target("other", ACCOUNT, REGION)
    assert cloud.denied([WRITE], other) == Denied(actions=(WRITE,))


def test_a_users_own_arn_is_asked_about(as_user):
    cloud = as_user(statement("s3:Get*"), statement("s3:PutBucketLogging"))
    assert cloud.denied([WRITE, "s3:PutBucketLogging"], BUCKET) == Denied(actions=(WRITE,))


def test_a_deny_is_told_from_a_missing_allowance(as_user):
    cloud = as_user(statement("*"), statement(WRITE, effect="Deny"))
    assert cloud.denied([WRITE], BUCKET) == Denied((WRITE,), "a policy's Deny")


def test_a_permissions_boundary_is_named(aws, as_role):
    do(aws, "iam", "CreatePolicy", PolicyName="edge", PolicyDocument=document(statement("s3:Get*")))
    cloud = as_role(statement("s3:*"), PermissionsBoundary=f"arn:aws:iam::{ACCOUNT}:policy/edge")
    assert cloud.denied([WRITE], BUCKET) == Denied((WRITE,), "the permissions boundary")


def test_an_scp_is_named(aws):
    """moto's SCPs bind nobody: the answer of IAM is told here, as its model has it."""
    said = {
        "EvalActionName": WRITE,
        "EvalDecision": "implicitDeny",
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
    }
    cloud = Answers(aws, SimulatePrincipalPolicy={"EvaluationResults": [said]})
    assert Simulation(cloud).denied([WRITE], BUCKET) == Denied((WRITE,), "an SCP")


def test_a_condition_that_cannot_be_weighed_is_no_refusal(as_user):
    office = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
    cloud = as_user(statement(WRITE, Condition=office))
    found = cloud.denied([WRITE], BUCKET)
    assert found.actions == ()
    assert found.unknown == (WRITE,)
    assert "aws:sourceip" in found.reason


def test_the_region_is_known_to_conditions(as_user):
    here = {"StringEquals": {"aws:RequestedRegion": REGION}}
    there = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    cloud = as_user(statement(WRITE, Condition=here), statement("s3:PutBucketAcl", Condition=there))
    assert cloud.denied([WRITE, "s3:PutBucketAcl"], BUCKET) == Denied(actions=("s3:PutBucketAcl",))


def test_a_log_group_is_also_known_by_its_ending(as_user):
    assert arn_of(LOGS) == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/hipaa-tui/x"
    cloud = as_user(statement("logs:PutRetentionPolicy", f"{arn_of(LOGS)}:*"))
    assert cloud.denied(["logs:PutRetentionPolicy"], LOGS) == Denied()


def test_what_takes_no_resource_is_decided_and_a_role_to_pass_is_not(as_user):
    cloud = as_user(statement("ec2:*"), statement("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/app/*"))
    vpc = resource_type("AWS::EC2::VPC").target("vpc-1", ACCOUNT, REGION)
    found = cloud.denied(["ec2:CreateFlowLogs", "iam:PassRole", "logs:CreateLogDelivery"], vpc)
    assert found.actions == ("logs:CreateLogDelivery",)
    assert found.unknown == ("iam:PassRole",)


def test_a_keys_own_policy_lets_in_as_well(aws, as_user):
    key = do(aws, "kms", "CreateKey")["KeyMetadata"]["Arn"]
    target = resource_type("AWS::KMS::Key").target(key, ACCOUNT, REGION)
    cloud = as_user(statement("s3:*"))
    assert cloud.denied(["kms:EnableKeyRotation"], target) == Denied(actions=("kms:EnableKeyRotation",))
    maria = {"AWS": f"arn:aws:iam::{ACCOUNT}:user/staff/maria"}
    lets = {"Effect": "Allow", "Principal": maria, "Action": "kms:*", "Resource": "*"}
    do(aws, "kms", "PutKeyPolicy", KeyId=target.name, PolicyName="default", Policy=document(lets))
    assert cloud.denied(["kms:EnableKeyRotation"], target) == Denied()


def test_a_key_that_is_known_by_its_alias_is_asked_about_as_a_key(aws, as_user):
    alias = resource_type("AWS::KMS::Alias").target("alias/phi", ACCOUNT, REGION)
    making = ["kms:CreateKey", "kms:PutKeyPolicy", "kms:TagResource"]
    keys = statement(making[1:], f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*")
    assert as_user(statement(making[0]), keys).denied(making, alias) == Denied()


def test_a_bucket_policy_under_a_condition_decides_nothing(aws, as_user):
    do(aws, "s3", "CreateBucket", Bucket="phi-records")
    lets = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": BUCKET.id,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    }
    do(aws, "s3", "PutBucketPolicy", Bucket="phi-records", Policy=document(lets))
    assert as_user(statement("ec2:*")).denied([WRITE], BUCKET).unknown == (WRITE,)


def test_what_is_allowed_is_asked_once_and_what_is_not_again(aws, as_user):
    asked = []

    class Counting(Answers):
        def pages(self, call, items):
            asked.append(call.operation)
            return super().pages(call, items)

    now = [0.0]
    one = Simulation(Counting(as_user(statement("s3:Put*"))), lambda: now[0])
    for _ in range(3):
        assert one.denied([WRITE], BUCKET) == Denied()
    assert len(asked) == 1
    one.denied(["s3:DeleteBucket"], BUCKET)
    one.denied(["s3:DeleteBucket"], BUCKET)
    assert len(asked) == 3
    now[0] = 301.0
    one.denied([WRITE], BUCKET)
    assert len(asked) == 4


class Refusing(Answers):
    """IAM as those see it who may not ask it."""

    code, status, arn = "AccessDenied", 403, f"arn:aws:iam::{ACCOUNT}:user/maria"
    asked = 0

    def pages(self, call, items):
        self.asked += 1
        raise CloudError(self.code, "no", status=self.status, call=call)

    def caller(self):
        from dataclasses import replace

        return replace(self.cloud.caller(), principal=self.arn)


def test_who_may_not_ask_is_told_so_once(aws):
    cloud = Refusing(aws)
    one = Simulation(cloud)
    for _ in range(2):
        found = one.denied([WRITE], BUCKET)
        assert found.unknown == (WRITE,)
        assert "AccessDenied" in found.reason
    assert cloud.asked == 1


def test_nobody_logged_in_is_an_error(aws):
    cloud = Refusing(aws)
    cloud.code, cloud.status = "NoCredentials", 0
    with pytest.raises(CloudError):
        Simulation(cloud).denied([WRITE], BUCKET)


@pytest.mark.parametrize(
    ("arn", "unknown"),
    [(f"arn:aws:iam::{ACCOUNT}:root", ()), (f"arn:aws:sts::{ACCOUNT}:federated-user/me", (WRITE,))],
)
def test_the_root_may_do_everything_and_a_federated_user_is_unknown(aws, arn, unknown):
    cloud = Refusing(aws)
    cloud.arn = arn
    assert Simulation(cloud).denied([WRITE], BUCKET).unknown == unknown
    assert cloud.asked == 0


def test_anywhere_is_unknown_where_a_policy_names_resources(as_user):
    cloud = as_user(statement("s3:Put*", "arn:aws:s3:::mine"), statement("ec2:Describe*"))
    found = cloud.denied([WRITE, "ec2:CreateFlowLogs"], EVERYWHERE)
    assert found.unknown == (WRITE,)
    assert found.actions == ("ec2:CreateFlowLogs",)


def test_anywhere_a_role_that_reads_can_write_nothing(as_role):
    cloud = as_role(statement(["s3:Get*", "ec2:Describe*", "iam:Get*", "iam:List*"]))
    assert cloud.denied([WRITE, "ec2:CreateFlowLogs"], EVERYWHERE).actions == ("ec2:CreateFlowLogs", WRITE)
    assert arn_of(ROLE) == f"arn:aws:iam::{ACCOUNT}:role/hipaa-tui-flow"


POLICY = resource_type("AWS::IAM::ManagedPolicy").target(
    f"arn:aws:iam::{ACCOUNT}:policy/wide", ACCOUNT, REGION
)
USER = resource_type("AWS::IAM::User").target("maria", ACCOUNT, REGION)
OFF_ROLES = ["iam:DetachRolePolicy", "iam:DetachUserPolicy"]


def test_a_policy_is_taken_off_roles_by_who_may_change_the_roles(as_user):
    """A finding's policy is not what the action is about: the roles and users that have it are."""
    cloud = as_user(
        statement("iam:DetachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/*"),
        statement("iam:DetachUserPolicy", "*"),
    )
    assert cloud.denied(OFF_ROLES, POLICY) == Denied()


def test_who_may_change_some_roles_only_is_not_refused_and_not_sure(as_user):
    cloud = as_user(statement("iam:DetachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/app-*"))
    found = cloud.denied(OFF_ROLES, POLICY)
    assert found.unknown == ("iam:DetachRolePolicy",)
    assert found.reason == "it depends on the resource"
    assert found.actions == ("iam:DetachUserPolicy",)  # which no statement allows anywhere


def test_which_policy_it_is_is_known_to_conditions(as_user):
    mine, other = POLICY.id, f"arn:aws:iam::{ACCOUNT}:policy/other"
    cloud = as_user(
        statement("iam:DetachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": mine}}),
        statement("iam:DetachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": other}}),
    )
    assert "iam:DetachRolePolicy" not in cloud.denied(OFF_ROLES, POLICY).unknown
    assert cloud.denied(["iam:DetachRolePolicy"], POLICY) == Denied()
    assert cloud.denied(["iam:DetachUserPolicy"], POLICY) != Denied()


def test_what_may_be_done_to_the_policy_says_nothing_of_the_roles(as_user):
    cloud = as_user(statement("iam:*", f"arn:aws:iam::{ACCOUNT}:policy/*"))
    assert cloud.denied(["iam:CreatePolicyVersion"], POLICY) == Denied()
    assert cloud.denied(["iam:DetachRolePolicy"], POLICY).unknown == ("iam:DetachRolePolicy",)


def test_a_denied_detach_stays_a_refusal(as_user):
    cloud = as_user(statement("iam:*"), statement("iam:DetachRolePolicy", effect="Deny"))
    assert cloud.denied(OFF_ROLES, POLICY) == Denied(("iam:DetachRolePolicy",), "a policy's Deny")


@pytest.mark.parametrize(
    ("actions", "target", "resource"),
    [
        (["iam:AddUserToGroup", "iam:RemoveUserFromGroup"], USER, "group/readers"),
        (["iam:CreatePolicy", "iam:TagPolicy"], ROLE, "policy/hipaa-tui-*"),
        (["iam:AttachUserPolicy", "iam:PutUserPolicy"], USER, "user/maria"),
        (["iam:PassRole"], BUCKET, "role/hipaa-tui-*"),
    ],
)
def test_actions_of_iam_are_about_their_own_kind(as_user, actions, target, resource):
    found = as_user(statement("iam:*", f"arn:aws:iam::{ACCOUNT}:{resource}")).denied(actions, target)
    assert found.actions == ()
    assert found.unknown == (() if resource.startswith("user") else tuple(actions))


def test_who_has_no_such_statement_is_refused_whatever_the_kind(as_user):
    cloud = as_user(statement("s3:*"))
    assert cloud.denied(["iam:AddUserToGroup"], USER).actions == ("iam:AddUserToGroup",)
    assert cloud.denied(["iam:PassRole"], BUCKET).actions == ("iam:PassRole",)
