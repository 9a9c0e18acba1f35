"""Names the IAM actions that a call needs, so that least privilege can be shown before it is asked for.

The action is "service:Operation" for most operations; the exceptions stand in the Service Authorization
Reference of each service (https://docs.aws.amazon.com/service-authorization/latest/reference/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipaa_tui.providers.model import Call

_EXCEPTIONS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("s3", "ListBuckets"): ("s3:ListAllMyBuckets",),
    ("s3", "HeadBucket"): ("s3:ListBucket",),
    ("s3", "GetBucketEncryption"): ("s3:GetEncryptionConfiguration",),
    ("s3", "PutBucketEncryption"): ("s3:PutEncryptionConfiguration",),
    ("s3", "DeleteBucketEncryption"): ("s3:PutEncryptionConfiguration",),
    ("s3", "GetPublicAccessBlock"): ("s3:GetBucketPublicAccessBlock",),
    ("s3", "PutPublicAccessBlock"): ("s3:PutBucketPublicAccessBlock",),
    ("s3", "DeletePublicAccessBlock"): ("s3:PutBucketPublicAccessBlock",),
    ("s3", "GetBucketLifecycleConfiguration"): ("s3:GetLifecycleConfiguration",),
    ("s3", "PutBucketLifecycleConfiguration"): ("s3:PutLifecycleConfiguration",),
    ("s3", "DeleteBucketLifecycle"): ("s3:PutLifecycleConfiguration",),
    ("s3", "PutBucketOwnershipControls"): ("s3:PutBucketOwnershipControls",),
    ("s3", "GetBucketReplication"): ("s3:GetReplicationConfiguration",),
    ("s3", "GetObjectLockConfiguration"): ("s3:GetBucketObjectLockConfiguration",),
    ("s3", "PutObjectLockConfiguration"): ("s3:PutBucketObjectLockConfiguration",),
    ("s3control", "GetPublicAccessBlock"): ("s3:GetAccountPublicAccessBlock",),
    ("s3control", "PutPublicAccessBlock"): ("s3:PutAccountPublicAccessBlock",),
    ("s3control", "DeletePublicAccessBlock"): ("s3:PutAccountPublicAccessBlock",),
    ("s3control", "ListAccessPoints"): ("s3:ListAccessPoints",),
    ("s3control", "GetAccessPointPolicyStatus"): ("s3:GetAccessPointPolicyStatus",),
    ("logs", "PutRetentionPolicy"): ("logs:PutRetentionPolicy",),
    ("resourcegroupstaggingapi", "GetResources"): ("tag:GetResources",),
}
_ALSO: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("config", "PutConfigurationRecorder"): ("iam:PassRole",),
    ("guardduty", "CreateDetector"): ("iam:CreateServiceLinkedRole",),
    ("securityhub", "EnableSecurityHub"): ("iam:CreateServiceLinkedRole",),
    ("accessanalyzer", "CreateAnalyzer"): ("iam:CreateServiceLinkedRole",),
    ("macie2", "EnableMacie"): ("iam:CreateServiceLinkedRole",),
    ("inspector2", "Enable"): ("iam:CreateServiceLinkedRole",),
    ("wafv2", "PutLoggingConfiguration"): (
        *("iam:CreateServiceLinkedRole", "logs:CreateLogDelivery", "logs:DescribeLogGroups"),
        *("logs:DescribeResourcePolicies", "logs:PutResourcePolicy"),
    ),
    ("wafv2", "DeleteLoggingConfiguration"): ("logs:DeleteLogDelivery",),
}
"""What an operation needs besides its own action, whatever its arguments."""
_PREFIXES: Final[dict[str, str]] = {
    "accessanalyzer": "access-analyzer",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "opensearch": "es",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
"""IAM's name of a service where botocore has another."""


_VERBS: Final[dict[str, str]] = {
    "Get": "GET",
    "Update": "PATCH",
    "Create": "POST",
    "Put": "PUT",
    "Delete": "DELETE",
}
"""API Gateway's actions are the methods of its requests."""


def actions(service: str, operation: str) -> tuple[str, ...]:
    """The IAM actions of an operation by itself."""
    if service == "apigateway":
        return tuple(f"apigateway:{verb}" for name, verb in _VERBS.items() if operation.startswith(name))
    return _EXCEPTIONS.get((service, operation), (f"{_PREFIXES.get(service, service)}:{operation}",))


def for_call(call: Call) -> tuple[str, ...]:
    """The IAM actions of a call, with what its arguments ask for besides."""
    also = _ALSO.get((call.service, call.operation), ())
    return (*actions(call.service, call.operation), *also, *_by_arguments(call))


_WHERE_GIVEN: Final[Mapping[tuple[str, str], tuple[tuple[str, tuple[str, ...]], ...]]] = {
    ("backup", "CreateBackupVault"): (
        ("BackupVaultName", ("backup-storage:MountCapsule",)),
        ("EncryptionKeyArn", ("kms:CreateGrant", "kms:DescribeKey")),
        ("BackupVaultTags", ("backup:TagResource",)),
    ),
    ("backup", "CreateBackupPlan"): (("BackupPlanTags", ("backup:TagResource",)),),
    ("ec2", "AssociateIamInstanceProfile"): (("IamInstanceProfile", ("iam:PassRole",)),),
    ("ec2", "ReplaceIamInstanceProfileAssociation"): (("IamInstanceProfile", ("iam:PassRole",)),),
    ("kms", "CreateKey"): (("Tags", ("kms:TagResource",)),),
    ("rds", "ModifyDBInstance"): (("MonitoringRoleArn", ("iam:PassRole",)),),
    ("rds", "CreateDBParameterGroup"): (("Tags", ("rds:AddTagsToResource",)),),
    ("rds", "CreateDBClusterParameterGroup"): (("Tags", ("rds:AddTagsToResource",)),),
    ("redshift", "CreateClusterParameterGroup"): (("Tags", ("redshift:CreateTags",)),),
    ("redshift", "ModifyCluster"): (("KmsKeyId", ("kms:CreateGrant", "kms:DescribeKey")),),
    ("logs", "CreateLogGroup"): (("tags", ("logs:TagResource",)),),
    ("iam", "CreatePolicy"): (("Tags", ("iam:TagPolicy",)),),
    ("iam", "CreateRole"): (("Tags", ("iam:TagRole",)),),
    ("cloudtrail", "UpdateTrail"): (("CloudWatchLogsRoleArn", ("iam:PassRole",)),),
    ("cloudtrail", "CreateTrail"): (("CloudWatchLogsRoleArn", ("iam:PassRole",)),),
}
"""Operation → what an argument asks for besides, where it is given."""


def _by_arguments(call: Call) -> tuple[str, ...]:
    given = call.arguments
    match (call.service, call.operation):
        case ("ec2", "CreateFlowLogs"):
            roles = ("iam:PassRole",) if given.get("DeliverLogsPermissionArn") else ()
            tags = ("ec2:CreateTags",) if given.get("TagSpecifications") else ()
            return (*roles, "logs:CreateLogDelivery", *tags)
        case ("ec2", "DeleteFlowLogs"):
            return ("logs:DeleteLogDelivery",)
        case ("backup", "CreateBackupSelection"):
            return ("iam:PassRole",)
        case ("ssm", "UpdateServiceSetting"):
            named = str(given.get("SettingId") or "").endswith("-management-role")
            return ("iam:PassRole",) if named else ()
        case ("wafv2", "AssociateWebACL" | "DisassociateWebACL"):
            stage = ":apigateway:" in str(given.get("ResourceArn"))
            return ("apigateway:SetWebACL",) if stage else ("elasticloadbalancing:SetWebAcl",)
    asked = _WHERE_GIVEN.get((call.service, call.operation), ())
    return tuple(action for argument, actions in asked if given.get(argument) for action in actions)
