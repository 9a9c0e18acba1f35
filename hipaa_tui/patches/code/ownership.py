"""Finds the Terraform code that manages a cloud resource, since the next apply would revert a fix by SDK.

Searches the `terraform` folders of config.toml. They are read at HEAD, once per session, for the first plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hipaa_tui.patches.code import arns
from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.code.instances import Known
from hipaa_tui.patches.code.reading import read_folder
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.providers.model import Target
from hipaa_tui.support.config import TerraformCode
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

_FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::ApiGateway": ("aws_api_gateway_rest_api", "aws_api_gateway_stage"),
    "AWS::Backup": ("aws_backup_vault", "aws_backup_plan"),
    "AWS::CloudTrail": ("aws_cloudtrail",),
    "AWS::CodeBuild": ("aws_codebuild_project",),
    "AWS::DynamoDB": ("aws_dynamodb_table",),
    "AWS::ECR": ("aws_ecr_repository",),
    "AWS::EKS": ("aws_eks_cluster",),
    "AWS::ElastiCache": ("aws_elasticache_cluster", "aws_elasticache_replication_group"),
    "AWS::ElasticLoadBalancing": ("aws_elb",),
    "AWS::ElasticLoadBalancingV2": ("aws_lb", "aws_alb"),
    "AWS::IAM": ("aws_iam_role", "aws_iam_user", "aws_iam_group", "aws_iam_policy"),
    "AWS::Kinesis": ("aws_kinesis_stream",),
    "AWS::KMS": ("aws_kms_alias",),
    "AWS::Lambda": ("aws_lambda_function",),
    "AWS::Logs": ("aws_cloudwatch_log_group",),
    "AWS::OpenSearchService": ("aws_opensearch_domain", "aws_elasticsearch_domain"),
    "AWS::RDS": ("aws_db_instance", "aws_rds_cluster"),
    "AWS::Redshift": ("aws_redshift_cluster",),
    "AWS::S3": ("aws_s3_bucket",),
    "AWS::SecretsManager": ("aws_secretsmanager_secret",),
    "AWS::SNS": ("aws_sns_topic",),
    "AWS::SQS": ("aws_sqs_queue",),
    "Microsoft.KeyVault": ("azurerm_key_vault",),
    "Microsoft.Network": ("azurerm_network_security_group",),
    "Microsoft.OperationalInsights": ("azurerm_log_analytics_workspace",),
    "Microsoft.RecoveryServices": ("azurerm_recovery_services_vault",),
    "Microsoft.Storage": ("azurerm_storage_account",),
}
"""Cloud service → the types whose name alone says which of its resources a block manages."""


@dataclass
class Managers:
    """The team's folders. `problems`: a sentence for each that could not be read."""

    folders: Sequence[TerraformCode]
    problems: list[str] = field(default_factory=list)
    _read: dict[tuple[Path, str, str], Folder | None] = field(default_factory=dict)

    def of(self, target: Target) -> str:
        """ "Terraform manages it at ../infra/main.tf:12 (aws_s3_bucket.phi)"; "" if no folder does."""
        for one in self.folders:
            if one.accounts and target.account not in one.accounts:
                continue
            folder = self._folder(one, target)
            where = _where(folder, target) if folder else ""
            if where:
                return f"Terraform manages it at {plain(str(one.folder), 120)}/{where}"
        return ""

    def _folder(self, one: TerraformCode, target: Target) -> Folder | None:
        key = (one.folder, target.account, target.region)
        if key not in self._read:
            known = Known(target.account, target.region, target.partition)
            try:
                self._read[key] = read_folder(
                    Repository(one.folder), known, PatchOptions(one.state, one.var_files)
                )
            except InputError as error:
                self.problems.append(str(error))
                self._read[key] = None
        return self._read[key]


def _where(folder: Folder, target: Target) -> str:
    names = {target.id, target.name}
    for one in folder.state:
        if {one.values.get("id"), one.values.get("arn")} & names:
            place = folder.place_of(one)
            return f"{place} ({one.address})" if place else one.address
    family = target.type.rpartition("::")[0] or target.type.partition("/")[0]
    for type in _FAMILIES.get(family, ()):
        found = folder.holding(type, names, arns.named_by(type))
        if found is not None:
            return found.where
    foreign = folder.foreign(names) if family in _FAMILIES else None
    return foreign[0].where if foreign and foreign[1] else ""
