"""Lookups shared by Azure guards: containers of a storage account, and a subscription's resources by type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.guard import GuardContext
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.support.json_value import at

RESOURCES_VERSION: Final = "2021-04-01"
SHOWN: Final = 10
"""Maximum number of names that a reason lists; the rest is "and N more"."""
MONITOR: Final = re.compile(r"insights-(logs|metrics|activity-logs)(-.*)?")
"""Containers that Azure Monitor creates for the logs of diagnostic settings."""
FUNCTIONS: Final = re.compile(r"azure-webjobs-.*|scm-releases|azure-functions-.*")
"""Containers that the Functions host creates in its storage account (AzureWebJobsStorage)."""
_UNSUPPORTED: Final = frozenset({"FeatureNotSupportedForAccount", "OperationNotAllowedOnKind"})
_RECORDS: Final = re.compile(
    r"(?i)log|audit|evidence|complian|polic(y|ies)|hipaa|retention|archive|insights-"
)


def listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def account_of(target: Target) -> Target:
    """The target's storage account: the target itself or its parent."""
    segments = target.id.split("/")
    id = "/".join(segments[:9])
    return Target(
        provider=target.provider,
        type="Microsoft.Storage/storageAccounts",
        account=target.account,
        region=target.region,
        id=id,
        name=segments[8] if len(segments) > 8 else target.name,
        partition=target.partition,
    )


def below(
    context: GuardContext, collection: str, endpoint: str, account: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Members of a collection of the storage account; [] when this kind of account does not have the service."""
    if not at(account, f"properties.primaryEndpoints.{endpoint}"):
        return []
    try:
        return members(context.cloud, f"{account_of(context.target).id}/{collection}", VERSION)
    except CloudError as error:
        if error.code in _UNSUPPORTED:
            return []
        raise


def containers(context: GuardContext) -> list[dict[str, Any]]:
    """The blob containers of the target's account."""
    account = get(context.cloud, account_of(context.target).id, VERSION)
    return below(context, "blobServices/default/containers", "blob", account)


def says_records(*texts: str) -> str:
    """The word in a name or tag that suggests logs or documentation; "" when there is none."""
    for text in texts:
        match = _RECORDS.search(text[:256])
        if match:
            return match[0].lower()
    return ""


def held(context: GuardContext, subscription: str) -> list[dict[str, Any]]:
    """Every tracked resource of a subscription with type, kind, sku and id. Listed once per planning."""
    key = f"resources|{subscription}"
    if key not in context.memory:
        context.memory[key] = members(
            context.cloud, f"/subscriptions/{subscription}/resources", RESOURCES_VERSION
        )
    resources: list[dict[str, Any]] = context.memory[key]
    return resources


def counted(context: GuardContext, subscription: str) -> Counter[str]:
    """Number of resources by type (lower case); a scale set or App Service plan counts as its instances."""
    count: Counter[str] = Counter()
    for resource in held(context, subscription):
        capacity = at(resource, "sku.capacity")
        number = capacity if isinstance(capacity, int) and not isinstance(capacity, bool) else 1
        count[str(resource.get("type", "")).lower()] += number
    return count
