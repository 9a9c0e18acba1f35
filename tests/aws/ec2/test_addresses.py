"""Public addresses of an instance go and come back."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.registry import builders, resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.ec2 import estate_instances as instances
from tests.aws.guards import do
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

INSTANCE = "AWS::EC2::Instance"
ADDRESSES = "aws.ec2.public-addresses"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


def test_an_elastic_address_and_a_given_one_go_and_come_back(aws):
    """EC2 gives no other address in place of the Elastic one, since that is switched off first."""
    place = Place(aws)
    made = instances.launch(aws, place.subnet, "both", AssociatePublicIpAddress=True)
    address = do(aws, "ec2", "AllocateAddress", Domain="vpc")
    do(aws, "ec2", "AssociateAddress", AllocationId=address["AllocationId"], InstanceId=made["InstanceId"])
    one, where = setting(ADDRESSES), target(INSTANCE, made["InstanceId"])
    before = one.read(aws, where)
    assert (before.value["Automatic"], before.value["Addresses"]) == (True, [address["PublicIp"]])
    after = builders()["without_public_addresses"](before.value, {})
    calls = one.calls(where, before, after)
    assert [call.operation for call in calls] == ["ModifyNetworkInterfaceAttribute", "DisassociateAddress"]
    stages = one.between(where, before.value, after)
    aws.call(calls[0])
    assert one.same(one.read(aws, where).value, stages[0])
    aws.call(calls[1])
    now = one.read(aws, where)
    assert now.value == after
    back = one.calls(where, now, before.value)
    assert [call.operation for call in back] == ["AssociateAddress", "ModifyNetworkInterfaceAttribute"]
    assert back[0].arguments["AllowReassociation"] is False
    for call in back:
        aws.call(call)
    assert one.same(one.read(aws, where).value, before.value)


def test_an_address_that_ec2_gave_is_said_to_be_lost():
    one = setting(ADDRESSES)
    elastic = {"AllocationId": "a", "NetworkInterfaceId": "e", "PrivateIpAddress": "10.0.0.1", "PublicIp": "1.2.3.4"}  # fmt: skip
    none = {"Elastic": [], "Automatic": False, "Addresses": []}
    given = {"Elastic": [], "Automatic": True, "Addresses": ["5.6.7.8"]}
    assert "5.6.7.8" in one.cannot_be_undone(given, none)
    kept = {"Elastic": [elastic], "Automatic": False, "Addresses": ["1.2.3.4"]}
    assert one.cannot_be_undone(kept, none) == ""
    assert one.cannot_be_undone(none, given) == ""
    with pytest.raises(ValueError, match="terminated"):
        builders()["without_public_addresses"](ABSENT, {})
