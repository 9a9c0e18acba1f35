"""Finds the Azure Policy assignments that act on a write, with their scope and effect.

The list of assignments at a subscription includes those of the management groups above it and of everything in it
(https://learn.microsoft.com/rest/api/policyauthorization/policy-assignments/list). Skipped are definitions that an
initiative only audits by its parameters, and those without parameters in Microsoft's regulatory compliance
initiatives, whose effect is an audit or a manual attestation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.azure.resource_ids import is_at_or_above
from hipaa_tui.azure.resource_types import get, members
from hipaa_tui.providers.guard import GuardContext
from hipaa_tui.providers.model import CloudError
from hipaa_tui.support.json_value import Json, at

ASSIGNMENTS_VERSION: Final = "2022-06-01"
DEFINITIONS_VERSION: Final = "2021-06-01"
EXEMPTIONS_VERSION: Final = "2022-07-01-preview"
MOST: Final = 150
"""Maximum number of definitions that are read per subscription in one planning."""
_ACTING: Final = frozenset({"deny", "denyaction", "modify", "append", "deployifnotexists", "mutate"})
_PARAMETER: Final = re.compile(r"(?i)^\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]$")


@dataclass(frozen=True)
class Policy:
    """A policy definition as one assignment applies it. `scope` and `effect` are in lower case.

    An `indexed` policy evaluates only resource types with tags and location. `selectors` are the assignment's
    resource selectors, which limit it to locations or types.
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
        """Whether the resource is in the assignment's scope, and neither excluded nor exempted."""
        lowered = id.lower()
        over = "/managementgroups/" in self.scope or is_at_or_above(self.scope, lowered)
        return over and not any(
            is_at_or_above(excluded_scope, lowered) for excluded_scope in (*self.excluded, *self.exempted)
        )


def effective(look: GuardContext, subscription: str) -> tuple[list[Policy], str]:
    """(the policies that deny or modify writes, or deploy resources; what could not be checked, or "").

    Read once per planning.
    """
    key = f"policies|{subscription}"
    if key not in look.memory:
        reader = _Reader(look)
        look.memory[key] = (list(reader.policies(subscription)), reader.unseen)
    policies, unseen = look.memory[key]
    return policies, unseen


def deploying(policies: Sequence[Policy], type: str, name: str, id: str) -> list[Policy]:
    """The policies that deploy a resource of the type, and of that name when they specify one."""
    return [
        policy
        for policy in policies
        if policy.effect == "deployifnotexists"
        and policy.reaches(id)
        and str(at(policy.rule, "then.details.type")).lower() == type
        and str(resolved(at(policy.rule, "then.details.name") or name, policy.values)).lower() == name.lower()
    ]


def resolved(value: Json, values: Mapping[str, Json]) -> Json:
    """The value with `[parameters('x')]` resolved; other expressions are returned unchanged."""
    if isinstance(value, str):
        expression = _PARAMETER.match(value)
        if expression is not None:
            by_name = {key.lower(): item for key, item in values.items()}
            return by_name.get(expression[1].lower(), value)
    return value


class _Reader:
    def __init__(self, look: GuardContext) -> None:
        self._look = look
        self._read: dict[str, Mapping[str, Any]] = {}
        self.unseen = ""

    def policies(self, subscription: str) -> Iterator[Policy]:
        base = f"/subscriptions/{subscription}/providers/Microsoft.Authorization"
        assignments = members(self._look.cloud, f"{base}/policyAssignments", ASSIGNMENTS_VERSION)
        acting = [
            assignment
            for assignment in assignments
            if at(assignment, "properties.enforcementMode") != "DoNotEnforce"
        ]
        exemptions = self._exemptions(base) if acting else []
        for assignment in acting:
            properties = assignment.get("properties") or {}
            given = {key: at(value, "value") for key, value in (properties.get("parameters") or {}).items()}
            id = str(properties.get("policyDefinitionId", ""))
            if "/policysetdefinitions/" in id.lower():
                yield from self._of_set(assignment, id, given, exemptions)
            else:
                yield from self._of_definition(assignment, id, given, "", exemptions)

    def _exemptions(self, base: str) -> list[dict[str, Any]]:
        try:
            return members(self._look.cloud, f"{base}/policyExemptions", EXEMPTIONS_VERSION)
        except CloudError:
            return []  # an exempted policy may then be reported: better one warning too many than one too few

    def _of_set(
        self, assignment: Mapping[str, Any], id: str, given: Mapping[str, Json], exemptions: Sequence[Any]
    ) -> Iterator[Policy]:
        properties = at(self._definition(id), "properties") or {}
        values = {**_defaults(properties), **given}
        only_audits = (
            str(properties.get("policyType")).lower() == "builtin"
            and str(at(properties, "metadata.category")).lower() == "regulatory compliance"
        )
        for entry in properties.get("policyDefinitions") or []:
            given_to_entry = {
                key: resolved(at(value, "value"), values)
                for key, value in (entry.get("parameters") or {}).items()
            }
            effect = next((one for key, one in given_to_entry.items() if key.lower() == "effect"), None)
            if (effect is None and only_audits) or (
                effect is not None and str(effect).lower() not in _ACTING
            ):
                continue
            reference = str(entry.get("policyDefinitionReferenceId", ""))
            definition = str(entry.get("policyDefinitionId", ""))
            yield from self._of_definition(assignment, definition, given_to_entry, reference, exemptions)

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
        """A definition or an initiative; {} when it cannot be read, and `unseen` then says why."""
        key = id.lower()
        if key not in self._read:
            if len(self._read) >= MOST:
                self.unseen = f"there are more than {MOST} policy definitions, and not all were checked"
                return {}
            try:
                self._read[key] = get(self._look.cloud, id, DEFINITIONS_VERSION)
            except CloudError as error:
                self.unseen = (
                    f"the policy definition {id.rpartition('/')[2]} could not be read ({error.code})"
                )
                self._read[key] = {}
        return self._read[key]


def _defaults(properties: Mapping[str, Any]) -> dict[str, Json]:
    return {
        key: parameter["defaultValue"]
        for key, parameter in (properties.get("parameters") or {}).items()
        if isinstance(parameter, Mapping) and "defaultValue" in parameter
    }


def _scope(id: str) -> str:
    lowered = id.lower()
    return lowered[: max(lowered.rfind("/providers/microsoft.authorization/"), 0)]


def _overridden(assignment: Mapping[str, Any], reference: str) -> str:
    """The effect by which the assignment overrides the definition's; "" when it does not."""
    for override in at(assignment, "properties.overrides") or ():
        if str(override.get("kind")).lower() != "policyeffect":
            continue
        selectors = override.get("selectors") or []
        overridden = [
            str(text).lower()
            for selector in selectors
            if str(selector.get("kind")).lower() == "policydefinitionreferenceid"
            for text in selector.get("in") or ()
        ]
        if not selectors or reference.lower() in overridden:
            return str(override.get("value") or "").lower()
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
