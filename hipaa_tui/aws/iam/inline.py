"""Inline policies of users, groups and roles: narrowed where they stand, or made managed policies of the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam import settings as iam
from hipaa_tui.aws.iam.groups import Groups
from hipaa_tui.aws.iam.last_accessed import READS, about_use
from hipaa_tui.aws.iam.policy_documents import (
    administrator,
    decrypting_with,
    decrypts_everywhere,
    facts,
    fits,
    narrowed,
    size,
    subscribes,
    without_subscribe,
)
from hipaa_tui.aws.iam.policy_versions import keys_named, services_kept
from hipaa_tui.aws.iam.user_policies import text_of
from hipaa_tui.aws.iam.users import Users, call, home, name_of, operations
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

_PATH: Final = "/hipaa-tui/"
"""Where policies stand that were inline ones."""
_TAGS: Final = [{"Key": "managed-by", "Value": "hipaa-tui"}]
_LONGEST: Final = {"User": 2048, "Group": 5120, "Role": 10_240}
"""Characters of all inline policies of one principal together (IAM quotas)."""
_KINDS: Final = ("User", "Group", "Role")
_AWS_OWN: Final = ("/aws-service-role/", "/aws-reserved/")


def kind_of(target: Target) -> str:
    """ "User", "Group" or "Role"."""
    return target.type.rpartition("::")[2]


def principal_call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call whose operation holds a {} for the kind of the principal."""
    kind = kind_of(target)
    return call(target, operation.format(kind), **{f"{kind}Name": name_of(target.id)}, **arguments)


class Principals(ResourceType):
    """Users, groups and roles together, each under the type that it has by itself."""

    name = "AWS::IAM::Principal"
    title = "IAM user, group or role"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = [
            *Users().list(cloud, account, region, partition),
            *Groups().list(cloud, account, region, partition),
            *iam.Roles().list(cloud, account, region, partition),
        ]
        known = (self.target(one.id, account, region, partition) for one in found)
        # Roles of Identity Center are changed in its permission sets and nowhere else.
        return [one for one in known if one is not None and not any(path in one.id for path in _AWS_OWN)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        kind = arn.resource.partition("/")[0].capitalize() if arn is not None else ""
        if arn is None or arn.service != "iam" or kind not in _KINDS:
            return None
        where, own = arn.partition, arn.account or account
        return Target("aws", f"AWS::IAM::{kind}", own, home(where), id, name_of(id), where)


class InlinePolicies(Setting):
    """{"Inline": {name: text}, "Moved": {name: text}, and what predicates and builders ask about the inline ones}.

    "Moved" are managed policies below /hipaa-tui/ that are attached to the principal: inline policies that a fix
    moved. Of all the rest (see aws.iam.managed-policy) nothing is chosen or compared.
    """

    id = "aws.iam.inline-policies"
    title = "Inline policies"
    resource = Principals.name
    reads = (
        *operations(*(f"List{kind}Policies" for kind in _KINDS), *(f"Get{kind}Policy" for kind in _KINDS)),
        *operations(*(f"ListAttached{kind}Policies" for kind in _KINDS), "GetPolicy", "GetPolicyVersion"),
        *READS,
    )
    writes = (
        *operations(*(f"Put{kind}Policy" for kind in _KINDS), *(f"Delete{kind}Policy" for kind in _KINDS)),
        Operation("iam", "CreatePolicy", also=("iam:TagPolicy",)),
        *operations(*(f"Attach{kind}Policy" for kind in _KINDS), *(f"Detach{kind}Policy" for kind in _KINDS)),
        *operations("DeletePolicy"),
    )
    terraform = (
        *("aws_iam_role_policy", "aws_iam_group_policy", "aws_iam_user_policy", "aws_iam_policy"),
        *("aws_iam_role_policy_attachment", "aws_iam_group_policy_attachment"),
        "aws_iam_user_policy_attachment",
    )

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            names = cloud.pages(principal_call(target, "List{}Policies"), "PolicyNames")
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        inline = {
            str(name): text_of(
                cloud.call(principal_call(target, "Get{}Policy", PolicyName=name))["PolicyDocument"]
            )
            for name in sorted(names)
        }
        attached = cloud.pages(principal_call(target, "ListAttached{}Policies"), "AttachedPolicies")
        arns = sorted(str(one["PolicyArn"]) for one in attached)
        moved = {name_of(arn): _document(cloud, target, arn) for arn in arns if f":policy{_PATH}" in arn}
        known = facts(inline.values())
        value = {
            "Inline": inline,
            "Moved": moved,
            **known,
            **about_use(cloud, known, target.id, target.partition),
        }
        return Reading(value, {"Name": name_of(target.id), "Kind": kind_of(target), "Attached": arns})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """What is added first, then what is taken away, each call with what stands after it."""
        if before is ABSENT:
            raise ValueError(f"{target.name} is not there any more")
        inline, moved = dict(before["Inline"]), dict(before["Moved"])
        steps: list[tuple[Call, Json]] = []

        def step(request: Call) -> None:
            steps.append((request, {"Inline": dict(inline), "Moved": dict(moved)}))

        for name, text in sorted(after["Moved"].items()):
            if name not in moved:
                step(
                    call(target, "CreatePolicy", PolicyName=name, Path=_PATH, PolicyDocument=text, Tags=_TAGS)
                )
                moved[name] = text
                step(principal_call(target, "Attach{}Policy", PolicyArn=moved_arn(target, name)))
        for name, text in sorted(after["Inline"].items()):
            if name not in inline or documents.canonical(inline[name]) != documents.canonical(text):
                inline[name] = text
                step(principal_call(target, "Put{}Policy", PolicyName=name, PolicyDocument=text))
        for name in sorted(inline.keys() - after["Inline"].keys()):
            del inline[name]
            step(principal_call(target, "Delete{}Policy", PolicyName=name))
        for name in sorted(moved.keys() - after["Moved"].keys()):
            del moved[name]
            step(principal_call(target, "Detach{}Policy", PolicyArn=moved_arn(target, name)))
            step(call(target, "DeletePolicy", PolicyArn=moved_arn(target, name)))
        return steps

    def canonical(self, value: Json) -> Json:
        return {
            part: {name: documents.canonical(text) for name, text in value[part].items()}
            for part in ("Inline", "Moved")
        }

    def display(self, value: Json) -> Json:
        if value is ABSENT:
            return None
        shown: dict[str, Json] = {
            part: {name: documents.parsed(text) for name, text in value[part].items()}
            for part in ("Inline", "Moved")
        }
        return shown if shown["Moved"] else {"Inline": shown["Inline"]}


def moved_arn(target: Target, name: str) -> str:
    """The ARN of a managed policy that was an inline one."""
    return f"arn:{target.partition}:iam::{target.account}:policy{_PATH}{name}"


def _document(cloud: Cloud, target: Target, arn: str) -> str:
    default = cloud.call(call(target, "GetPolicy", PolicyArn=arn))["Policy"]["DefaultVersionId"]
    found = cloud.call(call(target, "GetPolicyVersion", PolicyArn=arn, VersionId=default))
    return text_of(found["PolicyVersion"]["Document"])


def _each(
    wrong: Callable[[Json], bool], rewrite: Callable[[str, Mapping[str, Any], Json], str]
) -> Callable[[Json, Json], Json]:
    """A builder that rewrites each inline policy in which something is wrong. `wanted` names the principal's ARN."""

    def build(current: Json, wanted: Json) -> Json:
        if current is ABSENT:
            raise ValueError("the user, group or role is not there any more")
        inline = {
            name: rewrite(text, current, wanted) if wrong(text) else text
            for name, text in current["Inline"].items()
        }
        kind = next((one for one in _KINDS if f":{one.lower()}/" in str(wanted["arn"])), "User")
        total = sum(size(text) for text in inline.values())
        if total > _LONGEST[kind]:
            raise ValueError(
                f"the inline policies would have {total} characters and IAM takes {_LONGEST[kind]}: make managed policies "
                "of them first"
            )
        return {**current, "Inline": inline, **facts(inline.values())}

    return build


def moved(current: Json, arn: Json) -> Json:
    """Each inline policy as a managed one of the same words, attached to the same principal, which `arn` names."""
    if current is ABSENT:
        raise ValueError("the user, group or role is not there any more")
    kind = str(arn).rpartition(":")[2].partition("/")[0]
    found = dict(current["Moved"])
    for name, text in current["Inline"].items():
        plain = f"{kind}-{name_of(str(arn))}-{name}"[:128]
        if plain in found:
            raise ValueError(f"there is a policy {plain} already: rename the inline policy {name}")
        found[plain] = fits(text)
    return {**current, "Inline": {}, "Moved": found, **facts([])}


def _of_user(build: Callable[[Json, Json], Json]) -> Callable[[Json, Json], Json]:
    """The same for a user's own policies (aws.iam.user-policies), so that other fixes of a plan build on it.

    `wanted` has the inline policies with what is known of them as "inline". Of a group or a role it changes nothing.
    """

    def whole(current: Json, wanted: Json) -> Json:
        arn = parse(str(wanted["arn"]))
        if current is ABSENT or arn is None or not arn.resource.startswith("user/"):
            return current
        return {
            **current,
            "Inline": build({**wanted["inline"], "Inline": current["Inline"]}, wanted)["Inline"],
        }

    return whole


_narrowed: Final = _each(
    administrator, lambda text, value, wanted: narrowed(text, services_kept(value, wanted))
)
_without_subscribe: Final = _each(subscribes, lambda text, value, wanted: without_subscribe(text))
_decrypting: Final = _each(
    decrypts_everywhere,
    lambda text, value, wanted: decrypting_with(text, keys_named(value, wanted.get("keys"))),
)
RESOURCE_TYPES = (Principals(),)
SETTINGS = (InlinePolicies(),)
BUILDERS = {
    "inline_narrowed": _narrowed,
    "inline_without_subscribe": _without_subscribe,
    "inline_decrypting_with": _decrypting,
    "own_inline_narrowed": _of_user(_narrowed),
    "own_inline_without_subscribe": _of_user(_without_subscribe),
    "own_inline_decrypting_with": _of_user(_decrypting),
    "moved": moved,
}
