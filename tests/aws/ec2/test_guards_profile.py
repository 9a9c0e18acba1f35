"""The guard of an instance profile: whether its role can be used, and what its policies allow."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.ec2.estate_instances import TRUST, launch, make_profile
from tests.aws.guards import Answers, do, text, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

PROFILE = "aws.ec2.instance-profile"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.fixture
def place(aws):
    found = Place(aws)
    found.instance = launch(aws, found.subnet, "clinic")
    found.one = target("AWS::EC2::Instance", found.instance["InstanceId"])
    return found


def rights(place, name, cloud=None):
    arn = f"arn:aws:iam::{ACCOUNT}:instance-profile/{name}"
    return verdict(cloud or place.aws, "profile-rights", place.one, (PROFILE, {"Profile": arn}))


def with_policy(place, name, **statement):
    """A profile whose role has one inline and one attached policy."""
    make_profile(place.aws, name)
    given = {"PolicyName": f"{name}-reads", "PolicyDocument": text(_plain(**statement))}
    arn = do(place.aws, "iam", "CreatePolicy", **given)["Policy"]["Arn"]
    do(place.aws, "iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
    writes = text(_plain(Action="logs:PutLogEvents", Resource="*"))
    do(place.aws, "iam", "PutRolePolicy", RoleName=name, PolicyName="writes", PolicyDocument=writes)


def _plain(**statement):
    return {"Effect": "Allow", **statement}


def test_what_a_profile_gives_is_said(place):
    with_policy(place, "ward", Action="s3:GetObject", Resource="*")
    outcome, reason = rights(place, "ward")
    assert outcome is Outcome.PASS
    assert "ward-reads, writes" in reason
    make_profile(place.aws, "empty")
    assert "no policy at all" in rights(place, "empty")[1]


@pytest.mark.parametrize("part", [{"Action": "*"}, {"Action": ["IAM:*"]}, {"NotAction": ["s3:*"]}])
def test_a_profile_that_may_do_everything_is_refused(place, part):
    with_policy(place, "ward", **part, Resource="*")
    outcome, reason = rights(place, "ward")
    assert outcome is Outcome.BLOCK
    assert "ward-reads" in reason


def test_a_profile_that_is_not_there_or_gives_nothing_is_refused(place):
    outcome, reason = rights(place, "nobody")
    assert (outcome, "the instance profile" in reason) == (Outcome.BLOCK, True)
    do(place.aws, "iam", "CreateInstanceProfile", InstanceProfileName="hollow")
    outcome, reason = rights(place, "hollow")
    assert (outcome, "no role" in reason) == (Outcome.BLOCK, True)
    (statement,) = TRUST["Statement"]
    others = {**statement, "Principal": {"Service": "lambda.amazonaws.com"}}
    make_profile(place.aws, "function", {**TRUST, "Statement": [others]})
    outcome, reason = rights(place, "function")
    assert (outcome, "trust policy" in reason) == (Outcome.BLOCK, True)


def test_an_instance_that_is_on_its_way_gets_no_profile_yet(place):
    instance = {**place.instance, "State": {"Name": "pending"}}
    cloud = Answers(place.aws, DescribeInstances={"Reservations": [{"Instances": [instance]}]})
    outcome, reason = rights(place, "ward", cloud)
    assert (outcome, "pending" in reason) == (Outcome.BLOCK, True)
