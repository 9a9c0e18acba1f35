"""Log groups and service roles: made once, found again half-made, and never made weaker."""

import json

import pytest

from hipaa_tui.aws.iam.settings import service_role
from hipaa_tui.aws.logs.settings import with_retention
from hipaa_tui.providers.model import Call, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION

GROUP = setting("aws.logs.log-group")
ROLE = setting("aws.iam.service-role")
NAME = "/hipaa-tui/vpc-flow-logs/vpc-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
ALLOW = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def group_target(id=NAME):
    return Target("aws", GROUP.resource, ACCOUNT, REGION, id, id)


def role_target():
    return Target("aws", ROLE.resource, ACCOUNT, REGION, "flow", "flow")


def bring(aws, one, target, value):
    calls = one.calls(target, one.read(aws, target), value)
    for call in calls:
        aws.call(call)
    return [call.operation for call in calls]


def walk(aws, one, target, value):
    """Carry the calls out one by one: what stands between them is what `between` says."""
    before = one.read(aws, target)
    calls = one.calls(target, before, value)
    stages = one.between(target, before.value, value)
    assert len(stages) == len(calls) - 1
    for call, stage in zip(calls, stages, strict=False):
        aws.call(call)
        half = one.read(aws, target)
        assert one.same(half.value, stage)
        # What is still to do from here is the rest of the plan.
        left = one.calls(target, half, value)
        assert [one.operation for one in left] == [c.operation for c in calls[calls.index(call) + 1 :]]
    aws.call(calls[-1])


def test_a_log_group_is_made_and_stays(aws):
    target = group_target()
    assert GROUP.read(aws, target).absent
    wanted = with_retention(None, {"retentionInDays": 400, "kmsKeyId": ""})
    assert wanted == {"retentionInDays": 400}
    walk(aws, GROUP, target, wanted)
    reading = GROUP.read(aws, target)
    assert reading.value == wanted
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}"
    assert reading.identity == {"Arn": arn, "logGroupName": NAME, "Tags": {"managed-by": "hipaa-tui"}}
    assert dict(reading.identity) | GROUP.planned_identity(target, wanted) == reading.identity
    assert bring(aws, GROUP, target, wanted) == []
    assert bring(aws, GROUP, target, {}) == ["DeleteRetentionPolicy"]
    assert GROUP.read(aws, target).value == {}
    with pytest.raises(ValueError, match="cannot be removed"):
        GROUP.remove(target, reading)


def test_a_log_group_is_found_by_every_name_that_it_has(aws):
    bring(aws, GROUP, group_target(), {"kmsKeyId": KEY, "retentionInDays": 90})
    bring(aws, GROUP, group_target(NAME + "-longer"), {"retentionInDays": 30})
    kind = resource_type(GROUP.resource)
    assert len(kind.list(aws, ACCOUNT, REGION, "aws")) == 2
    for id in (NAME, f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}:*"):
        target = kind.target(id, ACCOUNT, REGION)
        assert target.name == NAME
        assert GROUP.read(aws, target).value == {"kmsKeyId": KEY, "retentionInDays": 90}
        assert kind.tags(aws, target) == {"managed-by": "hipaa-tui"}
    assert kind.target("arn:aws:s3:::b", ACCOUNT, REGION) is None


def test_a_key_is_added_and_taken_away():
    target = group_target()
    plain, keyed = {"retentionInDays": 90}, {"retentionInDays": 90, "kmsKeyId": KEY}
    for before, after, operation in ((plain, keyed, "AssociateKmsKey"), (keyed, plain, "DisassociateKmsKey")):
        (step,) = GROUP._steps(target, before, after)
        assert step[0].operation == operation
        assert GROUP.same(step[1], after)


def test_retention_is_never_made_shorter():
    assert with_retention({"retentionInDays": 731}, {"retentionInDays": 400}) == {"retentionInDays": 731}
    assert with_retention({"retentionInDays": 30}, {"retentionInDays": 400}) == {"retentionInDays": 400}
    assert with_retention({}, {"retentionInDays": 400, "kmsKeyId": KEY}) == {"kmsKeyId": KEY}
    assert with_retention({"kmsKeyId": "a"}, {"retentionInDays": 400, "kmsKeyId": ""}) == {"kmsKeyId": "a"}


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
