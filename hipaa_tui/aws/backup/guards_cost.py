"""Estimates what backups of a DynamoDB table or an EFS file system cost a month."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.dynamodb.settings import table_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at

_GB: Final = 1024**3
_NOTABLE: Final = 50
"""USD a month from which a cost is a warning."""
_PRICES: Final = {"AWS::DynamoDB::Table": 0.20, "AWS::EFS::FileSystem": 0.05}
"""USD a GB-month in us-east-1: point-in-time recovery of DynamoDB, backup storage of EFS (the price lists)."""


def cost_of_size(context: GuardContext) -> Verdict:
    """Passes or warns with the monthly cost of backups at today's size of the table or file system."""
    if context.target.type == "AWS::DynamoDB::Table":
        size = int(table_of(context.cloud, context.target).get("TableSizeBytes") or 0)
    else:
        request = Call(
            "aws", "efs", "DescribeFileSystems", {"FileSystemId": context.target.name}, context.target.region
        )
        size = int(at(context.cloud.call(request), "FileSystems.0.SizeInBytes.Value") or 0)
    month = size / _GB * _PRICES[context.target.type]
    cost = f"{size / _GB:,.1f} GB today, about {month:,.0f} USD a month (us-east-1 prices)"
    return (Outcome.WARN if month >= _NOTABLE else Outcome.PASS), cost


GUARDS = {"cost-of-size": cost_of_size}
