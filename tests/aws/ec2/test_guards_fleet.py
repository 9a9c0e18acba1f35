"""An address, a snapshot, a role and a health check change only where nobody is cut off, let in or ended by it."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.ec2.estate_instances import FRIEND, TRUST, group, launch, make_profile
from tests.aws.guards import Answers, do, text, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

SHARING = "aws.ec2.snapshot-sharing"
BLOCK = "aws.ec2.snapshot-block-public-access"
ADDRESSES = "aws.ec2.public-addresses"
PROFILE = "aws.ec2.instance-profile"
HEALTH = "aws.autoscaling.health-check"
NONE = {"Elastic": [], "Automatic": False, "Addresses": []}


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


# Snapshots -------------------------------------------------------------------------------------------


@pytest.fixture
def snapshot(aws):
    volume = do(aws, "ec2", "CreateVolume", AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]
    return target("AWS::EC2::Snapshot", do(aws, "ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"])


@pytest.mark.parametrize(("users", "outcome"), [([FRIEND], Outcome.PASS), ([], Outcome.WARN)])
def test_it_is_said_who_may_use_a_snapshot_that_is_closed(aws, snapshot, users, outcome):
    after = {"Groups": [], "Users": users}
    found, reason = verdict(aws, "ebs-snapshot-users", snapshot, (SHARING, after))
    assert found is outcome
    assert all(user in reason for user in users)


def publicity(aws):
    switch = target("AWS::EC2::SnapshotBlockPublicAccess", ACCOUNT)
    return verdict(aws, "snapshots-public-today", switch, (BLOCK, {"State": "block-all-sharing"}))


def test_public_snapshots_are_named_before_nobody_reaches_them(aws, snapshot):
    assert publicity(aws)[0] is Outcome.PASS
    add = {"SnapshotId": snapshot.name, "Attribute": "createVolumePermission", "OperationType": "add"}
    do(aws, "ec2", "ModifySnapshotAttribute", **add, GroupNames=["all"])
    outcome, reason = publicity(aws)
    assert outcome is Outcome.WARN
    assert snapshot.name in reason


def test_what_the_organization_decides_is_not_changed_here(aws):
    said = {"State": "unblocked", "ManagedBy": "declarative-policy"}
    outcome, reason = publicity(Answers(aws, GetSnapshotBlockPublicAccessState=said))
    assert outcome is Outcome.BLOCK
    assert "management account" in reason


# Public addresses ------------------------------------------------------------------------------------


@pytest.fixture
def place(aws):
    """An instance with a public address, in a subnet that no gateway serves."""
    found = Place(aws)
    found.instance = launch(aws, found.subnet, "clinic", AssociatePublicIpAddress=True)
    found.one = target("AWS::EC2::Instance", found.instance["InstanceId"])
    return found


def unused(place, cloud=None, **parameters):
    cloud = cloud or place.aws
    return verdict(cloud, "public-address-unused", place.one, (ADDRESSES, NONE), parameters=parameters)


def routed(place, **to):
    """A route of its subnet's table."""
    filters = [{"Name": "vpc-id", "Values": [place.vpc]}]
    table = do(place.aws, "ec2", "DescribeRouteTables", Filters=filters)["RouteTables"][0]["RouteTableId"]
    do(place.aws, "ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **to)
    return table


def test_an_address_that_no_route_leads_to_may_go(place):
    outcome, reason = unused(place)
    assert outcome is Outcome.PASS
    assert "no route" in reason


def test_an_instance_without_an_address_passes(place):
    place.one = target("AWS::EC2::Instance", launch(place.aws, place.subnet, "plain")["InstanceId"])
    assert unused(place)[0] is Outcome.PASS


def test_the_only_way_in_and_out_is_kept_until_it_is_given_up(place):
    gateway = do(place.aws, "ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    do(place.aws, "ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=place.vpc)
    routed(place, GatewayId=gateway)
    outcome, reason = unused(place)
    assert outcome is Outcome.BLOCK
    assert "only way in and out" in reason
    assert unused(place, address_given_up=True)[0] is Outcome.WARN
    # A table of its own without that route counts, and not the main one.
    table = do(place.aws, "ec2", "CreateRouteTable", VpcId=place.vpc)["RouteTable"]["RouteTableId"]
    do(place.aws, "ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=place.subnet)
    assert unused(place)[0] is Outcome.PASS


def test_a_nat_instance_keeps_its_address_whatever_is_said(place):
    table = routed(place, InstanceId=place.one.name)
    outcome, reason = unused(place, address_given_up=True)
    assert outcome is Outcome.BLOCK
    assert table in reason


def test_a_dns_name_of_the_address_is_moved_first(place):
    address = place.instance["NetworkInterfaces"][0]["Association"]["PublicIp"]
    zone = do(place.aws, "route53", "CreateHostedZone", Name="clinic.example", CallerReference="1")
    record = {
        "Name": "portal.clinic.example",
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [{"Value": address}],
    }
    change = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    id = zone["HostedZone"]["Id"]
    do(place.aws, "route53", "ChangeResourceRecordSets", HostedZoneId=id, ChangeBatch=change)
    outcome, reason = unused(place)
    assert outcome is Outcome.BLOCK
    assert "portal.clinic.example" in reason
    assert unused(place, address_given_up=True)[0] is Outcome.WARN


def test_zones_that_are_too_many_to_read_are_said(place):
    zones = [{"Id": f"Z{number}"} for number in range(43)]
    cloud = Answers(
        place.aws,
        ListHostedZones={"HostedZones": zones},
        ListResourceRecordSets={"ResourceRecordSets": []},
    )
    outcome, reason = unused(place, cloud)
    assert outcome is Outcome.WARN
    assert "3 hosted zones" in reason


def test_a_group_that_gives_the_next_instances_an_address_is_named(place):
    tag = {"Key": "aws:autoscaling:groupName", "Value": "web"}
    instance = {**place.instance, "Tags": [tag]}
    cloud = Answers(place.aws, DescribeInstances={"Reservations": [{"Instances": [instance]}]})
    outcome, reason = unused(place, cloud)
    assert outcome is Outcome.WARN
    assert "web" in reason


# Roles -----------------------------------------------------------------------------------------------


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
    assert (outcome, "no instance profile" in reason) == (Outcome.BLOCK, True)
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


# Health checks ---------------------------------------------------------------------------------------


@pytest.fixture
def web(aws):
    """An Auto Scaling group of one instance behind a target group."""
    place = Place(aws)
    group(aws, place.vpc, place.subnet, "web", balanced=True, size=1)
    found = do(aws, "autoscaling", "DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    place.one = target("AWS::AutoScaling::AutoScalingGroup", found["AutoScalingGroupARN"])
    place.targets, place.id = found["TargetGroupARNs"], found["Instances"][0]["InstanceId"]
    return place


def health(place, cloud=None, grace=300, balancers=()):
    value = {"Types": ["EC2", "ELB"], "GracePeriod": grace, "Balancers": list(balancers)}
    after = {**value, "TargetGroups": [] if balancers else place.targets}
    return verdict(cloud or place.aws, "group-targets-healthy", place.one, (HEALTH, after))


def judged(place, state):
    about = {"Target": {"Id": place.id}, "TargetHealth": {"State": state}}
    return Answers(place.aws, DescribeTargetHealth={"TargetHealthDescriptions": [about]})


def test_a_group_whose_targets_are_well_may_ask_the_balancer(web):
    assert health(web)[0] is Outcome.PASS
    assert "all of its 1 instances" in health(web, judged(web, "healthy"))[1]


def test_an_instance_that_would_be_ended_at_once_blocks(web):
    outcome, reason = health(web, judged(web, "unhealthy"))
    assert outcome is Outcome.BLOCK
    assert web.id in reason
    about = {"InstanceStates": [{"InstanceId": web.id, "State": "OutOfService"}]}
    assert health(web, Answers(web.aws, DescribeInstanceHealth=about), balancers=["old"])[0] is Outcome.BLOCK


def test_an_instance_that_is_not_judged_yet_is_a_warning(web):
    assert health(web, judged(web, "initial"))[0] is Outcome.WARN


def test_a_short_time_to_start_is_a_warning(web):
    outcome, reason = health(web, grace=5)
    assert outcome is Outcome.WARN
    assert "5 seconds" in reason
