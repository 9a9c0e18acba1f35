"""The guard that says what backups of a table or a file system cost a month."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.dynamodb.estate import ID
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN = Outcome.PASS, Outcome.WARN
GB = 1024**3


@pytest.fixture
def table(aws):
    do(aws, "dynamodb", "CreateTable", TableName="patients", **ID, BillingMode="PAY_PER_REQUEST")
    return resource_type("AWS::DynamoDB::Table").target("patients", ACCOUNT, REGION)


@pytest.mark.parametrize(("held", "outcome"), [(100 * GB, PASS), (1000 * GB, WARN)])
def test_recovery_of_a_large_table_is_a_warning(aws, table, held, outcome):
    cloud = Answers(aws, DescribeTable={"Table": {"TableSizeBytes": held}})
    found, reason = verdict(cloud, "cost-of-size", table)
    assert found is outcome
    assert "USD a month" in reason


@pytest.mark.parametrize(("held", "outcome"), [(100 * GB, PASS), (2000 * GB, WARN)])
def test_backup_of_a_large_file_system_is_a_warning(aws, held, outcome):
    files = resource_type("AWS::EFS::FileSystem").target("fs-0123abcd", ACCOUNT, REGION)
    cloud = Answers(aws, DescribeFileSystems={"FileSystems": [{"SizeInBytes": {"Value": held}}]})
    assert verdict(cloud, "cost-of-size", files)[0] is outcome
