"""Arguments of a domain's block as Terraform."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.patches import edit
from tests.aws.server import ACCOUNT, REGION

GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/hipaa-tui/opensearch/x"


@pytest.mark.parametrize(
    ("id", "value"),
    [
        (
            "encryption",
            {"AtRest": True, "NodeToNode": True, "KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"},
        ),
        ("endpoint", {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}),
        (
            "logs",
            {
                "INDEX_SLOW_LOGS": {"CloudWatchLogsLogGroupArn": GROUP, "Enabled": True},
                "AUDIT_LOGS": {"CloudWatchLogsLogGroupArn": "", "Enabled": False},
            },
        ),
    ],
)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str, value: Any) -> None:
    edit(f"aws.opensearch.{id}", value)
