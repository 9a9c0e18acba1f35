"""Volumes, snapshots, addresses, roles and groups: how they are named, read, written and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipaa_tui.aws.ec2 import nitro_enclaves
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.scan import Place as Where
from hipaa_tui.plans.scan import scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError, Reading
from hipaa_tui.providers.registry import builders, resource_type, setting, settings
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from hipaa_tui.support.json_value import ABSENT
from tests.aws.ec2 import estate_instances as instances
from tests.aws.guards import Answers, do
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
HERE = f"{REGION}:{ACCOUNT}"
INSTANCE, VOLUME, SNAPSHOT = "AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::EC2::Snapshot"
GROUP, LAUNCHES = "AWS::AutoScaling::AutoScalingGroup", "AWS::AutoScaling::LaunchConfiguration"
SWITCH = "AWS::EC2::SnapshotBlockPublicAccess"
ADDRESSES = "aws.ec2.public-addresses"
PROFILE = "aws.ec2.instance-profile"
UUID = "11111111-2222-4333-8444-555555555555"
OURS = (
    *(
        "aws.ec2.volume-encryption",
        "aws.ec2.snapshot-sharing",
        ADDRESSES,
        PROFILE,
        "aws.ec2.instance-lifetime",
    ),
    *("aws.ec2.enclave-host-exposure", "aws.ec2.enclave-host-ingress", "aws.autoscaling.health-check"),
    "aws.autoscaling.launch-configuration-address",
)


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        (VOLUME, f"arn:aws:ec2:{HERE}:volume/vol-0a1b", "vol-0a1b"),
        (VOLUME, "vol-0a1b", "vol-0a1b"),
        (VOLUME, f"arn:aws:ec2:{HERE}:snapshot/snap-0a1b", None),
        (SNAPSHOT, f"arn:aws:ec2:{HERE}:snapshot/snap-0a1b", "snap-0a1b"),
        (SNAPSHOT, "vol-0a1b", None),
        (GROUP, f"arn:aws:autoscaling:{HERE}:autoScalingGroup:{UUID}:autoScalingGroupName/web/a", "web/a"),
        (GROUP, "web", "web"),
        (GROUP, f"arn:aws:autoscaling:{HERE}:launchConfiguration:{UUID}:launchConfigurationName/web", None),
        (LAUNCHES, f"arn:aws:autoscaling:{HERE}:launchConfiguration:{UUID}:launchConfigurationName/web", "web"),
        (LAUNCHES, f"arn:aws:autoscaling:{HERE}:scalingPolicy:{UUID}", None),
        (SWITCH, ACCOUNT, f"Public sharing of EBS snapshots in {REGION}"),
        (SWITCH, f"arn:aws:ec2:{HERE}:account", f"Public sharing of EBS snapshots in {REGION}"),
        (SWITCH, f"arn:aws:ec2:{HERE}:volume/vol-0a1b", None),
    ],
)  # fmt: skip
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_what_is_not_there_is_absent_and_what_may_not_be_seen_is_not(aws):
    nobody = {
        INSTANCE: target(INSTANCE, "i-0123456789abcdef0"),
        VOLUME: target(VOLUME, "vol-0123456789abcdef0"),
        SNAPSHOT: target(SNAPSHOT, "snap-0123456789abcdef0"),
        GROUP: target(GROUP, "nobody"),
        LAUNCHES: target(LAUNCHES, "nobody"),
    }

    class Closed:
        provider = "aws"

        def call(self, call: Call) -> dict[str, Any]:
            raise CloudError("UnauthorizedOperation", "no", status=403, call=call)

        pages = call

    for id in OURS:
        one = settings()[id]
        assert one.read(aws, nobody[one.resource]).value is ABSENT, id
        with pytest.raises(CloudError, match="UnauthorizedOperation"):
            one.read(Closed(), nobody[one.resource])
    with pytest.raises(CloudError, match="NotFound"):
        resource_type(VOLUME).tags(aws, nobody[VOLUME])


@pytest.mark.parametrize(
    "id",
    [
        *("aws.ec2.volume-encryption", "aws.ec2.instance-lifetime", "aws.ec2.enclave-host-exposure"),
        *("aws.ec2.enclave-host-ingress", "aws.autoscaling.launch-configuration-address"),
    ],
)
def test_what_is_only_looked_at_is_never_written(id):
    assert setting(id).writes == ()
    with pytest.raises(ValueError, match=r"\w"):
        setting(id).write(target(INSTANCE, "i-0a"), Reading({}), {})


# Snapshots -------------------------------------------------------------------------------------------


def test_everybody_and_accounts_are_given_and_taken_in_calls_of_their_own():
    one, where = setting("aws.ec2.snapshot-sharing"), target(SNAPSHOT, "snap-0a1b")
    before = {"Groups": ["all"], "Users": ["1", "2"]}
    after = {"Groups": [], "Users": ["2", "3"]}
    calls = one.calls(where, Reading(before), after)
    given = [(call.arguments["OperationType"], call.arguments.get("GroupNames") or call.arguments["UserIds"]) for call in calls]  # fmt: skip
    assert given == [("remove", ["all"]), ("remove", ["1"]), ("add", ["3"])]
    assert one.between(where, before, after) == [
        {"Groups": [], "Users": ["1", "2"]},
        {"Groups": [], "Users": ["1", "2"]},
        {"Groups": [], "Users": ["2"]},
    ]
    assert "keeps the copy" in one.cannot_be_undone(after, before)
    assert one.cannot_be_undone(before, after) == ""
    assert builders()["without_public_group"](before, {}) == {"Groups": [], "Users": ["1", "2"]}
    with pytest.raises(ValueError, match="no such snapshot"):
        builders()["without_public_group"](ABSENT, {})


def test_lifting_the_block_is_said_to_open_what_was_public():
    one = setting("aws.ec2.snapshot-block-public-access")
    where, open_, new, closed = (
        target(SWITCH, ACCOUNT),
        *({"State": state} for state in ("unblocked", "block-new-sharing", "block-all-sharing")),
    )
    assert "public again" in one.cannot_be_undone(closed, open_)
    assert "public again" in one.cannot_be_undone(closed, new)
    assert one.cannot_be_undone(open_, closed) == ""
    (call,) = one.calls(where, Reading(closed), new)
    assert (call.operation, call.arguments) == ("EnableSnapshotBlockPublicAccess", new)
    (call,) = one.calls(where, Reading(closed), open_)
    assert call.operation == "DisableSnapshotBlockPublicAccess"


def test_snapshots_of_others_are_not_listed(aws):
    listed = [{"SnapshotId": "snap-0a", "OwnerId": ACCOUNT}, {"SnapshotId": "snap-0b", "OwnerId": "2"}]
    cloud = Answers(aws, DescribeSnapshots={"Snapshots": listed})
    assert [one.name for one in resource_type(SNAPSHOT).list(cloud, ACCOUNT, REGION, "aws")] == ["snap-0a"]


# Addresses -------------------------------------------------------------------------------------------


def test_an_elastic_address_and_a_given_one_go_and_come_back(aws):
    """EC2 gives no other address in place of the Elastic one, since that is switched off first."""
    place = Place(aws)
    made = instances.launch(aws, place.subnet, "both", AssociatePublicIpAddress=True)
    address = do(aws, "ec2", "AllocateAddress", Domain="vpc")
    do(aws, "ec2", "AssociateAddress", AllocationId=address["AllocationId"], InstanceId=made["InstanceId"])
    one, where = setting(ADDRESSES), target(INSTANCE, made["InstanceId"])
    before = one.read(aws, where)
    assert (before.value["Automatic"], before.value["Addresses"]) == (True, [address["PublicIp"]])
    after = builders()["without_public_addresses"](before.value, {})
    calls = one.calls(where, before, after)
    assert [call.operation for call in calls] == ["ModifyNetworkInterfaceAttribute", "DisassociateAddress"]
    stages = one.between(where, before.value, after)
    aws.call(calls[0])
    assert one.same(one.read(aws, where).value, stages[0])
    aws.call(calls[1])
    now = one.read(aws, where)
    assert now.value == after
    back = one.calls(where, now, before.value)
    assert [call.operation for call in back] == ["AssociateAddress", "ModifyNetworkInterfaceAttribute"]
    assert back[0].arguments["AllowReassociation"] is False
    for call in back:
        aws.call(call)
    assert one.same(one.read(aws, where).value, before.value)


def test_an_address_that_ec2_gave_is_said_to_be_lost():
    one = setting(ADDRESSES)
    elastic = {"AllocationId": "a", "NetworkInterfaceId": "e", "PrivateIpAddress": "10.0.0.1", "PublicIp": "1.2.3.4"}  # fmt: skip
    none = {"Elastic": [], "Automatic": False, "Addresses": []}
    given = {"Elastic": [], "Automatic": True, "Addresses": ["5.6.7.8"]}
    assert "5.6.7.8" in one.cannot_be_undone(given, none)
    kept = {"Elastic": [elastic], "Automatic": False, "Addresses": ["1.2.3.4"]}
    assert one.cannot_be_undone(kept, none) == ""
    assert one.cannot_be_undone(none, given) == ""
    with pytest.raises(ValueError, match="terminated"):
        builders()["without_public_addresses"](ABSENT, {})


# Roles -----------------------------------------------------------------------------------------------


def test_a_role_is_given_only_when_it_is_named_and_taken_back(aws, tmp_path):
    place, clouds = Place(aws), {"aws": aws}
    where = target(INSTANCE, instances.launch(aws, place.subnet, "plain")["InstanceId"])
    instances.make_profile(aws, "ward")
    wish = Wish(CATALOGUE.get("aws.ec2.instance-profile"), where, ("f",))
    unsaid = make_plan([wish], clouds, {})
    assert unsaid.changes == ()
    assert "profile=NAME" in unsaid.skipped[0].reason

    plan = make_plan([wish], clouds, {"profile": "ward"})
    assert (plan.skipped, plan.blocked) == ((), ())
    assert "iam:PassRole" in plan.changes[0].permissions
    journal = Journal(open_store(tmp_path / "store.db"))
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(run).state == "done"
    assert setting(PROFILE).read(aws, where).value["Profile"].endswith("instance-profile/ward")
    back = rollback_plan(journal, run, clouds)
    undone = Applying(back, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(undone).state == "done"
    assert setting(PROFILE).read(aws, where).value == {"Profile": ""}


def test_a_role_that_is_there_stays_and_another_replaces_it_in_one_call():
    one, where = setting(PROFILE), target(INSTANCE, "i-0a")
    ward = {"Profile": f"arn:aws:iam::{ACCOUNT}:instance-profile/clinic/ward"}
    asked = {"name": "other", "account": ACCOUNT, "partition": "aws"}
    assert builders()["with_instance_profile"](ward, asked) == ward
    assert one.same(ward, {"Profile": f"arn:aws:iam::{ACCOUNT}:instance-profile/ward"}), (
        "a path is no other name"
    )
    other = builders()["with_instance_profile"]({"Profile": ""}, asked)
    (call,) = one.calls(where, Reading(ward, {"AssociationId": "x"}), other)
    assert call.operation == "ReplaceIamInstanceProfileAssociation"
    assert call.arguments["IamInstanceProfile"] == {"Name": "other"}
    assert one.calls(where, Reading(ward, {}), ward) == []
    with pytest.raises(ValueError, match="by hand"):
        one.calls(where, Reading(ward, {}), other)
    with pytest.raises(ValueError, match="its name"):
        builders()["with_instance_profile"]({"Profile": ""}, {**asked, "name": "a/b"})


# Groups ----------------------------------------------------------------------------------------------


def test_a_group_keeps_its_other_checks_and_its_longer_time():
    health, one = builders()["with_balancer_health"], setting("aws.autoscaling.health-check")
    current = {"Types": ["EBS", "EC2"], "GracePeriod": 900, "Balancers": ["old"], "TargetGroups": []}
    wanted = health(current, {"grace_seconds": 300})
    assert (wanted["Types"], wanted["GracePeriod"]) == (["EBS", "EC2", "ELB"], 900)
    where = target(GROUP, "web")
    (call,) = one.calls(where, Reading(current), wanted)
    assert call.arguments["HealthCheckType"] == "EBS,ELB"
    plain = {**current, "Types": ["EC2"]}
    (call,) = one.calls(where, Reading(wanted), plain)
    assert call.arguments["HealthCheckType"] == "EC2"
    assert one.same({**plain, "Types": []}, plain)


def test_what_hands_requests_to_a_group_is_seen_in_its_traffic_sources(aws):
    sources = [
        {"Identifier": "arn:tg", "Type": "elbv2"},
        {"Identifier": "old", "Type": "elb"},
        {"Identifier": "arn:lattice", "Type": "vpc-lattice"},
    ]
    group = {"AutoScalingGroupName": "web", "HealthCheckType": "EC2", "TrafficSources": sources}
    cloud = Answers(aws, DescribeAutoScalingGroups={"AutoScalingGroups": [group]})
    value = setting("aws.autoscaling.health-check").read(cloud, target(GROUP, "web")).value
    assert (value["TargetGroups"], value["Balancers"], value["GracePeriod"]) == (["arn:tg"], ["old"], 0)


# What only a person can do ---------------------------------------------------------------------------


def answered(aws: Any, **about: Any) -> Any:
    instance = {"InstanceId": "i-0a", "State": {"Name": "running"}, "VpcId": "vpc-1", **about}
    return Answers(aws, DescribeInstances={"Reservations": [{"Instances": [instance]}]})


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat()


@pytest.mark.parametrize(
    ("check", "about", "found"),
    [
        ("old-instance", {"LaunchTime": ago(181)}, True),
        ("old-instance", {"LaunchTime": ago(180)}, False),
        ("old-instance", {"LaunchTime": ago(400), "State": {"Name": "stopped"}}, False),
        ("stopped-instance", {"LaunchTime": ago(400)}, False),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": ago(31)}, True),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": ago(400), "StateTransitionReason": f"User initiated ({ago(30)[:19].replace('T', ' ')} GMT)"}, False),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": ago(400), "StateTransitionReason": f"User initiated ({ago(31)[:19].replace('T', ' ')} GMT)"}, True),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": "yesterday"}, True),
        ("instance-in-vpc", {}, False),
        ("instance-in-vpc", {"VpcId": ""}, True),
    ],
)  # fmt: skip
def test_an_instance_is_found_by_its_age_its_rest_and_its_network(aws, check, about, found):
    seen = scan(
        [CATALOGUE.get(f"aws.ec2.{check}")], [Where("aws", ACCOUNT, REGION)], {"aws": answered(aws, **about)}
    )
    assert seen.problems == ()
    assert bool(seen.findings) is found


def test_a_scan_sees_plain_volumes_and_launch_configurations_with_addresses(aws):
    instances.build(aws)
    guided = [
        CATALOGUE.get(id)
        for id in ("aws.ec2.volume-encryption", "aws.autoscaling.launch-configuration-address")
    ]
    seen = scan(guided, [Where("aws", ACCOUNT, REGION)], {"aws": aws})
    assert seen.problems == ()
    names = [one.resource.rpartition("/")[2] for one in seen.findings if one.check == guided[1].id]
    assert names == ["web"]
    volumes = [one for one in seen.findings if one.check == guided[0].id]
    assert len(volumes) == 4, "the encrypted one is not among them"


# Hosts of enclaves -----------------------------------------------------------------------------------


@pytest.fixture
def host(aws):
    """A host of enclaves with one security group, in a subnet that no gateway serves."""
    place = Place(aws)
    use = {"EnclaveOptions": {"Enabled": True}, "SecurityGroupIds": [place.group]}
    place.one = target(INSTANCE, instances.launch(aws, place.subnet, "host", **use)["InstanceId"])
    return place


def wrong(place, *ids):
    playbooks = [CATALOGUE.get(f"aws.ec2.enclave-host-{id}") for id in ids]
    seen = scan(playbooks, [Where("aws", ACCOUNT, REGION)], {"aws": place.aws})
    assert seen.problems == ()
    assert {one.resource for one in seen.findings} <= {place.one.id}
    return {one.check.rpartition("-")[2] for one in seen.findings}


def test_only_a_host_of_enclaves_is_found_by_its_open_ports(host):
    opened = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert wrong(host, "ingress", "proxy") == set()
    use = {"SecurityGroupIds": [host.group]}
    instances.launch(host.aws, host.subnet, "neighbour", **use)
    do(host.aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=host.group, IpPermissions=[opened])
    assert wrong(host, "ingress", "proxy") == {"ingress"}
    proxy = {**opened, "FromPort": 8080, "ToPort": 8080}
    do(host.aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=host.group, IpPermissions=[proxy])
    assert wrong(host, "ingress", "proxy") == {"ingress", "proxy"}


def test_a_host_of_enclaves_is_exposed_by_its_subnets_route_alone(host):
    assert wrong(host, "exposure") == set()
    gateway = do(host.aws, "ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    do(host.aws, "ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=host.vpc)
    tables = do(host.aws, "ec2", "DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [host.vpc]}])
    table = tables["RouteTables"][0]["RouteTableId"]
    do(
        host.aws,
        "ec2",
        "CreateRoute",
        RouteTableId=table,
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=gateway,
    )
    assert wrong(host, "exposure") == {"exposure"}
    # A table of its own counts, and not the main one.
    own = do(host.aws, "ec2", "CreateRouteTable", VpcId=host.vpc)["RouteTable"]["RouteTableId"]
    do(host.aws, "ec2", "AssociateRouteTable", RouteTableId=own, SubnetId=host.subnet)
    assert wrong(host, "exposure") == set()


def test_addresses_of_the_internet_are_told_from_private_ones(aws):
    interface = {
        "NetworkInterfaceId": "eni-1",
        "Ipv6Addresses": [{"Ipv6Address": "2600:1f18::1"}, {"Ipv6Address": "fd00::1"}],
        "PrivateIpAddresses": [{"Association": {"PublicIp": "52.1.2.3"}}, {}],
    }
    about = {"EnclaveOptions": {"Enabled": True}, "NetworkInterfaces": [interface], "SubnetId": "subnet-0a"}
    cloud = answered(aws, **about)
    value = setting("aws.ec2.enclave-host-exposure").read(cloud, target(INSTANCE, "i-0a")).value
    assert (value["Ipv6"], value["PublicIp"]) == (["2600:1f18::1"], ["52.1.2.3"])


@pytest.mark.parametrize(
    ("rule", "texts", "proxies"),
    [
        ({"protocol": "-1", "source": "0.0.0.0/0"}, ["all"], 93),
        ({"protocol": "tcp", "from": 0, "to": 65535, "source": "::/0"}, ["all"], 93),
        ({"protocol": "tcp", "from": 79, "to": 81, "source": "0.0.0.0/1"}, ["79", "81"], 0),
        ({"protocol": "udp", "from": 8000, "to": 9000, "source": "0.0.0.0/0"}, ["8000-9000"], 0),
        ({"protocol": "tcp", "from": 8090, "to": 8091, "source": "52.0.0.0/8"}, ["8090", "8091"], 1),
        ({"protocol": "tcp", "from": 443, "to": 443, "source": "0.0.0.0/0"}, [], 0),
        ({"protocol": "tcp", "from": 5000, "to": 5000, "source": "10.0.0.0/8"}, [], 0),
        ({"protocol": "tcp", "from": 5000, "to": 5000, "source": "sg-1"}, [], 0),
        ({"protocol": "icmp", "from": -1, "to": -1, "source": "0.0.0.0/0"}, [], 0),
    ],
)
def test_ports_are_open_that_public_networks_reach(rule, texts, proxies):
    assert nitro_enclaves.open_ports(rule) == texts
    assert len(nitro_enclaves.proxy_ports(rule)) == proxies


def test_a_host_is_told_from_other_instances_by_its_metadata_alone(host):
    """The check of hosts also wants tokens where the service is off, which that of all instances lets be."""
    off = {"InstanceId": host.one.name, "HttpTokens": "optional", "HttpEndpoint": "disabled"}
    do(host.aws, "ec2", "ModifyInstanceMetadataOptions", **off)
    assert wrong(host, "metadata") == {"metadata"}
    general = CATALOGUE.get("aws.ec2.instance-metadata")
    assert scan([general], [Where("aws", ACCOUNT, REGION)], {"aws": host.aws}).findings == ()
    one = setting("aws.ec2.instance-metadata")
    value = one.read(host.aws, host.one).value
    assert value["Enclaves"] is True
    assert one.same(value, {key: item for key, item in value.items() if key != "Enclaves"})
