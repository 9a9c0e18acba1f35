"""Roles of services: made once, changed, removed, and never without what others put on them."""

from __future__ import annotations

import json

from hipaa_tui.aws.iam.settings import service_role
from hipaa_tui.providers.model import Call, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import walk

ROLE = setting("aws.iam.service-role")
ALLOW = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def role_target():
    return Target("aws", ROLE.resource, ACCOUNT, REGION, "flow", "flow")


def bring(aws, one, target, value):
    calls = one.calls(target, one.read(aws, target), value)
    for call in calls:
        aws.call(call)
    return [call.operation for call in calls]


def test_a_role_is_made_changed_and_removed(aws):
    target = role_target()
    assert ROLE.read(aws, target).absent
    wanted = service_role(None, {"trust": TRUST, "policies": {"a": ALLOW, "b": [ALLOW]}})
    walk(aws, ROLE, target, wanted)
    reading = ROLE.read(aws, target)
    assert ROLE.same(reading.value, wanted)
    assert reading.identity["Arn"] == ROLE.planned_identity(target, wanted)["Arn"]
    assert reading.identity["Tags"] == {"managed-by": "hipaa-tui"}
    assert bring(aws, ROLE, target, wanted) == []

    other = service_role(
        None, {"trust": {**TRUST, "Sid": "Mine"}, "policies": {"a": {**ALLOW, "Action": "logs:*"}}}
    )
    walk(aws, ROLE, target, other)
    assert ROLE.same(ROLE.read(aws, target).value, other)
    bring(aws, ROLE, target, reading.value)
    assert ROLE.same(ROLE.read(aws, target).value, reading.value)

    walk(aws, ROLE, target, None)
    assert ROLE.read(aws, target).absent
    assert ROLE.remove(target, ROLE.read(aws, target)) == []


def test_policies_of_others_on_the_role_stay():
    theirs = json.dumps({"Statement": []})
    current = {"AssumeRolePolicyDocument": "{}", "Policies": {"theirs": theirs}}
    wanted = service_role(current, {"trust": TRUST, "policies": {"ours": ALLOW}})
    assert wanted["Policies"]["theirs"] == theirs
    assert set(wanted["Policies"]) == {"ours", "theirs"}
    assert ROLE.display(wanted)["Policies"]["ours"]["Statement"] == [ALLOW]
    assert ROLE.display(None) is None


def test_roles_are_listed_and_named(aws):
    bring(aws, ROLE, role_target(), service_role(None, {"trust": TRUST, "policies": {}}))
    aws.call(Call("aws", "iam", "CreateServiceLinkedRole", {"AWSServiceName": "ecs.amazonaws.com"}, REGION))
    kind = resource_type(ROLE.resource)
    (target,) = kind.list(aws, ACCOUNT, "", "aws")
    assert target.name == "flow"
    assert kind.tags(aws, target) == {"managed-by": "hipaa-tui"}
    assert ROLE.read(aws, target).identity["Arn"] == ROLE.planned_identity(target, None)["Arn"] == target.id
    assert kind.target(f"arn:aws:iam::{ACCOUNT}:role/service/deep", "", "").name == "deep"
    assert kind.target(f"arn:aws:iam::{ACCOUNT}:user/u", "", "") is None
