"""A value that holds a secret is never planned, since plan and journal would have to keep it."""

import json

import pytest

from hipaa_tui.plans.guard_secrets import NAME
from hipaa_tui.plans.planner import make_plan
from hipaa_tui.plans.run_guards import EVERYWHERE
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.workbench import fix_request_for
from tests.aws.guards import allow, make_bucket, text, verdict
from tests.aws.server import ACCOUNT, REGION

WITH = {"StringEquals": {"aws:UserAgent": "password=Sw0rdf1sh"}}


def policy(**more):
    return allow("*", "s3:GetObject", "arn:aws:s3:::phi/*", **more)


def test_ordinary_values_pass(aws):
    target = make_bucket(aws, "phi", policy())
    outcome, reason = verdict(aws, NAME, target, ("aws.s3.bucket-policy", text(policy(), policy(Sid="Two"))))
    assert outcome is Outcome.PASS
    assert reason == "no value of the plan looks like a secret"


def test_a_secret_in_what_stands_there_blocks_and_its_path_is_named(aws):
    target = make_bucket(aws, "phi", policy(Condition=WITH))
    outcome, reason = verdict(aws, NAME, target, ("aws.s3.bucket-policy", text(policy())))
    assert outcome is Outcome.BLOCK
    assert "Bucket policy of phi contains what looks like a secret" in reason
    assert "Statement.0.Condition.StringEquals.aws:UserAgent" in reason
    assert "Secrets Manager" in reason
    assert "Sw0rdf1sh" not in reason


def test_a_secret_in_what_is_wanted_blocks(aws):
    target = make_bucket(aws, "phi", policy())
    outcome, reason = verdict(aws, NAME, target, ("aws.s3.bucket-policy", text(policy(Condition=WITH))))
    assert outcome is Outcome.BLOCK
    assert "would contain" in reason


def test_a_secret_in_an_answer_blocks(aws):
    outcome, reason = verdict(aws, NAME, make_bucket(aws, "phi"), parameters={"api_token": "t0ken-t0ken"})
    assert outcome is Outcome.BLOCK
    assert "the answers contain" in reason


def test_every_playbook_asks_it():
    assert NAME in EVERYWHERE


def test_the_plan_of_a_blocked_group_holds_no_secret_and_stays_blocked(aws):
    make_bucket(aws, "phi", policy(Condition=WITH))
    wish = fix_request_for(load(), "aws.s3.tls-only", "arn:aws:s3:::phi", ACCOUNT, REGION)
    plan = make_plan([wish], {"aws": aws}, {})
    assert plan.blocked
    assert "Sw0rdf1sh" not in json.dumps(plan.as_json())
    kept = json.loads(plan.changes[0].before)["Statement"][0]
    assert kept["Condition"]["StringEquals"]["aws:UserAgent"] == "[redacted: password]"
    assert kept["Resource"] == "arn:aws:s3:::phi/*"


@pytest.mark.parametrize("change", [{}, {"Sid": "secretsmanager:GetSecretValue"}])
def test_a_plan_without_secrets_is_as_it_was(aws, change):
    make_bucket(aws, "phi", policy(**change))
    wish = fix_request_for(load(), "aws.s3.tls-only", "arn:aws:s3:::phi", ACCOUNT, REGION)
    plan = make_plan([wish], {"aws": aws}, {})
    assert not plan.blocked
    assert "[redacted" not in json.dumps(plan.as_json())
