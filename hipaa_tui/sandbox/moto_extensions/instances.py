"""What moto lacks of EC2's instances and snapshots: addresses that EC2 gives, enclaves, and the block of public snapshots.

The block is a switch here, and nothing asks it: moto lets a snapshot be shared whatever it says.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.instances import InstanceResponse

_ATTRIBUTE = "associatePublicIpAddress"
_UNBLOCKED = "unblocked"
_modify_interface = ElasticNetworkInterfaces.modify_network_interface_attribute
_describe_interface = ElasticNetworkInterfaces.describe_network_interface_attribute
_run_instances = InstanceResponse.run_instances
_describe_snapshots = ElasticBlockStore.describe_snapshots


def modify_network_interface_attribute(self: Any) -> ActionResult:
    """ec2:ModifyNetworkInterfaceAttribute of AssociatePublicIpAddress: an address comes or goes, but for an Elastic one."""
    given = self._get_param("AssociatePublicIpAddress")
    if given is None:
        return _modify_interface(self)
    self.error_on_dryrun()
    (eni,) = self.ec2_backend.get_all_network_interfaces([self._get_param("NetworkInterfaceId")])
    eni.public_ip_auto_assign = str(given).lower() == "true"
    if any(one.eni is eni for one in self.ec2_backend.addresses):
        return EmptyResult()
    eni.public_ip = None
    if eni.instance is not None and eni.instance.state == "running":
        eni.check_auto_public_ip()
    return EmptyResult()


def describe_network_interface_attribute(self: Any) -> ActionResult:
    """ec2:DescribeNetworkInterfaceAttribute of associatePublicIpAddress."""
    if self._get_param("Attribute") != _ATTRIBUTE:
        return _describe_interface(self)
    (eni,) = self.ec2_backend.get_all_network_interfaces([self._get_param("NetworkInterfaceId")])
    gives = str(eni.public_ip_auto_assign).lower() == "true"
    return ActionResult({"NetworkInterfaceId": eni.id, "AssociatePublicIpAddress": gives})


def run_instances(self: Any) -> Any:
    """ec2:RunInstances keeps whether the instances are launched for enclaves."""
    answer = _run_instances(self)
    if str(self._get_param("EnclaveOptions.Enabled")).lower() == "true":
        reservation: Any = answer.result
        for one in reservation.instances:
            one.enclave_options = {"Enabled": True}
    return answer


def describe_snapshots(self: Any) -> Any:
    """ec2:DescribeSnapshots by whom they can be restored by."""
    answer = _describe_snapshots(self)
    if "all" in (self._get_param("RestorableByUserIds") or []):
        groups = self.ec2_backend.get_create_volume_permission_groups
        listed: Any = answer.result
        found = [one for one in listed["Snapshots"] if "all" in groups(one.id)]
        return ActionResult({"Snapshots": found})
    return answer


def _state(self: Any) -> dict[str, str]:
    return {"State": vars(self.ec2_backend).get("public_snapshots", _UNBLOCKED), "ManagedBy": "account"}


def get_snapshot_block_public_access_state(self: Any) -> ActionResult:
    """ec2:GetSnapshotBlockPublicAccessState."""
    return ActionResult(_state(self))


def enable_snapshot_block_public_access(self: Any) -> ActionResult:
    """ec2:EnableSnapshotBlockPublicAccess."""
    self.ec2_backend.public_snapshots = self._get_param("State")
    return ActionResult(_state(self))


def disable_snapshot_block_public_access(self: Any) -> ActionResult:
    """ec2:DisableSnapshotBlockPublicAccess."""
    self.ec2_backend.public_snapshots = _UNBLOCKED
    return ActionResult(_state(self))


def install() -> None:
    """Teach moto the operations."""
    for one in (modify_network_interface_attribute, describe_network_interface_attribute):
        setattr(ElasticNetworkInterfaces, one.__name__, one)
    InstanceResponse.run_instances = run_instances  # type: ignore[method-assign]
    for one in (
        *(describe_snapshots, get_snapshot_block_public_access_state),
        *(enable_snapshot_block_public_access, disable_snapshot_block_public_access),
    ):
        setattr(ElasticBlockStore, one.__name__, one)
