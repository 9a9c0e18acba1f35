"""EC2 instances, and how what runs on them asks for its own metadata and credentials.

Version 1 of the metadata service answers any request that reaches it, also one that an attacker makes a
program send; version 2 wants a token that such a request cannot bring.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Write, text
from hipaa_tui.aws.ec2.settings import call, tags_of
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Reading,
    ResourceType,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

_INSTANCE: Final = re.compile(r"i-[0-9a-f]+")
_GONE: Final = frozenset({"terminated", "shutting-down"})
_CHOSEN: Final = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint")
_DEFAULTS: Final = {"HttpTokens": "optional", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}
_MISSING: Final = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")


class Instances(ResourceType):
    name = "AWS::EC2::Instance"
    title = "EC2 instance"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = cloud.pages(Call("aws", "ec2", "DescribeInstances", {}, region), "Reservations")
        ids = [
            str(one["InstanceId"])
            for reservation in found
            if reservation.get("OwnerId", account) == account
            for one in reservation.get("Instances") or []
            if _state(one) not in _GONE
        ]
        targets = (self.target(id, account, region, partition) for id in ids)
        return [target for target in targets if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, name = arn.resource.partition("/")
            if (arn.service, kind) != ("ec2", "instance"):
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _INSTANCE.fullmatch(name):
            return None
        full = f"arn:{partition}:ec2:{region}:{account}:instance/{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(instance_of(cloud, target))


def _state(instance: Mapping[str, Any]) -> str:
    return str((instance.get("State") or {}).get("Name", ""))


def _terminated(instance: Any) -> bool:
    return _state(instance) in _GONE


INSTANCE: Final = Read(
    *("ec2", "DescribeInstances", "Reservations.0.Instances.0", {"InstanceIds": ["{name}"]}),
    gone=_MISSING,
    deleted=_terminated,
    empty="gone",
)
"""One instance as EC2 describes it; a terminated one is gone."""


class InstanceMetadata(Declared):
    """{"HttpTokens": "required" or "optional", "HttpPutResponseHopLimit": hops, "HttpEndpoint": "enabled" or "disabled", "Enclaves"?: true}

    "Enclaves" says that it can hold Nitro Enclaves, and is never compared. ABSENT where the instance is terminated.
    Tags in the metadata and IPv6 stay as they are.
    """

    id = "aws.ec2.instance-metadata"
    title = "Instance metadata service"
    resource = Instances.name
    reading = INSTANCE
    identity = {"Arn": "{id}"}
    identity_fields = {
        "InstanceId": text("InstanceId"),
        "ImageId": text("ImageId"),
        "InstanceType": text("InstanceType"),
        "SubnetId": text("SubnetId"),
        "VpcId": text("VpcId"),
        "State": text("State.Name"),
        "MetadataTags": text("MetadataOptions.InstanceMetadataTags"),
    }
    writing = Write("ec2", "ModifyInstanceMetadataOptions", arguments={"InstanceId": "{name}"})
    terraform = ("aws_instance",)

    def value(self, found: Any) -> Json:
        options = found.get("MetadataOptions") or {}
        chosen = {key: options[key] for key in _CHOSEN if options.get(key) not in (None, "")}
        enclaves = {"Enclaves": True} if has_enclaves(found) else {}
        return {**self.canonical(chosen), **enclaves}

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        profile = str((found.get("IamInstanceProfile") or {}).get("Arn", "")).rpartition("/")[2]
        return {**super().identity_of(target, found), "Profile": profile, "Tags": tags_of(found)}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        same = self.canonical(before.value or {}) == self.canonical(after)
        return [] if same else super().write(target, before, after)

    def sent(self, before: Reading, after: Json) -> Json:
        return self.canonical(after)

    def canonical(self, value: Json) -> Json:
        return {**_DEFAULTS, **{key: value[key] for key in _CHOSEN if key in value}}


def instance_of(cloud: Cloud, target: Target) -> Mapping[str, Any]:
    """The instance as EC2 describes it. Raises CloudError."""
    asked = call(target, "DescribeInstances", InstanceIds=[target.name])
    for reservation in cloud.call(asked)["Reservations"]:
        for one in reservation.get("Instances") or []:
            instance: Mapping[str, Any] = one
            return instance
    raise CloudError(_MISSING[0], f"there is no instance {target.name}", status=400, call=asked)


def existing(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """The instance as EC2 describes it; None where it is terminated or was never there. Raises CloudError."""
    found: Mapping[str, Any] | None = INSTANCE.ask(cloud, target)
    return found or None


def has_enclaves(instance: Mapping[str, Any]) -> bool:
    """Can it hold Nitro Enclaves? That is chosen when it is launched."""
    return bool((instance.get("EnclaveOptions") or {}).get("Enabled"))


def require_tokens(current: Json, arguments: Json) -> Json:
    """The current options with tokens required, and tokens let travel at least `hop_limit` hops; never fewer."""
    if current is ABSENT:
        raise ValueError("the instance is terminated")
    known = {**_DEFAULTS, **current}
    hops = max(int(known["HttpPutResponseHopLimit"]), int(arguments["hop_limit"]))
    return {**known, "HttpTokens": "required", "HttpPutResponseHopLimit": hops}


RESOURCE_TYPES = (Instances(),)
SETTINGS = (InstanceMetadata(),)
BUILDERS = {"require_tokens": require_tokens}
