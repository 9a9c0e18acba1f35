"""Finds the policies of Azure that act on a write: which are assigned where, and with which effect.

A list of assignments at a subscription holds those of the management groups above it and of all that lies
in it (https://learn.microsoft.com/rest/api/policyauthorization/policy-assignments/list). What an initiative
only audits, by its own parameters, is not looked up; nor are the entries without parameters of Microsoft's
regulatory initiatives, which audit or ask a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.providers.guard import Look
from hipaa_tui.providers.model import CloudError
from hipaa_tui.support.json_value import Json, at

ASSIGNMENTS_VERSION: Final = "2022-06-01"
DEFINITIONS_VERSION: Final = "2021-06-01"
EXEMPTIONS_VERSION: Final = "2022-07-01-preview"
MOST: Final = 150
"""Definitions that are read for one subscription and planning."""
_ACTING: Final = frozenset({"deny", "denyaction", "modify", "append", "deployifnotexists", "mutate"})
_PARAMETER: Final = re.compile(r"(?i)^\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]$")


@dataclass(frozen=True)
class Policy:
    """One definition as one assignment applies it. `scope` is lower case, `effect` too.

    `indexed` ones look only at types that have a location and tags; `selectors` narrow the assignment to
    locations or types.
    """

    name: str
    assignment: str
    scope: str
    effect: str
    rule: Mapping[str, Any]
    values: Mapping[str, Json]
    indexed: bool = False
    selectors: tuple[Mapping[str, Any], ...] = ()
    excluded: tuple[str, ...] = ()
    exempted: tuple[str, ...] = field(default=())

    @property
    def words(self) -> str:
        return f"{self.name} (assigned at {self.scope or 'the tenant'})"

    def reaches(self, id: str) -> bool:
        """Is the resource in the assignment's scope, and neither excluded nor exempted?"""
        lowered = id.lower()
        over = "/managementgroups/" in self.scope or is_at_or_above(self.scope, lowered)
        return over and not any(is_at_or_above(one, lowered) for one in (*self.excluded, *self.exempted))


def effective(look: Look, subscription: str) -> tuple[list[Policy], str]:
    """(the policies that refuse or alter writes, what could not be looked at, "" where all was).

    Looked up once for a planning.
    """
    where = f"policies|{subscription}"
    if where not in look.memory:
        found = _Looking(look)
        look.memory[where] = (list(found.policies(subscription)), found.unseen)
    policies, unseen = look.memory[where]
    return policies, unseen


def deploying(policies: Sequence[Policy], type: str, name: str, id: str) -> list[Policy]:
    """Those that deploy something of the type, and of that name where they name one."""
    return [
        policy
        for policy in policies
        if policy.effect == "deployifnotexists"
        and policy.reaches(id)
        and str(at(policy.rule, "then.details.type")).lower() == type
        and str(resolved(at(policy.rule, "then.details.name") or name, policy.values)).lower() == name.lower()
    ]


def resolved(value: Json, values: Mapping[str, Json]) -> Json:
    """A value with `[parameters('x')]` filled in; other expressions stay as they stand."""
    if isinstance(value, str):
        found = _PARAMETER.match(value)
        if found is not None:
            named = {key.lower(): one for key, one in values.items()}
            return named.get(found[1].lower(), value)
    return value


class _Looking:
    def __init__(self, look: Look) -> None:
        self._look = look
        self._read: dict[str, Mapping[str, Any]] = {}
        self.unseen = ""

    def policies(self, subscription: str) -> Iterator[Policy]:
        base = f"/subscriptions/{subscription}/providers/Microsoft.Authorization"
        assignments = members(self._look.cloud, f"{base}/policyAssignments", ASSIGNMENTS_VERSION)
        acting = [one for one in assignments if at(one, "properties.enforcementMode") != "DoNotEnforce"]
        exemptions = self._exemptions(base) if acting else []
        for one in acting:
            properties = one.get("properties") or {}
            given = {key: at(value, "value") for key, value in (properties.get("parameters") or {}).items()}
            id = str(properties.get("policyDefinitionId", ""))
            if "/policysetdefinitions/" in id.lower():
                yield from self._of_set(one, id, given, exemptions)
            else:
                yield from self._of_definition(one, id, given, "", exemptions)

    def _exemptions(self, base: str) -> list[dict[str, Any]]:
        try:
            return members(self._look.cloud, f"{base}/policyExemptions", EXEMPTIONS_VERSION)
        except CloudError:
            return []  # without them a policy may count that does not: the careful side

    def _of_set(
        self, assignment: Mapping[str, Any], id: str, given: Mapping[str, Json], exemptions: Sequence[Any]
    ) -> Iterator[Policy]:
        properties = at(self._definition(id), "properties") or {}
        values = {**_defaults(properties), **given}
        audits = (
            str(properties.get("policyType")).lower() == "builtin"
            and str(at(properties, "metadata.category")).lower() == "regulatory compliance"
        )
        for entry in properties.get("policyDefinitions") or []:
            handed = {
                key: resolved(at(value, "value"), values)
                for key, value in (entry.get("parameters") or {}).items()
            }
            effect = next((one for key, one in handed.items() if key.lower() == "effect"), None)
            if (effect is None and audits) or (effect is not None and str(effect).lower() not in _ACTING):
                continue
            reference = str(entry.get("policyDefinitionReferenceId", ""))
            definition = str(entry.get("policyDefinitionId", ""))
            yield from self._of_definition(assignment, definition, handed, reference, exemptions)

    def _of_definition(
        self,
        assignment: Mapping[str, Any],
        id: str,
        given: Mapping[str, Json],
        reference: str,
        exemptions: Sequence[Mapping[str, Any]],
    ) -> Iterator[Policy]:
        properties = at(self._definition(id), "properties") or {}
        rule = properties.get("policyRule") or {}
        values = {**_defaults(properties), **given}
        effect = str(resolved(at(rule, "then.effect"), values) or "").lower()
        effect = _overridden(assignment, reference) or effect
        if effect not in _ACTING:
            return
        name = str(properties.get("displayName") or id.rpartition("/")[2])
        own = str(assignment.get("id", ""))
        yield Policy(
            name=name,
            assignment=own,
            scope=_scope(own),
            effect=effect,
            rule=rule,
            values=values,
            indexed=str(properties.get("mode")).lower() == "indexed",
            selectors=tuple(at(assignment, "properties.resourceSelectors") or ()),
            excluded=tuple(str(one).lower() for one in at(assignment, "properties.notScopes") or ()),
            exempted=tuple(
                _scope(str(one.get("id", ""))) for one in exemptions if _exempts(one, own, reference)
            ),
        )

    def _definition(self, id: str) -> Mapping[str, Any]:
        """A definition or an initiative; nothing where it cannot be read, which `unseen` says."""
        key = id.lower()
        if key not in self._read:
            if len(self._read) >= MOST:
                self.unseen = f"there are more than {MOST} policies, and not all were looked at"
                return {}
            try:
                self._read[key] = get(self._look.cloud, id, DEFINITIONS_VERSION)
            except CloudError as error:
                self.unseen = f"the policy {id.rpartition('/')[2]} could not be read ({error.code})"
                self._read[key] = {}
        return self._read[key]


def _defaults(properties: Mapping[str, Any]) -> dict[str, Json]:
    return {
        key: one["defaultValue"]
        for key, one in (properties.get("parameters") or {}).items()
        if isinstance(one, Mapping) and "defaultValue" in one
    }


def _scope(id: str) -> str:
    lowered = id.lower()
    return lowered[: max(lowered.rfind("/providers/microsoft.authorization/"), 0)]


def _overridden(assignment: Mapping[str, Any], reference: str) -> str:
    """The effect that the assignment puts in a definition's place, "" where it puts none."""
    for one in at(assignment, "properties.overrides") or ():
        if str(one.get("kind")).lower() != "policyeffect":
            continue
        selectors = one.get("selectors") or []
        named = [
            str(text).lower()
            for selector in selectors
            if str(selector.get("kind")).lower() == "policydefinitionreferenceid"
            for text in selector.get("in") or ()
        ]
        if not selectors or reference.lower() in named:
            return str(one.get("value") or "").lower()
    return ""


def _exempts(exemption: Mapping[str, Any], assignment: str, reference: str) -> bool:
    properties = exemption.get("properties") or {}
    if str(properties.get("policyAssignmentId", "")).lower() != assignment.lower():
        return False
    until = str(properties.get("expiresOn") or "")
    if until and until[:19] < datetime.now(UTC).isoformat()[:19]:
        return False
    only = [str(one).lower() for one in properties.get("policyDefinitionReferenceIds") or ()]
    return not only or reference.lower() in only
