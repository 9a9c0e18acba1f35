"""Checks IAM's limits before a policy changes: versions, attachments, replacements, KMS keys, boundaries."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.iam.guards_policies import INLINE, MANAGED, holders, read_iam
from hipaa_tui.aws.iam.inline import moved_arn
from hipaa_tui.aws.iam.policy_documents import administrator, everywhere, listed
from hipaa_tui.aws.iam.policy_versions import MOST_VERSIONS
from hipaa_tui.aws.iam.users import name_of
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import ABSENT

_MAX_ATTACHED: Final = 10
"""Default IAM quota: managed policies per principal."""


def policy_version_free(context: GuardContext) -> Verdict:
    """Blocks where the policy has five versions already: which one to delete is for a person to decide."""
    for draft in context.changes:
        if draft.setting != MANAGED or draft.before is ABSENT:
            continue
        identity = context.read(MANAGED, draft.target).identity
        # Reading shows the state after earlier fixes of the plan; the versions that those create are counted here.
        wanted = documents.canonical(draft.after["Document"])
        earlier = identity.get("Earlier") or {}
        if any(documents.canonical(text) == wanted for text in earlier.values()):
            continue
        made = int(context.memory.get(f"versions|{draft.target.id}") or 0)
        if len(earlier) + 1 + made >= MOST_VERSIONS:
            created = identity.get("Created") or {}
            oldest = min(earlier, key=lambda version: int(re.sub(r"\D", "", version) or 0), default="")
            return (
                Outcome.BLOCK,
                f"{draft.target.name} has {len(earlier) + 1 + made} versions, and IAM keeps at most "
                f"{MOST_VERSIONS}: delete one that nobody will roll back to; the oldest is {oldest} of "
                f"{str(created.get(oldest) or 'unknown date')[:10]} (aws iam delete-policy-version --policy-arn "
                f"{draft.target.id} --version-id {oldest})",
            )
        context.memory[f"versions|{draft.target.id}"] = made + 1
    return Outcome.PASS, "IAM has room for the new version, and the earlier one stays"


def attachments_fit(context: GuardContext) -> Verdict:
    """Blocks where a principal would have more managed policies than IAM allows, or a policy's name is taken."""
    for draft in context.changes:
        if draft.setting == INLINE and draft.before is not ABSENT:
            if _changed_earlier(context, draft):
                return (
                    Outcome.BLOCK,
                    f"an earlier fix of this plan changes the policies of {draft.target.name} too: apply that "
                    "first, then plan this one again",
                )
            attached = context.read(INLINE, draft.target).identity.get("Attached") or []
            count = len(attached) + len(draft.after["Moved"]) - len(draft.before["Moved"])
            if count > _MAX_ATTACHED:
                return (
                    Outcome.BLOCK,
                    f"{draft.target.name} would have {count} attached policies, and IAM allows {_MAX_ATTACHED}: "
                    "merge some of them first",
                )
            new = sorted(set(draft.after["Moved"]) - set(draft.before["Moved"]))
            if taken := [name for name in new if _exists(context, draft, name)]:
                return (
                    Outcome.BLOCK,
                    f"the policy {', '.join(taken)} exists already and is not attached to {draft.target.name}: "
                    "delete or rename it first",
                )
    return Outcome.PASS, "IAM has room for the attached policies"


def _changed_earlier(context: GuardContext, draft: PlannedChange) -> bool:
    """Does an earlier fix of the plan change this user's policies through aws.iam.user-policies?"""
    if draft.target.type != "AWS::IAM::User":
        return False
    policies = setting("aws.iam.user-policies")
    planned, live = (
        context.read(policies.id, draft.target).value,
        policies.read(context.cloud, draft.target).value,
    )
    return not policies.same(planned, live)


def _exists(context: GuardContext, draft: PlannedChange, name: str) -> bool:
    try:
        read_iam(context, "GetPolicy", PolicyArn=moved_arn(draft.target, name))
    except CloudError as error:
        if error.code == "NoSuchEntity":
            return False
        raise
    return True


def replacement_fits(context: GuardContext) -> Verdict:
    """Blocks a replacement that grants everything as well, and one that exceeds a principal's attachment quota."""
    given = str(context.arguments.get("replacement") or "")
    if given:
        policy = read_iam(context, "GetPolicy", PolicyArn=given)["Policy"]
        version = read_iam(context, "GetPolicyVersion", PolicyArn=given, VersionId=policy["DefaultVersionId"])
        text = version["PolicyVersion"]["Document"]
    else:
        made = next((change for change in context.changes if change.setting == MANAGED), None)
        named = f"arn:{context.target.partition}:iam::{context.target.account}:policy/hipaa-tui-instead-of-{context.target.name}"
        where = Target(
            "aws", "AWS::IAM::ManagedPolicy", context.target.account, context.target.region, named, named
        )
        planned = made.after if made is not None else context.read(MANAGED, where).value
        if planned is ABSENT:
            return Outcome.BLOCK, "the plan does not create the replacement policy"
        given, text = named, planned["Document"]
    if administrator(text):
        return Outcome.BLOCK, f"{name_of(given)} allows everything as well: name a narrower policy"
    for kind, name in holders(context):
        request = Call(
            "aws", "iam", f"ListAttached{kind}Policies", {f"{kind}Name": name}, context.target.region
        )
        arns = {str(attached["PolicyArn"]) for attached in context.cloud.pages(request, "AttachedPolicies")}
        if given not in arns and len(arns) >= _MAX_ATTACHED:
            return (
                Outcome.BLOCK,
                f"{name} has {len(arns)} attached policies, and IAM allows {_MAX_ATTACHED}: merge some of them "
                "first",
            )
    return Outcome.PASS, f"the principals get {name_of(given)} before the other policy is detached"


def decryption_kept(context: GuardContext) -> Verdict:
    """Blocks where no key would stay usable, and a boundary; warns of keys of the account that are not named."""
    for draft in context.changes:
        if draft.setting not in (MANAGED, INLINE) or draft.before is ABSENT:
            continue
        if draft.setting == MANAGED and _bounds(context, draft.target):
            return (
                Outcome.BLOCK,
                f"{name_of(draft.target.id)} is a permissions boundary: it grants nothing, and a narrower one "
                "would keep roles from keys that their own policies name, so record an exception for the finding",
            )
        account_keys = [str(key) for key in draft.before.get("Keys") or []]
        named = [key for key in re.split(r"[\s,]+", str(context.arguments.get("keys") or "")) if key]
        if not named and not account_keys:
            return (
                Outcome.BLOCK,
                "the account has no customer managed key, so nothing could be decrypted afterwards: name the keys "
                "with keys=",
            )
        foreign = [
            key for key in named if (arn := parse(key)) is not None and arn.account != context.target.account
        ]
        unnamed = [name_of(key) for key in account_keys if named and key not in named]
        if unnamed:
            more = f"{', '.join(unnamed[:5])}{' and others' if len(unnamed) > 5 else ''}"
            return (
                Outcome.WARN,
                f"data under the key {more} could not be read afterwards: name it too if it is needed",
            )
        if not foreign:
            return (
                Outcome.WARN,
                f"the {len(named or account_keys)} keys of this account stay usable; data under another account's key, or "
                "under keys created later, cannot be read until they are named",
            )
    return Outcome.PASS, "the named keys stay usable"


def _bounds(context: GuardContext, target: Target) -> bool:
    policy = read_iam(context, "GetPolicy", PolicyArn=target.id)["Policy"]
    return bool(policy.get("PermissionsBoundaryUsageCount")) or name_of(target.id) == "hipaa-tui-boundary"


def boundary_as_meant(context: GuardContext) -> Verdict:
    """Blocks a missing boundary and one that allows everything; warns of one that allows only what it names."""
    arn = str(context.arguments.get("policy") or "")
    holder = context.target
    target = Target(
        "aws", "AWS::IAM::ManagedPolicy", holder.account, holder.region, arn, arn, holder.partition
    )
    planned = [change.after for change in context.changes if change.target.key == target.key]
    policy = planned[-1] if planned else context.read("aws.iam.shared-policy", target).value
    if policy is ABSENT:
        return Outcome.BLOCK, f"the policy {arn} does not exist, and the plan does not create it"
    if administrator(policy["Document"]):
        return (
            Outcome.BLOCK,
            f"{name_of(arn)} allows everything, so it limits nothing as a boundary: name another policy",
        )
    wide = [
        statement
        for statement in documents.statements(policy["Document"])
        if statement.get("Effect") == "Allow" and everywhere(statement)
    ]
    if not any(
        "NotAction" in statement or "*" in map(str, listed(statement.get("Action"))) for statement in wide
    ):
        return (
            Outcome.WARN,
            f"{name_of(arn)} allows only what it names: {holder.name} will be able to do nothing else",
        )
    return Outcome.PASS, f"{name_of(arn)} allows everything but administration"


GUARDS = {
    "policy-version-free": policy_version_free,
    "attachments-fit": attachments_fit,
    "replacement-fits": replacement_fits,
    "decryption-kept": decryption_kept,
    "boundary-as-meant": boundary_as_meant,
}
BLOCK_ON_ERROR = tuple(GUARDS)
