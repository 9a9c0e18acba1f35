"""The public IPv4 addresses of an instance: Elastic ones, which stay the account's, and those that EC2 gives it.

The address that EC2 gave is taken away on the primary interface, without a stop, and does not come back at the next
start. Where an Elastic one goes, EC2 would give one in its place; so the giving is switched off first.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.ec2.instances import Instances, existing
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json, canonical_bytes

_ELASTIC: Final = ("AllocationId", "NetworkInterfaceId", "PrivateIpAddress", "PublicIp")
_ATTRIBUTE: Final = "associatePublicIpAddress"


class PublicAddresses(Setting):
    """{"Elastic": [{"AllocationId", "NetworkInterfaceId", "PrivateIpAddress", "PublicIp"}], "Automatic": bool, "Addresses": [all of today]}

    "Automatic" is whether EC2 gives the instance an address; only asked where it has any. ABSENT where the instance
    is terminated.
    """

    id = "aws.ec2.public-addresses"
    title = "Public IPv4 addresses"
    resource = Instances.name
    reads = operations("DescribeInstances", "DescribeAddresses", "DescribeNetworkInterfaceAttribute")
    writes = operations("ModifyNetworkInterfaceAttribute", "DisassociateAddress", "AssociateAddress")
    settle_seconds = 180.0
    terraform = ("aws_instance",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        instance = existing(cloud, target)
        if instance is None:
            return Reading(ABSENT)
        addresses = addresses_of(instance)
        primary = primary_of(instance)
        identity: dict[str, Json] = {"Arn": target.id, "InstanceId": target.name, "Primary": primary}
        value: dict[str, Any] = {"Elastic": [], "Automatic": False, "Addresses": addresses}
        if not addresses:
            return Reading(value, identity)
        interfaces = [str(one["NetworkInterfaceId"]) for one in instance.get("NetworkInterfaces") or []]
        asked = {"Filters": [{"Name": "network-interface-id", "Values": interfaces}]}
        found = cloud.call(call(target, "DescribeAddresses", **asked)).get("Addresses") or []
        value["Elastic"] = [{key: str(one.get(key) or "") for key in _ELASTIC} for one in found]
        identity["Associations"] = {str(one["AllocationId"]): str(one["AssociationId"]) for one in found}
        if primary:
            about = {"NetworkInterfaceId": primary, "Attribute": _ATTRIBUTE}
            told = cloud.call(call(target, "DescribeNetworkInterfaceAttribute", **about))
            value["Automatic"] = bool(told.get("AssociatePublicIpAddress"))
        return Reading(value, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = _by_id(before.value), _by_id(after)
        primary = before.identity["Primary"]
        switch = call(
            target,
            "ModifyNetworkInterfaceAttribute",
            NetworkInterfaceId=primary,
            AssociatePublicIpAddress=bool(after["Automatic"]),
        )
        turned = bool(after["Automatic"]) != bool(before.value["Automatic"])
        off = [switch] if turned and not after["Automatic"] else []
        gone = [
            call(target, "DisassociateAddress", AssociationId=before.identity["Associations"][id])
            for id in sorted(have.keys() - want.keys())
        ]
        back = [
            call(
                target,
                "AssociateAddress",
                AllocationId=id,
                NetworkInterfaceId=want[id]["NetworkInterfaceId"],
                PrivateIpAddress=want[id]["PrivateIpAddress"],
                # Whoever got the address meanwhile keeps it.
                AllowReassociation=False,
            )
            for id in sorted(want.keys() - have.keys())
        ]
        on = [switch] if turned and after["Automatic"] else []
        return [*off, *gone, *back, *on]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        have, want = _by_id(before), _by_id(after)
        now, automatic = dict(have), before["Automatic"] and after["Automatic"]
        stages = [{"Elastic": list(now.values()), "Automatic": automatic}]
        for id in sorted(have.keys() - want.keys()):
            del now[id]
            stages.append({"Elastic": list(now.values()), "Automatic": automatic})
        for id in sorted(want.keys() - have.keys()):
            now[id] = want[id]
            stages.append({"Elastic": list(now.values()), "Automatic": automatic})
        return stages

    def canonical(self, value: Json) -> Json:
        elastic = [{key: one.get(key, "") for key in _ELASTIC} for one in value["Elastic"]]
        return {"Elastic": sorted(elastic, key=canonical_bytes), "Automatic": bool(value["Automatic"])}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        elastic = {one["PublicIp"] for one in (before or {}).get("Elastic") or []}
        given = [one for one in (before or {}).get("Addresses") or [] if one not in elastic]
        if not given or (after or {}).get("Automatic"):
            return ""
        return f"{', '.join(given)} goes back to AWS: a rollback gives the instance another address"


def addresses_of(instance: Mapping[str, Any]) -> list[str]:
    """The public IPv4 addresses of all its interfaces, sorted."""
    found = {str(instance["PublicIpAddress"])} if instance.get("PublicIpAddress") else set()
    for interface in instance.get("NetworkInterfaces") or []:
        for one in (interface, *(interface.get("PrivateIpAddresses") or [])):
            if address := (one.get("Association") or {}).get("PublicIp"):
                found.add(str(address))
    return sorted(found)


def primary_of(instance: Mapping[str, Any]) -> str:
    """Its primary interface (eth0): "" where it has none."""
    for interface in instance.get("NetworkInterfaces") or []:
        where = interface.get("Attachment") or {}
        if where.get("DeviceIndex") == 0 and not where.get("NetworkCardIndex"):
            return str(interface["NetworkInterfaceId"])
    return ""


def _by_id(value: Json) -> dict[str, dict[str, Any]]:
    return {str(one["AllocationId"]): dict(one) for one in value["Elastic"]}


def without_public_addresses(current: Json, _wanted: Json) -> Json:
    """None at all. The Elastic ones stay the account's."""
    if current is ABSENT:
        raise ValueError("the instance is terminated")
    return {"Elastic": [], "Automatic": False, "Addresses": []}


SETTINGS = (PublicAddresses(),)
BUILDERS = {"without_public_addresses": without_public_addresses}
