"""An image and a snapshot that everybody may use, in a region that blocks neither; "kept" is shared with one account."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.ec2.public-image",
    "aws.ec2.image-block-public-access",
    "aws.ec2.public-snapshot",
    "aws.ec2.snapshot-block-public-access",
)
FRIEND = "210987654321"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name, who in (("web", {"Group": "all"}), ("kept", {"UserId": FRIEND})):
        image = do("ec2", "RegisterImage", Name=name)["ImageId"]
        add = {"Add": [{"UserId": FRIEND}, who]}
        do("ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission=add)
    volume = do("ec2", "CreateVolume", AvailabilityZone=f"{REGION}a", Size=10, Encrypted=True)["VolumeId"]
    for everybody in (["all"], []):
        snapshot = do("ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
        add = {"SnapshotId": snapshot, "Attribute": "createVolumePermission", "OperationType": "add"}
        do("ec2", "ModifySnapshotAttribute", **add, UserIds=[FRIEND], GroupNames=everybody)
    return cloud
