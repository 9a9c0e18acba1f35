"""Looks whether a policy's change fits what IAM allows: versions, attachments, keys, and what stands in its place."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.guards_policies import INLINE, MANAGED, asked, holders
from hipaa_tui.aws.iam.inline import moved_arn
from hipaa_tui.aws.iam.policy_documents import administrator, everywhere, listed
from hipaa_tui.aws.iam.policy_versions import MOST_VERSIONS
from hipaa_tui.aws.iam.users import name_of
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import ABSENT

_MOST_ATTACHED: Final = 10
"""Managed policies that a principal has unless AWS raised it (IAM quotas)."""


def policy_version_free(look: Look) -> Verdict:
    """Blocks where the policy has five versions: one has to go, and which one is for a person to say."""
    for draft in look.changes:
        if draft.setting != MANAGED or draft.before is ABSENT:
            continue
        about = look.read(MANAGED, draft.target).identity
        # The overlay shows what earlier fixes of the plan leave; how many versions they make is remembered here.
        wanted = documents.canonical(draft.after["Document"])
        earlier = about.get("Earlier") or {}
        if any(documents.canonical(text) == wanted for text in earlier.values()):
            continue
        made = int(look.memory.get(f"versions|{draft.target.id}") or 0)
        if len(earlier) + 1 + made >= MOST_VERSIONS:
            created = about.get("Created") or {}
            oldest = min(earlier, key=lambda one: int(re.sub(r"\D", "", one) or 0), default="")
            return (
                Outcome.BLOCK,
                f"{draft.target.name} has {len(earlier) + 1 + made} versions and IAM keeps {MOST_VERSIONS}: delete one that "
                f"nobody goes back to, the oldest is {oldest} of {str(created.get(oldest) or 'unknown date')[:10]} (aws iam "
                f"delete-policy-version --policy-arn {draft.target.id} --version-id {oldest})",
            )
        look.memory[f"versions|{draft.target.id}"] = made + 1
    return Outcome.PASS, "there is room for the new version, and the earlier one stays"


def attachments_fit(look: Look) -> Verdict:
    """Blocks where a principal would have more managed policies than IAM allows."""
    for draft in look.changes:
        if draft.setting == INLINE and draft.before is not ABSENT:
            if _elsewhere(look, draft):
                return (
                    Outcome.BLOCK,
                    f"an earlier fix of this plan changes the policies of {draft.target.name} too: plan this one again after it",
                )
            held = look.read(INLINE, draft.target).identity.get("Attached") or []
            count = len(held) + len(draft.after["Moved"]) - len(draft.before["Moved"])
            if count > _MOST_ATTACHED:
                return (
                    Outcome.BLOCK,
                    f"{draft.target.name} would have {count} attached policies, and IAM allows {_MOST_ATTACHED}: put some "
                    "of them together first",
                )
            new = sorted(set(draft.after["Moved"]) - set(draft.before["Moved"]))
            if taken := [name for name in new if _exists(look, draft, name)]:
                return (
                    Outcome.BLOCK,
                    f"there is a policy {', '.join(taken)} already that {draft.target.name} does not have: delete or rename it",
                )
    return Outcome.PASS, "there is room for what is attached"


def _elsewhere(look: Look, draft: Draft) -> bool:
    """Does an earlier fix of the plan change a user's policies by the setting that has all of them?"""
    if draft.target.type != "AWS::IAM::User":
        return False
    whole = setting("aws.iam.user-policies")
    planned, live = look.read(whole.id, draft.target).value, whole.read(look.cloud, draft.target).value
    return not whole.same(planned, live)


def _exists(look: Look, draft: Draft, name: str) -> bool:
    try:
        asked(look, "GetPolicy", PolicyArn=moved_arn(draft.target, name))
    except CloudError as error:
        if error.code == "NoSuchEntity":
            return False
        raise
    return True


def replacement_fits(look: Look) -> Verdict:
    """Blocks a replacement that gives the same again, and one that there is no room for."""
    given = str(look.arguments.get("replacement") or "")
    if given:
        found = asked(look, "GetPolicy", PolicyArn=given)["Policy"]
        version = asked(look, "GetPolicyVersion", PolicyArn=given, VersionId=found["DefaultVersionId"])
        text = version["PolicyVersion"]["Document"]
    else:
        made = next((one for one in look.changes if one.setting == MANAGED), None)
        named = f"arn:{look.target.partition}:iam::{look.target.account}:policy/hipaa-tui-instead-of-{look.target.name}"
        where = Target(
            "aws", "AWS::IAM::ManagedPolicy", look.target.account, look.target.region, named, named
        )
        held = made.after if made is not None else look.read(MANAGED, where).value
        if held is ABSENT:
            return Outcome.BLOCK, "the plan does not make the policy that they would get instead"
        given, text = named, held["Document"]
    if administrator(text):
        return Outcome.BLOCK, f"{name_of(given)} lets one do everything as well: name a narrower policy"
    for kind, name in holders(look):
        request = Call("aws", "iam", f"ListAttached{kind}Policies", {f"{kind}Name": name}, look.target.region)
        have = {str(one["PolicyArn"]) for one in look.cloud.pages(request, "AttachedPolicies")}
        if given not in have and len(have) >= _MOST_ATTACHED:
            return (
                Outcome.BLOCK,
                f"{name} has {len(have)} attached policies, and IAM allows {_MOST_ATTACHED}: put some of them together first",
            )
    return Outcome.PASS, f"they get {name_of(given)} before the other one goes"


def decryption_kept(look: Look) -> Verdict:
    """Blocks where no key would be left, and warns about keys of the account that would not be among the named."""
    for draft in look.changes:
        if draft.setting not in (MANAGED, INLINE) or draft.before is ABSENT:
            continue
        if draft.setting == MANAGED and _bounds(look, draft.target):
            return (
                Outcome.BLOCK,
                f"{name_of(draft.target.id)} is a permissions boundary: it gives nobody anything, and narrower it would keep "
                "roles from keys that their policies name; make an exception for the finding",
            )
        own = [str(one) for one in draft.before.get("Keys") or []]
        named = [one for one in re.split(r"[\s,]+", str(look.arguments.get("keys") or "")) if one]
        if not named and not own:
            return (
                Outcome.BLOCK,
                "the account has no customer-managed key, so nothing could be decrypted any more: name the keys with keys=",
            )
        foreign = [
            one for one in named if (arn := parse(one)) is not None and arn.account != look.target.account
        ]
        left = [name_of(one) for one in own if named and one not in named]
        if left:
            more = f"{', '.join(left[:5])}{' and others' if len(left) > 5 else ''}"
            return (
                Outcome.WARN,
                f"what is under the key {more} could not be read any more: name it too, if it is needed",
            )
        if not foreign:
            return (
                Outcome.WARN,
                f"the {len(named or own)} keys of this account stay; data under another account's key, and under keys that "
                "are made later, could not be read until they are named",
            )
    return Outcome.PASS, "the keys that are named stay"


def _bounds(look: Look, target: Target) -> bool:
    about = asked(look, "GetPolicy", PolicyArn=target.id)["Policy"]
    return bool(about.get("PermissionsBoundaryUsageCount")) or name_of(target.id) == "hipaa-tui-boundary"


def boundary_as_meant(look: Look) -> Verdict:
    """Blocks a boundary that bounds nothing, and one that would shut out more than administration."""
    arn = str(look.arguments.get("policy") or "")
    where = look.target
    target = Target("aws", "AWS::IAM::ManagedPolicy", where.account, where.region, arn, arn, where.partition)
    planned = [one.after for one in look.changes if one.target.key == target.key]
    held = planned[-1] if planned else look.read("aws.iam.shared-policy", target).value
    if held is ABSENT:
        return Outcome.BLOCK, f"there is no policy {arn}, and the plan does not make it"
    if administrator(held["Document"]):
        return (
            Outcome.BLOCK,
            f"{name_of(arn)} lets one do everything, so it bounds nothing: name another policy",
        )
    wide = [
        one
        for one in documents.statements(held["Document"])
        if one.get("Effect") == "Allow" and everywhere(one)
    ]
    if not any("NotAction" in one or "*" in map(str, listed(one.get("Action"))) for one in wide):
        return (
            Outcome.WARN,
            f"{name_of(arn)} allows only what it names: {where.name} can do nothing else from then on",
        )
    return Outcome.PASS, f"{name_of(arn)} leaves all but administration"


GUARDS = {
    "policy-version-free": policy_version_free,
    "attachments-fit": attachments_fit,
    "replacement-fits": replacement_fits,
    "decryption-kept": decryption_kept,
    "boundary-as-meant": boundary_as_meant,
}
CAUTIOUS = tuple(GUARDS)
