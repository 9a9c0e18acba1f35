"""Load balancers and their listeners as Terraform: arguments of their blocks, and what one block cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.patches.blocks.snippets import Refused
from tests.aws.patches import arguments_of, edit

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/portal/1/2"
TLS = {"ListenerArn": ARN, "Port": 443, "Protocol": "HTTPS"}
HTTP = {"ListenerArn": ARN, "Port": 80, "Actions": [{"Type": "forward"}], "Rules": [], "Redirects": False}
TO = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
REDIRECT = {**HTTP, "Actions": [{"Type": "redirect", "RedirectConfig": TO}], "Redirects": True}
WEB = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 80}
SECURE = {**WEB, "Protocol": "HTTPS", "LoadBalancerPort": 443, "SSLCertificateId": "arn:aws:acm:x"}
LOGS = {"Enabled": True, "Bucket": "logs", "Prefix": "elb"}


@pytest.mark.parametrize(
    ("id", "before", "value", "says"),
    [
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
    ],
    ids=lambda one: str(one)[:24],
)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str, before: Any, value: Any, says: str) -> None:
    assert says in arguments_of(edit(id, value, before))


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
        edit(id, value, before)
