"""A database cluster whose snapshots bear no tags; "kept" is as it should be."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.rds.cluster-copy-tags",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""
    login = {"MasterUsername": "root1", "MasterUserPassword": "hunter2hunter2", "Engine": "aurora-postgresql"}
    for name, copies in (("labs", False), ("kept", True)):
        asked = {"DBClusterIdentifier": name, "CopyTagsToSnapshot": copies, **login}
        cloud.call(Call("aws", "rds", "CreateDBCluster", asked, REGION))
    return cloud
