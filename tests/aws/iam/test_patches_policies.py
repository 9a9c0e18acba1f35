"""Policies that are narrowed, moved and attached as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.providers.model import Cloud
from tests.aws.guards import do, text
from tests.aws.iam.estate_permissions import BUY
from tests.aws.iam.estate_policies import STAR, admin, managed, policy, role
from tests.aws.patches import patched
from tests.patches.patch_clouds import commit, git


def test_a_narrowed_policy_keeps_its_description_which_would_replace_it(aws: Cloud, repo: Path) -> None:
    tags = [{"Key": "team", "Value": "ops"}]
    given = {"PolicyName": "AdminStar", "PolicyDocument": text(STAR), "Description": "for all", "Tags": tags}
    do(aws, "iam", "CreatePolicy", Path="/old/", **given)
    written, patch = patched(aws, repo, "aws.iam.customer-admin", policy("AdminStar", "old/"), services="s3")
    assert patch.left_out == ()
    for part in (
        'resource "aws_iam_policy" "adminstar"',
        'path = "/old/"',
        'description = "for all"',
        'team = "ops"',
        '"s3:*"',
        f'id = "{policy("AdminStar", "old/")}"',
    ):
        assert part in written, part
    assert '"*:*"' not in written


def test_an_inline_policy_is_written_where_it_stands(aws: Cloud, repo: Path) -> None:
    arn = role(aws, "buyer")
    do(aws, "iam", "PutRolePolicy", RoleName="buyer", PolicyName="buy", PolicyDocument=text(BUY))
    written, patch = patched(aws, repo, "aws.iam.inline-marketplace-subscribe", arn)
    assert patch.left_out == ()
    assert 'resource "aws_iam_role_policy" "buyer_buy"' in written
    assert 'id = "buyer:buy"' in written
    assert "Subscribe" not in written


def test_what_terraform_cannot_take_away_is_left_to_the_plan(aws: Cloud, repo: Path) -> None:
    role(aws, "ops", admin())
    written, patch = patched(aws, repo, "aws.iam.aws-admin", admin())
    assert 'resource "aws_iam_role_policy_attachment"' in written
    assert "hipaa-tui-instead-of-AdministratorAccess" in written
    (left,) = patch.left_out
    assert "cannot detach what it does not manage" in left.reason


def test_a_boundary_is_one_argument_of_the_role_that_is_there(aws: Cloud, repo: Path) -> None:
    arn = role(aws, "app", managed(aws, "AdminStar", STAR))
    theirs = 'resource "aws_iam_role" "app" {\n  name               = "app"\n  assume_role_policy = "{}"\n}\n'
    commit(repo, main_tf=theirs)
    written, patch = patched(aws, repo, "aws.iam.permissions-boundary", arn)
    assert patch.left_out == ()
    block = git(repo, "show", "hipaa/fix:main.tf")
    assert "permissions_boundary" in block[block.index('resource "aws_iam_role" "app"') :]
    assert "NoSubscriptions" in written
