"""Where a web ACL writes down which requests it let through and refused.

https://docs.aws.amazon.com/waf/latest/developerguide/logging.html
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.wafv2.settings import WebAcls
from hipaa_tui.support.json_value import Json

_CHOSEN: Final = ("LogDestinationConfigs", "RedactedFields", "LoggingFilter")


class WebAclLogging(Declared):
    """{"LogDestinationConfigs": [ARN], "RedactedFields"?, "LoggingFilter"?}; ABSENT where nothing is logged."""

    id = "aws.wafv2.logging"
    title = "Log of requests"
    resource = WebAcls.name
    reading = Read(
        *("wafv2", "GetLoggingConfiguration", "LoggingConfiguration", {"ResourceArn": "{id}"}),
        absent=("WAFNonexistentItemException",),
    )
    identity = {"ResourceArn": "{id}"}
    known_before = True
    writing = Write(
        *("wafv2", "PutLoggingConfiguration", "LoggingConfiguration"),
        {"LoggingConfiguration": {"ResourceArn": "{id}"}},
        also=(
            *("logs:CreateLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies"),
            *("logs:PutResourcePolicy", "iam:CreateServiceLinkedRole"),
        ),
    )
    removing = Remove(
        *("wafv2", "DeleteLoggingConfiguration"),
        arguments={"ResourceArn": "{id}"},
        also=("logs:DeleteLogDelivery",),
    )
    # WAF writes the log group's policy itself, which takes a moment to hold.
    retry_codes = ("WAFLogDestinationPermissionIssueException", "WAFServiceLinkedRoleErrorException")
    terraform = ("aws_wafv2_web_acl_logging_configuration",)

    def value(self, found: Any) -> Json:
        return {key: found[key] for key in _CHOSEN if found.get(key)}

    def canonical(self, value: Json) -> Json:
        arns = [arn.removesuffix(":*") for arn in value.get("LogDestinationConfigs") or []]
        return {**{key: value[key] for key in _CHOSEN if value.get(key)}, "LogDestinationConfigs": arns}


SETTINGS = (WebAclLogging(),)
