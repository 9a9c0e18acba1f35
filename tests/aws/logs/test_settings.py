"""Log groups: made once, found again half-made, and never kept shorter; and the ids of resource policies."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.logs.settings import with_retention
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import walk

GROUP = setting("aws.logs.log-group")
NAME = "/hipaa-tui/vpc-flow-logs/vpc-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"


def group_target(id=NAME):
    return Target("aws", GROUP.resource, ACCOUNT, REGION, id, id)


def bring(aws, one, target, value):
    calls = one.calls(target, one.read(aws, target), value)
    for call in calls:
        aws.call(call)
    return [call.operation for call in calls]


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


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::Logs::ResourcePolicy", "with space", None),
    ],
)
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name
