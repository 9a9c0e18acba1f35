"""Security groups lose the Internet and nothing else, and new volumes are encrypted."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.aws.ec2.ingress import flattened, key_of, narrow_ingress, opened, permissions
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION

INGRESS = setting("aws.ec2.security-group-ingress")
ENCRYPTION = setting("aws.ec2.ebs-default-encryption")
KEY = setting("aws.ec2.ebs-default-key")
WORLD = ["0.0.0.0/0", "::/0"]
PORTS = [21, 22, 23, 3389, 5432]


def how(*to):
    return {"from": WORLD, "to": list(to) or ["10.0.0.0/8"], "ports": PORTS}


def rule(protocol, first, last, source, description=None):
    found = {"protocol": protocol, "from": first, "to": last, "source": source, "description": description}
    return {key: item for key, item in found.items() if item is not None}


def rules(*several):
    return {"rules": sorted(several, key=key_of)}


def call(operation, **arguments):
    return Call("aws", "ec2", operation, arguments, REGION)


@pytest.fixture
def group(aws):
    vpc = aws.call(call("CreateVpc", CidrBlock="10.9.0.0/16"))["Vpc"]["VpcId"]
    made = aws.call(call("CreateSecurityGroup", GroupName="front", Description="d", VpcId=vpc))["GroupId"]
    aws.call(call("CreateTags", Resources=[made], Tags=[{"Key": "team", "Value": "records"}]))
    value = rules(
        rule("tcp", 22, 22, "0.0.0.0/0", "front desk"),
        rule("tcp", 22, 22, "::/0"),
        rule("tcp", 443, 443, "0.0.0.0/0"),
        rule("tcp", 5432, 5432, made),
        rule("icmp", -1, -1, "10.0.0.0/8"),
    )
    target = resource_type("AWS::EC2::SecurityGroup").target(made, ACCOUNT, REGION)
    for one in INGRESS.write(target, INGRESS.read(aws, target), value):
        aws.call(one)
    assert INGRESS.read(aws, target).value == value
    return target


def bring(aws, one, target, value):
    calls = one.calls(target, one.read(aws, target), value)
    for ready in calls:
        aws.call(ready)
    return calls


def test_a_group_is_found_by_its_arn_and_by_its_id(aws, group):
    kind = resource_type("AWS::EC2::SecurityGroup")
    assert group.id == f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{group.name}"
    assert kind.target(group.id, "", "") == group
    assert kind.target(f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1", ACCOUNT, REGION) is None
    assert kind.target("sg-; rm", ACCOUNT, REGION) is None
    assert group in kind.list(aws, ACCOUNT, REGION, "aws")
    assert kind.tags(aws, group) == {"team": "records"}


def test_the_identity_is_what_terraform_needs(aws, group):
    identity = INGRESS.read(aws, group).identity
    assert identity["GroupName"] == "front"
    assert identity["Description"] == "d"
    assert identity["VpcId"].startswith("vpc-")
    assert identity["Tags"] == {"team": "records"}
    assert identity["Egress"] == [{"protocol": "-1", "source": "0.0.0.0/0"}]


def test_it_is_narrowed_and_goes_back(aws, group):
    before = INGRESS.read(aws, group)
    wanted = narrow_ingress(before.value, how())
    calls = bring(aws, INGRESS, group, wanted)
    assert [one.operation for one in calls] == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
    after = INGRESS.read(aws, group).value
    assert INGRESS.same(after, wanted)
    assert rule("tcp", 22, 22, "10.0.0.0/8", "front desk") in after["rules"]
    assert rule("tcp", 443, 443, "0.0.0.0/0") in after["rules"]
    assert not any(opened(one, WORLD, PORTS) for one in after["rules"])
    assert INGRESS.write(group, INGRESS.read(aws, group), wanted) == []
    bring(aws, INGRESS, group, before.value)
    assert INGRESS.same(INGRESS.read(aws, group).value, before.value)


def test_what_stands_between_the_calls_is_known(aws, group):
    before = INGRESS.read(aws, group)
    wanted = narrow_ingress(before.value, how())
    first, _second = INGRESS.write(group, before, wanted)
    aws.call(first)
    half = INGRESS.read(aws, group)
    assert any(INGRESS.same(half.value, one) for one in INGRESS.between(group, before.value, wanted))
    assert [one.operation for one in INGRESS.write(group, half, wanted)] == ["RevokeSecurityGroupIngress"]


def test_another_description_is_no_other_rule(aws, group):
    before = INGRESS.read(aws, group)
    changed = [
        {**one, "description": "ward 3"} if one.get("description") else one for one in before.value["rules"]
    ]
    (only,) = bring(aws, INGRESS, group, {"rules": changed})
    assert only.operation == "UpdateSecurityGroupRuleDescriptionsIngress"
    assert only.arguments["IpPermissions"] == [
        {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "ward 3"}],
        }
    ]
    assert INGRESS.between(group, before.value, {"rules": changed}) == []


def test_a_group_that_is_gone_is_an_error(aws):
    target = resource_type("AWS::EC2::SecurityGroup").target("sg-0123456789abcdef0", ACCOUNT, REGION)
    with pytest.raises(CloudError, match="does not exist"):
        INGRESS.read(aws, target)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The IPv6 rule goes, since no IPv6 network may come in.
        (
            [rule("tcp", 22, 22, "0.0.0.0/0"), rule("tcp", 22, 22, "::/0")],
            [rule("tcp", 22, 22, "10.0.0.0/8")],
        ),
        ([rule("tcp", 22, 22, "::/0"), rule("tcp", 80, 80, "::/0")], [rule("tcp", 80, 80, "::/0")]),
        # Everything is narrowed as a whole, however it is said.
        ([rule("-1", None, None, "0.0.0.0/0")], [rule("-1", None, None, "10.0.0.0/8")]),
        ([rule("tcp", 0, 65535, "0.0.0.0/0")], [rule("tcp", 0, 65535, "10.0.0.0/8")]),
        # Of a range, only what is sensitive.
        (
            [rule("tcp", 20, 30, "0.0.0.0/0", "x")],
            [
                rule("tcp", 20, 20, "0.0.0.0/0", "x"),
                rule("tcp", 21, 23, "10.0.0.0/8", "x"),
                rule("tcp", 24, 30, "0.0.0.0/0", "x"),
            ],
        ),
        (
            [rule("udp", 5432, 6000, "0.0.0.0/0")],
            [rule("udp", 5432, 5432, "10.0.0.0/8"), rule("udp", 5433, 6000, "0.0.0.0/0")],
        ),
        # What is there already keeps its own words.
        (
            [rule("tcp", 22, 22, "0.0.0.0/0", "old"), rule("tcp", 22, 22, "10.0.0.0/8", "mine")],
            [rule("tcp", 22, 22, "10.0.0.0/8", "mine")],
        ),
        ([rule("icmp", -1, -1, "0.0.0.0/0")], [rule("icmp", -1, -1, "0.0.0.0/0")]),
        ([rule("icmp", 8, 22, "0.0.0.0/0")], [rule("icmp", 8, 22, "0.0.0.0/0")]),
        ([rule("tcp", 22, 22, "sg-1/9")], [rule("tcp", 22, 22, "sg-1/9")]),
        ([rule("tcp", 22, 22, "pl-1")], [rule("tcp", 22, 22, "pl-1")]),
        ([], []),
    ],
)
def test_a_rule_becomes(before, after):
    assert narrow_ingress(rules(*before), how()) == rules(*after)


def test_ipv6_networks_take_the_place_of_an_ipv6_rule():
    before = rules(rule("tcp", 22, 22, "::/0"), rule("tcp", 22, 22, "0.0.0.0/0"))
    after = narrow_ingress(before, how("10.0.0.0/8", "192.168.0.0/16", "fd00::/8"))
    assert [one["source"] for one in after["rules"]] == ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"]


@pytest.mark.parametrize("to", [[], [""], ["0.0.0.0/0"], ["::/0"], ["10.0.0.1/8"], ["fd00::/8"]])
def test_it_refuses_to_open_it_again_or_to_shut_everybody_out(to):
    before = rules(rule("tcp", 22, 22, "0.0.0.0/0"))
    with pytest.raises(ValueError, match=r"network|Internet"):
        narrow_ingress(before, {"from": WORLD, "to": to, "ports": PORTS})


_SOURCES = st.sampled_from(
    ["0.0.0.0/0", "::/0", "10.0.0.0/8", "172.16.0.0/12", "fd00::/8", "sg-0a", "sg-0b/999999999999", "pl-0c"]
)


@st.composite
def _rules(draw):
    protocol = draw(st.sampled_from(["tcp", "udp", "icmp", "-1", "50"]))
    found = {"protocol": protocol, "source": draw(_SOURCES)}
    if protocol in ("tcp", "udp"):
        first = draw(st.integers(0, 65535))
        found |= {"from": first, "to": draw(st.integers(first, 65535))}
    if protocol == "icmp":
        found |= {"from": draw(st.integers(-1, 40)), "to": draw(st.integers(-1, 40))}
    if text := draw(st.sampled_from(["", "front desk"])):
        found["description"] = text
    return found


def _lets_in(value, protocol, port, address):
    """Would EC2 let this through? (groups and prefix lists left out)"""
    for one in value["rules"]:
        try:
            network = ipaddress.ip_network(one["source"])
        except ValueError:
            continue
        if address in network and (
            one["protocol"] == "-1"
            or (one["protocol"] == protocol and one.get("from", 0) <= port <= one.get("to", 65535))
        ):
            return True
    return False


@given(
    st.lists(_rules(), max_size=8, unique_by=key_of).map(lambda several: rules(*several)),
    st.integers(0, 65535) | st.sampled_from(PORTS),
    st.sampled_from(["tcp", "udp"]),
)
def test_narrowing_closes_what_it_names_and_keeps_the_rest(value, port, protocol):
    after = narrow_ingress(value, how("10.0.0.0/8", "fd00::/8"))
    assert not any(opened(one, WORLD, PORTS) for one in after["rules"])
    assert narrow_ingress(after, how("10.0.0.0/8", "fd00::/8")) == after
    keys = [key_of(one) for one in after["rules"]]
    assert keys == sorted(set(keys))
    for inside in ("10.1.2.3", "fd00::1"):
        address = ipaddress.ip_address(inside)
        # Nobody inside the allowed networks loses anything.
        assert _lets_in(after, protocol, port, address) == _lets_in(value, protocol, port, address)
    for outside in ("198.51.100.7", "2001:db8::1"):
        address = ipaddress.ip_address(outside)
        let_in = _lets_in(after, protocol, port, address)
        assert not (let_in and port in PORTS)
        assert not let_in or _lets_in(value, protocol, port, address)


@given(st.lists(_rules(), max_size=8, unique_by=key_of))
def test_rules_survive_the_form_of_the_api(several):
    groups = permissions(several)
    assert flattened(groups, "123456789012") == rules(*map(dict, several))["rules"]


def test_encryption_of_volumes_goes_on_and_off(aws):
    kind = resource_type("AWS::EC2::EBSEncryptionByDefault")
    (target,) = kind.list(aws, ACCOUNT, REGION, "aws")
    assert target.id == f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume"
    before = ENCRYPTION.read(aws, target)
    assert before.value == {"EbsEncryptionByDefault": False}
    for value in ({"EbsEncryptionByDefault": True}, before.value):
        bring(aws, ENCRYPTION, target, value)
        assert ENCRYPTION.read(aws, target).value == value


@pytest.mark.parametrize(
    ("id", "meant"),
    [
        (f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume", True),
        (f"AWS::::Account:{ACCOUNT}", True),
        (ACCOUNT, True),
        (f"arn:aws:iam::{ACCOUNT}:root", True),
        (f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1", False),
        ("vol-1", False),
    ],
)
def test_reports_name_the_account_in_many_ways(id, meant):
    target = resource_type("AWS::EC2::EBSEncryptionByDefault").target(id, ACCOUNT, REGION)
    assert (target is not None) is meant
    if target:
        assert (target.account, target.region) == (ACCOUNT, REGION)


class Answers:
    """A cloud that answers what it is told: moto does not know the key of new volumes."""

    provider = "aws"

    def __init__(self, **response):
        self.response = response

    def call(self, _call):
        return self.response


def test_the_key_of_volumes_is_absent_while_it_is_amazons():
    target = Target("aws", KEY.resource, ACCOUNT, REGION, "id", "name")
    for own in ("alias/aws/ebs", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/ebs"):
        assert KEY.read(Answers(KmsKeyId=own), target).absent
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    reading = KEY.read(Answers(KmsKeyId=arn), target)
    assert reading.value == {"KmsKeyId": arn}
    assert KEY.write(target, reading, {"KmsKeyId": "x"})[0].arguments == {"KmsKeyId": "x"}
    assert KEY.remove(target, reading)[0].operation == "ResetEbsDefaultKmsKeyId"
