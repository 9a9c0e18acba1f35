"""What AWS answers while a resource is busy, or while what was just created is not known everywhere yet."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.retryable import Retryable

_DOCS: Final = "https://docs.aws.amazon.com"
_UNDER_WAY: Final = "another operation on it is in progress"
_NOT_AVAILABLE: Final = "it is not available yet: another change of it is in progress"
_REPLICATION: Final = "IAM does not know everywhere yet what this run just created"
_STAYS: Final = r"stopp|failed|delet|incompatible|storage-full|inaccessible|suspend|restore-error|hibernat"
"""States that no waiting ends."""

RETRYABLE: Final[tuple[Retryable, ...]] = (
    # Any service.
    Retryable(
        ("OperationInProgressException", "OperationInProgressFailure", "OperationInProgress"),
        _UNDER_WAY,
        f"{_DOCS}/elasticbeanstalk/latest/api/API_UpdateEnvironment.html",
    ),
    Retryable(
        ("ConcurrentModificationException", "ConcurrentModification", "ConcurrentModificationFault"),
        "another change of it is in progress",
        f"{_DOCS}/IAM/latest/APIReference/API_AttachRolePolicy.html",
    ),
    Retryable(
        ("PriorRequestNotComplete",),
        "an earlier request is still being processed",
        f"{_DOCS}/Route53/latest/APIReference/API_ChangeResourceRecordSets.html",
    ),
    # One service each.
    Retryable(
        ("InvalidParameterValue",),
        "the environment is not ready yet",
        f"{_DOCS}/elasticbeanstalk/latest/api/API_UpdateEnvironment.html",
        service="elasticbeanstalk",
        says=r"must be ready",
    ),
    Retryable(
        ("OperationAborted",),
        "another operation on the bucket is in progress",
        f"{_DOCS}/AmazonS3/latest/API/ErrorResponses.html",
        service="s3",
    ),
    Retryable(
        ("OperationAborted",),
        "another operation on it is in progress",
        f"{_DOCS}/AmazonS3/latest/API/ErrorResponses.html",
        service="s3control",
    ),
    Retryable(
        ("OperationAbortedException",),
        "another request changes the log group",
        f"{_DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        service="logs",
    ),
    Retryable(
        ("ValidationException",),
        "another change of the domain is in progress",
        f"{_DOCS}/opensearch-service/latest/developerguide/managedomains-configuration-changes.html",
        service="opensearch",
        says=r"change/update is in progress|currently (?:being )?(?:processing|modified|updated)",
    ),
    Retryable(
        ("InvalidDBInstanceState", "InvalidDBInstanceStateFault"),
        _NOT_AVAILABLE,
        f"{_DOCS}/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html",
        unless=_STAYS,
    ),
    Retryable(
        ("InvalidDBClusterStateFault",),
        _NOT_AVAILABLE,
        f"{_DOCS}/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html",
        unless=_STAYS,
    ),
    Retryable(
        ("InvalidDBParameterGroupState",),
        "the parameter group is in use by another operation",
        f"{_DOCS}/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html",
    ),
    Retryable(
        ("InvalidClusterState", "InvalidClusterStateFault"),
        _NOT_AVAILABLE,
        f"{_DOCS}/redshift/latest/APIReference/API_ModifyCluster.html",
        service="redshift",
        unless=_STAYS,
    ),
    Retryable(
        ("InvalidClusterParameterGroupState",),
        "the parameter group is in use by another operation",
        f"{_DOCS}/redshift/latest/APIReference/API_ModifyClusterParameterGroup.html",
        service="redshift",
    ),
    Retryable(
        ("InvalidReplicationGroupState", "InvalidCacheClusterState"),
        _NOT_AVAILABLE,
        f"{_DOCS}/AmazonElastiCache/latest/APIReference/API_ModifyReplicationGroup.html",
        service="elasticache",
        unless=_STAYS,
    ),
    Retryable(
        ("ResourceInUseException",),
        "another update of the cluster is in progress",
        f"{_DOCS}/eks/latest/APIReference/API_UpdateClusterConfig.html",
        service="eks",
        unless=r"already exists|attached|in use by",
    ),
    Retryable(
        ("ResourceInUseException",),
        "the table is being created or changed",
        f"{_DOCS}/amazondynamodb/latest/APIReference/API_UpdateTable.html",
        service="dynamodb",
        unless=r"already exists|delet",
    ),
    Retryable(
        ("ResourceInUseException",),
        "the stream is being created or changed",
        f"{_DOCS}/kinesis/latest/APIReference/API_StartStreamEncryption.html",
        service="kinesis",
        unless=r"already exists|delet",
    ),
    Retryable(
        ("ResourceConflictException",),
        "another update of the function is in progress",
        f"{_DOCS}/lambda/latest/api/API_UpdateFunctionConfiguration.html",
        service="lambda",
        says=r"in progress|state.{0,40}(?:pending|inactive)|currently",
        unless=r"already exist",
    ),
    Retryable(
        ("TooManyUpdates",),
        "other updates of it are in progress",
        f"{_DOCS}/systems-manager/latest/APIReference/API_UpdateAssociation.html",
        service="ssm",
    ),
    Retryable(
        ("KMSInvalidStateException",),
        "the key is being created or updated",
        f"{_DOCS}/kms/latest/developerguide/key-state.html",
        service="kms",
        says=r"creating|updating",
    ),
    Retryable(
        ("IncorrectFileSystemLifeCycleState",),
        "the file system is being created or updated",
        f"{_DOCS}/efs/latest/APIReference/API_UpdateFileSystem.html",
        service="efs",
        unless=_STAYS,
    ),
    Retryable(
        ("ConflictException",),
        "the trail is not ready yet",
        f"{_DOCS}/awscloudtrail/latest/APIReference/API_UpdateTrail.html",
        service="cloudtrail",
    ),
    Retryable(
        ("WAFUnavailableEntityException", "WAFOptimisticLockException"),
        "AWS WAF is still spreading an earlier change",
        f"{_DOCS}/waf/latest/APIReference/API_UpdateWebACL.html",
        service="wafv2",
    ),
    Retryable(
        ("QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently"),
        "a queue of that name was deleted less than 60 s ago",
        f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
        service="sqs",
    ),
    Retryable(
        ("InvalidResourceStateFault",),
        "another operation on it is in progress",
        f"{_DOCS}/dms/latest/APIReference/API_ModifyReplicationInstance.html",
        service="dms",
        unless=_STAYS,
    ),
    # What this run created a moment ago.
    Retryable(
        ("NoSuchEntity",),
        _REPLICATION,
        f"{_DOCS}/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
        service="iam",
        new=True,
    ),
    Retryable(
        (
            "MalformedPolicyDocument",
            "MalformedPolicyDocumentException",
            "MalformedPolicy",
            "InvalidPolicyDocument",
        ),
        _REPLICATION,
        f"{_DOCS}/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
        says=r"invalid principal",
        new=True,
    ),
    Retryable(
        ("InvalidParameterValueException",),
        _REPLICATION,
        f"{_DOCS}/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency",
        service="lambda",
        says=r"cannot be assumed",
        new=True,
    ),
)
"""The first entry that matches counts."""
