"""A function's policy goes statement by statement, what only a person can put right is found, and no variable is ever read."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.aws.awslambda.settings import lets_everybody, without_public_callers
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.awslambda.estate import build
from tests.aws.guards import Answers
from tests.aws.runs import CATALOGUE, names_found
from tests.aws.server import ACCOUNT, REGION

PLACES = [Place("aws", ACCOUNT, REGION)]
PUBLIC = {
    "Sid": "pub",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "lambda:InvokeFunction",
    "Resource": "r",
}


def target(name="etl", type="AWS::Lambda::Function"):
    return resource_types()[type].target(name, ACCOUNT, REGION)


def text(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("more", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": ["1", "*"]}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::1:root"}}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}}, True),
        ({"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::phi"}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
    ],
)
def test_a_statement_is_for_everybody_only_without_a_word_on_whence(more, public):
    statement = {**PUBLIC, **more}
    assert lets_everybody(statement) is public
    assert (without_public_callers(text(statement), {}) is ABSENT) is public


def test_only_the_public_statement_goes_and_a_cut_way_is_known(aws):
    build(aws)
    one = setting("aws.lambda.policy")
    before = one.read(aws, target())
    after = without_public_callers(before.value, {})
    (call,) = one.write(target(), before, after)
    assert (call.operation, call.arguments["StatementId"]) == ("RemovePermission", "pub")
    aws.call(call)
    assert [s["Sid"] for s in json.loads(one.read(aws, target()).value)["Statement"]] == ["bucket"]
    (back,) = one.write(target(), one.read(aws, target()), before.value)
    aws.call(back)
    assert one.same(one.read(aws, target()).value, before.value)
    assert len(one.between(target(), before.value, ABSENT)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"Principal": {"AWS": ["1", "2"]}},
        {"Effect": "Deny"},
        {"Condition": {"IpAddress": {"aws:SourceIp": "1.2.3.4"}}},
    ],
)
def test_a_statement_that_could_not_be_put_back_is_not_taken_away(aws, odd):
    one = setting("aws.lambda.policy")
    statement = {**PUBLIC, **odd}
    with pytest.raises(ValueError, match="cannot"):
        one.remove(target(), type("R", (), {"value": text(statement)})())


def test_no_variable_of_a_function_is_ever_told(aws):
    build(aws)
    ours = [one for one in CATALOGUE.playbooks.values() if one.resource == "AWS::Lambda::Function"]
    seen = scan(ours, PLACES, {"aws": aws})
    fix_requests = [
        FixRequest(CATALOGUE.get(one.check), target(one.resource_name), (one.fingerprint,))
        for one in seen.findings
    ]
    plan = make_plan([wish for wish in fix_requests if not wish.playbook.guided], {"aws": aws}, {})
    told = json.dumps([plan.as_json(), [[one.title, one.detail] for one in seen.findings]])
    assert plan.changes
    assert "SuperSecret123!" not in told
    assert "DB_PASSWORD" not in told


def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(aws):
    build(aws)
    assert names_found("aws.lambda.in-vpc", aws) == {"etl", "kept"}
    assert names_found("aws.lambda.failed-events", aws) == {"etl", "kept"}
    assert names_found("aws.lambda.own-key", aws) == {"etl"}
    config = {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:1:failed"}}}
    assert names_found("aws.lambda.failed-events", Answers(aws, GetFunctionEventInvokeConfig=config)) == set()
