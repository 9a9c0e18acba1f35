"""Reads identity policies for what is too much in them, and writes them narrower.

Everything here is a pure function of a policy's text. Conditions stay on every statement that is rewritten, and
are not looked at: the auditors' checks do not either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.policies.documents import VERSION, parsed, statements
from hipaa_tui.support.json_value import Json

SUBSCRIBE: Final = "aws-marketplace:Subscribe"
DECRYPTING: Final = ("kms:Decrypt", "kms:ReEncryptFrom")
"""Actions that KMS.1 and KMS.2 of Security Hub want limited to named keys."""
ADMINISTRATION: Final = ("account:*", "iam:*", "organizations:*")
"""What AWS's own PowerUserAccess leaves out of everything."""
_NEEDED: Final = (
    "account:GetAccountInformation",
    "account:ListRegions",
    "iam:CreateServiceLinkedRole",
    "iam:Get*",
    "iam:List*",
    "organizations:DescribeOrganization",
)
"""What workloads and consoles ask of the services that are left out, without gaining rights by it."""
_EVERYTHING: Final = frozenset({"*", "*:*"})
_EVERYWHERE: Final = frozenset({"*", "*:*", "*/*"})
_ALL_KEYS: Final = re.compile(
    r"\*|arn:\*|arn:[^:]*:kms:\*|arn:[^:]*:kms:[^:]*:[^:]*:(key/)?\*|arn:[^:]*:\*.*"
)
_WHOLE_SERVICE: Final = re.compile(r"[^:*?]+:\*")
_LONGEST: Final = 6144
"""Characters of a managed policy without blanks (IAM quotas)."""
_KMS: Final = (
    *("CancelKeyDeletion", "ConnectCustomKeyStore", "CreateAlias", "CreateCustomKeyStore", "CreateGrant"),
    *("CreateKey", "Decapsulate", "Decrypt", "DeleteAlias", "DeleteCustomKeyStore"),
    *("DeleteImportedKeyMaterial", "DeriveSharedSecret", "DescribeCustomKeyStores", "DescribeKey"),
    *("DisableKey", "DisableKeyRotation", "DisconnectCustomKeyStore", "EnableKey", "EnableKeyRotation"),
    *("Encapsulate", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair"),
    *("GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac"),
    *("GenerateRandom", "GetKeyLastUsage", "GetKeyPolicy", "GetKeyRotationStatus", "GetParametersForImport"),
    *("GetPublicKey", "ImportKeyMaterial", "ListAliases", "ListGrants", "ListKeyPolicies"),
    *("ListKeyRotations", "ListKeys", "ListResourceTags", "ListRetirableGrants", "PutKeyPolicy"),
    *("ReEncryptFrom", "ReEncryptTo", "ReplicateKey", "RetireGrant", "RevokeGrant", "RotateKeyOnDemand"),
    *("ScheduleKeyDeletion", "Sign", "SynchronizeMultiRegionKey", "TagResource", "UntagResource"),
    *("UpdateAlias", "UpdateCustomKeyStore", "UpdateKeyDescription", "UpdatePrimaryRegion", "Verify"),
    "VerifyMac",
)
"""Actions of KMS (Service Authorization Reference)."""


def listed(value: Any) -> list[Any]:
    """A policy's list, which may be a lone item or not be there."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def grants(statement: Mapping[str, Any], action: str) -> bool:
    """Is the action among those of the statement, by Action or by NotAction?"""
    wanted = action.lower()
    if "NotAction" in statement:
        return not any(fnmatchcase(wanted, str(one).lower()) for one in listed(statement["NotAction"]))
    return any(fnmatchcase(wanted, str(one).lower()) for one in listed(statement.get("Action")))


def everywhere(statement: Mapping[str, Any]) -> bool:
    """Is the statement about every resource?"""
    if "NotResource" in statement:
        return not set(map(str, listed(statement["NotResource"]))) & _EVERYWHERE
    return bool(set(map(str, listed(statement.get("Resource")))) & _EVERYWHERE)


def administrator(text: Json) -> bool:
    """Does the policy let one do everything? Allow with NotAction alone counts, since it is nearly that."""
    wide = [one for one in _allowing(text) if everywhere(one)]
    if any(_everything(one) for one in wide):
        return True
    return any("NotAction" in one for one in wide) and not any("Action" in one for one in wide)


def subscribes(text: Json) -> bool:
    """May one subscribe to any product of the Marketplace, and no Deny without a condition stands against it?"""
    wide = [one for one in statements(text) if everywhere(one) and grants(one, SUBSCRIBE)]
    denied = any(one.get("Effect") == "Deny" and not one.get("Condition") for one in wide)
    return not denied and any(one.get("Effect") == "Allow" for one in wide)


def decrypts_everywhere(text: Json) -> bool:
    """May one decrypt with every key that its own policy leaves to IAM?"""
    return any(
        _all_keys(one) and any(grants(one, action) for action in DECRYPTING) for one in _allowing(text)
    )


def whole_services(text: Json) -> list[str]:
    """The services of which all actions are allowed, or all but which others are."""
    found = {
        str(one)
        for statement in _allowing(text)
        for one in (*listed(statement.get("Action")), *listed(statement.get("NotAction")))
        if _WHOLE_SERVICE.fullmatch(str(one))
    }
    return sorted(found)


def facts(texts: Iterable[Json]) -> dict[str, Json]:
    """What predicates ask about one policy or several together."""
    held = list(texts)
    return {
        "Administrator": any(administrator(one) for one in held),
        "MarketplaceSubscribe": any(subscribes(one) for one in held),
        "DecryptsAllKeys": any(decrypts_everywhere(one) for one in held),
        "WholeServices": sorted({service for one in held for service in whole_services(one)}),
    }


def narrowed(text: Json, services: Sequence[str]) -> str:
    """The policy without "everything": the services that were used, or where none is known all but administration
    and subscriptions.

    These are refused by a Deny of their own, since an exception for aws-marketplace, which is no service by AWS's
    list of them, is taken by Prowler for a mistyped one that leaves everything allowed.

    Whether a role may be passed on is no part of last-accessed data (IAM User Guide, "Refine permissions using
    last accessed information"), so a policy that is narrowed to services without IAM loses that.
    """
    wide = administrator(text)

    def rewrite(one: dict[str, Any]) -> list[dict[str, Any]]:
        if one.get("Effect") != "Allow" or not everywhere(one) or not wide:
            return [one]
        if "NotAction" in one:
            return _narrowed_exception(one, services)
        if not _everything(one):
            return [one]
        kept = [str(action) for action in listed(one.get("Action")) if str(action) not in _EVERYTHING]
        if services:
            return [{**one, "Action": sorted({*kept, *(f"{service}:*" for service in services)})}]
        rest = {key: item for key, item in one.items() if key not in {"Action", "Sid"}}
        left_out = {**rest, "NotAction": list(ADMINISTRATION)}
        return [
            {"Sid": "AllButAdministration", **left_out},
            {"Sid": "NeededOfIt", **rest, "Action": list(_NEEDED)},
        ]

    found = _rewritten(text, rewrite)
    return without_subscribe(found) if not services and subscribes(found) else found


def _narrowed_exception(one: dict[str, Any], services: Sequence[str]) -> list[dict[str, Any]]:
    """An "all but" that stands alone."""
    but = [str(pattern) for pattern in listed(one["NotAction"])]
    touched = {pattern.partition(":")[0].lower() for pattern in but}
    rest = {key: item for key, item in one.items() if key != "NotAction"}
    if services and not any("*" in service or "?" in service for service in touched):
        partly = sorted(
            set(services) & touched - {p.partition(":")[0].lower() for p in but if p.endswith(":*")}
        )
        if partly:
            raise ValueError(
                f"the policy allows all but parts of {', '.join(partly)}, which were used: write out by hand what of it is "
                "needed"
            )
        return [{**rest, "Action": [f"{service}:*" for service in services if service not in touched]}]
    harmless = {**rest, "Action": "sts:GetCallerIdentity"}
    return [{**one, "NotAction": sorted({*but, *ADMINISTRATION})}, {**harmless, "Sid": "NeededOfIt"}]


def without_subscribe(text: Json) -> str:
    """The policy without the right to subscribe to whatever there is: taken out where it stands by name, refused
    where a wildcard holds it."""
    refuse = False

    def rewrite(one: dict[str, Any]) -> list[dict[str, Any]]:
        nonlocal refuse
        if one.get("Effect") != "Allow" or not everywhere(one) or not grants(one, SUBSCRIBE):
            return [one]
        if "NotAction" in one:
            refuse = True
            return [one]
        kept = [str(action) for action in listed(one["Action"]) if str(action).lower() != SUBSCRIBE.lower()]
        refuse = refuse or grants({"Action": kept}, SUBSCRIBE)
        return [{**one, "Action": kept}] if kept else []

    found = _rewritten(text, rewrite)
    if not refuse:
        return found
    deny = {"Sid": "NoSubscriptions", "Effect": "Deny", "Action": SUBSCRIBE, "Resource": "*"}
    return _rewritten(found, lambda one: [one], [deny])


def decrypting_with(text: Json, keys: Sequence[str]) -> str:
    """The policy with decryption on these keys instead of on all."""

    def rewrite(one: dict[str, Any]) -> list[dict[str, Any]]:
        taken = [action for action in DECRYPTING if grants(one, action)]
        if one.get("Effect") != "Allow" or not _all_keys(one) or not taken:
            return [one]
        rest = {
            key: item
            for key, item in one.items()
            if key not in {"Action", "NotAction", "Resource", "NotResource"}
        }
        named = {**rest, "Sid": f"{one.get('Sid') or ''}OnNamedKeys", "Action": taken, "Resource": list(keys)}
        left = without_actions(one, taken)
        return [*([left] if left else []), *([named] if keys else [])]

    return _rewritten(text, rewrite)


def without_actions(statement: Mapping[str, Any], taken: Sequence[str]) -> dict[str, Any] | None:
    """The statement without these actions of KMS; None where nothing else was in it.

    A wildcard becomes the shorter wildcards that hold the same rest, so that nothing new comes in.
    """
    if "NotAction" in statement:
        return {**statement, "NotAction": sorted({*map(str, listed(statement["NotAction"])), *taken})}
    kept: set[str] = set()
    for pattern in map(str, listed(statement.get("Action"))):
        if not any(grants({"Action": pattern}, action) for action in taken):
            kept.add(pattern)
        elif pattern in _EVERYTHING or "*" in pattern.partition(":")[0]:
            raise ValueError("the policy allows everything: narrow that first")
        elif "*" in pattern or "?" in pattern:
            kept |= _rest(pattern, taken)
    return {**statement, "Action": sorted(kept)} if kept else None


def _rest(pattern: str, taken: Sequence[str]) -> set[str]:
    """The actions of KMS that the pattern holds and `taken` does not, as short beginnings."""
    wanted = pattern.partition(":")[2].lower()
    out = {one.partition(":")[2].lower() for one in taken}
    inside = [one for one in _KMS if fnmatchcase(one.lower(), wanted) and one.lower() not in out]
    begins = wanted.rstrip("*")
    if "*" in begins or "?" in begins or not wanted.endswith("*"):
        return {f"kms:{one}" for one in inside}
    found = set()
    for one in inside:
        fitting = (
            one[:size]
            for size in range(max(1, len(begins)), len(one))
            if not any(other.startswith(one[:size].lower()) for other in out)
        )
        begin = next(fitting, None)
        found.add(f"kms:{begin}*" if begin else f"kms:{one}")
    return found


def size(text: Json) -> int:
    """Characters as IAM counts them, without blanks."""
    return len("".join(str(text).split()))


def fits(text: str, longest: int = _LONGEST) -> str:
    """The text, if IAM takes it. ValueError."""
    if size(text) > longest:
        raise ValueError(
            f"the policy would have {size(text)} characters and IAM takes {longest}: split it by hand"
        )
    return text


def _rewritten(
    text: Json,
    rewrite: Callable[[dict[str, Any]], list[dict[str, Any]]],
    more: Sequence[Mapping[str, Any]] = (),
) -> str:
    document = parsed(text)
    if not isinstance(document, Mapping):
        raise ValueError("the policy that is there is not JSON, so it cannot be narrowed safely")
    taken: set[str] = set()
    several = (*(new for old in statements(text) for new in rewrite(old)), *more)
    found = [_named(dict(one), taken) for one in several]
    if not found:
        raise ValueError("nothing would be left of the policy: detach or delete it")
    return json.dumps({"Version": VERSION, **document, "Statement": found}, ensure_ascii=False)


def _named(one: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    """With a Sid that no earlier statement has: IAM wants them unique, of letters and digits."""
    if "Sid" in one:
        sid, number = str(one["Sid"]), 2
        while sid in taken:
            sid, number = f"{one['Sid']}{number}", number + 1
        taken.add(sid)
        one["Sid"] = sid
    return one


def _allowing(text: Json) -> Iterator[dict[str, Any]]:
    return (one for one in statements(text) if one.get("Effect") == "Allow")


def _everything(statement: Mapping[str, Any]) -> bool:
    return bool(set(map(str, listed(statement.get("Action")))) & _EVERYTHING)


def _all_keys(statement: Mapping[str, Any]) -> bool:
    if "NotResource" in statement:
        return True
    return any(_ALL_KEYS.fullmatch(str(one)) for one in listed(statement.get("Resource")))
