"""Users' groups and policies, the password policy and the support role as Terraform."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Cloud
from hipaa_tui.runs.apply import Applying
from tests.aws.guards import do, text
from tests.aws.iam.estate_users import READ, policy, user
from tests.aws.patches import one_line, patch_of, planned
from tests.aws.server import ACCOUNT
from tests.patches.patch_clouds import commit

WISHES = (
    ("aws.iam.password-policy", ACCOUNT),
    ("aws.iam.user-policies", "bob"),
    ("aws.iam.require-mfa", "bob"),
    ("aws.iam.support-role", ACCOUNT),
)


@pytest.fixture
def estate(aws: Cloud) -> Cloud:
    do(aws, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    user(aws, "bob", login=True)
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=policy("ReadRecords"))
    do(aws, "iam", "PutUserPolicy", UserName="bob", PolicyName="own", PolicyDocument=text(READ))
    return aws


def whole(aws: Cloud, plan: Plan, repo: Path) -> str:
    """All that the patch writes, each run of blanks as one."""
    patch = patch_of(aws, repo, plan)
    assert patch.left_out == ()
    return one_line(repo, patch)


def test_a_patch_says_the_groups_that_are_new_and_no_others(estate: Cloud, repo: Path) -> None:
    do(estate, "iam", "CreateGroup", GroupName="people")
    do(estate, "iam", "AddUserToGroup", GroupName="people", UserName="bob")
    written = whole(estate, planned(estate, *WISHES), repo)
    for part in (
        "minimum_password_length = 14",
        "max_password_age = 90",
        'resource "aws_iam_group" "hipaa_tui_user_bob"',
        "policy_arn = aws_iam_policy.hipaa_tui_require_mfa.arn",
        "aws:MultiFactorAuthPresent",
        "policy_arns = []",
        "policy_names = []",
        'id = "bob"',
        "role = aws_iam_role.hipaa_tui_support.name",
        'policy_arn = "arn:aws:iam::aws:policy/AWSSupportAccess"',
    ):
        assert part in written, part
    start = written.index('resource "aws_iam_user_group_membership"')
    membership = written[start : written.index("}", start)]
    assert "aws_iam_group.hipaa_tui_user_bob.name" in membership
    assert '"hipaa-tui-require-mfa"' in membership, "by name, since its block comes later"
    assert "people" not in membership
    # What the user has of its own goes once the group has it and the user is in the group.
    start = written.index('resource "aws_iam_user_policies_exclusive"')
    last = written[start : written.index("}", start)]
    for earlier in (
        "aws_iam_user_group_membership.bob",
        "aws_iam_group_policy_attachment.hipaa_tui_user_bob_readrecords",
        "aws_iam_group_policy.hipaa_tui_user_bob_own",
    ):
        assert earlier in last, earlier
    # In a policy a variable of IAM's is no variable of Terraform's.
    assert "$${aws:username}" in written


def test_after_the_change_the_patch_imports_what_is_there(
    estate: Cloud, repo: Path, journal: Journal
) -> None:
    plan = planned(estate, *WISHES)
    run = Applying(plan, {"aws": estate}, journal, sleep=lambda seconds: None).start()
    assert journal.row(run).state == "done"
    written = whole(estate, plan, repo)
    for imported in (
        "iam-account-password-policy",
        policy("hipaa-tui-require-mfa"),
        f"hipaa-tui-require-mfa/{policy('hipaa-tui-require-mfa')}",
        "hipaa-tui-user-bob",
        f"hipaa-tui-user-bob/{policy('ReadRecords')}",
        "hipaa-tui-user-bob:own",
        "bob/hipaa-tui-require-mfa/hipaa-tui-user-bob",
        "hipaa-tui-support/arn:aws:iam::aws:policy/AWSSupportAccess",
    ):
        assert f'id = "{imported}"' in written, imported


def test_policies_that_other_blocks_attach_are_taken_away_there(estate: Cloud, repo: Path) -> None:
    theirs = 'resource "aws_iam_user_policy_attachment" "bob" {\n  user = "bob"\n  policy_arn = "arn:aws:iam::aws:policy/X"\n}\n'
    commit(repo, main_tf=theirs)
    patch = patch_of(estate, repo, planned(estate, ("aws.iam.user-policies", "bob")))
    (left,) = patch.left_out
    assert "already managed at main.tf:1" in left.reason
