"""Which events a trail records beyond the management events: who read and wrote which object.

PutEventSelectors replaces all selectors of a trail, so a value is always the whole of them. Basic selectors
cannot leave a bucket out, and the bucket that the trail writes to has to be left out: each file that is
delivered would be an event that makes another file. So what is added is an advanced selector, and the
basic ones that stand there are said again as advanced ones that mean the same.
(AWS CloudTrail User Guide, "Logging data events"; a trail has basic or advanced selectors, never both.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.aws.cloudtrail.settings import Trails, call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json, at, canonical_bytes

BASIC: Final = "EventSelectors"
ADVANCED: Final = "AdvancedEventSelectors"
OBJECTS: Final = "ObjectEvents"
"""What the trail records of S3 objects: none, read, write or all. For predicates; never compared or written."""
ELSEWHERE: Final = "ObjectEventsElsewhere"
"""What the other multi-region trails record of them: the same words."""
S3_OBJECT: Final = "AWS::S3::Object"
OWN_NAME: Final = "hipaa-tui: S3 objects"
_DEFAULT: Final[dict[str, Json]] = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}
"""What a trail records where nobody says anything: all management events, no data events."""
_READ_ONLY: Final = {"ReadOnly": "true", "WriteOnly": "false"}
_EVERYTHING: Final = ("arn:{p}:s3", "arn:{p}:s3:::", "arn:{p}:lambda", "arn:{p}:dynamodb")
_TESTS: Final = ("Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("cloudtrail", name) for name in names)


class EventSelectors(Setting):
    """{"EventSelectors": […]} or {"AdvancedEventSelectors": […]}, with what they record of S3 objects."""

    id = "aws.cloudtrail.event-selectors"
    title = "Recorded events"
    resource = Trails.name
    reads = _operations("GetEventSelectors", "GetTrail", "DescribeTrails", "GetTrailStatus")
    writes = _operations("PutEventSelectors")
    settle_seconds = 60.0
    terraform = ("aws_cloudtrail",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            value = selectors_of(cloud, target, target.id)
            trail = cloud.call(call(target, "GetTrail", Name=target.id))["Trail"]
        except CloudError as error:
            return absent_on(("TrailNotFoundException",), error)
        value[OBJECTS] = recorded(value)
        value[ELSEWHERE] = self._elsewhere(cloud, target)
        kept = ("Name", "S3BucketName", "S3KeyPrefix", "IsMultiRegionTrail")
        identity = {key: trail[key] for key in kept if trail.get(key) not in (None, "")}
        return Reading(value, {"Arn": target.id, **identity})

    def _elsewhere(self, cloud: Cloud, target: Target) -> str:
        """Of trails that somebody else runs, or that are switched off, nothing is known."""
        seen = cloud.call(call(target, "DescribeTrails", includeShadowTrails=True)).get("trailList") or []
        found = []
        for one in seen:
            arn = str(one["TrailARN"])
            if arn == target.id or not one.get("IsMultiRegionTrail"):
                continue
            # Selectors are asked for where the trail is at home.
            home = Target(
                "aws", Trails.name, target.account, str(one.get("HomeRegion") or target.region), arn, arn
            )
            try:
                if cloud.call(call(home, "GetTrailStatus", Name=arn)).get("IsLogging"):
                    found.append(recorded(selectors_of(cloud, home, arn)))
            except CloudError as error:
                if not error.denied and error.code != "TrailNotFoundException":
                    raise
        return _together(found)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError(f"there is no trail {target.name}: it has been deleted since the report")
        kind = ADVANCED if after.get(ADVANCED) else BASIC
        return [call(target, "PutEventSelectors", TrailName=target.id, **{kind: after[kind]})]

    def canonical(self, value: Json) -> Json:
        if value.get(ADVANCED):
            return {ADVANCED: sorted((meaning(one) for one in value[ADVANCED]), key=canonical_bytes)}
        return {BASIC: [{**_DEFAULT, **one} for one in value.get(BASIC) or [_DEFAULT]]}


def selectors_of(cloud: Cloud, where: Target, arn: str) -> dict[str, Json]:
    """The selectors of one kind or the other, the default's where there are none. Raises CloudError."""
    found = cloud.call(call(where, "GetEventSelectors", TrailName=arn))
    if found.get(BASIC):
        return {BASIC: found[BASIC]}
    return {ADVANCED: found[ADVANCED]} if found.get(ADVANCED) else {BASIC: [dict(_DEFAULT)]}


def recorded(value: Json) -> str:
    """What the selectors record of all S3 objects: none, read, write or all. A part of the buckets is none."""
    found = []
    for one in value.get(ADVANCED) or []:
        tests = fields(one)
        allowed = {"eventCategory", "resources.type", "readOnly", "resources.ARN"}
        if not about_objects(tests) or not set(tests) <= allowed:
            continue
        if any(key in tests.get("resources.ARN", {}) for key in ("Equals", "StartsWith", "EndsWith")):
            continue
        only = at(tests, "readOnly")
        found.append({"true": "read", "false": "write"}.get((only or {}).get("Equals", [""])[0], "all"))
    for one in [] if value.get(ADVANCED) else value.get(BASIC) or []:
        of_all = any(
            data.get("Type") == S3_OBJECT and any(_everything(str(name)) for name in data.get("Values") or [])
            for data in one.get("DataResources") or []
        )
        if of_all:
            words = {"ReadOnly": "read", "WriteOnly": "write"}
            found.append(words.get(str(one.get("ReadWriteType")), "all"))
    return _together(found)


def fields(selector: Mapping[str, Any]) -> dict[str, Any]:
    """The tests of an advanced selector by their field. ("resources.ARN" is one name.)"""
    return {str(one["Field"]): one for one in selector.get("FieldSelectors") or []}


def about_objects(tests: Mapping[str, Any]) -> bool:
    """Is the advanced selector about data events of S3 objects?"""
    return (tests.get("eventCategory") or {}).get("Equals") == ["Data"] and S3_OBJECT in (
        (tests.get("resources.type") or {}).get("Equals") or []
    )


def _together(found: Iterable[str]) -> str:
    have = set(found) - {"none"}
    if "all" in have or {"read", "write"} <= have:
        return "all"
    return next(iter(have), "none")


def _everything(value: str) -> bool:
    partition = value.split(":")[1] if value.startswith("arn:") and ":" in value[4:] else ""
    return value in {form.format(p=partition) for form in _EVERYTHING}


def meaning(selector: Mapping[str, Any]) -> dict[str, Json]:
    """An advanced selector in one form; its name is only a name."""
    tests = [
        {"Field": one["Field"], **{test: sorted(one[test]) for test in _TESTS if one.get(test)}}
        for one in selector.get("FieldSelectors") or []
    ]
    return {"FieldSelectors": sorted(tests, key=canonical_bytes)}


def advanced(value: Json) -> list[dict[str, Json]]:
    """The selectors as advanced ones that mean the same."""
    if value.get(ADVANCED):
        return list(value[ADVANCED])
    return [new for one in value.get(BASIC) or [_DEFAULT] for new in _said_again({**_DEFAULT, **one})]


def _said_again(basic: Mapping[str, Any]) -> Iterable[dict[str, Json]]:
    only = _READ_ONLY.get(str(basic["ReadWriteType"]))
    narrowed: list[Json] = [{"Field": "readOnly", "Equals": [only]}] if only else []
    if basic["IncludeManagementEvents"]:
        left_out = list(basic["ExcludeManagementEventSources"] or [])
        tests: list[Json] = [{"Field": "eventCategory", "Equals": ["Management"]}, *narrowed]
        if left_out:
            tests.append({"Field": "eventSource", "NotEquals": left_out})
        yield {"Name": "Management events", "FieldSelectors": tests}
    for data in basic["DataResources"] or []:
        kind, values = str(data["Type"]), [str(one) for one in data.get("Values") or []]
        tests = [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": [kind]},
            *narrowed,
        ]
        if not any(_everything(one) for one in values):
            # Of S3 a basic selector names beginnings of objects' names, of all else one resource.
            test = "StartsWith" if kind == S3_OBJECT else "Equals"
            tests.append({"Field": "resources.ARN", test: values})
        yield {"Name": f"Data events of {kind}"[:1000], "FieldSelectors": tests}


def with_object_events(current: Json, wanted: Json) -> Json:
    """The selectors with one more, for the objects of all buckets but the trail's own.

    `wanted` is {"partition", "log_bucket", "writes_only"}.
    """
    if current is ABSENT:
        raise ValueError("there is no such trail any more")
    bucket = str(wanted.get("log_bucket") or "")
    if not bucket:
        raise ValueError("the trail has no bucket, so there is nothing to leave out")
    tests: list[Json] = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": [S3_OBJECT]},
        {"Field": "resources.ARN", "NotStartsWith": [f"arn:{wanted['partition']}:s3:::{bucket}/"]},
    ]
    if wanted.get("writes_only"):
        tests.insert(2, {"Field": "readOnly", "Equals": ["false"]})
    own = {"Name": OWN_NAME, "FieldSelectors": tests}
    have = [one for one in advanced(current) if one.get("Name") != OWN_NAME]
    value = {ADVANCED: [*have, own], ELSEWHERE: current.get(ELSEWHERE, "none")}
    return {**value, OBJECTS: recorded(value)}


SETTINGS = (EventSelectors(),)
BUILDERS = {"with_object_events": with_object_events}
