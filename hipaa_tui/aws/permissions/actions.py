"""Names the IAM actions that a call needs, so that least privilege can be shown before it is asked for.

The action is "service:Operation" for most operations; the exceptions stand in the Service Authorization
Reference of each service (https://docs.aws.amazon.com/service-authorization/latest/reference/).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at

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
    ("s3", "DeleteBucketOwnershipControls"): ("s3:PutBucketOwnershipControls",),
    ("s3", "GetBucketNotificationConfiguration"): ("s3:GetBucketNotification",),
    ("s3", "PutBucketNotificationConfiguration"): ("s3:PutBucketNotification",),
    ("s3", "ListBucketAnalyticsConfigurations"): ("s3:GetAnalyticsConfiguration",),
    ("s3", "ListBucketIntelligentTieringConfigurations"): ("s3:GetIntelligentTieringConfiguration",),
    ("s3", "ListBucketInventoryConfigurations"): ("s3:GetInventoryConfiguration",),
    ("s3", "ListBucketMetricsConfigurations"): ("s3:GetMetricsConfiguration",),
    ("s3", "ListObjects"): ("s3:ListBucket",),
    ("s3", "ListObjectsV2"): ("s3:ListBucket",),
    ("s3", "ListObjectVersions"): ("s3:ListBucketVersions",),
    ("s3", "HeadObject"): ("s3:GetObject",),
    ("s3", "GetBucketReplication"): ("s3:GetReplicationConfiguration",),
    ("s3", "GetObjectLockConfiguration"): ("s3:GetBucketObjectLockConfiguration",),
    ("s3", "PutObjectLockConfiguration"): ("s3:PutBucketObjectLockConfiguration",),
    ("s3control", "GetPublicAccessBlock"): ("s3:GetAccountPublicAccessBlock",),
    ("s3control", "PutPublicAccessBlock"): ("s3:PutAccountPublicAccessBlock",),
    ("s3control", "DeletePublicAccessBlock"): ("s3:PutAccountPublicAccessBlock",),
}
_ALSO: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("backup", "CreateBackupPlan"): ("iam:PassRole",),
    ("backup", "CreateBackupSelection"): ("iam:PassRole",),
    ("backup", "CreateBackupVault"): ("backup-storage:MountCapsule",),
    ("backup", "UpdateBackupPlan"): ("iam:PassRole",),
    ("ec2", "CreateFlowLogs"): ("logs:CreateLogDelivery",),
    ("ec2", "DeleteFlowLogs"): ("logs:DeleteLogDelivery",),
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
    "s3control": "s3",
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


_PASS: Final = ("iam:PassRole",)
_TAG_EC2: Final = (("TagSpecifications", ("ec2:CreateTags",)),)
_GRANT: Final = ("kms:CreateGrant", "kms:DescribeKey")
_TAG_RDS: Final = (("Tags", ("rds:AddTagsToResource",)),)
_ORGANIZATION_TRAIL: Final = (
    "IsOrganizationTrail",
    ("iam:CreateServiceLinkedRole", "iam:GetRole", "organizations:ListAWSServiceAccessForOrganization"),
)
_WHERE_GIVEN: Final[Mapping[tuple[str, str], tuple[tuple[str, tuple[str, ...]], ...]]] = {
    ("accessanalyzer", "CreateAnalyzer"): (("tags", ("access-analyzer:TagResource",)),),
    ("application-autoscaling", "RegisterScalableTarget"): (
        ("RoleARN", _PASS),
        ("Tags", ("application-autoscaling:TagResource",)),
    ),
    ("autoscaling", "UpdateAutoScalingGroup"): (("ServiceLinkedRoleARN", _PASS),),
    ("backup", "CreateBackupPlan"): (("BackupPlanTags", ("backup:TagResource",)),),
    ("backup", "CreateBackupVault"): (
        ("EncryptionKeyArn", (*_GRANT, "kms:Decrypt", "kms:GenerateDataKey", "kms:RetireGrant")),
        ("BackupVaultTags", ("backup:TagResource",)),
    ),
    ("cloudtrail", "CreateTrail"): (
        ("CloudWatchLogsRoleArn", _PASS),
        ("TagsList", ("cloudtrail:AddTags",)),
        _ORGANIZATION_TRAIL,
    ),
    ("cloudtrail", "UpdateTrail"): (("CloudWatchLogsRoleArn", _PASS), _ORGANIZATION_TRAIL),
    ("cloudwatch", "PutMetricAlarm"): (("Tags", ("cloudwatch:TagResource",)),),
    ("codebuild", "UpdateProject"): (("serviceRole", _PASS),),
    ("config", "PutConfigurationRecorder"): (("Tags", ("config:TagResource",)),),
    ("dynamodb", "UpdateTable"): (
        ("SSESpecification.KMSMasterKeyId", (*_GRANT, "kms:Decrypt", "kms:Encrypt")),
    ),
    ("ec2", "AssociateIamInstanceProfile"): (("IamInstanceProfile", _PASS),),
    ("ec2", "AuthorizeSecurityGroupEgress"): _TAG_EC2,
    ("ec2", "AuthorizeSecurityGroupIngress"): _TAG_EC2,
    ("ec2", "CreateFlowLogs"): (
        ("DeliverLogsPermissionArn", _PASS),
        ("DeliverCrossAccountRole", _PASS),
        *_TAG_EC2,
    ),
    ("ec2", "ReplaceIamInstanceProfileAssociation"): (("IamInstanceProfile", _PASS),),
    ("eks", "AssociateEncryptionConfig"): (("encryptionConfig", _GRANT),),
    ("guardduty", "CreateDetector"): (("Tags", ("guardduty:TagResource",)),),
    ("iam", "CreatePolicy"): (("Tags", ("iam:TagPolicy",)),),
    ("iam", "CreateRole"): (("Tags", ("iam:TagRole",)),),
    ("kms", "CreateKey"): (
        ("MultiRegion", ("iam:CreateServiceLinkedRole",)),
        ("Policy", ("kms:PutKeyPolicy",)),
        ("Tags", ("kms:TagResource",)),
    ),
    ("lambda", "UpdateFunctionConfiguration"): (("Role", _PASS),),
    ("logs", "CreateLogGroup"): (("tags", ("logs:TagResource",)),),
    ("opensearch", "UpdateDomainConfig"): (("EncryptionAtRestOptions.KmsKeyId", _GRANT),),
    ("rds", "CreateDBClusterParameterGroup"): _TAG_RDS,
    ("rds", "CreateDBParameterGroup"): _TAG_RDS,
    ("rds", "ModifyDBCluster"): (("DomainIAMRoleName", _PASS), ("MonitoringRoleArn", _PASS)),
    ("rds", "ModifyDBInstance"): (
        ("DomainIAMRoleName", _PASS),
        ("MonitoringRoleArn", _PASS),
        ("TagSpecifications", ("rds:AddTagsToResource",)),
    ),
    ("redshift", "CreateClusterParameterGroup"): (("Tags", ("redshift:CreateTags",)),),
    ("redshift", "ModifyCluster"): (("KmsKeyId", _GRANT),),
    ("s3", "CreateBucket"): (
        *((one, ("s3:PutBucketAcl",)) for one in ("ACL", "GrantFullControl", "GrantRead", "GrantWrite")),
        ("CreateBucketConfiguration.Tags", ("s3:TagResource",)),
        ("ObjectLockEnabledForBucket", ("s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning")),
        ("ObjectOwnership", ("s3:PutBucketOwnershipControls",)),
    ),
    ("secretsmanager", "UpdateSecret"): (
        ("KmsKeyId", ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")),
    ),
    ("securityhub", "EnableSecurityHub"): (("Tags", ("securityhub:TagResource",)),),
    ("sns", "CreateTopic"): (("Tags", ("sns:TagResource",)),),
    ("wafv2", "CreateWebACL"): (("Tags", ("wafv2:TagResource",)),),
}
"""Operation → what an argument (a path) asks for besides, where it is given: roles that are passed on, tags of
what is created, keys that a service is granted the use of."""
_BEANSTALK_ROLES: Final = frozenset({"IamInstanceProfile", "ServiceRole", "ServiceRoleForManagedUpdates"})


def _by_arguments(call: Call) -> tuple[str, ...]:
    given = call.arguments
    asked = _WHERE_GIVEN.get((call.service, call.operation), ())
    found = tuple(action for path, actions in asked if at(given, path) for action in actions)
    return (*found, *_by_values(call))


def _by_values(call: Call) -> tuple[str, ...]:
    """What an operation needs besides for the values of its arguments."""
    given = call.arguments
    match (call.service, call.operation):
        case ("apigateway", "UpdateAccount"):
            changes = given.get("patchOperations") or []
            return (
                _PASS
                if any(one.get("path") == "/cloudwatchRoleArn" and one.get("value") for one in changes)
                else ()
            )
        case ("elasticbeanstalk", "UpdateEnvironment"):
            options = given.get("OptionSettings") or []
            passed = any(one.get("OptionName") in _BEANSTALK_ROLES and one.get("Value") for one in options)
            return _PASS if passed else ()
        case ("sns", "CreateTopic"):
            return (
                _PASS
                if any(str(name).endswith("FeedbackRoleArn") for name in given.get("Attributes") or {})
                else ()
            )
        case ("sns", "SetTopicAttributes"):
            feedback = str(given.get("AttributeName") or "").endswith("FeedbackRoleArn")
            return _PASS if feedback and given.get("AttributeValue") else ()
        case ("ssm", "UpdateServiceSetting"):
            named = str(given.get("SettingId") or "").endswith("-management-role")
            return _PASS if named else ()
        case ("wafv2", "AssociateWebACL" | "DisassociateWebACL"):
            stage = ":apigateway:" in str(given.get("ResourceArn"))
            return ("apigateway:SetWebACL",) if stage else ("elasticloadbalancing:SetWebAcl",)
    return ()
