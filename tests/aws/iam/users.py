"""A user of IAM, its access keys, and when they were last used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do
from tests.aws.server import ACCOUNT, REGION

NOW = datetime.now(UTC)


def who(name="bob"):
    found = resource_type("AWS::IAM::User").target(name, ACCOUNT, REGION)
    assert found is not None
    return found


def key(aws, name="bob"):
    return do(aws, "iam", "CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"]


def used(aws, **ago):
    """An IAM that knows when keys were used: moto never does."""
    when = {
        "LastUsedDate": (NOW - timedelta(**ago)).isoformat(),
        "ServiceName": "s3",
        "Region": "eu-central-1",
    }
    return Answers(aws, GetAccessKeyLastUsed={"AccessKeyLastUsed": when})
