"""Event notifications of a bucket."""

from __future__ import annotations

from typing import Any

from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION


def target(type: str, id: str) -> Any:
    found = resource_type(type).target(id, ACCOUNT, REGION)
    assert found is not None
    return found


def test_a_bucket_tells_eventbridge_beside_whom_it_tells_already():
    one = setting("aws.s3.event-notifications")
    where = target("AWS::S3::Bucket", "records")
    first = {"TopicConfigurations": [{"Id": "b", "Events": []}, {"Id": "a", "Events": []}]}
    both = {**first, "EventBridgeConfiguration": {}}
    (call,) = one.write(where, Reading(first), both)
    assert call.arguments["NotificationConfiguration"] == both
    assert not one.same(first, both)
    assert one.same(first, {"TopicConfigurations": list(reversed(first["TopicConfigurations"]))})
    assert not one.same({}, {"EventBridgeConfiguration": {}})
