"""Where a trail delivers its events a second time: to a log group, where alarms can watch them."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloudtrail.settings import Trails
from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.support.json_value import ABSENT, Json

_GROUP, _ROLE = "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"


class TrailLogs(Declared):
    """{"CloudWatchLogsLogGroupArn": ends with ":*", "CloudWatchLogsRoleArn"}; ABSENT where there is none."""

    id = "aws.cloudtrail.cloudwatch-logs"
    title = "Delivery to CloudWatch Logs"
    resource = Trails.name
    reading = Read(*("cloudtrail", "GetTrail", "Trail", {"Name": "{id}"}), gone=("TrailNotFoundException",))
    identity = {"Name": "{name}", "Arn": "{id}"}
    writing = Write(
        *("cloudtrail", "UpdateTrail"),
        arguments={"Name": "{id}"},
        sends=(_GROUP, _ROLE),
        also=("iam:PassRole",),
    )
    removing = Remove("cloudtrail", "UpdateTrail", arguments={"Name": "{id}", _GROUP: "", _ROLE: ""})
    settle_seconds = 60.0
    # IAM takes a moment to let CloudTrail see a new role.
    retry_codes = ("InvalidCloudWatchLogsRoleArnException", "InvalidCloudWatchLogsLogGroupArnException")
    terraform = ("aws_cloudtrail",)

    def value(self, found: Any) -> Json:
        if not found.get(_GROUP):
            return ABSENT
        return {_GROUP: str(found[_GROUP]), _ROLE: str(found.get(_ROLE) or "")}


SETTINGS = (TrailLogs(),)
