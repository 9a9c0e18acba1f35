"""A customer managed policy as it holds today: the document of its default version.

A change makes a new version, and the earlier one stays as the way back. A policy has five versions at most, and
none of them is ever deleted here: a guard says which one would have to go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.last_accessed import READS, about_use
from hipaa_tui.aws.iam.policy_documents import decrypting_with, facts, fits, narrowed, without_subscribe
from hipaa_tui.aws.iam.shared_policy import CustomerPolicies
from hipaa_tui.aws.iam.user_policies import text_of
from hipaa_tui.aws.iam.users import call, operations
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

MOST_VERSIONS: Final = 5
_TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]
_KEY: Final = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")


class ManagedPolicy(Setting):
    """{"Document": text of the default version, and what predicates and builders ask about it}.

    "Administrator", "MarketplaceSubscribe", "DecryptsAllKeys" and "WholeServices" follow from the text; "Used" (the
    services that its principals used) and "Keys" (the account's own) stand there where it allows too much. Only
    the document is chosen and compared.
    """

    id = "aws.iam.managed-policy"
    title = "Default version of the policy"
    resource = CustomerPolicies.name
    reads = (*operations("ListPolicyVersions", "GetPolicyVersion"), *READS)
    writes = (
        Operation("iam", "CreatePolicy", also=("iam:TagPolicy",)),
        *operations("CreatePolicyVersion", "SetDefaultPolicyVersion"),
    )
    removes = operations("DeletePolicy")
    creates_resource = True
    terraform = ("aws_iam_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.pages(call(target, "ListPolicyVersions", PolicyArn=target.id), "Versions")
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        texts = {str(one["VersionId"]): self._text(cloud, target, one["VersionId"]) for one in found}
        default = next(str(one["VersionId"]) for one in found if one["IsDefaultVersion"])
        text = texts.pop(default)
        known = facts([text])
        value = {"Document": text, **known, **about_use(cloud, known, target.id, target.partition)}
        created = {str(one["VersionId"]): str(one.get("CreateDate") or "") for one in found}
        return Reading(
            value, {**_named(target), "DefaultVersionId": default, "Earlier": texts, "Created": created}
        )

    def _text(self, cloud: Cloud, target: Target, version: Json) -> str:
        request = call(target, "GetPolicyVersion", PolicyArn=target.id, VersionId=version)
        return text_of(cloud.call(request)["PolicyVersion"]["Document"])

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        text = after["Document"]
        if before.absent:
            arn = parse(target.id)
            path, _, name = (arn.resource if arn else target.id).removeprefix("policy").rpartition("/")
            made = {"PolicyName": name, "Path": f"{path}/", "PolicyDocument": text, "Tags": _TAGS}
            return [call(target, "CreatePolicy", **made)]
        wanted = documents.canonical(text)
        for version, held in (before.identity.get("Earlier") or {}).items():
            if documents.canonical(held) == wanted:
                return [call(target, "SetDefaultPolicyVersion", PolicyArn=target.id, VersionId=version)]
        new = {"PolicyArn": target.id, "PolicyDocument": text, "SetAsDefault": True}
        return [call(target, "CreatePolicyVersion", **new)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeletePolicy", PolicyArn=target.id)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value["Document"])

    def display(self, value: Json) -> Json:
        return None if value is ABSENT else {"Document": documents.parsed(value["Document"])}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return _named(target)


def _named(target: Target) -> dict[str, Json]:
    arn = parse(target.id)
    path, _, name = (arn.resource if arn else target.id).removeprefix("policy").rpartition("/")
    return {"Arn": target.id, "PolicyName": name, "Path": f"{path}/"}


def services_kept(value: Mapping[str, Any], wanted: Json) -> list[str]:
    """The services that stay: those that were used within `days`, and those that `services` names."""
    asked = wanted if isinstance(wanted, Mapping) else {}
    days = int(str(asked.get("days") or 0))
    used = (value.get("Used") or {}).get("Services") or {}
    lately = {name for name, ago in used.items() if not days or ago <= days}
    named = set(re.split(r"[\s,]+", str(asked.get("services") or "")))
    return sorted(lately | (named - {""}))


def keys_named(value: Mapping[str, Any], named: Json) -> list[str]:
    """The keys that `named` lists by ARN, or all that the account has. ValueError."""
    given = [one for one in re.split(r"[\s,]+", str(named or "")) if one]
    wrong = [one for one in given if not _KEY.fullmatch(one)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)}: no ARN of a key")
    return given or list(value.get("Keys") or [])


def _with(rewrite: Callable[[str, Mapping[str, Any], Json], str]) -> Callable[[Json, Json], Json]:
    """A builder that rewrites the document, and says anew what follows from it."""

    def build(current: Json, wanted: Json) -> Json:
        if current is ABSENT:
            raise ValueError("there is no such policy any more")
        text = fits(rewrite(current["Document"], current, wanted))
        return {**current, "Document": text, **facts([text])}

    return build


def narrowed_policy(current: Json, wanted: Json) -> Json:
    """A policy that is made in the place of another one ("of"), narrowed by what was used; one that is there stays."""
    if current is not ABSENT:
        return current
    other = wanted["of"]
    text = fits(narrowed(other["Document"], services_kept(other, wanted)))
    return {"Document": text, **facts([text])}


SETTINGS = (ManagedPolicy(),)
BUILDERS = {
    "narrowed": _with(lambda text, value, wanted: narrowed(text, services_kept(value, wanted))),
    "narrowed_policy": narrowed_policy,
    "without_subscribe": _with(lambda text, value, wanted: without_subscribe(text)),
    "decrypting_with": _with(lambda text, value, wanted: decrypting_with(text, keys_named(value, wanted))),
}
