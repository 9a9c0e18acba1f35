"""Who owns what is in a bucket, whom its ACL and policy let in, and what protects its objects elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, principals
from hipaa_tui.aws.s3.settings import BucketSetting, call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json, at, canonical_bytes

EVERYBODY_GROUPS: Final = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("s3", name) for name in names)


class Ownership(BucketSetting):
    """{"ObjectOwnership": BucketOwnerEnforced, …}; ABSENT is the old way, where whoever writes owns and ACLs count."""

    id = "aws.s3.ownership"
    title = "Object ownership"
    reads = _operations("GetBucketOwnershipControls")
    writes = _operations("PutBucketOwnershipControls")
    removes = _operations("DeleteBucketOwnershipControls")
    terraform = ("aws_s3_bucket_ownership_controls",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetBucketOwnershipControls"))
        except CloudError as error:
            return Reading(absent_on(("OwnershipControlsNotFoundError",), error).value, self.identity(target))
        owner = at(found, "OwnershipControls.Rules.0.ObjectOwnership")
        return Reading({"ObjectOwnership": owner} if owner else ABSENT, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        rules = {"Rules": [{"ObjectOwnership": after["ObjectOwnership"]}]}
        return [call(target, "PutBucketOwnershipControls", OwnershipControls=rules)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeleteBucketOwnershipControls")]


class Acl(BucketSetting):
    """{"Owner": {"ID", …}, "Grants": [{"Grantee", "Permission"}]}"""

    id = "aws.s3.acl"
    title = "Access control list"
    reads = _operations("GetBucketAcl")
    writes = _operations("PutBucketAcl")
    terraform = ("aws_s3_bucket_acl",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call(target, "GetBucketAcl"))
        value = {"Owner": found.get("Owner") or {}, "Grants": found.get("Grants") or []}
        return Reading(value, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutBucketAcl", AccessControlPolicy=after)]

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
    """{"Role", "Rules": [{"ID", "Status", "Destination", …}]}. Only for looking: where to, a person decides."""

    id = "aws.s3.replication"
    title = "Replication"
    reads = _operations("GetBucketReplication")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetBucketReplication"))
        except CloudError as error:
            gone = absent_on(("ReplicationConfigurationNotFoundError",), error)
            return Reading(gone.value, self.identity(target))
        return Reading(found.get("ReplicationConfiguration") or ABSENT, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("replication is set up by a person, who knows where copies may lie")


class MfaDelete(BucketSetting):
    """{"MFADelete": Enabled or Disabled}. Only for looking: only the root user with its own factor may turn it."""

    id = "aws.s3.mfa-delete"
    title = "MFA delete"
    reads = _operations("GetBucketVersioning")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = cloud.call(call(target, "GetBucketVersioning"))
        return Reading({"MFADelete": found.get("MFADelete") or "Disabled"}, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("only the root user of the account can turn MFA delete on, with its own factor")


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
