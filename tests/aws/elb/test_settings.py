"""Load balancers of both generations: ids, log buckets, listeners and certificates, and writes that were cut in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.elb.attributes import with_balancer_logs
from hipaa_tui.aws.elb.certificates import with_managed_certificates
from hipaa_tui.aws.elb.classic import with_secure_listeners
from hipaa_tui.aws.elb.listeners import with_https_redirect
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.certificates import certificate
from tests.aws.guards import Answers
from tests.aws.guards import do as do_by_hand
from tests.aws.load_balancers import network
from tests.aws.server import ACCOUNT, REGION

HERE = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
NEWER, CLASSIC, ANY = (
    f"AWS::ElasticLoadBalancing{one}" for one in ("V2::LoadBalancer", "::LoadBalancer", "::AnyLoadBalancer")
)
WEB = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80}
BARE = {"TlsPolicies": [], "Own": False}


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def found(type: str, id: str) -> Target | None:
    return resource_type(type).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("id", "newer", "classic"),
    [
        (f"{HERE}:loadbalancer/app/portal/50dc6c495c0c9188", True, False),
        (f"{HERE}:loadbalancer/net/portal/50dc6c495c0c9188", True, False),
        (f"{HERE}:loadbalancer/old-portal", False, True),
        ("old-portal", False, True),
        (f"{HERE}:listener/app/portal/50dc6c495c0c9188/1", False, False),
        ("arn:aws:s3:::loadbalancer", False, False),
    ],
)
def test_an_id_says_which_generation_a_load_balancer_is(id, newer, classic):
    assert (found(NEWER, id) is not None) is newer
    assert (found(CLASSIC, id) is not None) is classic
    assert (found(ANY, id) is not None) is (newer or classic)


def test_a_network_balancer_delivers_by_another_service_and_a_gateway_one_not_at_all(aws):
    place = {"bucket": "logs", "prefix": "elb", "account": ACCOUNT, "region": REGION, "partition": "aws"}
    written = statements(with_balancer_logs(ABSENT, {**place, "kind": "network"}))
    assert {one["Principal"]["Service"] for one in written} == {"delivery.logs.amazonaws.com"}
    assert {one["Action"] for one in written} == {"s3:PutObject", "s3:GetBucketAcl"}
    gateway = found(ANY, f"{HERE}:loadbalancer/gwy/inspect/50dc6c495c0c9188")
    off = Answers(aws, DescribeLoadBalancerAttributes={"Attributes": []})
    value = setting("aws.elb.access-logs").read(off, gateway).value
    assert value == {"Kind": "gateway", "Enabled": False}


@pytest.mark.parametrize(("region", "accounts"), [("us-west-2", ["797873946194"]), ("me-central-1", [])])
def test_only_regions_from_before_2022_have_an_account_that_delivers(region, accounts):
    place = {"bucket": "logs", "prefix": "", "account": ACCOUNT, "region": region, "partition": "aws"}
    once = with_balancer_logs(ABSENT, {**place, "kind": "classic"})
    roots = [one["Principal"]["AWS"] for one in statements(once) if "AWS" in one["Principal"]]
    assert roots == [f"arn:aws:iam::{one}:root" for one in accounts]
    assert with_balancer_logs(once, {**place, "kind": "application"}) == once


def test_a_forward_said_in_two_ways_is_one():
    one = setting("aws.elbv2.http-redirect")
    listener = {"ListenerArn": "l", "Port": 80, "Rules": [], "Redirects": False}
    group = {"TargetGroupArn": "g", "Weight": 1}
    short = {"Type": "forward", "TargetGroupArn": "g"}
    config = {"TargetGroups": [group], "TargetGroupStickinessConfig": {"Enabled": False}}
    long = {**short, "Order": 1, "ForwardConfig": config}
    two = {**short, "ForwardConfig": {"TargetGroups": [group, {"TargetGroupArn": "h", "Weight": 9}]}}

    def value(action: Any) -> Any:
        return {"Listeners": [{**listener, "Actions": [action]}]}

    assert one.same(value(short), value(long))
    assert not one.same(value(short), value(two))


def test_a_listener_that_passes_tcp_through_is_for_a_person():
    tcp = {"Listeners": [{**WEB, "Protocol": "TCP", "PolicyNames": []}], **BARE}
    with pytest.raises(ValueError, match="passes TCP through"):
        with_secure_listeners(tcp, {"certificate": "", "port": 443})


def test_a_certificate_is_not_chosen_where_there_is_a_choice(aws, do):
    certificate(do, "one.example.org")
    subnets, group, _ = network(do, 80)
    place = {"Subnets": subnets[:1], "SecurityGroups": [group]}
    do("elb", "CreateLoadBalancer", LoadBalancerName="old", Listeners=[WEB], **place)
    target = found(CLASSIC, "old")
    only = setting("aws.elb.listeners").read(aws, target).identity["Certificate"]
    assert only.startswith("arn:aws:acm:")
    listed = do("acm", "ListCertificates")["CertificateSummaryList"]
    theirs = Answers(aws, ListCertificates={"CertificateSummaryList": [{**listed[0], "Type": "IMPORTED"}]})
    assert setting("aws.elb.listeners").read(theirs, target).identity["Certificate"] == ""
    certificate(do, "two.example.org")
    reading = setting("aws.elb.listeners").read(aws, target)
    assert reading.identity["Certificate"] == ""
    with pytest.raises(ValueError, match="the parameter certificate"):
        with_secure_listeners(reading.value, {"certificate": "", "port": 443})
    with pytest.raises(ValueError, match="the parameter certificate"):
        listeners = [{"ListenerArn": "l", "Port": 1, "Protocol": "TLS", "Certificate": "arn:aws:iam::1:x"}]
        with_managed_certificates({"Listeners": listeners}, {})


def test_a_cut_replacement_of_listeners_is_known_at_every_step(aws, do):
    """What stands after each call is among the values that the setting says it passes through."""
    one = setting("aws.elb.listeners")
    subnets, group, _ = network(do, 80)
    web = [WEB, {**WEB, "LoadBalancerPort": 8080}]
    place = {"Subnets": subnets[:1], "SecurityGroups": [group]}
    do("elb", "CreateLoadBalancer", LoadBalancerName="old", Listeners=web, **place)
    sticky = {"PolicyName": "sticky", "LoadBalancerName": "old"}
    do("elb", "CreateLBCookieStickinessPolicy", **sticky)
    names = {"LoadBalancerPort": 80, "PolicyNames": ["sticky"]}
    do("elb", "SetLoadBalancerPoliciesOfListener", LoadBalancerName="old", **names)
    target = found(CLASSIC, "old")
    before = one.read(aws, target)
    after = with_secure_listeners(before.value, {"certificate": certificate(do), "port": 443})
    secure = next(each for each in after["Listeners"] if each["LoadBalancerPort"] == 443)
    assert secure["PolicyNames"] == ["sticky", "hipaa-tui-tls-1-2"]
    for start, goal in ((before.value, after), (after, before.value)):
        calls = one.write(target, Reading(start), goal)
        passed = [*one.between(target, start, goal), goal]
        assert len(calls) == len(passed) > 4
        for request, expected in zip(calls, passed, strict=True):
            aws.call(request)
            assert one.same(one.read(aws, target).value, expected), request.operation
    assert one.same(one.read(aws, target).value, before.value)


def test_only_listeners_that_encrypt_are_asked_for_certificates():
    """A plain listener is another playbook's."""
    value = {"Listeners": [{**WEB, "PolicyNames": []}], **BARE}
    for id in ("aws.elb.acm-certificate", "aws.elb.tls-policy"):
        assert holds(load().get(id).changes[0].complies, value)
    assert not holds(load().get("aws.elb.https-listeners").changes[0].complies, value)


def test_a_cut_redirect_is_known_at_every_step_and_answers_of_its_own_stay(aws, do):
    """A rule that answers by itself sends nothing on, so it stays; those that forward are redirected."""
    one = setting("aws.elbv2.http-redirect")
    subnets, group, vpc = network(do, 80, 443)
    made = do("elbv2", "CreateLoadBalancer", Name="portal", Subnets=subnets, SecurityGroups=[group])
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    to = do("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    forward = [{"Type": "forward", "TargetGroupArn": to["TargetGroupArn"]}]
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    asked = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": forward}
    listener = do("elbv2", "CreateListener", **asked)["Listeners"][0]["ListenerArn"]
    for number, actions in enumerate((forward, fixed), 1):
        path = [{"Field": "path-pattern", "Values": [f"/{number}/*"]}]
        do("elbv2", "CreateRule", ListenerArn=listener, Priority=number, Conditions=path, Actions=actions)
    target = found(NEWER, arn)
    before = one.read(aws, target)
    assert [each["Redirects"] for each in before.value["Listeners"]] == [False]
    after = with_https_redirect(before.value, {"port": 443, "status": "HTTP_302"})
    for start, goal in ((before.value, after), (after, before.value)):
        calls = one.write(target, Reading(start), goal)
        assert [call.operation for call in calls] == ["ModifyRule", "ModifyListener"]
        for request, expected in zip(calls, [*one.between(target, start, goal), goal], strict=True):
            aws.call(request)
            assert one.same(one.read(aws, target).value, expected), request.operation
        assert one.read(aws, target).value["Listeners"][0]["Redirects"] is (goal is after)
