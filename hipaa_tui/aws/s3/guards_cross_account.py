"""Looks which other accounts lose what a bucket's policy let them do to the bucket, and whose uploads would fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import EVERYBODY, allows, conditions
from hipaa_tui.aws.s3.cross_account import foreign, sensitive
from hipaa_tui.aws.s3.guards import POLICY
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT

_ACL = "s3:x-amz-acl"


def partners_of_the_bucket(look: Look) -> Verdict:
    """Blocks where other accounts have to send a list with each object, and warns of all that they lose.

    To upload with a list takes s3:PutObjectAcl besides (Amazon S3 API Reference, "PutObject").
    """
    drafts = [one for one in look.changes if one.setting == POLICY and one.before is not ABSENT]
    if not drafts:
        return Outcome.PASS, "no policy changes"
    account, anybody = look.target.account, False
    lost: set[str] = set()
    who: set[str] = set()
    for one in statements(drafts[0].before):
        names, taken = foreign(one, account), sensitive(one)
        if not (names and taken):
            continue
        if "s3:PutObjectAcl" in taken and _demands_a_list(one):
            return (
                Outcome.BLOCK,
                f"{_said(names)} must send an ACL with each object by its policy, and could not any more: turn ACLs off "
                "(aws.s3.acl-prohibited) and take that condition out first",
            )
        lost.update(taken)
        anybody = anybody or EVERYBODY in names
        who.update(name for name in names if name != EVERYBODY)
    if not lost:
        return Outcome.PASS, "its policy lets no other account do any of it"
    whom = " and ".join(
        [*([_said(sorted(who))] if who else []), *(["whoever else it lets in"] if anybody else [])]
    )
    acl = "; uploads with an ACL fail" if "s3:PutObjectAcl" in lost else ""
    return (
        Outcome.WARN,
        f"{whom} can no longer {', '.join(sorted(lost))}{acl}: ask them, or look in CloudTrail for such calls of theirs",
    )


def _demands_a_list(statement: Mapping[str, Any]) -> bool:
    upload = "NotAction" in statement or allows(statement, "s3:PutObject")
    asked = (operator for operator, key, _ in conditions(statement) if key == _ACL)
    return upload and any("not" not in operator.lower() for operator in asked)


def _said(names: list[str]) -> str:
    found = {arn.account if (arn := parse(one)) is not None and arn.account else one for one in names}
    return ", ".join("everybody" if one == EVERYBODY else one for one in sorted(found))


GUARDS = {"partners-of-the-bucket": partners_of_the_bucket}
