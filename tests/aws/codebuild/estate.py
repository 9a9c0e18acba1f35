"""Two projects: one writes no build logs and keeps credentials in plain text, "kept" is as it should be."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.codebuild.logs",)
# The call of a project hands its own environment back: test_playbooks.py follows it.
ONE_WAY = ("aws.codebuild.privileged",)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; "kept" is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    open_key = {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE", "type": "PLAINTEXT"}
    for name, status, source, variables in (
        ("portal", "DISABLED", "https://ops:hunter2@example.org/portal.git", [open_key]),
        ("kept", "ENABLED", "https://example.org/kept.git", []),
    ):
        do(
            "codebuild", "CreateProject", name=name, serviceRole=ROLE,
            source={"type": "GITHUB", "location": source}, artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": variables,
            },
            logsConfig={"cloudWatchLogs": {"status": status}},
        )  # fmt: skip
    return cloud
