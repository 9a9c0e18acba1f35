"""The guard that asks who else pulls images before a repository's policy is narrowed."""

from __future__ import annotations

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Cloud
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import allow, do, text, verdict
from tests.aws.server import ACCOUNT, REGION

PULL = "ecr:BatchGetImage"


def images(aws: Cloud, *statements: dict[str, object]):
    do(aws, "ecr", "CreateRepository", repositoryName="api")
    if statements:
        without = [{k: v for k, v in one.items() if k != "Resource"} for one in statements]
        do(aws, "ecr", "SetRepositoryPolicy", repositoryName="api", policyText=text(*without))
    target = resource_type("AWS::ECR::Repository").target("api", ACCOUNT, REGION)
    return verdict(aws, "shared-images", target)


def test_accounts_that_keep_their_images_are_named(aws):
    named = allow({"AWS": "arn:aws:iam::111111111111:root"}, PULL, "*")
    outcome, reason = images(aws, allow("*", PULL, "*"), named)
    assert (outcome, "111111111111" in reason) == (Outcome.PASS, True)


def test_images_without_a_policy_are_nobody_elses(aws):
    assert images(aws)[0] is Outcome.PASS


def test_a_public_statement_with_a_condition_stays_and_is_named(aws):
    partners = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}
    assert images(aws, allow("*", PULL, "*", **partners))[0] is Outcome.WARN


def test_everybody_but_some_is_for_a_person(aws):
    odd = {"Sid": "Odd", "Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:root"}}
    outcome, reason = images(aws, {**odd, "Action": PULL})
    assert (outcome, "Odd" in reason) == (Outcome.BLOCK, True)
