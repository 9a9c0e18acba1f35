"""How long blobs are kept: the lifecycle rules of a storage account, which delete for good.

An account has one policy, and a PUT replaces all of its rules. What a rule has deleted is gone, whatever
becomes of the rule, unless soft delete still holds it
(https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-overview).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.resource_types import parts
from hipaa_tui.azure.storage.settings import VERSION, StorageAccounts
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json, at, canonical_bytes

_PARTS: Final = {"baseBlob": "blobs", "snapshot": "snapshots", "version": "earlier versions"}
_AGES: Final = (
    "daysAfterModificationGreaterThan",
    "daysAfterCreationGreaterThan",
    "daysAfterLastAccessTimeGreaterThan",
)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What one rule deletes. `kind` is baseBlob, snapshot or version; `age` the field that counts the days."""

    rule: str
    kind: str
    age: str
    days: int
    prefixes: tuple[str, ...]
    blob_types: tuple[str, ...]
    tags: bytes

    @property
    def words(self) -> str:
        where = f" in {', '.join(self.prefixes)}" if self.prefixes else ""
        return f"the rule {self.rule} deletes {_PARTS[self.kind]}{where} after {self.days} days"

    def covers(self, other: Deletion) -> bool:
        """Is all that the other rule deletes among what this one does?"""
        return (
            self.kind == other.kind
            and set(self.blob_types) >= set(other.blob_types)
            and self.tags in (other.tags, canonical_bytes([]))
            and (
                not self.prefixes
                or (
                    bool(other.prefixes)
                    and all(any(one.startswith(mine) for mine in self.prefixes) for one in other.prefixes)
                )
            )
        )

    def meets(self, other: Deletion) -> bool:
        """Can there be a blob that both rules are about?"""
        if self.kind != other.kind or not set(self.blob_types) & set(other.blob_types):
            return False
        if not self.prefixes or not other.prefixes:
            return True
        return any(a.startswith(b) or b.startswith(a) for a in self.prefixes for b in other.prefixes)


def deletions(value: Json) -> list[Deletion]:
    """What the rules in force delete; empty for ABSENT."""
    return [one for rule in (value or {}).get("rules") or [] for one in _of_rule(rule)]


def _of_rule(rule: Mapping[str, Any]) -> Iterator[Deletion]:
    if rule.get("enabled") is False:
        return
    filters = at(rule, "definition.filters") or {}
    for kind in _PARTS:
        action = at(rule, f"definition.actions.{kind}.delete") or {}
        for age in _AGES:
            if action.get(age) is not None:
                yield Deletion(
                    rule=str(rule.get("name", "")),
                    kind=kind,
                    age=age,
                    days=int(action[age]),
                    prefixes=tuple(sorted(str(one) for one in filters.get("prefixMatch") or ())),
                    blob_types=tuple(sorted(str(one) for one in filters.get("blobTypes") or ("blockBlob",))),
                    tags=canonical_bytes(filters.get("blobIndexMatch") or []),
                )


def new_deletions(before: Json, after: Json) -> list[Deletion]:
    """What `after` deletes and `before` does not, or not so soon."""
    already = deletions(before)
    return [
        one
        for one in deletions(after)
        if not any(old.covers(one) and old.age == one.age and old.days <= one.days for old in already)
    ]


class Lifecycle(Declared):
    """{"rules": [{"name", "enabled", "type": "Lifecycle", "definition": {"actions", "filters"}}]}"""

    id = "azure.storage.lifecycle"
    title = "Lifecycle rules"
    resource = StorageAccounts.name
    version = VERSION
    below = "/managementPolicies/default"
    place = "properties.policy"
    members = ("rules",)
    method = "PUT"
    removal = "DELETE"
    absent = ("ManagementPolicyNotFound",)
    identified_when_absent = True
    settle_seconds = 60.0
    terraform = ("azurerm_storage_management_policy",)

    def value(self, found: Mapping[str, Any]) -> Json:
        rules = at(found, "properties.policy.rules") or []
        return {"rules": rules} if rules else ABSENT

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        where = parts(target.id)
        return {
            "id": self.path(target),
            "account": target.id,
            "name": where.name,
            "resourceGroup": where.group,
            "subscription": where.subscription,
        }

    def changes(self, before: Reading, after: Json) -> Json:
        return {} if self.same(before.value, after) else {"rules": after["rules"]}

    def canonical(self, value: Json) -> Json:
        rules = [_plain({"enabled": True, **rule}) for rule in value["rules"]]
        return {"rules": sorted(rules, key=lambda rule: str(rule.get("name")))}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        found = new_deletions(before, after)
        if not found:
            return ""
        return f"{'; '.join(one.words for one in found)}: what Azure has deleted by then does not come back"

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return self.identity_of(target, {})


def _plain(value: Json) -> Json:
    """Without what says nothing; the service writes empty fields out, days as 30.0 and lists in its own order."""
    if isinstance(value, Mapping):
        return {
            key: _plain(one) for key, one in value.items() if one not in (None, [], {}) and _plain(one) != {}
        }
    if isinstance(value, list):
        return sorted((_plain(one) for one in value), key=canonical_bytes)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def kept_for(current: Json, wanted: Json) -> Json:
    """The rules that are there, with nothing deleted before `days`: a deletion that comes sooner is put off.

    Where blobs go to another tier, and when, stays as it is. ValueError where there are no rules.
    """
    if current is ABSENT:
        raise ValueError("the account has no lifecycle rules, so nothing is deleted by age")
    days = int(wanted["days"])
    rules = copy.deepcopy(current["rules"])
    for rule in rules:
        for kind in _PARTS:
            action = at(rule, f"definition.actions.{kind}.delete") or {}
            for age in _AGES:
                if action.get(age) is not None and action[age] < days:
                    action[age] = days
    return {"rules": rules}


SETTINGS = (Lifecycle(),)
BUILDERS = {"kept_for": kept_for}
