"""For how long nobody can change or delete what is in a blob container: its time-based retention policy.

An unlocked policy protects like a locked one, but can be changed and taken away. Locking is for good: from
then on the period can only be made longer, five times at most, and neither the container nor the account
goes before the last blob's day
(https://learn.microsoft.com/azure/storage/blobs/immutable-time-based-retention-policy-overview).
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.azure.resource_ids import parse
from hipaa_tui.azure.resource_types import get, members, operations, parts, request
from hipaa_tui.azure.storage.settings import VERSION, StorageAccounts
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, OWN_ANSWER, Json, reference

TYPE: Final = "Microsoft.Storage/storageAccounts/blobServices/containers"
PERIOD: Final = "immutabilityPeriodSinceCreationInDays"
_APPENDS: Final = ("allowProtectedAppendWrites", "allowProtectedAppendWritesAll")
_UNSUPPORTED: Final = frozenset({"FeatureNotSupportedForAccount", "OperationNotAllowedOnKind"})
_DEPTH: Final = 3


class Containers(ResourceType):
    """The blob containers of every account. Those of Azure itself ($logs, $web) are no resource ids of ARM's
    and are left out."""

    name = TYPE
    title = "Blob container"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = []
        for one in StorageAccounts().list(cloud, account, region, partition):
            try:
                held = members(cloud, f"{one.id}/blobServices/default/containers", VERSION)
            except CloudError as error:
                if error.code in _UNSUPPORTED:
                    continue
                raise
            targets = (self.target(str(box.get("id", "")), account, one.region, partition) for box in held)
            found += [target for target in targets if target is not None]
        return found

    def target(self, id: str, account: str, region: str, partition: str = "AzureCloud") -> Target | None:
        found = parse(id)
        if found is None or found.type.lower() != TYPE.lower() or not found.is_of(account):
            return None
        return Target(
            provider="azure",
            type=TYPE,
            account=found.subscription,
            region=region,
            id=found.upto(_DEPTH),
            name=found.name,
            partition=partition,
        )


def locked(value: Json) -> bool:
    return value is not ABSENT and str(value.get("state", "")).lower() == "locked"


def period(value: Json) -> int:
    """Days for which nothing is deleted; 0 for ABSENT."""
    return int((value or {}).get(PERIOD) or 0)


class ContainerImmutability(Setting):
    """{"immutabilityPeriodSinceCreationInDays", "allowProtectedAppendWrites"?, "allowProtectedAppendWritesAll"?,
    "state": "Unlocked" or "Locked"}. ABSENT where the container has no policy.
    """

    id = "azure.storage.container-immutability"
    title = "Immutability policy"
    resource = TYPE
    reads = operations("Microsoft.Storage", "GET")
    writes = operations("Microsoft.Storage", "PUT", "POST")
    removes = operations("Microsoft.Storage", "DELETE")
    terraform = ("azurerm_storage_container_immutability_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        container = get(cloud, target.id, VERSION).get("properties") or {}
        identity = _identity(target)
        hold = container.get("legalHold") or {}
        identity["legalHolds"] = [str(one.get("tag", "")) for one in hold.get("tags") or []]
        identity["hasLegalHold"] = bool(container.get("hasLegalHold"))
        try:
            found = get(cloud, _path(target), VERSION)
        except CloudError as error:
            if error.status != 404:
                raise
            return Reading(ABSENT, identity)
        properties: dict[str, Any] = found.get("properties") or {}
        # What was deleted is shown with a period of no days.
        if not properties.get(PERIOD):
            return Reading(ABSENT, identity)
        value = {
            PERIOD: properties[PERIOD],
            **{key: properties[key] for key in _APPENDS if properties.get(key) is not None},
            "state": properties.get("state") or "Unlocked",
        }
        return Reading(value, {**identity, "etag": str(found.get("etag") or "")})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        old = before.value
        if old is not ABSENT and self.same(old, after):
            return []
        etag = str(before.identity.get("etag") or "") or None
        if locked(old):
            return self._extend(target, old, after, etag)
        calls = []
        if old is ABSENT or self._chosen(old) != self._chosen(after):
            body = {"properties": self._chosen(after)}
            calls.append(request("PUT", _path(target), VERSION, body, if_match=etag))
        if locked(after):
            calls.append(_locking(target, reference(OWN_ANSWER, "etag") if calls else etag))
        return calls

    def _extend(self, target: Target, old: Json, after: Json, etag: str | None) -> list[Call]:
        """All that a locked policy still takes is a longer period."""
        if not locked(after) or {**self._chosen(old), PERIOD: 0} != {**self._chosen(after), PERIOD: 0}:
            raise ValueError("the immutability policy is locked: only its period can change")
        if period(after) < period(old):
            raise ValueError("the immutability policy is locked: its period can only be made longer")
        body = {"properties": {PERIOD: period(after)}}
        return [request("POST", f"{_path(target)}/extend", VERSION, body, if_match=etag)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        if before.absent:
            return []
        if locked(before.value):
            raise ValueError("a locked immutability policy cannot be removed")
        etag = str(before.identity.get("etag") or "") or "*"
        return [request("DELETE", _path(target), VERSION, if_match=etag)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        unlocked = after is not ABSENT and locked(after) and not locked(before)
        return [{**after, "state": "Unlocked"}] if unlocked else []

    def canonical(self, value: Json) -> Json:
        return {**self._chosen(value), "state": "Locked" if locked(value) else "Unlocked"}

    def _chosen(self, value: Json) -> dict[str, Json]:
        # Both missing is what policies made without appending have.
        return {PERIOD: period(value), **{key: bool(value.get(key)) for key in _APPENDS if value.get(key)}}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if after is ABSENT or not locked(after) or (locked(before) and period(after) <= period(before)):
            return ""
        return (
            f"a locked policy is never unlocked, shortened or removed: for {period(after)} days after it was "
            "written nobody, Microsoft included, can change or delete a blob of the container"
        )

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return _identity(target)


def _path(target: Target) -> str:
    return f"{target.id}/immutabilityPolicies/default"


def _locking(target: Target, etag: Json) -> Call:
    call = request("POST", f"{_path(target)}/lock", VERSION)
    return Call(call.provider, call.service, call.operation, {**call.arguments, "if_match": etag or "*"})


def _identity(target: Target) -> dict[str, Json]:
    where = parts(target.id)
    return {
        "id": _path(target),
        "container": target.id,
        "account": where.pairs[0][1],
        "name": where.name,
        "resourceGroup": where.group,
        "subscription": where.subscription,
    }


def kept_unchanged(current: Json, wanted: Json) -> Json:
    """A policy of at least `days`; `append` lets logs still be written to, `lock` makes it final.

    A longer period stays, a locked policy stays locked, and appending that is allowed stays so.
    """
    have = current or {}
    kept = {key: True for key in _APPENDS if have.get(key)}
    if wanted.get("append") and not kept and not locked(current):
        kept = {_APPENDS[0]: True}
    final = bool(wanted.get("lock")) or locked(current)
    return {
        PERIOD: max(int(wanted["days"]), period(current)),
        **kept,
        "state": "Locked" if final else "Unlocked",
    }


RESOURCE_TYPES = (Containers(),)
SETTINGS = (ContainerImmutability(),)
BUILDERS = {"kept_unchanged": kept_unchanged}
