"""cloudtrail:DescribeTrails says whether a trail has selectors of its own, and one kind of selectors replaces the other.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Trail.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

from typing import Any

from moto.cloudtrail.models import Trail

_put, _describe = Trail.put_event_selectors, Trail.description
_PLAIN = {"ReadWriteType": "All", "IncludeManagementEvents": True}


def put_event_selectors(
    trail: Trail, event_selectors: list[dict[str, Any]], advanced_event_selectors: list[dict[str, Any]]
) -> None:
    """The method of moto's Trail, without what the new selectors replace."""
    _put(trail, event_selectors, advanced_event_selectors)
    if event_selectors:
        trail.advanced_event_selectors = []


def description(trail: Trail, include_region: bool = False) -> dict[str, Any]:
    """The method of moto's Trail, with the flag as AWS sets it."""
    custom = bool(trail.advanced_event_selectors) or any(
        {key: value for key, value in one.items() if value} != _PLAIN for one in trail.event_selectors
    )
    return {**_describe(trail, include_region), "HasCustomEventSelectors": custom}


def install() -> None:
    """Teach moto's CloudTrail."""
    Trail.put_event_selectors = put_event_selectors  # type: ignore[method-assign, assignment]
    Trail.description = description  # type: ignore[method-assign, assignment]
