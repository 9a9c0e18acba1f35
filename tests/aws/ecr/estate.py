"""A repository that everybody may pull from and that scans no image; "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.guards import text
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.ecr.scan-on-push",
    "aws.ecr.public-policy",
)
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("ecr", "CreateRepository", repositoryName="portal/api")
    good = {"scanOnPush": True}
    do("ecr", "CreateRepository", repositoryName="kept", imageScanningConfiguration=good)
    everybody = {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": PULL}
    team = {**everybody, "Sid": "Team", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    for name, statements in (("portal/api", [everybody, team]), ("kept", [team])):
        do("ecr", "SetRepositoryPolicy", repositoryName=name, policyText=text(*statements))
    return cloud
