"""A search domain without HTTPS, logs and encryption."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.opensearch.https",
    "aws.opensearch.logs",
)
# A domain that is encrypted stays so: test_playbooks.py follows it.
ONE_WAY = ("aws.opensearch.encryption",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    do("opensearch", "CreateDomain", DomainName="phi-search", EngineVersion="OpenSearch_2.11")
    return cloud
