"""AWS Config in one region: the recorder, where it delivers to, and whether it runs.

A region has at most one recorder and one channel of the customer's own. A channel needs the recorder before it, and
the recorder starts only with a channel, so that these are three settings, brought about in this order.
https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Either, Read, Remove, Write
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch, call
from hipaa_tui.providers.model import Cloud, Operation, Reading, Target
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


_RECORDERS: Final = Read("config", "DescribeConfigurationRecorders", "ConfigurationRecorders")


class Recorder(Declared):
    """{"roleARN", "recordingGroup", "recordingMode"?} of the customer's own recorder; its name is the identity."""

    id = "aws.config.recorder"
    title = "Configuration recorder"
    resource = ConfigurationRecorders.name
    reading = _RECORDERS
    writing = Write("config", "PutConfigurationRecorder", "ConfigurationRecorder", also=("iam:PassRole",))
    removing = Remove("config", "DeleteConfigurationRecorder", "ConfigurationRecorderName", sends="")
    # A service-linked role that was made a moment ago.
    retry_codes = ("InvalidRoleException", "InsufficientPermissionsException")
    terraform = ("aws_config_configuration_recorder",)

    def value(self, found: Any) -> Json:
        recorder = _own(found)
        names = ("roleARN", "recordingGroup", "recordingMode")
        return {name: recorder[name] for name in names if recorder.get(name)} if recorder else ABSENT

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        recorder = _own(found)
        return {"Name": recorder["name"]} if recorder else {}

    def sent(self, before: Reading, after: Json) -> Json:
        return {"name": _name(before), **after}

    def sent_to_remove(self, before: Reading) -> Json:
        return _name(before)

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


def _name(before: Reading) -> str:
    """The name of the recorder or channel that stood, or of the one to make."""
    return str(before.identity.get("Name") or _DEFAULT)


def _own(recorders: Any) -> Mapping[str, Any] | None:
    """The customer's own recorder; those that AWS services keep for themselves are theirs."""
    return next((one for one in recorders or [] if not one.get("servicePrincipal")), None)


class DeliveryChannel(Declared):
    """{"s3BucketName", "s3KeyPrefix"?, "s3KmsKeyArn"?, "snsTopicARN"?, "configSnapshotDeliveryProperties"?}"""

    id = "aws.config.delivery-channel"
    title = "Delivery channel"
    resource = ConfigurationRecorders.name
    reading = Read("config", "DescribeDeliveryChannels", "DeliveryChannels.0", empty="gone")
    writing = Write("config", "PutDeliveryChannel", "DeliveryChannel")
    removing = Remove("config", "DeleteDeliveryChannel", "DeliveryChannelName", sends="")
    # A bucket and its policy that were written a moment ago.
    retry_codes = ("NoSuchBucketException", "InsufficientDeliveryPolicyException")
    terraform = ("aws_config_delivery_channel",)

    def value(self, found: Any) -> Json:
        return {key: item for key, item in found.items() if key != "name"}

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        return {"Name": found.get("name", _DEFAULT)}

    def sent(self, before: Reading, after: Json) -> Json:
        return {"name": _name(before), **after}

    def sent_to_remove(self, before: Reading) -> Json:
        return _name(before)

    def canonical(self, value: Json) -> Json:
        return {key: item for key, item in value.items() if item not in _NOT_COMPARED}


class Recording(Declared):
    """{"Recording": bool, "LastStatus"?: text}; ABSENT where there is no recorder. The status is never written."""

    id = "aws.config.recording"
    title = "Recorder runs"
    resource = ConfigurationRecorders.name
    reads = _operations("DescribeConfigurationRecorders", "DescribeConfigurationRecorderStatus")
    writing = Either(
        lambda _before, after: bool(after["Recording"]),
        then=Write("config", "StartConfigurationRecorder", "ConfigurationRecorderName"),
        otherwise=Write("config", "StopConfigurationRecorder", "ConfigurationRecorderName"),
    )
    removing = Remove("config", "StopConfigurationRecorder", "ConfigurationRecorderName", sends="")
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

    def sent(self, before: Reading, after: Json) -> Json:
        return _name(before)

    def sent_to_remove(self, before: Reading) -> Json:
        return _name(before)

    def canonical(self, value: Json) -> Json:
        return {"Recording": bool(value.get("Recording"))}

    def same(self, one: Json, other: Json) -> bool:
        """A recorder that does not run is as good as none: what is put back first is that it stops."""
        return self._runs(one) is self._runs(other)

    def _runs(self, value: Json) -> bool:
        return value is not ABSENT and bool(value.get("Recording"))


class ConformancePacks(Declared):
    """{"Hipaa": [names of packs that speak of HIPAA], "Others": how many more}. Read-only."""

    id = "aws.config.conformance-packs"
    title = "Conformance packs"
    resource = ConfigurationRecorders.name
    reading = Read("config", "DescribeConformancePacks", "ConformancePackDetails", pages=True)
    read_only = "the pack's template is chosen and read by a person: see the playbook's steps"

    def value(self, found: Any) -> Json:
        names = sorted(str(one["ConformancePackName"]) for one in found)
        hipaa = [name for name in names if "hipaa" in name.lower()]
        return {"Hipaa": hipaa, "Others": len(names) - len(hipaa)}


def recorder_of(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """The customer's own recorder of the region; None where there is none. Raises CloudError."""
    return _own(_RECORDERS.answer(cloud, target))


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
