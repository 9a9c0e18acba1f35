"""What Terraform gives for an ARN, and for the account and the region, where that can be told without the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ARNS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_s3_bucket": ("bucket", "arn:{partition}:s3:::{name}"),
    "aws_iam_role": ("name", "arn:{partition}:iam::{account}:role/{name}"),
    "aws_iam_user": ("name", "arn:{partition}:iam::{account}:user/{name}"),
    "aws_iam_policy": ("name", "arn:{partition}:iam::{account}:policy/{name}"),
    "aws_sns_topic": ("name", "arn:{partition}:sns:{region}:{account}:{name}"),
    "aws_sqs_queue": ("name", "arn:{partition}:sqs:{region}:{account}:{name}"),
    "aws_dynamodb_table": ("name", "arn:{partition}:dynamodb:{region}:{account}:table/{name}"),
    "aws_cloudwatch_log_group": ("name", "arn:{partition}:logs:{region}:{account}:log-group:{name}"),
    "aws_cloudtrail": ("name", "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"),
}
_PATHS: Final = frozenset({"aws_iam_role", "aws_iam_user", "aws_iam_policy"})


def named_by(type: str) -> str:
    """The argument whose value the type's ARN ends in; "" where the ARN cannot be told from arguments."""
    return _ARNS.get(type, ("", ""))[0]


def arn_of(type: str, name: str, where: Mapping[str, str]) -> str | None:
    """The ARN of a resource of that name in the default provider's account; None where a part of it is not known."""
    _, pattern = _ARNS.get(type, ("", ""))
    needed = [key for key in ("partition", "account", "region") if f"{{{key}}}" in pattern]
    if not pattern or not all(where.get(key) for key in needed):
        return None
    return pattern.format(**{key: where[key] for key in needed}, name=name)


def of_data(type: str, attribute: str, where: Mapping[str, str]) -> str | None:
    """What a data source of the default provider says of the account; None where that is not known."""
    found = {
        ("aws_caller_identity", "account_id"): where.get("account"),
        ("aws_caller_identity", "id"): where.get("account"),
        ("aws_region", "name"): where.get("region"),
        ("aws_region", "region"): where.get("region"),
        ("aws_region", "id"): where.get("region"),
        ("aws_partition", "partition"): where.get("partition"),
        ("aws_partition", "id"): where.get("partition"),
    }.get((type, attribute))
    return found or None


def has_account(type: str) -> bool:
    """Does its ARN say whose it is?"""
    return "{account}" in _ARNS.get(type, ("", ""))[1]


def has_path(type: str) -> bool:
    """Can its ARN hold a path before the name?"""
    return type in _PATHS
