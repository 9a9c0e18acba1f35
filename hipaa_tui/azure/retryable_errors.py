"""What Azure answers while a resource is busy, or while what was just created is not known everywhere yet."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.retryable import Retryable

_LEARN: Final = "https://learn.microsoft.com/en-us"
_ERRORS: Final = f"{_LEARN}/azure/azure-resource-manager/troubleshooting/common-deployment-errors"
_UNDER_WAY: Final = "another operation on it is in progress"
_IN_PROGRESS: Final = (
    r"(?:operation|update|request|deployment|assignment|auditing)\b.{0,80}\b(?:in progress|under ?way|ongoing)"
    r"|in progress\b.{0,40}\b(?:operation|update|request)"
    r"|(?:being|currently) (?:updat|creat|modif|provision|process)|is (?:updating|busy)|requires exclusive access"
    r"|provisioning ?state\W{1,4}(?:is\W{1,3})?(?:updating|creating)"
)
"""How a message says that it is a matter of time. "Conflict" and "OperationNotAllowed" also mean a name that is taken
or a quota, which no waiting mends."""

RETRYABLE: Final[tuple[Retryable, ...]] = (
    Retryable(("AnotherOperationInProgress", "OperationInProgress"), _UNDER_WAY, _ERRORS),
    Retryable(
        ("Conflict", "OperationNotAllowed", "ResourceConflict"), _UNDER_WAY, _ERRORS, says=_IN_PROGRESS
    ),
    Retryable(
        ("ReferencedResourceNotProvisioned",),
        "a resource that it refers to is still being provisioned",
        f"{_LEARN}/azure/networking/troubleshoot-failed-state",
        says=r"not in Succeeded state|provision",
        unless=r"failed",
    ),
    Retryable(
        ("RetryableError", "RetryableErrorDueToAnotherOperation"),
        "Azure asks to send it again",
        f"{_LEARN}/azure/networking/troubleshoot-failed-state",
        refused=False,
    ),
    Retryable(
        ("StorageAccountOperationInProgress",),
        "another operation on the storage account is in progress",
        "https://github.com/pulumi/pulumi-azure-native/pull/4497",
    ),
    Retryable(
        ("ServerIsBusy",),
        "the server is busy with another operation",
        "https://github.com/Azure/azure-postgresql/issues/134",
    ),
    Retryable(
        ("ServerBusy", "ServiceBusy"),
        "the server is busy with another operation",
        "https://github.com/hashicorp/terraform-provider-azurerm/issues/28298",
        says=r"busy (?:with|processing) another operation",
    ),
    Retryable(
        (
            "ConflictingServerOperation",
            "ConflictingDatabaseOperation",
            "ServerBlobAuditingPolicyInProgress",
            "DatabaseBlobAuditingPolicyInProgress",
        ),
        "another operation on the SQL server is in progress",
        f"{_LEARN}/rest/api/sql/servers/update",
        service="Microsoft.Sql",
    ),
    Retryable(
        ("40802",),
        "another change of the database is in progress",
        "https://github.com/Azure/azure-rest-api-specs/issues/16897",
        service="Microsoft.Sql",
    ),
    Retryable(
        ("40501", "40613", "49918", "49919", "49920"),
        "Azure SQL is busy",
        f"{_LEARN}/azure/azure-sql/database/troubleshoot-common-errors-issues",
        service="Microsoft.Sql",
    ),
    Retryable(
        ("PrincipalNotFound",),
        "Microsoft Entra ID does not know everywhere yet the identity that this run just created",
        f"{_LEARN}/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails",
        service="Microsoft.Authorization",
        new=True,
    ),
)
"""The first entry that matches counts."""
