"""Permissions are narrowed to what was used, nobody is left without a way back, and fixes of one user build on each other."""

from __future__ import annotations

import boto3

from hipaa_tui.aws.policies import documents
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from tests.aws.guards import do, text
from tests.aws.iam.estate_policies import READ, STAR, admin, managed, policy, role
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
PLACES = [Place("aws", ACCOUNT, REGION)]


def found(id, clouds):
    seen = scan([CATALOGUE.get(id)], PLACES, clouds)
    assert seen.problems == ()
    return {one.resource_name for one in seen.findings}


def planned(clouds, *wanted, **given):
    fix_requests = []
    for id, resource in wanted:
        playbook = CATALOGUE.get(id)
        target = resource_types()[playbook.resource].target(resource, ACCOUNT, REGION)
        fix_requests.append(FixRequest(playbook, target, (resource,)))
    return make_plan(fix_requests, clouds, given)


def applied(plan, clouds, journal):
    assert [(change.setting, change.guards) for change in plan.blocked] == []
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    return run


def default(aws, arn):
    version = do(aws, "iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = do(aws, "iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
    return version, documents.statements(found["PolicyVersion"]["Document"])


def attached(aws, name):
    found = do(aws, "iam", "ListAttachedRolePolicies", RoleName=name)["AttachedPolicies"]
    return {one["PolicyArn"] for one in found}


def uses(aws, moto, name, *services):
    """The user asks these services by its own key, as IAM's last-accessed data tell afterwards."""
    key = do(aws, "iam", "CreateAccessKey", UserName=name)["AccessKey"]
    who = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "endpoint_url": moto,
        "region_name": REGION,
    }
    ask = {"s3": "list_buckets", "dynamodb": "list_tables"}
    for service in services:
        getattr(boto3.client(service, **who), ask[service])()


def test_a_policy_is_narrowed_to_the_services_that_its_people_used(aws, moto, journal):
    clouds = {"aws": aws}
    arn = managed(aws, "AdminStar", STAR)
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=arn)
    uses(aws, moto, "bob", "s3", "dynamodb")
    plan = planned(clouds, ("aws.iam.customer-admin", arn))
    run = applied(plan, clouds, journal)
    version, (only,) = default(aws, arn)
    assert (version, only["Action"]) == ("v2", ["dynamodb:*", "s3:*"])

    # The earlier version is the way back, and the newer one the way forth again: no version is made twice.
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert default(aws, arn) == ("v1", [STAR])
    applied(planned(clouds, ("aws.iam.customer-admin", arn)), clouds, journal)
    assert default(aws, arn)[0] == "v2"
    assert len(do(aws, "iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]) == 2


def test_services_that_are_named_stay_whatever_is_known(aws, journal):
    arn = managed(aws, "AdminStar", STAR)
    applied(
        planned({"aws": aws}, ("aws.iam.customer-admin", arn), services="ses logs"), {"aws": aws}, journal
    )
    assert default(aws, arn)[1][0]["Action"] == ["logs:*", "ses:*"]


def test_whoever_had_administrator_access_gets_something_narrower_first_and_it_back_again(aws, journal):
    clouds = {"aws": aws}
    role(aws, "ops", admin())
    role(aws, "AWSReservedSSO_Admins_1", admin())
    assert found("aws.iam.aws-admin", clouds) == {"AdministratorAccess"}
    plan = planned(clouds, ("aws.iam.aws-admin", admin()))
    operations = [call.operation for change in plan.changes for call in change.calls]
    assert operations == ["CreatePolicy", "AttachRolePolicy", "DetachRolePolicy"]
    run = applied(plan, clouds, journal)
    own = policy("hipaa-tui-instead-of-AdministratorAccess")
    assert attached(aws, "ops") == {own}
    assert attached(aws, "AWSReservedSSO_Admins_1") == {admin()}, "Identity Center's own stays as it is"
    # What is made for it is no new trouble of the same kind.
    for id in ("aws.iam.aws-admin", "aws.iam.customer-admin", "aws.iam.marketplace-subscribe"):
        assert found(id, clouds) == set(), id
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert attached(aws, "ops") == {admin()}
    assert do(aws, "iam", "ListPolicies", Scope="Local")["Policies"] == []


def test_a_replacement_that_is_named_is_attached_and_no_other_is_made(aws, journal):
    clouds = {"aws": aws}
    role(aws, "ops", admin())
    power = "arn:aws:iam::aws:policy/PowerUserAccess"
    applied(planned(clouds, ("aws.iam.aws-admin", admin()), replacement=power), clouds, journal)
    assert attached(aws, "ops") == {power}
    plan = planned(clouds, ("aws.iam.aws-admin", admin()))
    assert plan.changes == ()


def test_a_users_inline_policy_is_narrowed_and_moved_to_its_group_in_one_plan(aws, journal):
    """Two playbooks want to change the same policies by different settings: the second starts from the first."""
    clouds = {"aws": aws}
    do(aws, "iam", "CreateUser", UserName="svc-etl")
    do(aws, "iam", "PutUserPolicy", UserName="svc-etl", PolicyName="star", PolicyDocument=text(STAR))
    arn = f"arn:aws:iam::{ACCOUNT}:user/svc-etl"
    run = applied(
        planned(clouds, ("aws.iam.user-policies", arn), ("aws.iam.inline-admin", arn)), clouds, journal
    )
    assert do(aws, "iam", "ListUserPolicies", UserName="svc-etl")["PolicyNames"] == []
    group = {"GroupName": "hipaa-tui-user-svc-etl", "PolicyName": "star"}
    held = documents.statements(do(aws, "iam", "GetGroupPolicy", **group)["PolicyDocument"])
    assert held[0]["NotAction"] == ["account:*", "iam:*", "organizations:*"]
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    given = {"UserName": "svc-etl", "PolicyName": "star"}
    assert documents.statements(do(aws, "iam", "GetUserPolicy", **given)["PolicyDocument"]) == [STAR]


def test_what_an_earlier_fix_takes_to_a_group_is_planned_again_afterwards(aws):
    """A user's inline policies go to its group; what would be made of them by themselves waits for the next plan."""
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "PutUserPolicy", UserName="bob", PolicyName="read", PolicyDocument=text(READ))
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    plan = planned({"aws": aws}, ("aws.iam.no-inline-policies", arn), ("aws.iam.user-policies", arn))
    assert {change.playbook for change in plan.blocked} == {"aws.iam.no-inline-policies"}
    assert "plan this one again" in str([change.guards for change in plan.blocked])
