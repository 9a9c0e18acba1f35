"""A trail records every region and signs its files; every call fits AWS's own models; the playbooks hold."""

import botocore.session
import pytest
from botocore.validate import ParamValidator

from hipaa_tui.aws.cloudtrail.settings import with_trail
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, Reading
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import OWN_ANSWER, at, resolve
from tests.aws.server import ACCOUNT, REGION

SETTING = setting("aws.cloudtrail.trail")
KIND = resource_type("AWS::CloudTrail::Trail")
CATALOGUE = load()
WANTED = {
    "IsMultiRegionTrail": True,
    "IncludeGlobalServiceEvents": True,
    "EnableLogFileValidation": True,
    "IsLogging": True,
}
OFF = {**dict.fromkeys(WANTED, False), "MultiRegionElsewhere": []}


def call(service, operation, **arguments):
    return Call("aws", service, operation, arguments, REGION)


def trail(aws, name="main", **more):
    found = aws.call(call("cloudtrail", "CreateTrail", Name=name, S3BucketName="trail-logs", **more))
    return KIND.target(found["TrailARN"], ACCOUNT, REGION)


@pytest.fixture
def target(aws):
    aws.call(call("s3", "CreateBucket", Bucket="trail-logs"))
    return trail(aws, IncludeGlobalServiceEvents=False)


def bring(aws, target, value):
    calls = SETTING.calls(target, SETTING.read(aws, target), value)
    for one in calls:
        aws.call(one)
    return [one.operation for one in calls]


def complies(value):
    return holds(CATALOGUE.get("aws.cloudtrail.multi-region").primary[0].complies, value)


def test_trails_are_listed_and_named(aws, target):
    assert KIND.list(aws, ACCOUNT, REGION, "aws") == [target]
    assert (target.name, target.region) == ("main", REGION)
    assert KIND.target(f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail", ACCOUNT, REGION) is None
    assert KIND.target("main", ACCOUNT, REGION) is None
    assert KIND.tags(aws, target) == {}


def test_it_is_turned_on_and_goes_back(aws, target):
    before = SETTING.read(aws, target)
    assert before.value == OFF
    assert before.identity["S3BucketName"] == "trail-logs"
    assert before.identity["HomeRegion"] == REGION
    assert not complies(before.value)
    wanted = with_trail(before.value, WANTED)
    assert complies(wanted)
    update, start = SETTING.write(target, before, wanted)
    aws.call(update)
    half = SETTING.read(aws, target)
    assert not complies(half.value)
    assert [half.value] == SETTING.between(target, before.value, wanted)
    assert SETTING.write(target, half, wanted) == [start]
    aws.call(start)
    after = SETTING.read(aws, target).value
    assert complies(after)
    assert SETTING.same(after, wanted)
    assert bring(aws, target, wanted) == []
    assert bring(aws, target, before.value) == ["UpdateTrail", "StopLogging"]
    assert SETTING.same(SETTING.read(aws, target).value, before.value)


def test_only_what_changes_is_sent():
    target = KIND.target(f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/t", ACCOUNT, REGION)
    before = {**WANTED, "EnableLogFileValidation": False}
    (only,) = SETTING.write(target, Reading(before), WANTED)
    assert only.arguments == {"Name": target.id, "EnableLogFileValidation": True}
    with pytest.raises(ValueError, match="global services"):
        SETTING.write(target, Reading(before), {**WANTED, "IncludeGlobalServiceEvents": False})
    with pytest.raises(ValueError, match="deleted since"):
        SETTING.write(target, Reading(None), WANTED)


def test_one_trail_of_every_region_is_enough(aws, target):
    other = trail(aws, "all", IsMultiRegionTrail=True)
    assert SETTING.read(aws, target).value["MultiRegionElsewhere"] == []  # it is there and records nothing
    aws.call(call("cloudtrail", "StartLogging", Name=other.id))
    before = SETTING.read(aws, target)
    assert before.value["MultiRegionElsewhere"] == [other.id]
    assert SETTING.read(aws, other).value["MultiRegionElsewhere"] == []
    assert not complies(before.value)
    wanted = with_trail(before.value, WANTED)
    assert wanted == {**before.value, "EnableLogFileValidation": True}
    assert bring(aws, target, wanted) == ["UpdateTrail"]
    assert complies(SETTING.read(aws, target).value)


def test_a_trail_that_is_gone_is_absent(aws, target):
    aws.call(call("cloudtrail", "DeleteTrail", Name=target.name))
    assert SETTING.read(aws, target).absent
    with pytest.raises(ValueError, match="no such trail"):
        with_trail(None, WANTED)


# The playbooks of this family, from plan to rollback


def _group(aws):
    vpc = aws.call(call("ec2", "CreateVpc", CidrBlock="10.9.0.0/16"))["Vpc"]["VpcId"]
    made = aws.call(call("ec2", "CreateSecurityGroup", GroupName="g", Description="d", VpcId=vpc))["GroupId"]
    for protocol, ports in (("tcp", {"FromPort": 22, "ToPort": 443}), ("-1", {})):
        opened = {"IpProtocol": protocol, **ports, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        aws.call(call("ec2", "AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=[opened]))
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{made}"


def _vpc(aws):
    made = aws.call(call("ec2", "CreateVpc", CidrBlock="10.9.0.0/16"))["Vpc"]["VpcId"]
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{made}"


def _trail(aws):
    aws.call(call("s3", "CreateBucket", Bucket="trail-logs"))
    return trail(aws).id


MADE = {
    "aws.ec2.security-group-open": _group,
    "aws.ec2.vpc-flow-logs": _vpc,
    "aws.ec2.ebs-default-encryption": lambda _aws: f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume",
    "aws.cloudtrail.multi-region": _trail,
}


def send(aws, one, calls, made):
    """Carry calls out as a run does, each held against AWS's own model of its operation."""
    answers = {}
    for ready in calls:
        arguments = resolve(
            dict(ready.arguments),
            lambda id, name: at(answers, name) if id == OWN_ANSWER else made[id][name],
        )
        model = botocore.session.get_session().get_service_model(ready.service)
        report = ParamValidator().validate(arguments, model.operation_model(ready.operation).input_shape)
        assert not report.has_errors(), report.generate_report()
        answers.update(aws.call(Call("aws", ready.service, ready.operation, arguments, ready.region)))
        if not one.id.startswith("aws.kms."):  # KMS's settings have tests of their own
            declared = {(o.service, o.operation) for o in (*one.writes, *one.removes)}
            assert (ready.service, ready.operation) in declared


@pytest.mark.parametrize("playbook", MADE)
def test_a_playbook_is_carried_out_and_goes_back(aws, playbook):
    book = CATALOGUE.get(playbook)
    target = resource_type(book.resource).target(MADE[playbook](aws), ACCOUNT, REGION)
    plan = make_plan([FixRequest(book, target, ("f",))], {"aws": aws}, {})
    assert plan.changes, plan.skipped
    made = {}
    for change in plan.changes:
        one = setting(change.setting)
        send(aws, one, change.calls, made)
        reading = one.read(aws, change.target)
        made[change.id] = reading.identity
        after = resolve(change.after, lambda id, name: made[id][name])
        assert one.same(reading.value, after) or holds(change.complies, reading.value)
    again = make_plan([FixRequest(book, target, ("f",))], {"aws": aws}, {})
    assert not again.changes
    assert "already complies" in again.skipped[0].reason
    for change in reversed(plan.changes):
        one = setting(change.setting)
        if change.before is None and one.kept_on_rollback:
            continue
        send(aws, one, one.calls(change.target, one.read(aws, change.target), change.before), made)
        assert one.same(one.read(aws, change.target).value, change.before)
    once_more = make_plan([FixRequest(book, target, ("f",))], {"aws": aws}, {})
    assert once_more.changes
