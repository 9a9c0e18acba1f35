"""iam:SimulatePrincipalPolicy, which the guards ask before the first write.

The policies are moto's own and so is the matching of their actions and resources. A statement whose
condition asks for what the request does not say is left out and named, as IAM does. The user that moto
makes up for credentials that it does not know may do everything, since moto lets it do everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.iam.access_control import IAMPolicy, IAMPolicyStatement, PermissionResult
from moto.iam.exceptions import NotFoundException
from moto.iam.responses import IamResponse

from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import conditions

NOBODY: Final = ":user/moto"
"""How the ARN of moto's made-up user ends."""


@dataclass
class _Weighed:
    """What the policies of one kind say of one action on one resource."""

    allowed: bool = False
    refused: bool = False
    missing: set[str] = field(default_factory=set)

    @property
    def decision(self) -> str:
        if self.refused:
            return "explicitDeny"
        return "allowed" if self.allowed else "implicitDeny"


def simulate_principal_policy(response: Any) -> ActionResult:
    """The operation, as a method of moto's IamResponse."""
    source = str(response._get_param("PolicySourceArn"))
    actions = response._get_param("ActionNames") or []
    places = response._get_param("ResourceArns") or ["*"]
    entries = response._get_param("ContextEntries") or []
    given = {str(one["ContextKeyName"]).lower(): one.get("ContextKeyValues") or [] for one in entries}
    everything = source.endswith(NOBODY)
    policies, boundary = ([], None) if everything else _policies(response.backend, source)
    results = []
    for action in actions:
        for place in places:
            result: dict[str, Any] = {"EvalActionName": action, "EvalResourceName": place}
            if everything:
                results.append({**result, "EvalDecision": "allowed", "MissingContextValues": []})
                continue
            word = _weigh(policies, action, place, given)
            decision = word.decision
            if boundary is not None:
                limit = _weigh([boundary], action, place, given)
                within = limit.decision == "allowed"
                result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
                if not within and decision == "allowed":
                    decision = "explicitDeny" if limit.refused else "implicitDeny"
                word.missing |= limit.missing
            results.append({**result, "EvalDecision": decision, "MissingContextValues": sorted(word.missing)})
    return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _policies(backend: Any, source: str) -> tuple[list[Any], Any]:
    """(the identity policies of a user or role, its permissions boundary or None). NoSuchEntity."""
    kind, _, path = source.partition("::")[2].partition(":")[2].partition("/")
    name = path.rpartition("/")[2]
    owner = backend.get_role_by_arn(source) if kind == "role" else backend.get_user(name)
    if owner.arn != source:
        raise NotFoundException(f"The principal with the ARN {source} cannot be found.")
    boundary = (getattr(owner, "permissions_boundary", None) or {}).get("PermissionsBoundaryArn")
    found: list[Any] = []
    if kind == "role":
        found += [backend.get_role_policy(name, one)[1] for one in backend.list_role_policies(name)]
        found += backend.list_attached_role_policies(name)[0]
    else:
        found += [backend.get_user_policy(name, one) for one in backend.list_user_policies(name)]
        found += backend.list_attached_user_policies(name)[0]
        for group in backend.get_groups_for_user(name):
            held = backend.list_group_policies(group.name)
            found += [backend.get_group_policy(group.name, one) for one in held]
            found += backend.list_attached_group_policies(group.name)[0]
    return found, backend.get_policy(boundary) if boundary else None


def _weigh(policies: list[Any], action: str, place: str, given: Mapping[str, list[str]]) -> _Weighed:
    found = _Weighed()
    for policy in policies:
        for statement in statements(IAMPolicy(policy)._policy_json):
            asked = {key for _, key, _ in conditions(statement)}
            plain = {key: item for key, item in statement.items() if key != "Condition"}
            result = IAMPolicyStatement(plain).is_action_permitted(action, place)
            if result is PermissionResult.NEUTRAL:
                continue
            if asked - set(given):
                found.missing |= asked - set(given)
            elif all(_met(*test, given) for test in conditions(statement)):
                found.allowed |= result is PermissionResult.PERMITTED
                found.refused |= result is PermissionResult.DENIED
    return found


def _met(operator: str, key: str, values: list[str], given: Mapping[str, list[str]]) -> bool:
    """Does the request meet one test? Only equality of texts and truth values is known here."""
    same = any(str(one).lower() in {value.lower() for value in values} for one in given[key])
    return not same if "Not" in operator else same


def install() -> None:
    """Teach moto's IAM the operation."""
    IamResponse.simulate_principal_policy = simulate_principal_policy  # type: ignore[attr-defined]
