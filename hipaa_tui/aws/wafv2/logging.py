"""Where a web ACL writes down which requests it let through and refused.

https://docs.aws.amazon.com/waf/latest/developerguide/logging.html
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.resource_types.region_switch import call
from hipaa_tui.aws.wafv2.settings import WebAcls
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import Json

_CHOSEN: Final = ("LogDestinationConfigs", "RedactedFields", "LoggingFilter")


class WebAclLogging(Setting):
    """{"LogDestinationConfigs": [ARN], "RedactedFields"?, "LoggingFilter"?}; ABSENT where nothing is logged."""

    id = "aws.wafv2.logging"
    title = "Log of requests"
    resource = WebAcls.name
    reads = (Operation("wafv2", "GetLoggingConfiguration"),)
    writes = (
        Operation(
            "wafv2",
            "PutLoggingConfiguration",
            also=(
                *("logs:CreateLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies"),
                *("logs:PutResourcePolicy", "iam:CreateServiceLinkedRole"),
            ),
        ),
    )
    removes = (Operation("wafv2", "DeleteLoggingConfiguration", also=("logs:DeleteLogDelivery",)),)
    # WAF writes the log group's policy itself, which takes a moment to hold.
    retry_codes = ("WAFLogDestinationPermissionIssueException", "WAFServiceLinkedRoleErrorException")
    terraform = ("aws_wafv2_web_acl_logging_configuration",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call("wafv2", target, "GetLoggingConfiguration", ResourceArn=target.id))
        except CloudError as error:
            gone = absent_on(("WAFNonexistentItemException",), error)
            return Reading(gone.value, {"ResourceArn": target.id})
        logging = found["LoggingConfiguration"]
        value = {key: logging[key] for key in _CHOSEN if logging.get(key)}
        return Reading(value, {"ResourceArn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        logging = {"ResourceArn": target.id, **after}
        return [call("wafv2", target, "PutLoggingConfiguration", LoggingConfiguration=logging)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call("wafv2", target, "DeleteLoggingConfiguration", ResourceArn=target.id)]

    def canonical(self, value: Json) -> Json:
        arns = [arn.removesuffix(":*") for arn in value.get("LogDestinationConfigs") or []]
        return {**{key: value[key] for key in _CHOSEN if value.get(key)}, "LogDestinationConfigs": arns}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"ResourceArn": target.id}


SETTINGS = (WebAclLogging(),)
