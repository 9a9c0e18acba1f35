"""Who is told when a bucket's objects change.

PutBucketNotificationConfiguration replaces all of it, so a value is always the whole.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.s3.settings import BucketSetting, call
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Target
from hipaa_tui.support.json_value import Json

_KINDS: Final = (
    "TopicConfigurations",
    "QueueConfigurations",
    "LambdaFunctionConfigurations",
    "EventBridgeConfiguration",
)


class EventNotifications(BucketSetting):
    """{"TopicConfigurations"?, "QueueConfigurations"?, "LambdaFunctionConfigurations"?, "EventBridgeConfiguration"?}"""

    id = "aws.s3.event-notifications"
    title = "Event notifications"
    reads = (Operation("s3", "GetBucketNotificationConfiguration"),)
    writes = (Operation("s3", "PutBucketNotificationConfiguration"),)
    terraform = ("aws_s3_bucket_notification",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call(target, "GetBucketNotificationConfiguration"))
        # {} under EventBridgeConfiguration means that it is on.
        value = {key: found[key] for key in _KINDS if found.get(key) not in (None, [])}
        return Reading(value, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given = {"NotificationConfiguration": after}
        # What was told before is not asked again whether it may be told.
        return [call(target, "PutBucketNotificationConfiguration", **given, SkipDestinationValidation=True)]

    def canonical(self, value: Json) -> Json:
        lists = {
            key: sorted(value[key], key=lambda one: str(one.get("Id")))
            for key in _KINDS[:3]
            if value.get(key)
        }
        return {**lists, "EventBridge": value.get("EventBridgeConfiguration") is not None}


SETTINGS = (EventNotifications(),)
