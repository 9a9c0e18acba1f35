"""A VPC gets a flow log of ours beside everybody else's, and only ours ever changes."""

import pytest

from hipaa_tui.aws.vpc.flow_logs import OWN, with_flow_log
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION

SETTING = setting("aws.ec2.vpc-flow-log")
GROUP = "/hipaa-tui/vpc-flow-logs/x"
WANTED = {
    "TrafficType": "ALL",
    "LogDestinationType": "cloud-watch-logs",
    "LogGroupName": GROUP,
    "DeliverLogsPermissionArn": f"arn:aws:iam::{ACCOUNT}:role/flow",
    "MaxAggregationInterval": 600,
}
THEIRS = {**WANTED, "TrafficType": "REJECT", "LogGroupName": "/theirs"}


def call(service, operation, **arguments):
    return Call("aws", service, operation, arguments, REGION)


@pytest.fixture
def vpc(aws):
    made = aws.call(call("ec2", "CreateVpc", CidrBlock="10.9.0.0/16"))["Vpc"]["VpcId"]
    for name in (GROUP, "/theirs", "/other"):
        aws.call(call("logs", "CreateLogGroup", logGroupName=name))
    trust = '{"Version": "2012-10-17", "Statement": []}'
    aws.call(call("iam", "CreateRole", RoleName="flow", AssumeRolePolicyDocument=trust))
    return resource_type("AWS::EC2::VPC").target(made, ACCOUNT, REGION)


def bring(aws, target, value):
    calls = SETTING.calls(target, SETTING.read(aws, target), value)
    for one in calls:
        aws.call(one)
    return calls


def complies(value):
    return holds(load().get("aws.ec2.vpc-flow-logs").primary[0].complies, value)


def test_vpcs_are_listed_and_named(aws, vpc):
    kind = resource_type("AWS::EC2::VPC")
    assert vpc in kind.list(aws, ACCOUNT, REGION, "aws")
    assert kind.target(vpc.id, "", "") == vpc
    assert kind.target("arn:aws:ec2:us-east-1:1:subnet/subnet-1", "1", REGION) is None
    assert kind.target("vpc-1/../x", "1", REGION) is None
    assert kind.tags(aws, vpc) == {}


def test_ours_comes_and_goes(aws, vpc):
    before = SETTING.read(aws, vpc)
    assert before.absent
    assert not complies(before.value)
    wanted = with_flow_log(before.value, WANTED)
    (made,) = bring(aws, vpc, wanted)
    assert made.operation == "CreateFlowLogs"
    reading = SETTING.read(aws, vpc)
    assert SETTING.same(reading.value, wanted)
    assert complies(wanted)
    assert complies(reading.value)
    assert reading.identity["FlowLogId"].startswith("fl-")
    assert reading.identity["Tags"] == {"Name": OWN, "managed-by": "hipaa-tui"}
    assert bring(aws, vpc, wanted) == []
    bring(aws, vpc, before.value)
    assert SETTING.read(aws, vpc).absent
    assert SETTING.remove(vpc, SETTING.read(aws, vpc)) == []


def test_those_of_others_stay(aws, vpc):
    aws.call(call("ec2", "CreateFlowLogs", ResourceIds=[vpc.name], ResourceType="VPC", **THEIRS))
    before = SETTING.read(aws, vpc)
    assert not complies(before.value)  # only what is refused is logged
    assert SETTING.same(before.value, None)
    bring(aws, vpc, with_flow_log(before.value, WANTED))
    assert len(SETTING.read(aws, vpc).value["flowLogs"]) == 2
    bring(aws, vpc, before.value)
    assert SETTING.read(aws, vpc).value == before.value


def test_another_wish_is_another_flow_log(aws, vpc):
    first = with_flow_log(None, {**WANTED, "TrafficType": "REJECT"})
    bring(aws, vpc, first)
    assert not complies(SETTING.read(aws, vpc).value)
    wanted = with_flow_log(SETTING.read(aws, vpc).value, WANTED)
    before = SETTING.read(aws, vpc)
    gone, made = SETTING.write(vpc, before, wanted)
    aws.call(gone)
    half = SETTING.read(aws, vpc)
    assert any(SETTING.same(half.value, one) for one in SETTING.between(vpc, before.value, wanted))
    assert SETTING.write(vpc, half, wanted) == [made]
    aws.call(made)
    assert SETTING.same(SETTING.read(aws, vpc).value, wanted)


def test_one_that_cannot_deliver_is_made_anew(aws, vpc):
    bring(aws, vpc, with_flow_log(None, {**WANTED, "LogGroupName": "/not-there"}))
    broken = SETTING.read(aws, vpc)
    assert not complies(broken.value)
    aws.call(call("logs", "CreateLogGroup", logGroupName="/not-there"))
    wanted = with_flow_log(broken.value, {**WANTED, "LogGroupName": "/not-there"})
    assert [one.operation for one in bring(aws, vpc, wanted)] == ["DeleteFlowLogs", "CreateFlowLogs"]
    assert complies(SETTING.read(aws, vpc).value)


def test_the_service_answers_a_group_by_its_arn_too():
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*"
    named = {"flowLogs": [{**WANTED, "Name": OWN, "FlowLogStatus": "ACTIVE"}]}
    by_arn = {
        "flowLogs": [
            {**{k: v for k, v in WANTED.items() if k != "LogGroupName"}, "LogDestination": arn, "Name": OWN}
        ]
    }
    assert SETTING.same(named, by_arn)
    assert SETTING.same(named, named)
    assert SETTING.canonical(named) == SETTING.canonical(by_arn)
