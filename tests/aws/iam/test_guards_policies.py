"""The guard of a policy's holders: which roles, users and pipelines have the policy that is to be narrowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.iam.policy_versions import BUILDERS
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, text, verdict
from tests.aws.iam.estate_policies import STAR, managed, role, trust
from tests.aws.server import ACCOUNT, REGION

MANAGED = "aws.iam.managed-policy"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def star(aws):
    return target("AWS::IAM::ManagedPolicy", managed(aws, "AdminStar", STAR))


def narrower(aws, where, **given):
    """The draft of the policy's narrowing."""
    held = setting(MANAGED).read(aws, where).value
    return MANAGED, BUILDERS["narrowed"](held, {"days": 400, "services": "", **given})


def test_roles_of_identity_center_of_services_and_for_emergencies_are_left_alone(aws):
    where = star(aws)
    for path, name, reason in (
        ("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Ops_1", "permission set"),
        ("/aws-service-role/x.amazonaws.com/", "AWSServiceRoleForX", "service-linked role"),
    ):
        given = {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": trust()}
        do(aws, "iam", "CreateRole", **given)
        do(aws, "iam", "AttachRolePolicy", RoleName=name, PolicyArn=where.id)
        outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
        assert (outcome, reason in said) == (Outcome.BLOCK, True), said
        do(aws, "iam", "DetachRolePolicy", RoleName=name, PolicyArn=where.id)
    do(aws, "iam", "CreateUser", UserName="carol", Tags=[{"Key": "purpose", "Value": "break-glass"}])
    do(aws, "iam", "AttachUserPolicy", UserName="carol", PolicyArn=where.id)
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "the user carol is marked as break-glass" in said
    do(aws, "iam", "DetachUserPolicy", UserName="carol", PolicyArn=where.id)
    do(aws, "iam", "CreateGroup", GroupName="admins")
    do(aws, "iam", "AddUserToGroup", GroupName="admins", UserName="carol")
    do(aws, "iam", "AttachGroupPolicy", GroupName="admins", PolicyArn=where.id)
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "the user carol of the group admins" in said


def test_a_pipeline_is_not_narrowed_blindly(aws):
    where = star(aws)
    issuer = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    federated = {
        "Effect": "Allow",
        "Principal": {"Federated": issuer},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    do(aws, "iam", "CreateRole", RoleName="deploy", AssumeRolePolicyDocument=text(federated))
    do(aws, "iam", "AttachRolePolicy", RoleName="deploy", PolicyArn=where.id)
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "list the services" in said
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where), services="s3 iam")
    assert outcome is Outcome.WARN
    assert "a pipeline assumes the role deploy" in said


def test_a_role_that_was_used_lately_is_named_with_the_day(aws):
    where = star(aws)
    role(aws, "app", where.id)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    about = {
        **do(aws, "iam", "GetRole", RoleName="app")["Role"],
        "RoleLastUsed": {"LastUsedDate": yesterday.isoformat()},
    }
    draft = narrower(aws, where)
    outcome, said = verdict(Answers(aws, GetRole={"Role": about}), "policy-holders", where, draft)
    assert outcome is Outcome.WARN
    assert f"the role app was last used on {yesterday.date().isoformat()}" in said
    assert "IAM has no record" in said


def test_what_is_known_of_a_young_role_may_not_be_all_that_it_does(aws):
    where = star(aws)
    role(aws, "app", where.id)
    used = {"ServiceNamespace": "s3", "LastAuthenticated": datetime.now(UTC).isoformat()}
    seen = Answers(
        aws, GetServiceLastAccessedDetails={"JobStatus": "COMPLETED", "ServicesLastAccessed": [used]}
    )
    name, after = narrower(seen, where)
    assert "s3:*" in after["Document"]
    outcome, said = verdict(seen, "policy-holders", where, (name, after))
    assert outcome is Outcome.WARN
    assert "the role app is 0 days old, so monthly or quarterly work may not have used it yet" in said


def test_a_policy_that_a_quiet_user_has_and_whose_services_are_named_passes(aws):
    where = star(aws)
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=where.id)
    given = {"services": "s3"}
    assert verdict(aws, "policy-holders", where, narrower(aws, where, **given), **given)[0] is Outcome.PASS


@pytest.mark.parametrize("name", ["policy-holders"])
def test_what_could_lock_somebody_out_blocks_where_it_cannot_look(name):
    assert name in guards()[1]
