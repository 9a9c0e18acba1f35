"""Lambda's single statements, what only a person can put right, and no secret of a function's environment anywhere."""

import json

import pytest

from hipaa_tui.aws.awslambda.settings import lets_everybody, without_public_callers
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.awslambda.estate_serverless import build, function, role
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
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
    wishes = [
        Wish(CATALOGUE.get(one.check), target(one.resource_name), (one.fingerprint,)) for one in seen.findings
    ]
    plan = make_plan([wish for wish in wishes if not wish.playbook.guided], {"aws": aws}, {})
    told = json.dumps([plan.as_json(), [[one.title, one.detail] for one in seen.findings]])
    assert plan.changes
    assert "SuperSecret123!" not in told
    assert "DB_PASSWORD" not in told


def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(aws):
    build(aws)
    for id, expected in {
        "aws.lambda.in-vpc": {"etl", "kept"},
        "aws.lambda.failed-events": {"etl", "kept"},
        "aws.lambda.own-key": {"etl"},
    }.items():
        seen = scan([CATALOGUE.get(id)], PLACES, {"aws": aws})
        assert ({one.resource_name for one in seen.findings}, seen.problems) == (expected, ()), id
    seen = scan([CATALOGUE.get("aws.apigateway.client-certificate")], PLACES, {"aws": aws})
    assert len(seen.findings) == 1
    config = {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:1:failed"}}}
    seen = scan(
        [CATALOGUE.get("aws.lambda.failed-events")],
        PLACES,
        {"aws": Answers(aws, GetFunctionEventInvokeConfig=config)},
    )
    assert seen.findings == ()


def test_a_cache_that_is_not_encrypted_is_found_and_one_that_is_off_is_not(aws):
    build(aws)
    playbook = CATALOGUE.get("aws.apigateway.cache-encryption")
    assert scan([playbook], PLACES, {"aws": aws}).findings == ()
    stage = {"cacheClusterEnabled": True, "methodSettings": {"*/*": {"cachingEnabled": True}}}
    (found,) = scan([playbook], PLACES, {"aws": Answers(aws, GetStage=stage)}).findings
    plan = make_plan(
        [Wish(playbook, target(found.resource, playbook.resource), ())],
        {"aws": Answers(aws, GetStage=stage)},
        {},
    )
    (call,) = plan.changes[0].calls
    assert call.arguments["patchOperations"] == [
        {"op": "replace", "path": "/*/*/caching/dataEncrypted", "value": "true"}
    ]


def sum_of(number):
    return {"Datapoints": [{"Sum": number}]} if number is not None else {"Datapoints": []}


@pytest.mark.parametrize(
    ("calls", "outcome"), [(None, Outcome.PASS), (0.0, Outcome.PASS), (1200.0, Outcome.WARN)]
)
def test_calls_of_the_last_weeks_are_told(aws, calls, outcome):
    build(aws)
    cloud = Answers(aws, GetMetricStatistics=sum_of(calls))
    assert verdict(cloud, "lambda-public-callers", target())[0] is outcome
    assert verdict(cloud, "lambda-url-callers", target())[0] is outcome


def test_an_open_url_is_closed_before_the_statement_that_opens_it_goes(aws):
    role(aws)
    function(aws, "web")
    do(aws, "lambda", "CreateFunctionUrlConfig", FunctionName="web", AuthType="NONE")
    do(
        aws, "lambda", "AddPermission", FunctionName="web", StatementId="url", Principal="*",
        Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE",
    )  # fmt: skip
    outcome, reason = verdict(aws, "lambda-public-callers", target("web"))
    assert outcome is Outcome.BLOCK
    assert "require IAM for the URL first" in reason
    wishes = [
        Wish(CATALOGUE.get(id), target("web"), ()) for id in ("aws.lambda.not-public", "aws.lambda.url-auth")
    ]
    plan = make_plan(wishes, {"aws": aws}, {})
    assert not plan.blocked, "in one plan the URL is closed first"
    assert [change.setting for change in plan.changes] == ["aws.lambda.url-auth", "aws.lambda.policy"]


def test_browsers_that_use_the_url_are_not_shut_out(aws):
    role(aws)
    function(aws, "web")
    do(
        aws,
        "lambda",
        "CreateFunctionUrlConfig",
        FunctionName="web",
        AuthType="NONE",
        Cors={"AllowOrigins": ["*"]},
    )
    assert verdict(aws, "lambda-url-callers", target("web"))[0] is Outcome.BLOCK


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("arn:aws:apigateway:us-east-1::/restapis/abc123/stages/prod", "abc123/prod"),
        ("abc123/prod", "abc123/prod"),
        ("arn:aws:apigateway:us-east-1::/restapis/abc123", None),
        ("arn:aws:lambda:us-east-1:1:function:x", None),
    ],
)
def test_a_stage_is_known_by_its_arn(id, name):
    found = target(id, "AWS::ApiGateway::Stage")
    assert (found.name if found else None) == name
