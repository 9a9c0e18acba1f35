"""DAX clusters that a person has to move are found, and an account within its limits is not."""

from __future__ import annotations

from tests.aws.dynamodb.estate import build
from tests.aws.guards import do
from tests.aws.runs import finds, names_found


def test_what_a_person_has_to_move_is_found(aws):
    build(aws)
    cluster = {"IamRoleArn": "arn:aws:iam::1:role/r", "NodeType": "dax.r5.large", "ReplicationFactor": 1}
    do(aws, "dax", "CreateCluster", ClusterName="fast", **cluster)
    tls = {"SSESpecification": {"Enabled": True}, "ClusterEndpointEncryptionType": "TLS"}
    do(aws, "dax", "CreateCluster", ClusterName="kept", **cluster, **tls)
    assert names_found("aws.dax.encryption", aws) == {"fast"}
    # Nothing here has used up the account's limits.
    assert not finds(aws, "aws.dynamodb.throughput-limit")
