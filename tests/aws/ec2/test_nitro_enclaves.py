"""Hosts of Nitro Enclaves: their ports, their routes, their addresses and their metadata."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.ec2 import nitro_enclaves
from hipaa_tui.plans.scan import Place as Where
from hipaa_tui.plans.scan import scan
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.ec2 import estate_instances as instances
from tests.aws.guards import Answers, do
from tests.aws.network import Place
from tests.aws.runs import CATALOGUE
from tests.aws.server import ACCOUNT, REGION

INSTANCE = "AWS::EC2::Instance"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


def answered(aws: Any, **about: Any) -> Any:
    instance = {"InstanceId": "i-0a", "State": {"Name": "running"}, "VpcId": "vpc-1", **about}
    return Answers(aws, DescribeInstances={"Reservations": [{"Instances": [instance]}]})


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
