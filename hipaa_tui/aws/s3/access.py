"""Who owns what is in a bucket, whom its ACL and policy let in, and what protects its objects elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Read, Remove, Write, raw, text
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, principals
from hipaa_tui.aws.s3.settings import BucketSetting
from hipaa_tui.providers.model import Operation, Reading
from hipaa_tui.support.json_value import ABSENT, Json, at, canonical_bytes

EVERYBODY_GROUPS: Final = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("s3", name) for name in names)


_BUCKET: Final = {"Bucket": "{name}"}


class Ownership(BucketSetting):
    """{"ObjectOwnership": BucketOwnerEnforced, …}; ABSENT is the old default, where the writer owns an object and ACLs count."""

    id = "aws.s3.ownership"
    title = "Object ownership"
    reading = Read(
        *("s3", "GetBucketOwnershipControls", "OwnershipControls.Rules.0", _BUCKET),
        absent=("OwnershipControlsNotFoundError",),
    )
    fields = {"ObjectOwnership": text("ObjectOwnership", None)}
    writing = Write("s3", "PutBucketOwnershipControls", "OwnershipControls", _BUCKET)
    removing = Remove("s3", "DeleteBucketOwnershipControls", arguments=_BUCKET)
    terraform = ("aws_s3_bucket_ownership_controls",)

    def value(self, found: Any) -> Json:
        return super().value(found) or ABSENT

    def sent(self, before: Reading, after: Json) -> Json:
        return {"Rules": [{"ObjectOwnership": after["ObjectOwnership"]}]}


class Acl(BucketSetting):
    """{"Owner": {"ID", …}, "Grants": [{"Grantee", "Permission"}]}"""

    id = "aws.s3.acl"
    title = "Access control list"
    reading = Read("s3", "GetBucketAcl", arguments=_BUCKET)
    fields = {"Owner": raw("Owner", {}), "Grants": raw("Grants", [])}
    writing = Write("s3", "PutBucketAcl", "AccessControlPolicy", _BUCKET)
    terraform = ("aws_s3_bucket_acl",)

    def canonical(self, value: Json) -> Json:
        grants = [
            {
                "who": grant["Grantee"].get("ID")
                or grant["Grantee"].get("URI")
                or grant["Grantee"].get("EmailAddress"),
                "may": grant["Permission"],
            }
            for grant in value["Grants"]
        ]
        return {"owner": value["Owner"].get("ID"), "grants": sorted(grants, key=canonical_bytes)}


class Replication(BucketSetting):
    """{"Role", "Rules": [{"ID", "Status", "Destination", …}]}. Read-only: a person decides where copies may go."""

    id = "aws.s3.replication"
    title = "Replication"
    reading = Read(
        *("s3", "GetBucketReplication", "ReplicationConfiguration", _BUCKET),
        absent=("ReplicationConfigurationNotFoundError",),
    )
    read_only = "replication is set up by a person, who knows where copies may lie"


class MfaDelete(BucketSetting):
    """{"MFADelete": Enabled or Disabled}. Read-only: only the root user with its own MFA device may change it."""

    id = "aws.s3.mfa-delete"
    title = "MFA delete"
    reading = Read("s3", "GetBucketVersioning", arguments=_BUCKET)
    fields = {"MFADelete": text("MFADelete", "Disabled")}
    read_only = "only the root user of the account can turn MFA delete on, with its own factor"


def for_everybody(grant: Mapping[str, Any]) -> bool:
    """Is the grant to everybody, or to everybody with any AWS account?"""
    return str(at(dict(grant), "Grantee.URI") or "").endswith(EVERYBODY_GROUPS)


def without_public_grants(current: Json, _wanted: Json) -> Json:
    """The ACL without grants to everybody; every other grant stays."""
    return {**current, "Grants": [grant for grant in current["Grants"] if not for_everybody(grant)]}


def open_to_all(statement: Mapping[str, Any]) -> bool:
    """Does the statement let everybody in without any condition?"""
    return (
        statement.get("Effect") == "Allow"
        and not statement.get("Condition")
        and EVERYBODY in principals(statement)
    )


def without_public_statements(current: Json, _wanted: Json) -> Json:
    """The policy without the statements that let everybody in unconditionally; ABSENT where none is left.

    A statement with a condition stays, whatever it is worth: who meets it only a person can tell.
    """
    if current is ABSENT:
        return ABSENT
    have = documents.statements(current)
    kept = [one for one in have if not open_to_all(one)]
    if len(kept) == len(have):
        return current
    if not kept:
        return ABSENT
    document = {**documents.parsed(current), "Statement": kept}
    return json.dumps(document, ensure_ascii=False, separators=(", ", ": "))


SETTINGS = (Ownership(), Acl(), Replication(), MfaDelete())
BUILDERS = {
    "without_public_grants": without_public_grants,
    "without_public_statements": without_public_statements,
}
