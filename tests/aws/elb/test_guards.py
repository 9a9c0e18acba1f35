"""Guards of load balancers: where a redirect leads, whether a new port is open, and whom a newer TLS policy refuses."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.elb.classic import with_secure_listeners
from hipaa_tui.aws.elb.listeners import with_https_redirect
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.certificates import asked, certificate, uploaded
from tests.aws.guards import Answers, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.load_balancers import balancer, network
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
REDIRECT, TLS = "aws.elbv2.http-redirect", "aws.elbv2.tls-policy"
GOOD = "ELBSecurityPolicy-TLS13-1-2-2021-06"


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def redirecting(aws: Any, target: Target) -> tuple[str, Any]:
    now = setting(REDIRECT).read(aws, target).value
    return REDIRECT, with_https_redirect(now, {"port": 443, "status": "HTTP_301"})


# -- redirects


@pytest.mark.parametrize("behind", ["nothing", "uploaded", "asked"])
def test_a_redirect_needs_https_with_a_valid_certificate_behind_it(aws, do, behind):
    arn = {"nothing": lambda _: "", "uploaded": uploaded, "asked": asked}[behind](do)
    target = balancer(do, 80, 443, https=arn)
    outcome, reason = verdict(aws, "https-behind-redirect", target, redirecting(aws, target), port=443)
    assert outcome is BLOCK
    said = {"nothing": "lead nowhere", "uploaded": "no ACM certificate", "asked": "PENDING_VALIDATION"}
    assert said[behind] in reason


def test_a_redirect_past_a_closed_security_group_leads_nowhere(aws, do):
    target = balancer(do, 80, https=certificate(do))
    outcome, reason = verdict(aws, "https-behind-redirect", target, redirecting(aws, target), port=443)
    assert (outcome, "443" in reason) == (BLOCK, True)


def test_programs_inside_the_network_do_not_follow_redirects(aws, do):
    target = balancer(do, 80, 443, https=certificate(do), scheme="internal")
    outcome, reason = verdict(aws, "https-behind-redirect", target, redirecting(aws, target), port=443)
    assert (outcome, "POST" in reason) == (WARN, True)


def test_those_who_come_in_by_http_alone_are_named(aws, do):
    target = balancer(do, 80, https=certificate(do))
    group = do("ec2", "DescribeSecurityGroups", Filters=[{"Name": "group-name", "Values": ["web"]}])
    one = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    id = group["SecurityGroups"][0]["GroupId"]
    do("ec2", "AuthorizeSecurityGroupIngress", GroupId=id, IpPermissions=one)
    outcome, reason = verdict(aws, "https-behind-redirect", target, redirecting(aws, target), port=443)
    assert (outcome, "0.0.0.0/0" in reason) == (WARN, True)


def test_a_redirect_to_https_that_answers_is_fine(aws, do):
    target = balancer(do, 80, 443, https=certificate(do))
    outcome, reason = verdict(aws, "https-behind-redirect", target, redirecting(aws, target), port=443)
    assert (outcome, "portal.example.org" in reason) == (PASS, True)


# -- classic listeners


def classic(do: Any, *ports: int, listens: int = 80) -> Target:
    subnets, group, _ = network(do, *ports)
    web = {"Protocol": "HTTP", "LoadBalancerPort": listens, "InstanceProtocol": "HTTP", "InstancePort": 80}
    place = {"Subnets": subnets[:1], "SecurityGroups": [group]}
    do("elb", "CreateLoadBalancer", LoadBalancerName="old", Listeners=[web], **place)
    return found("AWS::ElasticLoadBalancing::LoadBalancer", "old")


def securing(aws: Any, target: Target, arn: str) -> tuple[str, Any]:
    now = setting("aws.elb.listeners").read(aws, target).value
    return "aws.elb.listeners", with_secure_listeners(now, {"certificate": arn, "port": 443})


@pytest.mark.parametrize(
    ("ports", "listens", "expected"),
    [((80,), 80, (BLOCK, "443")), ((80, 443), 80, (WARN, "cannot redirect")), ((8080,), 8080, (PASS, ""))],
)
def test_https_needs_its_port_open_and_leaves_http_behind(aws, do, ports, listens, expected):
    target = classic(do, *ports, listens=listens)
    outcome, reason = verdict(aws, "new-port-open", target, securing(aws, target, certificate(do)))
    assert outcome is expected[0]
    assert expected[1] in reason


def test_clients_with_old_tls_are_thought_of(aws, do):
    target = balancer(do, 443, https=certificate(do))
    listeners = setting(TLS).read(aws, target).value["Listeners"]
    after = (TLS, {"Listeners": [{**one, "SslPolicy": GOOD} for one in listeners]})
    assert verdict(aws, "balancer-tls-clients", target, after)[0] is WARN
    listener = {"ListenerArn": listeners[0]["ListenerArn"], "SslPolicy": GOOD}
    do("elbv2", "ModifyListener", **listener)
    assert verdict(aws, "balancer-tls-clients", target, after)[0] is PASS


def test_a_balancer_of_a_kubernetes_cluster_is_the_clusters(aws, do):
    target = balancer(do, 80)
    change = ("aws.elbv2.deletion-protection", {"Enabled": True, "Type": "application"})
    assert verdict(aws, "balancer-made-by-cluster", target, change)[0] is PASS
    do("elbv2", "AddTags", ResourceArns=[target.id], Tags=[{"Key": "elbv2.k8s.aws/cluster", "Value": "phi"}])
    outcome, reason = verdict(aws, "balancer-made-by-cluster", target, change)
    assert (outcome, "phi" in reason) == (WARN, True)


class Denies(Answers):
    """A cloud that does not let anybody look at certificates."""

    def call(self, call: Any) -> Any:
        if call.service == "acm":
            raise CloudError("AccessDeniedException", "not you", status=403, call=call)
        return super().call(call)


def test_what_cannot_be_seen_is_not_called_safe(aws, do):
    """The guard raises, and its being cautious makes that a block."""
    target = balancer(do, 80, 443, https=certificate(do))
    with pytest.raises(CloudError):
        verdict(Denies(aws), "https-behind-redirect", target, redirecting(aws, target), port=443)
    cautious = {"https-behind-redirect", "new-port-open", "certificate-serves", "balancer-log-bucket"}
    assert guards()[1] >= cautious | {"distribution-https-ready"}
