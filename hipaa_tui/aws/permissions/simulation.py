"""Asks IAM what the session's credentials may do, before anything is tried.

iam:SimulatePrincipalPolicy weighs the policies of a user or role, its permissions boundary and the
organization's SCPs (those without conditions). It knows neither session policies nor what a resource's own
policy allows to a role, so where it says no, a bucket's and a key's policy is looked at here.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.permissions import action_resources
from hipaa_tui.aws.permissions.caller_policies import Principal, identity_statements, principal_of
from hipaa_tui.aws.policies.principals import EVERYBODY, allowing, allows, principals
from hipaa_tui.providers.model import ANYWHERE, Call, Cloud, CloudError, Denied, Target
from hipaa_tui.support.json_value import Json

REMEMBERED_SECONDS: Final = 300.0
"""How long an allowance is believed. A refusal is asked about anew each time: somebody is about to lift it."""
_BATCH: Final = 100
_EVERY_RESOURCE: Final = frozenset({"kms:CreateKey", "logs:CreateLogDelivery", "logs:DeleteLogDelivery"})
"""Actions that take no resource, so that "*" decides about them."""
_FLOW_LOGS: Final = frozenset({"ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "ec2:CreateTags"})
_KINDS: Final = {
    "AWS::KMS::Alias": ("kms", ""),
    "AWS::Logs::LogGroup": ("logs", "log-group:"),
    "AWS::IAM::Role": ("iam", "role/"),
    "AWS::CloudTrail::Trail": ("cloudtrail", "trail/"),
}
"""Types that are known by a name: the service and what stands before the name in the ARN."""


@dataclass(frozen=True, slots=True)
class _Word:
    """What the simulation says of one action on one resource."""

    decision: str
    by: str = ""
    missing: tuple[str, ...] = ()


class Simulation:
    """The session's permissions. Safe to share between threads."""

    def __init__(self, cloud: Cloud, clock: Callable[[], float] = time.monotonic) -> None:
        self._cloud = cloud
        self._clock = clock
        self._lock = threading.Lock()
        self._who: Principal | None = None
        self._allowed: dict[tuple[str, str], float] = {}
        self._useless: tuple[float, str] | None = None

    def denied(self, actions: Sequence[str], target: Target) -> Denied:
        """See Cloud.denied. Raises CloudError where nobody is logged in."""
        wanted = sorted(set(actions))
        place = "*" if target.type == ANYWHERE else arn_of(target)
        with self._lock:
            now = self._clock()
            fresh = {key for key, when in self._allowed.items() if now - when < REMEMBERED_SECONDS}
            left = [one for one in wanted if (place, one) not in fresh]
            useless = self._useless
        if not left:
            return Denied()
        if useless and now - useless[0] < REMEMBERED_SECONDS:
            return Denied(unknown=tuple(left), reason=useless[1])
        try:
            found = self._look(left, target, place)
        except (CloudError, ValueError) as error:
            if isinstance(error, CloudError) and error.unauthenticated:
                raise
            if isinstance(error, CloudError) and (error.denied or error.code == "NoSuchEntity"):
                with self._lock:
                    self._useless = (now, str(error))
            return Denied(unknown=tuple(left), reason=str(error))
        with self._lock:
            for one in set(left) - set(found.actions) - set(found.unknown):
                self._allowed[(place, one)] = now
        return found

    def _look(self, actions: list[str], target: Target, place: str) -> Denied:
        who = self._principal()
        if who.root:
            return Denied()
        if not who.source:
            raise ValueError(f"nobody but its session knows the policies of {who.arn}")
        if place == "*" and target.type == ANYWHERE:
            return self._anywhere(actions, target, who)
        return self._on(actions, target, place, who)

    def _principal(self) -> Principal:
        if self._who is None:
            self._who = principal_of(self._cloud)
        return self._who

    def _on(self, actions: list[str], target: Target, place: str, who: Principal) -> Denied:
        away = {
            one: action_resources.elsewhere(one, place, target.partition, target.account) for one in actions
        }
        words: dict[str, _Word] = {}
        for there in sorted(set(away.values())):
            words |= self._ask([one for one in actions if away[one] == there], there or place, target, who)
        # "*" in a policy allows on any ARN, so most are through; the rest is asked about where it belongs.
        for other in sorted(
            {one for action in _implicit(words) for one in _elsewhere(action, target, place)}
        ):
            mine = [one for one in _implicit(words) if other in _elsewhere(one, target, place)]
            if mine:
                again = self._ask(mine, other, target, who)
                words |= {key: word for key, word in again.items() if word.decision != "implicitDeny"}
        by_policy = self._by_resource(_implicit(words), place, who)
        maybe, why = self._somewhere([one for one in _implicit(words) if away[one]], who)
        refused, unknown, reasons = [], [], set()
        for action, word in words.items():
            if word.decision == "allowed" or by_policy.get(action) == "allowed":
                continue
            if action in by_policy:
                reasons.add(by_policy[action])
            elif word.missing and not word.by:
                reasons.add(f"it depends on {', '.join(word.missing)}")
            elif action in maybe:
                reasons.add(why)
            elif (
                word.decision == "implicitDeny"
                and not word.by
                and not (away[action] or _decides(action, place))
            ):
                reasons.add("it depends on the resource")
            else:
                refused.append(action)
                continue
            unknown.append(action)
        return Denied(
            tuple(sorted(refused)),
            _because(words, refused),
            tuple(sorted(unknown)),
            "; ".join(sorted(reasons)),
        )

    def _anywhere(self, actions: list[str], target: Target, who: Principal) -> Denied:
        """A policy may allow on some resources what it does not on "*": then that is unknown, not refused."""
        words = self._ask(actions, "*", target, who)
        maybe, reason = self._somewhere(_implicit(words), who)
        maybe += [one for one, word in words.items() if word.decision == "explicitDeny" and word.missing]
        refused = [one for one, word in words.items() if word.decision != "allowed" and one not in maybe]
        return Denied(tuple(sorted(refused)), _because(words, refused), tuple(sorted(maybe)), reason)

    def _somewhere(self, actions: list[str], who: Principal) -> tuple[list[str], str]:
        """(which of the actions some statement allows on some resource, why that does not decide)."""
        if not actions:
            return [], ""
        try:
            held = [one for one in identity_statements(self._cloud, who) if one.get("Effect") == "Allow"]
        except (CloudError, ValueError) as error:
            return list(actions), f"its policies could not be read: {error}"
        found = [one for one in actions if any(_covers(statement, one) for statement in held)]
        return found, "it depends on the resource" if found else ""

    def _ask(self, actions: Sequence[str], place: str, target: Target, who: Principal) -> dict[str, _Word]:
        found: dict[str, _Word] = {}
        for start in range(0, len(actions), _BATCH):
            arguments: dict[str, Json] = {
                "PolicySourceArn": who.source,
                "ActionNames": list(actions[start : start + _BATCH]),
                "ResourceArns": [place],
                "ContextEntries": _context(target, who),
            }
            results = self._cloud.pages(
                Call("aws", "iam", "SimulatePrincipalPolicy", arguments), "EvaluationResults"
            )
            found |= {str(one["EvalActionName"]): _word(one) for one in results}
        silent = sorted(set(actions) - set(found))
        if silent:
            raise ValueError(f"IAM's simulation says nothing about {', '.join(silent)}")
        return found

    def _by_resource(self, actions: list[str], place: str, who: Principal) -> dict[str, str]:
        """ "allowed" for what the resource's own policy allows to the principal, or why that is not known."""
        read = _policy_of(place)
        mine = [one for one in actions if read and one.partition(":")[0] == read.service]
        if read is None or not mine:
            return {}
        try:
            text = self._cloud.call(read)["Policy"]
            lets = [one for one in allowing(text) if {who.arn, who.source, EVERYBODY} & set(principals(one))]
        except (CloudError, ValueError) as error:
            if isinstance(error, CloudError) and (error.status == 404 or "NotFound" in error.code):
                return {}
            return dict.fromkeys(mine, f"the resource's own policy could not be read: {error}")
        found: dict[str, str] = {}
        for action in mine:
            letting = [one for one in lets if allows(one, action)]
            if any(not one.get("Condition") for one in letting):
                found[action] = "allowed"
            elif letting:
                found[action] = "the resource's own policy allows it under a condition"
        return found


def arn_of(target: Target) -> str:
    """The ARN that policies name the target by, whether it is there or not; "*" for what has none."""
    if parse(target.id) is not None:
        return target.id
    if target.type not in _KINDS:
        return "*"
    service, before = _KINDS[target.type]
    region = "" if service == "iam" else target.region
    return f"arn:{target.partition}:{service}:{region}:{target.account}:{before}{target.name}"


def _elsewhere(action: str, target: Target, place: str) -> tuple[str, ...]:
    """Where else policies allow an action on the target: log groups end in ":*", a flow log has its own ARN, a key that
    is known by its alias is a key."""
    if action.startswith("logs:") and ":log-group:" in place:
        return (f"{place}:*", "*")
    if action in _FLOW_LOGS:
        return (f"arn:{target.partition}:ec2:{target.region}:{target.account}:vpc-flow-log/*", "*")
    if action.startswith("kms:") and ("Alias" in action or ":alias/" in place):
        return (f"arn:{target.partition}:kms:{target.region}:{target.account}:key/*",)
    return () if action.partition(":")[0] in ("iam", _service(place)) else ("*",)


def _decides(action: str, place: str) -> bool:
    """Is an action that is allowed nowhere that was asked about certainly refused?"""
    return action in _EVERY_RESOURCE or action.partition(":")[0] == _service(place)


def _service(place: str) -> str:
    arn = parse(place)
    return arn.service if arn is not None else ""


def _policy_of(place: str) -> Call | None:
    """The call that reads the policy which stands at the resource itself, for the two services that are asked."""
    arn = parse(place)
    if arn is not None and arn.service == "s3" and "/" not in arn.resource:
        return Call("aws", "s3", "GetBucketPolicy", {"Bucket": arn.resource})
    if arn is not None and arn.service == "kms" and arn.resource.startswith("key/"):
        return Call("aws", "kms", "GetKeyPolicy", {"KeyId": place, "PolicyName": "default"}, arn.region)
    return None


def _context(target: Target, who: Principal) -> list[Json]:
    """What of a request is known beforehand, for conditions that ask for it."""
    iam = target.type.startswith("AWS::IAM::") or not target.region
    region = "us-east-1" if iam and target.partition == "aws" else target.region
    known = [
        ("aws:RequestedRegion", "string", region),
        ("aws:SecureTransport", "boolean", "true"),
        ("aws:PrincipalArn", "string", who.source),
        ("aws:PrincipalAccount", "string", target.account),
        ("aws:ResourceAccount", "string", target.account),
        ("iam:PolicyARN", "string", target.id if action_resources.kind_of(target.id) == "policy" else ""),
        ("aws:CurrentTime", "date", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ]
    return [
        {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}
        for key, kind, value in known
        if value
    ]


def _word(result: Mapping[str, Any]) -> _Word:
    parts = [result, *(result.get("ResourceSpecificResults") or [])]
    by = ""
    if (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations") is False:
        by = "an SCP"
    elif any(
        (one.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary") is False
        for one in parts
    ):
        by = "the permissions boundary"
    missing = sorted({str(key) for one in parts for key in one.get("MissingContextValues") or []})
    return _Word(str(result["EvalDecision"]), by, tuple(missing))


def _implicit(words: Mapping[str, _Word]) -> list[str]:
    return sorted(key for key, word in words.items() if word.decision == "implicitDeny" and not word.by)


def _because(words: Mapping[str, _Word], refused: Iterable[str]) -> str:
    found = {
        words[one].by or ("a policy's Deny" if words[one].decision == "explicitDeny" else "")
        for one in refused
    }
    return ", ".join(sorted(found - {""}))


def _covers(statement: Mapping[str, Any], action: str) -> bool:
    """Is the action among those of the statement, whatever resources it is about?"""
    if "NotAction" in statement:
        named = statement["NotAction"]
        without = named if isinstance(named, list) else [named]
        return not any(fnmatchcase(action.lower(), str(one).lower()) for one in without)
    return allows(statement, action)
