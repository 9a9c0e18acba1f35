"""The trail that the guards of data events and of the trail's key are asked about."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, make_bucket
from tests.aws.server import ACCOUNT, REGION

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"


@pytest.fixture
def trail(aws):
    for name in ("trail-logs", "phi-records"):
        make_bucket(aws, name)
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-logs")
    found = resource_type("AWS::CloudTrail::Trail").target(TRAIL, ACCOUNT, REGION)
    assert found is not None
    return found
