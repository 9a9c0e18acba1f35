"""Finds the accounts that lose sensitive cross-account permissions on a bucket, and those whose uploads would fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import EVERYBODY, allows, conditions
from hipaa_tui.aws.s3.cross_account import foreign, sensitive
from hipaa_tui.aws.s3.guards import POLICY
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT

_ACL = "s3:x-amz-acl"


def partners_of_the_bucket(context: GuardContext) -> Verdict:
    """Blocks when other accounts must send an ACL with each upload; warns of the permissions that they lose.

    An upload with an ACL also needs s3:PutObjectAcl (Amazon S3 API Reference, "PutObject").
    """
    drafts = [draft for draft in context.changes if draft.setting == POLICY and draft.before is not ABSENT]
    if not drafts:
        return Outcome.PASS, "no bucket policy changes"
    account, public = context.target.account, False
    lost: set[str] = set()
    principals: set[str] = set()
    for statement in statements(drafts[0].before):
        names, actions = foreign(statement, account), sensitive(statement)
        if not (names and actions):
            continue
        if "s3:PutObjectAcl" in actions and _requires_acl(statement):
            return (
                Outcome.BLOCK,
                f"the bucket policy requires {_shown(names)} to send an ACL with each object, which would be denied: "
                "disable ACLs (aws.s3.acl-prohibited) and remove that condition first",
            )
        lost.update(actions)
        public = public or EVERYBODY in names
        principals.update(name for name in names if name != EVERYBODY)
    if not lost:
        return Outcome.PASS, "the bucket policy grants these permissions to no other account"
    losing = " and ".join(
        [
            *([_shown(sorted(principals))] if principals else []),
            *(["any other principal that it allows"] if public else []),
        ]
    )
    acl = "; uploads with an ACL fail" if "s3:PutObjectAcl" in lost else ""
    return (
        Outcome.WARN,
        f"{losing} will lose {', '.join(sorted(lost))}{acl}: ask them, or search CloudTrail for their calls first",
    )


def _requires_acl(statement: Mapping[str, Any]) -> bool:
    upload = "NotAction" in statement or allows(statement, "s3:PutObject")
    operators = (operator for operator, key, _ in conditions(statement) if key == _ACL)
    return upload and any("not" not in operator.lower() for operator in operators)


def _shown(names: list[str]) -> str:
    accounts = {arn.account if (arn := parse(name)) is not None and arn.account else name for name in names}
    return ", ".join("any AWS account" if name == EVERYBODY else name for name in sorted(accounts))


GUARDS = {"partners-of-the-bucket": partners_of_the_bucket}
