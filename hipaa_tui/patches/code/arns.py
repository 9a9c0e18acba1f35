"""ARNs, ARM ids, accounts and regions, computed from the code if that is possible without the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ARNS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_s3_bucket": ("bucket", "arn:{partition}:s3:::{name}"),
    "aws_iam_role": ("name", "arn:{partition}:iam::{account}:role/{name}"),
    "aws_iam_user": ("name", "arn:{partition}:iam::{account}:user/{name}"),
    "aws_iam_policy": ("name", "arn:{partition}:iam::{account}:policy/{name}"),
    "aws_iam_group": ("name", "arn:{partition}:iam::{account}:group/{name}"),
    "aws_sns_topic": ("name", "arn:{partition}:sns:{region}:{account}:{name}"),
    "aws_sqs_queue": ("name", "arn:{partition}:sqs:{region}:{account}:{name}"),
    "aws_dynamodb_table": ("name", "arn:{partition}:dynamodb:{region}:{account}:table/{name}"),
    "aws_cloudwatch_log_group": ("name", "arn:{partition}:logs:{region}:{account}:log-group:{name}"),
    "aws_cloudtrail": ("name", "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"),
    "aws_backup_vault": ("name", "arn:{partition}:backup:{region}:{account}:backup-vault:{name}"),
    "aws_codebuild_project": ("name", "arn:{partition}:codebuild:{region}:{account}:project/{name}"),
    "aws_db_instance": ("identifier", "arn:{partition}:rds:{region}:{account}:db:{name}"),
    "aws_db_parameter_group": ("name", "arn:{partition}:rds:{region}:{account}:pg:{name}"),
    "aws_ecr_repository": ("name", "arn:{partition}:ecr:{region}:{account}:repository/{name}"),
    "aws_eks_cluster": ("name", "arn:{partition}:eks:{region}:{account}:cluster/{name}"),
    "aws_elasticache_cluster": (
        "cluster_id",
        "arn:{partition}:elasticache:{region}:{account}:cluster:{name}",
    ),
    "aws_elasticache_replication_group": (
        "replication_group_id",
        "arn:{partition}:elasticache:{region}:{account}:replicationgroup:{name}",
    ),
    "aws_elasticsearch_domain": ("domain_name", "arn:{partition}:es:{region}:{account}:domain/{name}"),
    "aws_elb": ("name", "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{name}"),
    "aws_kinesis_stream": ("name", "arn:{partition}:kinesis:{region}:{account}:stream/{name}"),
    "aws_kms_alias": ("name", "arn:{partition}:kms:{region}:{account}:{name}"),
    "aws_lambda_function": ("function_name", "arn:{partition}:lambda:{region}:{account}:function:{name}"),
    "aws_opensearch_domain": ("domain_name", "arn:{partition}:es:{region}:{account}:domain/{name}"),
    "aws_rds_cluster": ("cluster_identifier", "arn:{partition}:rds:{region}:{account}:cluster:{name}"),
    "aws_rds_cluster_parameter_group": (
        "name",
        "arn:{partition}:rds:{region}:{account}:cluster-pg:{name}",
    ),
    "aws_redshift_cluster": (
        "cluster_identifier",
        "arn:{partition}:redshift:{region}:{account}:cluster:{name}",
    ),
    "aws_redshift_parameter_group": (
        "name",
        "arn:{partition}:redshift:{region}:{account}:parametergroup:{name}",
    ),
}
"""Type → the argument that the ARN ends in, and the ARN; those of the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/). What AWS gives a number to does not stand here."""
_PATHS: Final = frozenset({"aws_iam_role", "aws_iam_user", "aws_iam_policy", "aws_iam_group"})
_ARM: Final[Mapping[str, str]] = {
    "azurerm_key_vault": "Microsoft.KeyVault/vaults",
    "azurerm_log_analytics_workspace": "Microsoft.OperationalInsights/workspaces",
    "azurerm_network_security_group": "Microsoft.Network/networkSecurityGroups",
    "azurerm_recovery_services_vault": "Microsoft.RecoveryServices/vaults",
    "azurerm_storage_account": "Microsoft.Storage/storageAccounts",
}
"""Type → the resource type in its ARM id; its name and its group are `name` and `resource_group_name`."""


def arm_id_of(type: str, name: str, group: str, subscription: str) -> str:
    """The ARM id of a resource of that name; "" where a part of it is not known."""
    kind = _ARM.get(type, "")
    if not (kind and name and group and subscription):
        return ""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"


def is_arm(type: str) -> bool:
    """Can its ARM id be told from its arguments?"""
    return type in _ARM


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
