"""Who is told when a bucket's objects change.

PutBucketNotificationConfiguration replaces all of it, so a value is always the whole.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.declared import Read, Write
from hipaa_tui.aws.s3.settings import BucketSetting
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
    reading = Read("s3", "GetBucketNotificationConfiguration", arguments={"Bucket": "{name}"})
    writing = Write(
        *("s3", "PutBucketNotificationConfiguration", "NotificationConfiguration"),
        # Destinations that were valid before are not asked again whether they accept events.
        {"Bucket": "{name}", "SkipDestinationValidation": True},
    )
    terraform = ("aws_s3_bucket_notification",)

    def value(self, found: Any) -> Json:
        # {} under EventBridgeConfiguration means that it is on.
        return {key: found[key] for key in _KINDS if found.get(key) not in (None, [])}

    def canonical(self, value: Json) -> Json:
        lists = {
            key: sorted(value[key], key=lambda one: str(one.get("Id")))
            for key in _KINDS[:3]
            if value.get(key)
        }
        return {**lists, "EventBridge": value.get("EventBridgeConfiguration") is not None}


SETTINGS = (EventNotifications(),)
