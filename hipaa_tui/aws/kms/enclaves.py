"""Policies of keys that Nitro enclaves use: what they give away without a word about who asks.

An enclave sends a signed document of its image with the request, and KMS compares it with conditions on
kms:RecipientAttestation (KMS Developer Guide, "AWS KMS condition keys for attested platforms").
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-nitro-enclaves.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hipaa_tui.aws.iam.policy_documents import grants, listed, without_actions
from hipaa_tui.aws.kms.settings import GOING, LONGEST_POLICY, Keys, call
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

SENSITIVE: Final = (
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateRandom",
)
"""Operations that answer an enclave so that nobody but it can read the answer."""
IMAGE: Final = "kms:RecipientAttestation:ImageSha384"
"""The measurement of the enclave's image; PCR0 is the same."""
_ATTESTS: Final = "kms:recipientattestation:"
_BINDING: Final = re.compile(r"(ForAnyValue:|ForAllValues:)?String(Equals|EqualsIgnoreCase|Like)")
_LOOSE: Final = re.compile(r"StringNotEquals(IgnoreCase)?IfExists")
_HEX: Final = re.compile(r"[0-9a-fA-F]{96}")


class EnclavePolicy(Setting):
    """{"Policy": text, "Enclave": is it for enclaves, "Unattested", "Bypass": statements, "Images", "Debug"}.

    Only the text is chosen and compared. A key is for enclaves by its tags, its description, its aliases, or a
    policy that asks for attestation. "Unattested" statements allow what reveals data without a condition on
    attestation; "Bypass" are those of them that no Deny stands against either. "Images" are the measurements that
    the policy names, and "Debug" says that one of them is all zeros, which every enclave in debug mode sends.
    """

    id = "aws.kms.enclave-policy"
    title = "Key policy for enclaves"
    resource = Keys.name
    reads = tuple(
        Operation("kms", one) for one in ("GetKeyPolicy", "DescribeKey", "ListResourceTags", "ListAliases")
    )
    writes = (Operation("kms", "PutKeyPolicy"),)
    terraform = ("aws_kms_key",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetKeyPolicy", KeyId=target.id, PolicyName="default"))
        except CloudError as error:
            return absent_on(("NotFoundException",), error)
        text = str(found["Policy"])
        value = {"Policy": text, "Enclave": _for_enclaves(cloud, target, text), **_facts(text)}
        return Reading(value, {"KeyId": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        given = {"KeyId": target.id, "PolicyName": "default", "Policy": after["Policy"]}
        return [call(target, "PutKeyPolicy", **given)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value["Policy"])

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else documents.parsed(value["Policy"])


def _for_enclaves(cloud: Cloud, target: Target, text: str) -> bool:
    about = cloud.call(call(target, "DescribeKey", KeyId=target.id))["KeyMetadata"]
    if about.get("KeyManager") != "CUSTOMER" or about.get("KeyState") in GOING or not about.get("Enabled"):
        return False  # nobody can use it, whatever its policy says
    if any(True for one in documents.statements(text) for _ in _attested(one, every=True)):
        return True
    if "enclave" in str(about.get("Description") or "").lower():
        return True
    tags = cloud.pages(call(target, "ListResourceTags", KeyId=target.id), "Tags")
    if any(_marks(str(one["TagKey"]), str(one["TagValue"])) for one in tags):
        return True
    aliases = cloud.pages(call(target, "ListAliases", KeyId=target.id), "Aliases")
    return any("enclave" in str(one["AliasName"]).removeprefix("alias/").lower() for one in aliases)


def _marks(key: str, value: str) -> bool:
    return "enclave" in key.lower() or "enclave" in value.lower()


def _facts(text: Json) -> dict[str, Json]:
    found = documents.statements(text)
    loose = [one for one in found if _unattested(one)]
    images = sorted(
        {
            value.lower()
            for one in found
            if one.get("Effect") == "Allow" and revealed(one)
            for key, values in _attested(one)
            if key in {"imagesha384", "pcr0"}
            for value in values
        }
    )
    measured = [v for one in found if one.get("Effect") == "Allow" for _, vs in _attested(one) for v in vs]
    return {
        "Unattested": [_name(one) for one in loose],
        "Bypass": [_name(one) for one in loose if not any(_refuses(other, one) for other in found)],
        "Images": images,
        "Debug": any(set(value) == {"0"} for value in measured),
    }


def _name(statement: Mapping[str, Any]) -> str:
    return str(statement.get("Sid") or "a statement without a Sid")


def revealed(statement: Mapping[str, Any]) -> list[str]:
    """What the statement is about of the operations that reveal data."""
    return [action for action in SENSITIVE if grants(statement, action)]


def _unattested(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Allow" and bool(revealed(statement)) and not list(_attested(statement))


def _attested(statement: Mapping[str, Any], *, every: bool = False) -> Iterator[tuple[str, list[str]]]:
    """(measurement, values) of each condition that lets only an attested image through; `every` of any condition.

    A wildcard binds nothing, and "ForAllValues" holds where the key is not sent at all, unless Null refuses that.
    """
    conditions = statement.get("Condition")
    for operator, tests in (conditions if isinstance(conditions, Mapping) else {}).items():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            name = str(key).lower()
            if not name.startswith(_ATTESTS):
                continue
            held = [str(one) for one in listed(values)]
            binds = (
                bool(_BINDING.fullmatch(operator))
                and bool(held)
                and not any(set(v) & {"*", "?"} for v in held)
            )
            if binds and operator.startswith("ForAllValues:"):
                binds = "false" in _null(conditions, name)
            if binds or every:
                yield name.removeprefix(_ATTESTS), held


def _null(conditions: Any, key: str) -> list[str]:
    tests = conditions.get("Null") or {}
    return [str(v).lower() for name, vs in tests.items() if str(name).lower() == key for v in listed(vs)]


def _refuses(deny: Mapping[str, Any], allow: Mapping[str, Any]) -> bool:
    """Does the statement refuse everybody without attestation what the other allows?"""
    everybody = deny.get("Principal") == "*" or "*" in listed(
        (deny.get("Principal") or {}).get("AWS") if isinstance(deny.get("Principal"), Mapping) else None
    )
    if deny.get("Effect") != "Deny" or not everybody or not set(revealed(allow)) <= set(revealed(deny)):
        return False
    for operator, tests in (deny.get("Condition") or {}).items():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            if not str(key).lower().startswith(_ATTESTS):
                continue
            if operator == "Null" and "true" in [str(one).lower() for one in listed(values)]:
                return True
            if _LOOSE.fullmatch(operator):
                return True
    return False


def attested(current: Json, images: Json) -> Json:
    """The policy with what reveals data allowed only to these images; who rules the key stays as it is.

    `images` are measurements, as `nitro-cli describe-eif` prints them (PCR0), separated by blanks. ValueError.
    """
    if current is ABSENT:
        raise ValueError("there is no such key any more")
    named = sorted({one.lower() for one in re.split(r"[\s,]+", str(images or "")) if one})
    if not named:
        raise ValueError(
            "name the enclave's image with images=, the 96 hexadecimal digits that nitro-cli describe-eif prints as PCR0"
        )
    if wrong := [one for one in named if not _HEX.fullmatch(one) or set(one) == {"0"}]:
        raise ValueError(
            f"{', '.join(wrong)}: no measurement of an image (96 hexadecimal digits, not all zero)"
        )
    found: list[dict[str, Any]] = []
    for one in documents.statements(current["Policy"]):
        if not _unattested(one):
            found.append(one)
            continue
        left = without_actions(_of_kms(one), revealed(one))
        found += [left] if left else []
        asked = {key: item for key, item in one.items() if key not in {"Action", "NotAction"}}
        condition = {**(one.get("Condition") or {})}
        condition["StringEqualsIgnoreCase"] = {
            **(condition.get("StringEqualsIgnoreCase") or {}),
            IMAGE: named,
        }
        sid = {"Sid": f"{one['Sid']}Attested"} if one.get("Sid") else {}
        found.append({**asked, **sid, "Action": revealed(one), "Condition": condition})
    document = documents.parsed(current["Policy"])
    text = json.dumps({**document, "Statement": found}, ensure_ascii=False)
    if len(text.encode()) > LONGEST_POLICY:
        raise ValueError(f"the policy would have {len(text.encode())} bytes and {LONGEST_POLICY} are allowed")
    return {**current, "Policy": text, **_facts(text)}


def _of_kms(statement: Mapping[str, Any]) -> dict[str, Any]:
    """In a key's policy "*" is "kms:*": nothing else is asked of a key."""
    if "NotAction" in statement:
        return dict(statement)
    named = [("kms:*" if str(one) in {"*", "*:*"} else str(one)) for one in listed(statement.get("Action"))]
    return {**statement, "Action": named}


SETTINGS = (EnclavePolicy(),)
BUILDERS = {"attested": attested}
