"""What several guards of Azure look at: containers of an account, and what a subscription holds of each type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.guard import Look
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.support.json_value import at

RESOURCES_VERSION: Final = "2021-04-01"
SHOWN: Final = 10
"""Names that a reason lists before it says "and N more"."""
MONITOR: Final = re.compile(r"insights-(logs|metrics|activity-logs)(-.*)?")
"""Containers that Azure Monitor makes for the logs that diagnostic settings send to an account."""
FUNCTIONS: Final = re.compile(r"azure-webjobs-.*|scm-releases|azure-functions-.*")
"""Containers that the Functions host makes in its storage account (AzureWebJobsStorage)."""
_UNSUPPORTED: Final = frozenset({"FeatureNotSupportedForAccount", "OperationNotAllowedOnKind"})
_RECORDS: Final = re.compile(
    r"(?i)log|audit|evidence|complian|polic(y|ies)|hipaa|retention|archive|insights-"
)


def listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def account_of(target: Target) -> Target:
    """The storage account that the target is, or is in."""
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


def below(look: Look, collection: str, endpoint: str, account: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Members of a service of the account; none where this kind of account has no such service."""
    if not at(account, f"properties.primaryEndpoints.{endpoint}"):
        return []
    try:
        return members(look.cloud, f"{account_of(look.target).id}/{collection}", VERSION)
    except CloudError as error:
        if error.code in _UNSUPPORTED:
            return []
        raise


def containers(look: Look) -> list[dict[str, Any]]:
    """The blob containers of the target's account."""
    account = get(look.cloud, account_of(look.target).id, VERSION)
    return below(look, "blobServices/default/containers", "blob", account)


def says_records(*texts: str) -> str:
    """The word by which a name or tag says that documentation or logs are kept there; "" where none does."""
    for text in texts:
        found = _RECORDS.search(text[:256])
        if found:
            return found[0].lower()
    return ""


def held(look: Look, subscription: str) -> list[dict[str, Any]]:
    """Every tracked resource of a subscription with type, kind, sku and id. Listed once for a planning."""
    where = f"resources|{subscription}"
    if where not in look.memory:
        look.memory[where] = members(
            look.cloud, f"/subscriptions/{subscription}/resources", RESOURCES_VERSION
        )
    found: list[dict[str, Any]] = look.memory[where]
    return found


def counted(look: Look, subscription: str) -> Counter[str]:
    """How many resources of each type (lower case) there are; a scale set or plan counts its instances."""
    count: Counter[str] = Counter()
    for one in held(look, subscription):
        capacity = at(one, "sku.capacity")
        number = capacity if isinstance(capacity, int) and not isinstance(capacity, bool) else 1
        count[str(one.get("type", "")).lower()] += number
    return count
