"""Facts about Terraform's resource types: which resource a block manages, and what it exports.

Every type that a snippet renders must be listed: without knowing when two blocks are the same resource, a patch could
add a second block for one. Other types are listed to be referred to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

IDENTIFYING: Final[Mapping[str, tuple[str, ...]]] = {
    "aws_s3_bucket": ("bucket",),
    "aws_s3_bucket_ownership_controls": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_logging": ("bucket",),
    "aws_s3_bucket_versioning": ("bucket",),
    "aws_s3_bucket_lifecycle_configuration": ("bucket",),
    "aws_s3_bucket_object_lock_configuration": ("bucket",),
    "aws_s3_bucket_acl": ("bucket",),
    "aws_s3_bucket_notification": ("bucket",),
    "aws_network_acl": (),
    "aws_default_network_acl": ("default_network_acl_id",),
    "aws_s3_account_public_access_block": (),
    "aws_emr_block_public_access_configuration": (),
    "aws_api_gateway_account": (),
    "aws_sns_topic": ("name",),
    "aws_cloudwatch_log_metric_filter": ("name", "log_group_name"),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_kms_key": (),
    "aws_instance": (),
    "aws_default_security_group": ("vpc_id",),
    "aws_kms_alias": ("name",),
    "aws_redshift_cluster": ("cluster_identifier",),
    "aws_redshift_logging": ("cluster_identifier",),
    "aws_redshift_parameter_group": ("name",),
    "aws_db_parameter_group": ("name",),
    "aws_rds_cluster_parameter_group": ("name",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_iam_role": ("name",),
    "aws_iam_role_policy": ("role", "name"),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_iam_account_password_policy": (),
    "aws_iam_group": ("name",),
    "aws_iam_group_policy": ("group", "name"),
    "aws_iam_group_policy_attachment": ("group", "policy_arn"),
    "aws_iam_policy": ("name",),
    "aws_iam_user_group_membership": ("user",),
    "aws_iam_user_policy": ("user", "name"),
    "aws_iam_user_policy_attachment": ("user", "policy_arn"),
    "aws_iam_user_policies_exclusive": ("user_name",),
    "aws_iam_user_policy_attachments_exclusive": ("user_name",),
    "aws_flow_log": ("vpc_id", "log_destination", "log_group_name"),
    "aws_ebs_encryption_by_default": (),
    "aws_ebs_default_kms_key": (),
    "aws_ebs_snapshot_block_public_access": (),
    "aws_ec2_image_block_public_access": (),
    "aws_ec2_instance_metadata_defaults": (),
    "aws_security_group": ("name", "vpc_id"),
    "aws_cloudtrail": ("name",),
    "aws_appautoscaling_policy": ("name", "resource_id", "scalable_dimension"),
    "aws_appautoscaling_target": ("resource_id", "scalable_dimension"),
    "aws_backup_plan": ("name",),
    "aws_backup_selection": ("plan_id", "name"),
    "aws_backup_vault": ("name",),
    "aws_backup_vault_lock_configuration": ("backup_vault_name",),
    "aws_backup_vault_policy": ("backup_vault_name",),
    "aws_cloudwatch_log_resource_policy": ("policy_name",),
    "aws_efs_backup_policy": ("file_system_id",),
    "aws_config_configuration_recorder": (),
    "aws_config_configuration_recorder_status": (),
    "aws_config_delivery_channel": (),
    "aws_guardduty_detector": (),
    "aws_securityhub_account": (),
    "aws_securityhub_standards_subscription": ("standards_arn",),
    "aws_accessanalyzer_analyzer": ("analyzer_name",),
    "aws_macie2_account": (),
    "aws_inspector2_enabler": (),
    "aws_iam_service_linked_role": ("aws_service_name",),
    "aws_ssm_service_setting": ("setting_id",),
    "aws_wafv2_web_acl": ("name", "scope"),
    "aws_wafv2_web_acl_association": ("resource_arn",),
    "aws_wafv2_web_acl_logging_configuration": ("resource_arn",),
    "aws_ecr_repository_policy": ("repository",),
    "aws_secretsmanager_secret_policy": ("secret_arn",),
    "aws_sns_topic_policy": ("arn",),
    "aws_sqs_queue_policy": ("queue_url",),
    "aws_glacier_vault": ("name",),
    "azurerm_resource_group": ("name",),
    "azurerm_storage_account": ("name",),
    "azurerm_monitor_diagnostic_setting": ("name", "target_resource_id"),
    "azurerm_log_analytics_workspace": ("name", "resource_group_name"),
    "azurerm_role_assignment": ("name",),
    "azurerm_network_security_group": ("name",),
    "azurerm_network_security_rule": ("name", "network_security_group_name"),
    "azurerm_key_vault": ("name",),
    "azurerm_storage_account_customer_managed_key": ("storage_account_id",),
    "azurerm_recovery_services_vault": ("name", "resource_group_name"),
    "azurerm_storage_management_policy": ("storage_account_id",),
    "azurerm_storage_container_immutability_policy": ("storage_container_resource_manager_id",),
    # Every subscription has a plan of that name.
    "azurerm_security_center_subscription_pricing": (),
}
"""The arguments that together say which object it is; none where only an import block can say."""

SINGLETONS: Final = frozenset(
    {
        "aws_ebs_encryption_by_default",
        "aws_ebs_default_kms_key",
        "aws_ebs_snapshot_block_public_access",
        "aws_ec2_image_block_public_access",
        "aws_ec2_instance_metadata_defaults",
        "aws_iam_account_password_policy",
        "aws_s3_account_public_access_block",
        "aws_api_gateway_account",
        "aws_emr_block_public_access_configuration",
        "aws_config_configuration_recorder",
        "aws_config_configuration_recorder_status",
        "aws_config_delivery_channel",
        "aws_guardduty_detector",
        "aws_securityhub_account",
        "aws_macie2_account",
        "aws_inspector2_enabler",
    }
)
"""One per region or account: any block of the type for the same provider is the same object."""

GLOBAL: Final = ("aws_s3_", "aws_iam_", "azurerm_")
"""Their names mean the same object in every region, whichever provider alias a block has."""

ID_IS: Final[Mapping[str, str]] = {
    "aws_s3_bucket": "bucket",
    "aws_cloudwatch_log_group": "name",
    "aws_iam_role": "name",
    "aws_iam_group": "name",
    "aws_kms_alias": "name",
}
"""Types whose `id` is one of their arguments."""

INLINE: Final[Mapping[str, tuple[str, str]]] = {
    "aws_s3_bucket_server_side_encryption_configuration": (
        "aws_s3_bucket",
        "server_side_encryption_configuration",
    ),
    "aws_s3_bucket_acl": ("aws_s3_bucket", "acl"),
    "aws_s3_bucket_policy": ("aws_s3_bucket", "policy"),
    "aws_s3_bucket_logging": ("aws_s3_bucket", "logging"),
    "aws_redshift_logging": ("aws_redshift_cluster", "logging"),
    "aws_sqs_queue_policy": ("aws_sqs_queue", "policy"),
    "aws_sns_topic_policy": ("aws_sns_topic", "policy"),
    "aws_secretsmanager_secret_policy": ("aws_secretsmanager_secret", "policy"),
    "aws_s3_bucket_versioning": ("aws_s3_bucket", "versioning"),
    "aws_s3_bucket_lifecycle_configuration": ("aws_s3_bucket", "lifecycle_rule"),
    "aws_s3_bucket_object_lock_configuration": ("aws_s3_bucket", "object_lock_configuration"),
}
"""type → (parent type, argument or block by which the parent manages the same thing)."""

PARTS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "aws_security_group": (
        ("aws_security_group_rule", "security_group_id"),
        ("aws_vpc_security_group_ingress_rule", "security_group_id"),
        ("aws_vpc_security_group_egress_rule", "security_group_id"),
    ),
    "aws_network_acl": (("aws_network_acl_rule", "network_acl_id"),),
    "aws_default_network_acl": (("aws_network_acl_rule", "network_acl_id"),),
    "aws_iam_user_policy_attachments_exclusive": (("aws_iam_user_policy_attachment", "user"),),
    "aws_iam_user_policies_exclusive": (("aws_iam_user_policy", "user"),),
}
"""type → blocks that manage a part of the object, with the argument that holds its import id."""

BELONGS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "aws_backup_vault_lock_configuration": ("backup_vault_name", ("aws_backup_vault",)),
    "aws_backup_vault_policy": ("backup_vault_name", ("aws_backup_vault",)),
    "aws_ecr_lifecycle_policy": ("repository", ("aws_ecr_repository",)),
    "aws_ecr_repository_policy": ("repository", ("aws_ecr_repository",)),
    "aws_efs_backup_policy": ("file_system_id", ("aws_efs_file_system",)),
    "aws_efs_file_system_policy": ("file_system_id", ("aws_efs_file_system",)),
    "aws_flow_log": ("vpc_id", ("aws_vpc",)),
    "aws_iam_group_policy": ("group", ("aws_iam_group",)),
    "aws_iam_group_policy_attachment": ("group", ("aws_iam_group",)),
    "aws_iam_role_policy": ("role", ("aws_iam_role",)),
    "aws_iam_role_policy_attachment": ("role", ("aws_iam_role",)),
    "aws_iam_user_policy": ("user", ("aws_iam_user",)),
    "aws_iam_user_policy_attachment": ("user", ("aws_iam_user",)),
    "aws_kms_alias": ("target_key_id", ("aws_kms_key",)),
    "aws_kms_key_policy": ("key_id", ("aws_kms_key",)),
    "aws_lambda_function_url": ("function_name", ("aws_lambda_function",)),
    "aws_lambda_permission": ("function_name", ("aws_lambda_function",)),
    "aws_lb_listener": ("load_balancer_arn", ("aws_lb", "aws_alb")),
    "aws_alb_listener": ("load_balancer_arn", ("aws_lb", "aws_alb")),
    "aws_network_acl_rule": ("network_acl_id", ("aws_network_acl", "aws_default_network_acl")),
    "aws_redshift_logging": ("cluster_identifier", ("aws_redshift_cluster",)),
    "aws_secretsmanager_secret_policy": ("secret_arn", ("aws_secretsmanager_secret",)),
    "aws_secretsmanager_secret_rotation": ("secret_id", ("aws_secretsmanager_secret",)),
    "aws_secretsmanager_secret_version": ("secret_id", ("aws_secretsmanager_secret",)),
    "aws_security_group_rule": ("security_group_id", ("aws_security_group",)),
    "aws_sns_topic_policy": ("arn", ("aws_sns_topic",)),
    "aws_sqs_queue_policy": ("queue_url", ("aws_sqs_queue",)),
    "aws_vpc_security_group_egress_rule": ("security_group_id", ("aws_security_group",)),
    "aws_vpc_security_group_ingress_rule": ("security_group_id", ("aws_security_group",)),
    "aws_wafv2_web_acl_logging_configuration": ("resource_arn", ("aws_wafv2_web_acl",)),
    "azurerm_key_vault_access_policy": ("key_vault_id", ("azurerm_key_vault",)),
    "azurerm_network_security_rule": ("network_security_group_name", ("azurerm_network_security_group",)),
    "azurerm_storage_account_customer_managed_key": ("storage_account_id", ("azurerm_storage_account",)),
    "azurerm_storage_account_network_rules": ("storage_account_id", ("azurerm_storage_account",)),
    "azurerm_storage_container": ("storage_account_name", ("azurerm_storage_account",)),
    "azurerm_storage_management_policy": ("storage_account_id", ("azurerm_storage_account",)),
}
"""A part's type → (the argument that says whose part it is, the types that this can be)."""

_NO_PARTS: Final = frozenset({"aws_s3_bucket_object", "aws_s3_bucket_inventory"})


def belongs_to(type: str) -> tuple[str, tuple[str, ...]]:
    """("bucket", ("aws_s3_bucket",)) of what is configured apart from its resource; ("", ()) of what stands alone."""
    if type.startswith("aws_s3_bucket_") and type not in _NO_PARTS:
        return "bucket", ("aws_s3_bucket",)
    return BELONGS.get(type, ("", ()))


EXPORTS: Final[Mapping[str, Mapping[str, str]]] = {
    "aws_s3_bucket": {"Arn": "arn", "Name": "id", "Bucket": "id"},
    "aws_kms_key": {"Arn": "arn", "KeyArn": "arn", "KeyId": "key_id", "TargetKeyId": "key_id"},
    "aws_kms_alias": {"AliasArn": "arn"},
    "aws_cloudwatch_log_group": {"Arn": "arn", "arn": "arn", "logGroupArn": "arn"},
    "aws_iam_role": {"Arn": "arn", "RoleArn": "arn"},
    "aws_iam_group": {"Arn": "arn", "GroupName": "name"},
    "aws_iam_policy": {"Arn": "arn"},
    "aws_flow_log": {"FlowLogId": "id"},
    "aws_iam_service_linked_role": {"Arn": "arn"},
    "aws_wafv2_web_acl": {"Arn": "arn", "WebACLArn": "arn"},
    "aws_backup_plan": {"BackupPlanId": "id", "Arn": "arn"},
    "aws_backup_vault": {"Arn": "arn", "BackupVaultName": "name"},
    "aws_cloudtrail": {"TrailARN": "arn", "Arn": "arn"},
    "azurerm_resource_group": {"id": "id"},
    "azurerm_storage_account": {"id": "id", "principalId": "identity[0].principal_id"},
    "azurerm_log_analytics_workspace": {"id": "id", "customerId": "workspace_id"},
    "azurerm_role_assignment": {"id": "id", "principalId": "principal_id"},
    "azurerm_monitor_diagnostic_setting": {"id": "id"},
    "azurerm_network_security_rule": {"id": "id"},
    "azurerm_key_vault": {"id": "id"},
    "azurerm_recovery_services_vault": {"id": "id", "principalId": "identity[0].principal_id"},
}
"""type → field of a setting's identity → the attribute that Terraform exports it as."""

NAMING: Final = (
    *("name", "bucket", "bucket_name", "identifier", "cluster_identifier", "cluster_name", "function_name"),
    *(
        "domain_name",
        "repository_name",
        "table_name",
        "queue_name",
        "topic_name",
        "trail_name",
        "log_group_name",
    ),
    *("role_name", "storage_account_name", "key_vault_name", "account_name"),
)
"""Inputs by which modules of registries are told the name of what they make."""
