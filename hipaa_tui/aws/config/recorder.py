"""AWS Config in one region: the recorder, where it delivers to, and whether it runs.

A region has at most one recorder and one channel of the customer's own. A channel needs the recorder before it, and
the recorder starts only with a channel, so that these are three settings, brought about in this order.
https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.resource_types.region_switch import RegionSwitch, call
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_ALL: Final = "ALL_SUPPORTED_RESOURCE_TYPES"
_DEFAULT: Final = "default"
_NOT_COMPARED: Final[tuple[Json, ...]] = ("", None, [], {}, {"resourceTypes": []})


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("config", name) for name in names)


class ConfigurationRecorders(RegionSwitch):
    name = "AWS::Config::ConfigurationRecorder"
    title = "AWS Config"
    service = "config"
    kind = "recorder"
    also = ("configuration-recorder",)
    said = "AWS Config"
    lists = _operations("DescribeConfigurationRecorders")


class Recorder(Setting):
    """{"roleARN", "recordingGroup", "recordingMode"?} of the customer's own recorder; its name is the identity."""

    id = "aws.config.recorder"
    title = "Configuration recorder"
    resource = ConfigurationRecorders.name
    reads = _operations("DescribeConfigurationRecorders")
    writes = (Operation("config", "PutConfigurationRecorder", also=("iam:PassRole",)),)
    removes = _operations("DeleteConfigurationRecorder")
    # A service-linked role that was made a moment ago.
    retry_codes = ("InvalidRoleException", "InsufficientPermissionsException")
    terraform = ("aws_config_configuration_recorder",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = recorder_of(cloud, target)
        if found is None:
            return Reading(ABSENT)
        value = {key: found[key] for key in ("roleARN", "recordingGroup", "recordingMode") if found.get(key)}
        return Reading(value, {"Name": found["name"]})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        recorder = {"name": before.identity.get("Name") or _DEFAULT, **after}
        return [call("config", target, "PutConfigurationRecorder", ConfigurationRecorder=recorder)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        name = str(before.identity.get("Name") or _DEFAULT)
        return [call("config", target, "DeleteConfigurationRecorder", ConfigurationRecorderName=name)]

    def canonical(self, value: Json) -> Json:
        # The service fills in what follows from the strategy, and leaves out what is empty.
        group = {k: v for k, v in (value.get("recordingGroup") or {}).items() if v not in _NOT_COMPARED}
        if group.get("allSupported"):
            group["recordingStrategy"] = {"useOnly": _ALL}
        for flag in ("allSupported", "includeGlobalResourceTypes"):
            group[flag] = bool(group.get(flag))
        for key in ("resourceTypes",):
            if key in group:
                group[key] = sorted(group[key])
        mode = value.get("recordingMode") or {"recordingFrequency": "CONTINUOUS"}
        return {"roleARN": value.get("roleARN"), "recordingGroup": group, "recordingMode": mode}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {}


class DeliveryChannel(Setting):
    """{"s3BucketName", "s3KeyPrefix"?, "s3KmsKeyArn"?, "snsTopicARN"?, "configSnapshotDeliveryProperties"?}"""

    id = "aws.config.delivery-channel"
    title = "Delivery channel"
    resource = ConfigurationRecorders.name
    reads = _operations("DescribeDeliveryChannels")
    writes = _operations("PutDeliveryChannel")
    removes = _operations("DeleteDeliveryChannel")
    # A bucket and its policy that were written a moment ago.
    retry_codes = ("NoSuchBucketException", "InsufficientDeliveryPolicyException")
    terraform = ("aws_config_delivery_channel",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call("config", target, "DescribeDeliveryChannels")).get("DeliveryChannels") or []
        if not found:
            return Reading(ABSENT)
        channel = dict(found[0])
        return Reading(channel, {"Name": channel.pop("name", _DEFAULT)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        channel = {"name": before.identity.get("Name") or _DEFAULT, **after}
        return [call("config", target, "PutDeliveryChannel", DeliveryChannel=channel)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        name = str(before.identity.get("Name") or _DEFAULT)
        return [call("config", target, "DeleteDeliveryChannel", DeliveryChannelName=name)]

    def canonical(self, value: Json) -> Json:
        return {key: item for key, item in value.items() if item not in _NOT_COMPARED}


class Recording(Setting):
    """{"Recording": bool, "LastStatus"?: text}; ABSENT where there is no recorder. The status is only for looking."""

    id = "aws.config.recording"
    title = "Recorder runs"
    resource = ConfigurationRecorders.name
    reads = _operations("DescribeConfigurationRecorders", "DescribeConfigurationRecorderStatus")
    writes = _operations("StartConfigurationRecorder", "StopConfigurationRecorder")
    removes = _operations("StopConfigurationRecorder")
    terraform = ("aws_config_configuration_recorder_status",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        recorder = recorder_of(cloud, target)
        if recorder is None:
            return Reading(ABSENT)
        asked = {"ConfigurationRecorderNames": [recorder["name"]]}
        answer = cloud.call(call("config", target, "DescribeConfigurationRecorderStatus", **asked))
        status = (answer.get("ConfigurationRecordersStatus") or [{}])[0]
        value: dict[str, Json] = {"Recording": bool(status.get("recording"))}
        if status.get("lastStatus"):
            value["LastStatus"] = status["lastStatus"]
        return Reading(value, {"Name": recorder["name"]})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        operation = "StartConfigurationRecorder" if after["Recording"] else "StopConfigurationRecorder"
        name = before.identity.get("Name") or _DEFAULT
        return [call("config", target, operation, ConfigurationRecorderName=name)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return self.write(target, before, {"Recording": False})

    def canonical(self, value: Json) -> Json:
        return {"Recording": bool(value.get("Recording"))}

    def same(self, one: Json, other: Json) -> bool:
        """A recorder that does not run is as good as none: what is put back first is that it stops."""
        return self._runs(one) is self._runs(other)

    def _runs(self, value: Json) -> bool:
        return value is not ABSENT and bool(value.get("Recording"))


class ConformancePacks(Setting):
    """{"Hipaa": [names of packs that speak of HIPAA], "Others": how many more}. Only for looking."""

    id = "aws.config.conformance-packs"
    title = "Conformance packs"
    resource = ConfigurationRecorders.name
    reads = _operations("DescribeConformancePacks")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        listed = cloud.pages(call("config", target, "DescribeConformancePacks"), "ConformancePackDetails")
        names = sorted(str(one["ConformancePackName"]) for one in listed)
        found = [name for name in names if "hipaa" in name.lower()]
        return Reading({"Hipaa": found, "Others": len(names) - len(found)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("the pack's template is chosen and read by a person: see the playbook's steps")


def recorder_of(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """The customer's own recorder of the region; those that AWS services keep for themselves are theirs."""
    answer = cloud.call(call("config", target, "DescribeConfigurationRecorders"))
    own = [one for one in answer.get("ConfigurationRecorders") or [] if not one.get("servicePrincipal")]
    return own[0] if own else None


def with_recorder(current: Json, wanted: Json) -> Json:
    """The recorder, recording every supported type; what is there keeps its role, its mode and its name.

    `wanted` is {"roleARN", "home": is this the region that records IAM as well}. A recorder that leaves out
    types by name was made so by somebody who knows what they cost; it is left as it is.
    """
    there: dict[str, Any] = {} if current is ABSENT else dict(current)
    group = there.get("recordingGroup") or {}
    if (group.get("recordingStrategy") or {}).get("useOnly") == "EXCLUSION_BY_RESOURCE_TYPES":
        return current
    everywhere = str(wanted.get("home")) == "yes" or bool(group.get("includeGlobalResourceTypes"))
    return {
        **there,
        "roleARN": there.get("roleARN") or wanted["roleARN"],
        "recordingGroup": {
            "allSupported": True,
            "includeGlobalResourceTypes": everywhere,
            "recordingStrategy": {"useOnly": _ALL},
        },
    }


RESOURCE_TYPES = (ConfigurationRecorders(),)
SETTINGS = (Recorder(), DeliveryChannel(), Recording(), ConformancePacks())
BUILDERS = {"with_recorder": with_recorder}
