"""What changes at load balancers and distributions says in the Terraform block that they are a part of."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused, Snippets
from hipaa_tui.patches.language import schema
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.package_data import content_folder

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/portal/1/2"
TLS = {"ListenerArn": ARN, "Port": 443, "Protocol": "HTTPS"}
HTTP = {"ListenerArn": ARN, "Port": 80, "Actions": [{"Type": "forward"}], "Rules": [], "Redirects": False}
TO = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
REDIRECT = {**HTTP, "Actions": [{"Type": "redirect", "RedirectConfig": TO}], "Redirects": True}
WEB = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80}
SECURE = {**WEB, "Protocol": "HTTPS", "LoadBalancerPort": 443, "SSLCertificateId": "arn:aws:acm:x"}
LOGS = {"Enabled": True, "Bucket": "logs", "Prefix": "elb"}
EDITS: list[tuple[str, Any, Any, str]] = [
    ("aws.elbv2.deletion-protection", None, {"Enabled": True}, "enable_deletion_protection"),
    ("aws.elbv2.drop-invalid-headers", None, {"Enabled": True}, "drop_invalid_header_fields"),
    ("aws.elb.cross-zone", None, {"Enabled": True}, "cross_zone_load_balancing"),
    ("aws.elb.access-logs", None, {**LOGS, "Kind": "application"}, "prefix"),
    ("aws.elb.access-logs", None, {**LOGS, "Kind": "classic"}, "bucket_prefix"),
    ("aws.elbv2.tls-policy", {"Listeners": []}, {"Listeners": [{**TLS, "SslPolicy": "p"}]}, "ssl_policy"),
    (
        "aws.elbv2.certificates",
        {"Listeners": []},
        {"Listeners": [{**TLS, "Certificate": "c"}]},
        "certificate_arn",
    ),
    ("aws.elbv2.http-redirect", {"Listeners": [HTTP]}, {"Listeners": [REDIRECT]}, "status_code"),
    ("aws.elb.listeners", {"Listeners": [WEB]}, {"Listeners": [SECURE]}, "ssl_certificate_id"),
    (
        "aws.cloudfront.viewer-protocol",
        None,
        {"Default": "https-only", "Behaviors": [{"PathPattern": "/*", "ViewerProtocolPolicy": "https-only"}]},
        "viewer_protocol_policy",
    ),
    (
        "aws.lambda.reserved-concurrency",
        None,
        {"ReservedConcurrentExecutions": 9},
        "reserved_concurrent_executions",
    ),
    ("aws.cloudfront.root-object", None, {"DefaultRootObject": "index.html"}, "default_root_object"),
]


def filled(id: str, before: Any, value: Any) -> Any:
    snippets = Snippets(content_folder("snippets") / "terraform")
    variables = {"value": value, "before": before}
    functions = {"ref": lambda type, name, attribute="id": f'"{name}"'}
    return snippets.fill(id, variables, functions, lambda text: None, folder="edits")


@pytest.mark.parametrize(("id", "before", "value", "says"), EDITS, ids=lambda one: str(one)[:24])
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str, before: Any, value: Any, says: str) -> None:
    """Only what is to be set stands there, and all of it is in the provider's schema."""
    (block,) = filled(id, before, value).blocks
    assert block.labels[0] in setting(id).terraform
    wrong = [one for one in schema.problems(block.to_write()) if " lacks " not in one]
    assert wrong == []
    parts = [block.to_write()]
    names = set()
    while parts:
        one = parts.pop()
        names |= {name for name, _ in one.attributes}
        parts += one.blocks
    assert says in names


@pytest.mark.parametrize(
    ("id", "before", "value", "why"),
    [
        (
            "aws.elbv2.http-redirect",
            {"Listeners": [{**HTTP, "Rules": [{"RuleArn": "r", "Actions": HTTP["Actions"]}]}]},
            {"Listeners": [{**REDIRECT, "Rules": [{"RuleArn": "r", "Actions": REDIRECT["Actions"]}]}]},
            "aws_lb_listener_rule",
        ),
        (
            "aws.elb.listeners",
            {"Listeners": [{**SECURE, "PolicyNames": []}]},
            {"Listeners": [{**SECURE, "PolicyNames": ["hipaa-tui-tls-1-2"]}]},
            "aws_load_balancer_policy",
        ),
    ],
)
def test_what_one_block_cannot_say_is_left_to_a_person(id: str, before: Any, value: Any, why: str) -> None:
    with pytest.raises(Refused, match=why):
        filled(id, before, value)
