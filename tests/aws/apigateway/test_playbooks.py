"""Stages of API Gateway: their ids, the cache, and client certificates."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.providers.registry import resource_types
from tests.aws.apigateway.estate import build
from tests.aws.guards import Answers
from tests.aws.runs import CATALOGUE, names_found
from tests.aws.server import ACCOUNT, REGION

PLACES = [Place("aws", ACCOUNT, REGION)]


def target(name="etl", type="AWS::Lambda::Function"):
    return resource_types()[type].target(name, ACCOUNT, REGION)


def test_a_cache_that_is_not_encrypted_is_found_and_one_that_is_off_is_not(aws):
    build(aws)
    playbook = CATALOGUE.get("aws.apigateway.cache-encryption")
    assert scan([playbook], PLACES, {"aws": aws}).findings == ()
    stage = {"cacheClusterEnabled": True, "methodSettings": {"*/*": {"cachingEnabled": True}}}
    (found,) = scan([playbook], PLACES, {"aws": Answers(aws, GetStage=stage)}).findings
    plan = make_plan(
        [FixRequest(playbook, target(found.resource, playbook.resource), ())],
        {"aws": Answers(aws, GetStage=stage)},
        {},
    )
    (call,) = plan.changes[0].calls
    assert call.arguments["patchOperations"] == [
        {"op": "replace", "path": "/*/*/caching/dataEncrypted", "value": "true"}
    ]


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


def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(aws):
    build(aws)
    assert len(names_found("aws.apigateway.client-certificate", aws)) == 1
