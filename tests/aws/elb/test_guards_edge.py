"""Guards of load balancers and distributions: where a redirect leads, whose certificate answers, where logs arrive."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.elb.classic import with_secure_listeners
from hipaa_tui.aws.elb.listeners import with_https_redirect
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.elb.estate_edge import certificate, distribution, network
from tests.aws.guards import Answers, bucket, make_bucket, verdict
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

BLOCK, PASS, WARN = Outcome.BLOCK, Outcome.PASS, Outcome.WARN
REDIRECT, TLS, LOGS = "aws.elbv2.http-redirect", "aws.elbv2.tls-policy", "aws.elb.access-logs"
OLD, GOOD = "ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS13-1-2-2021-06"


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


def found(type: str, id: str) -> Target:
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def balancer(
    do: Any, *ports: int, https: str = "", policy: str = OLD, scheme: str = "internet-facing"
) -> Target:
    """A load balancer with HTTP on 80, whose group lets everybody in on these ports; with HTTPS under a certificate."""
    subnets, group, vpc = network(do, *ports)
    made = do(
        "elbv2", "CreateLoadBalancer", Name="portal", Subnets=subnets, SecurityGroups=[group], Scheme=scheme
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    to = do("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    actions = [{"Type": "forward", "TargetGroupArn": to["TargetGroupArn"]}]
    do("elbv2", "CreateListener", LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=actions)
    if https:
        secure = {
            "Protocol": "HTTPS",
            "Port": 443,
            "SslPolicy": policy,
            "Certificates": [{"CertificateArn": https}],
        }
        do("elbv2", "CreateListener", LoadBalancerArn=arn, **secure, DefaultActions=actions)
    return found("AWS::ElasticLoadBalancingV2::LoadBalancer", arn)


def redirecting(aws: Any, target: Target) -> tuple[str, Any]:
    now = setting(REDIRECT).read(aws, target).value
    return REDIRECT, with_https_redirect(now, {"port": 443, "status": "HTTP_301"})


def uploaded(do: Any) -> str:
    body = {"CertificateBody": "x", "PrivateKey": "y"}
    made = do("iam", "UploadServerCertificate", ServerCertificateName="old", **body)
    return str(made["ServerCertificateMetadata"]["Arn"])


def asked(do: Any, name: str = "portal.example.org") -> str:
    """A certificate that waits for its validation."""
    made = do("acm", "RequestCertificate", DomainName=name, ValidationMethod="DNS")
    return str(made["CertificateArn"])


# -- redirects


@pytest.mark.parametrize("behind", ["nothing", "uploaded", "asked"])
def test_a_redirect_needs_https_with_a_valid_certificate_behind_it(aws, do, behind):
    arn = {"nothing": lambda _: "", "uploaded": uploaded, "asked": asked}[behind](do)
    target = balancer(do, 80, 443, https=arn)
    outcome, reason = verdict(aws, "https-behind-redirect", target, redirecting(aws, target), port=443)
    assert outcome is BLOCK
    said = {"nothing": "lead nowhere", "uploaded": "Certificate Manager", "asked": "PENDING_VALIDATION"}
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


# -- certificates


def swapped(aws: Any, target: Target, arn: str) -> tuple[str, Any]:
    listeners = setting("aws.elbv2.certificates").read(aws, target).value["Listeners"]
    return "aws.elbv2.certificates", {"Listeners": [{**one, "Certificate": arn} for one in listeners]}


def test_a_certificate_of_iam_cannot_be_compared(aws, do):
    target = balancer(do, 443, https=uploaded(do))
    outcome, reason = verdict(aws, "certificate-serves", target, swapped(aws, target, certificate(do)))
    assert (outcome, "portal.example.org" in reason) == (WARN, True)


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("portal.example.org", "other.example.org", BLOCK),
        ("portal.example.org", "*.example.org", PASS),
        ("a.portal.example.org", "*.example.org", BLOCK),
    ],
)
def test_a_certificate_has_the_names_of_the_one_before_it(aws, do, old, new, outcome):
    target = balancer(do, 443, https=certificate(do, old))
    change = swapped(aws, target, certificate(do, new))
    assert verdict(aws, "certificate-serves", target, change)[0] is outcome


def test_a_certificate_that_is_not_issued_or_is_elsewhere_serves_nobody(aws, do):
    target = balancer(do, 443, https=uploaded(do))
    waiting = swapped(aws, target, asked(do))
    assert verdict(aws, "certificate-serves", target, waiting)[0] is BLOCK
    elsewhere = swapped(aws, target, f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/1")
    outcome, reason = verdict(aws, "certificate-serves", target, elsewhere)
    assert (outcome, REGION in reason) == (BLOCK, True)


def test_a_certificate_that_was_imported_is_renewed_by_nobody(aws, do):
    arn = certificate(do, "*.example.org")
    target = balancer(do, 443, https=certificate(do))
    about = do("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    theirs = {"Certificate": {**about, "Type": "IMPORTED"}}
    change = swapped(aws, target, arn)
    assert verdict(aws, "certificate-serves", target, change)[0] is PASS
    outcome, reason = verdict(Answers(aws, DescribeCertificate=theirs), "certificate-serves", target, change)
    assert (outcome, "imported" in reason) == (WARN, True)


def test_a_certificate_that_ended_serves_nobody(aws, do):
    arn = certificate(do)
    target = balancer(do, 443, https=uploaded(do))
    about = do("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    ended = {"Certificate": {**about, "NotAfter": "2020-01-01T00:00:00+00:00"}}
    outcome, reason = verdict(
        Answers(aws, DescribeCertificate=ended), "certificate-serves", target, swapped(aws, target, arn)
    )
    assert (outcome, "2020-01-01" in reason) == (BLOCK, True)


# -- logs


def logging(name: str) -> tuple[str, Any]:
    return LOGS, {"Kind": "application", "Enabled": True, "Bucket": name, "Prefix": "elb"}


def log_verdict(aws: Any, target: Target, name: str, *drafts: Any) -> tuple[Outcome, str]:
    return verdict(aws, "balancer-log-bucket", target, logging(name), *drafts, bucket=name)


@pytest.fixture
def logged(do):
    return found("AWS::ElasticLoadBalancing::AnyLoadBalancer", balancer(do, 80).id)


def test_logs_go_to_a_bucket_that_is_there_in_the_same_region(aws, do, logged):
    assert log_verdict(aws, logged, "nowhere")[0] is BLOCK
    assert log_verdict(aws, logged, "no")[0] is BLOCK
    far = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    do_by_hand(aws, "s3", "CreateBucket", "eu-west-1", Bucket="far-logs", **far)
    outcome, reason = log_verdict(aws, logged, "far-logs")
    assert (outcome, "eu-west-1" in reason) == (BLOCK, True)
    make_bucket(aws, "near-logs")
    assert log_verdict(aws, logged, "near-logs")[0] is PASS


def test_logs_are_not_delivered_to_a_bucket_with_a_key_of_its_own(aws, do, logged):
    target = make_bucket(aws, "their-logs")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    do("s3", "PutBucketEncryption", Bucket="their-logs", ServerSideEncryptionConfiguration={"Rules": [rule]})
    outcome, reason = log_verdict(aws, logged, "their-logs")
    assert (outcome, "KMS" in reason) == (BLOCK, True)
    plain = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    changed = ("aws.s3.bucket-encryption", plain, target)
    assert log_verdict(aws, logged, "their-logs", changed)[0] is PASS


def test_a_bucket_that_refuses_some_may_refuse_deliveries(aws, logged):
    elsewhere = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
    deny = {"Sid": "OnlyHere", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": elsewhere}
    make_bucket(aws, "their-logs", {**deny, "Resource": "arn:aws:s3:::their-logs/*"})
    outcome, reason = log_verdict(aws, logged, "their-logs")
    assert (outcome, "OnlyHere" in reason) == (WARN, True)


def test_a_bucket_that_the_plan_makes_is_ready(aws, logged):
    made = ("aws.s3.bucket", {"Region": REGION}, bucket("new-logs"))
    assert log_verdict(aws, logged, "new-logs", made)[0] is PASS


# -- distributions


def distribution_at(do: Any, **more: Any) -> Target:
    return found("AWS::CloudFront::Distribution", distribution(do, "site", **more))


HTTPS = ("aws.cloudfront.viewer-protocol", {"Default": "https-only", "Behaviors": []})


def test_viewers_of_a_name_of_its_own_need_a_certificate_for_it(aws, do):
    names = {"Quantity": 1, "Items": ["portal.example.org"]}
    bare = {"CloudFrontDefaultCertificate": True}
    target = distribution_at(do, Aliases=names, ViewerCertificate=bare)
    outcome, reason = verdict(aws, "distribution-https-ready", target, HTTPS)
    assert (outcome, "portal.example.org" in reason) == (BLOCK, True)
    config = do("cloudfront", "GetDistributionConfig", Id=target.name)["DistributionConfig"]

    def with_certificate(**given: Any) -> Any:
        return Answers(
            aws, GetDistributionConfig={"DistributionConfig": {**config, "ViewerCertificate": given}}
        )

    good, late = certificate(do), asked(do)
    said = verdict(with_certificate(ACMCertificateArn=late), "distribution-https-ready", target, HTTPS)
    assert said[0] is BLOCK
    said = verdict(with_certificate(ACMCertificateArn=good), "distribution-https-ready", target, HTTPS)
    assert said[0] is PASS
    said = verdict(with_certificate(IAMCertificateId="A"), "distribution-https-ready", target, HTTPS)
    assert said[0] is WARN


def test_the_name_that_cloudfront_gave_has_a_certificate(aws, do):
    assert verdict(aws, "distribution-https-ready", distribution_at(do), HTTPS)[0] is PASS


def rooted(name: str, bucket: str = "pages") -> tuple[str, Any]:
    return "aws.cloudfront.root-object", {"DefaultRootObject": name, "Bucket": bucket}


def test_the_root_is_given_a_page_that_is_there(aws, do):
    target = distribution_at(do)
    do("s3", "CreateBucket", Bucket="pages")
    assert verdict(aws, "root-object-there", target, rooted("index.html"))[0] is BLOCK
    do("s3", "PutObject", Bucket="pages", Key="index.html", Body="")
    assert verdict(aws, "root-object-there", target, rooted("index.html"))[0] is PASS
    assert verdict(aws, "root-object-there", target, rooted("/index.html"))[0] is BLOCK
    assert verdict(aws, "root-object-there", target, rooted("index.html", bucket=""))[0] is WARN


# -- functions


@pytest.mark.parametrize(
    ("limit", "most", "outcome"),
    [(100, None, PASS), (100, 20.0, PASS), (100, 60.0, WARN), (100, 120.0, BLOCK), (901, None, BLOCK)],
)
def test_a_limit_leaves_room_for_the_function_and_for_all_others(aws, limit, most, outcome):
    """moto has no GetAccountSettings, and no metrics of functions: both are answered here."""
    target = found("AWS::Lambda::Function", "etl")
    points = [] if most is None else [{"Maximum": 1.0}, {"Maximum": most}]
    cloud = Answers(
        aws,
        GetAccountSettings={"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
        GetMetricStatistics={"Datapoints": points},
        GetFunctionConcurrency={},
    )
    change = ("aws.lambda.reserved-concurrency", {"ReservedConcurrentExecutions": limit})
    assert verdict(cloud, "lambda-concurrency-room", target, change)[0] is outcome


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
