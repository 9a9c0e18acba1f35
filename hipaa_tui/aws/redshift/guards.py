"""Checks a Redshift cluster before its encryption or its routing changes."""

from __future__ import annotations

from hipaa_tui.aws.redshift.settings import cluster_of as redshift_cluster_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at


def cluster_can_encrypt(context: GuardContext) -> Verdict:
    """Blocks when Redshift cannot change the encryption: cross-region snapshot copy is on, or the keys are in an HSM.

    Otherwise warns how the cluster is interrupted meanwhile (Management Guide, "Database encryption").
    """
    cluster = redshift_cluster_of(context.cloud, context.target)
    if cluster.get("ClusterSnapshotCopyStatus"):
        region = at(cluster, "ClusterSnapshotCopyStatus.DestinationRegion")
        return (
            Outcome.BLOCK,
            f"its snapshots are copied to {region}, where an encrypted cluster needs a snapshot copy grant for a KMS "
            "key: create the grant, and turn cross-region snapshot copy off during the change",
        )
    if at(cluster, "HsmStatus.Status"):
        return Outcome.BLOCK, "its keys are in an HSM, which hipaa-tui does not change: migrate it by hand"
    node = str(cluster.get("NodeType") or "")
    if node.startswith("ra3"):
        return (
            Outcome.WARN,
            f"{node}: the cluster restarts, and it is slower until its blocks are encrypted in the background",
        )
    return (
        Outcome.WARN,
        f"{node}: the data moves to a new cluster, and the old one is read-only for hours to days meanwhile",
    )


def routes_to_storage(context: GuardContext) -> Verdict:
    """Blocks when the VPC has no route to S3: enhanced VPC routing sends COPY and UNLOAD through the VPC.

    Warns instead when routes_checked is answered, when S3 is reached only by a NAT gateway, or the VPC is unknown.
    """
    cluster = redshift_cluster_of(context.cloud, context.target)
    vpc = str(cluster.get("VpcId") or "")
    if not vpc:
        return (
            Outcome.WARN,
            "its VPC is unknown: make sure that the VPC has a route to S3 (an S3 endpoint or a NAT gateway)",
        )
    request = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
    endpoints = context.cloud.pages(
        Call("aws", "ec2", "DescribeVpcEndpoints", request, context.target.region), "VpcEndpoints"
    )
    s3_endpoints = [
        endpoint for endpoint in endpoints if str(endpoint.get("ServiceName", "")).endswith(".s3")
    ]
    if s3_endpoints:
        return Outcome.PASS, f"{vpc} reaches S3 through {s3_endpoints[0].get('VpcEndpointId')}"
    request = {"Filter": [{"Name": "vpc-id", "Values": [vpc]}]}
    nat_gateways = context.cloud.pages(
        Call("aws", "ec2", "DescribeNatGateways", request, context.target.region), "NatGateways"
    )
    if nat_gateways:
        return (
            Outcome.WARN,
            f"{vpc} reaches S3 only through the NAT gateway {nat_gateways[0].get('NatGatewayId')}, which charges for "
            "each GB",
        )
    problem = f"{vpc} has no S3 endpoint and no NAT gateway: COPY, UNLOAD and Spectrum could not reach S3"
    if context.parameters.get("routes_checked"):
        return Outcome.WARN, problem
    return Outcome.BLOCK, f"{problem}; create an S3 gateway endpoint (free), or answer routes_checked=true"


GUARDS = {"cluster-can-encrypt": cluster_can_encrypt, "routes-to-storage": routes_to_storage}
BLOCK_ON_ERROR = (
    "cluster-can-encrypt",
    "routes-to-storage",
)
