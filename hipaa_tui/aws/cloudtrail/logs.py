"""Where a trail delivers its events a second time: to a log group, where alarms can watch them."""

from __future__ import annotations

from hipaa_tui.aws.cloudtrail.settings import Trails, call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_GROUP, _ROLE = "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"


class TrailLogs(Setting):
    """{"CloudWatchLogsLogGroupArn": ends with ":*", "CloudWatchLogsRoleArn"}; ABSENT where there is none."""

    id = "aws.cloudtrail.cloudwatch-logs"
    title = "Delivery to CloudWatch Logs"
    resource = Trails.name
    reads = (Operation("cloudtrail", "GetTrail"),)
    writes = (Operation("cloudtrail", "UpdateTrail", also=("iam:PassRole",)),)
    removes = (Operation("cloudtrail", "UpdateTrail"),)
    settle_seconds = 60.0
    # IAM takes a moment to let CloudTrail see a new role.
    retry_codes = ("InvalidCloudWatchLogsRoleArnException", "InvalidCloudWatchLogsLogGroupArnException")
    terraform = ("aws_cloudtrail",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            trail = cloud.call(call(target, "GetTrail", Name=target.id))["Trail"]
        except CloudError as error:
            return absent_on(("TrailNotFoundException",), error)
        identity = {"Name": target.name, "Arn": target.id}
        if not trail.get(_GROUP):
            return Reading(ABSENT, identity)
        return Reading({_GROUP: str(trail[_GROUP]), _ROLE: str(trail.get(_ROLE) or "")}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "UpdateTrail", Name=target.id, **{_GROUP: after[_GROUP], _ROLE: after[_ROLE]})]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "UpdateTrail", Name=target.id, **{_GROUP: "", _ROLE: ""})]


SETTINGS = (TrailLogs(),)
