"""The guard of the last administrator: neither the caller nor the account loses the way to undo the change."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.iam.inline import BUILDERS as INLINE
from hipaa_tui.aws.iam.policy_versions import BUILDERS
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import As, do, text
from tests.aws.iam.estate_policies import READ, STAR, admin, managed
from tests.aws.server import ACCOUNT, REGION

MANAGED, INLINE_SETTING = "aws.iam.managed-policy", "aws.iam.inline-policies"
BOUNDARY, ATTACHED = "aws.iam.permissions-boundary", "aws.iam.policy-attachments"
BACK = ("iam:SetDefaultPolicyVersion",)


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def star(aws):
    return target("AWS::IAM::ManagedPolicy", managed(aws, "AdminStar", STAR))


def narrower(aws, where, **given):
    """The draft of the policy's narrowing."""
    held = setting(MANAGED).read(aws, where).value
    return MANAGED, BUILDERS["narrowed"](held, {"days": 400, "services": "", **given})


def weighed(aws, who, where, *drafts, memory=None):
    """The guard's word for somebody, with the way back that the draft would have."""
    cloud = As(aws, who)
    changes = [
        PlannedChange(
            id, where, setting(id).read(aws, where).value, after, ("iam:CreatePolicyVersion",), BACK
        )
        for id, after in drafts
    ]
    look = GuardContext(
        cloud, where, changes, {}, {}, SettingReader({"aws": cloud}), {} if memory is None else memory
    )
    return guards()[0]["administrator-stays"](look)


def administrator(aws, name="root-of-all"):
    do(aws, "iam", "CreateUser", UserName=name)
    do(aws, "iam", "PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=text(STAR))
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def test_nobody_narrows_the_policy_by_which_it_could_be_taken_back(aws):
    where = star(aws)
    do(aws, "iam", "CreateGroup", GroupName="admins")
    do(aws, "iam", "AttachGroupPolicy", GroupName="admins", PolicyArn=where.id)
    do(aws, "iam", "CreateUser", UserName="alice")
    do(aws, "iam", "AddUserToGroup", GroupName="admins", UserName="alice")
    me = f"arn:aws:iam::{ACCOUNT}:user/alice"
    outcome, said = weighed(aws, me, where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "you are alice and would lose iam:CreatePolicyVersion, iam:SetDefaultPolicyVersion" in said
    # With a policy of her own for it she can, and another administrator is there as well.
    other = administrator(aws)
    own = {"Effect": "Allow", "Action": "iam:*PolicyVersion", "Resource": "*"}
    do(aws, "iam", "PutUserPolicy", UserName="alice", PolicyName="own", PolicyDocument=text(own))
    outcome, said = weighed(aws, me, where, narrower(aws, where))
    assert outcome is Outcome.PASS
    assert other.rpartition("/")[2] in said


def test_a_session_of_a_role_is_that_role(aws):
    where = star(aws)
    administrator(aws)
    people = text({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    do(aws, "iam", "CreateRole", RoleName="ops", Path="/team/", AssumeRolePolicyDocument=people)
    do(aws, "iam", "AttachRolePolicy", RoleName="ops", PolicyArn=where.id)
    me = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/me"
    assert weighed(aws, me, where, narrower(aws, where))[0] is Outcome.BLOCK


def test_the_last_administrator_goes_only_with_a_word_about_it(aws):
    """Two fixes of one plan take one administrator each: the second one knows of the first."""
    where, memory = star(aws), {}
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=where.id)
    other = target("AWS::IAM::Principal", administrator(aws))
    outside = f"arn:aws:sts::{ACCOUNT}:federated-user/me"
    assert weighed(aws, outside, where, narrower(aws, where), memory=memory)[0] is Outcome.PASS
    held = setting(INLINE_SETTING).read(aws, other).value
    less = INLINE["inline_narrowed"](held, {"arn": other.id, "days": 400, "services": ""})
    outcome, said = weighed(aws, outside, other, (INLINE_SETTING, less), memory=memory)
    assert outcome is Outcome.WARN
    assert "afterwards only you (" in said


def test_where_nobody_could_put_policies_back_it_is_refused(aws):
    """The caller may make this change and take it back, and is no administrator; the only one would go."""
    where = star(aws)
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=where.id)
    do(aws, "iam", "CreateUser", UserName="junior")
    own = {"Effect": "Allow", "Action": "iam:*PolicyVersion", "Resource": "*"}
    do(aws, "iam", "PutUserPolicy", UserName="junior", PolicyName="own", PolicyDocument=text(own))
    outcome, said = weighed(aws, f"arn:aws:iam::{ACCOUNT}:user/junior", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "no one but the root user" in said
    assert weighed(aws, f"arn:aws:iam::{ACCOUNT}:root", where, narrower(aws, where))[0] is Outcome.PASS


def test_taking_awss_own_policy_and_a_boundary_count_as_well(aws):
    people = text({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    do(aws, "iam", "CreateRole", RoleName="ops", AssumeRolePolicyDocument=people)
    do(aws, "iam", "AttachRolePolicy", RoleName="ops", PolicyArn=admin())
    me = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/me"
    where = target("AWS::IAM::AttachedPolicy", admin())
    held = setting(ATTACHED).read(aws, where).value
    nobody = {**held, "Users": [], "Groups": [], "Roles": []}
    assert weighed(aws, me, where, (ATTACHED, nobody))[0] is Outcome.BLOCK
    fence = managed(aws, "fence", READ)
    own = target("AWS::IAM::Role", f"arn:aws:iam::{ACCOUNT}:role/ops")
    assert weighed(aws, me, own, (BOUNDARY, {"Boundary": fence}))[0] is Outcome.BLOCK


@pytest.mark.parametrize("name", ["administrator-stays"])
def test_what_could_lock_somebody_out_blocks_where_it_cannot_look(name):
    assert name in guards()[1]
