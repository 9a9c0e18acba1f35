"""What moto lacks of networks and notifications: a VPN's tunnels, that a bucket tells EventBridge, an alarm's history."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.vpn_connections import VPNConnection
from moto.s3.responses import S3Response

_DOWN = (("203.0.113.10", "IPSEC IS DOWN"), ("203.0.113.11", "IPSEC IS DOWN"))
_plain = S3Response.get_bucket_notification


def tunnels(_connection: Any) -> list[dict[str, Any]]:
    """As they are until the device on the other side answers: both down."""
    return [
        {"OutsideIpAddress": address, "Status": "DOWN", "StatusMessage": said, "AcceptedRouteCount": 0}
        for address, said in _DOWN
    ]


def get_bucket_notification(response: Any) -> Any:
    """s3:GetBucketNotificationConfiguration, with the element that says that EventBridge is told."""
    found = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if found is None:
        response.data["Action"] = "GetBucketNotificationConfiguration"
        return response.serialized(EmptyResult())
    if found.event_bridge is None or found.topic or found.queue or found.cloud_function:
        return _plain(response)
    response.data["Action"] = "GetBucketNotificationConfiguration"
    return response.serialized(ActionResult({"EventBridgeConfiguration": {}}))


def describe_alarm_history(response: Any) -> ActionResult:
    """cloudwatch:DescribeAlarmHistory of one alarm: its changes of state, the newest first."""
    alarm = response.cloudwatch_backend.alarms.get(response._get_param("AlarmName"))
    items = []
    if alarm is not None:
        # moto keeps what was before each change.
        states = [(value, when) for _, _, _, value, when in alarm.history]
        for before, after in pairwise([*states, (alarm.state_value, alarm.state_updated_timestamp)]):
            summary = f"Alarm updated from {before[0]} to {after[0]}"
            items.append(
                {
                    "AlarmName": alarm.name,
                    "AlarmType": "MetricAlarm",
                    "Timestamp": after[1],
                    "HistoryItemType": "StateUpdate",
                    "HistorySummary": summary,
                }
            )
    return ActionResult({"AlarmHistoryItems": items[::-1]})


def install() -> None:
    """Teach moto's EC2, S3 and CloudWatch."""
    CloudWatchResponse.describe_alarm_history = describe_alarm_history  # type: ignore[attr-defined]
    VPNConnection.vgw_telemetry = property(tunnels)  # type: ignore[attr-defined]
    S3Response.get_bucket_notification = get_bucket_notification  # type: ignore[method-assign, assignment]
