"""Vaults of Amazon Glacier, and whom the access policy of a vault lets in.

A vault lock is another policy, which nobody can change once it is locked; it is not touched here.
https://docs.aws.amazon.com/amazonglacier/latest/dev/vault-access-policy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, principals, public
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


def operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("glacier", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about the vault, in its region."""
    given = {"accountId": target.account, "vaultName": target.name, **arguments}
    return Call("aws", "glacier", operation, given, target.region)


class Vaults(Named):
    name = "AWS::Glacier::Vault"
    title = "Archive vault"
    service = "glacier"
    kind = "vaults/"
    pattern = re.compile(r"[A-Za-z0-9._-]{1,255}")
    listing = Operation("glacier", "ListVaults")
    lists = (listing,)
    arguments = {"accountId": "-"}  # noqa: RUF012 - the base class's own shape
    items = "VaultList"
    field = "VaultName"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        try:
            return super().list(cloud, account, region, partition)
        except CloudError as error:
            # AWS takes no new customers for vaults, and tells so whoever has none.
            if error.code == "NoLongerSupportedException":
                return []
            raise

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.call(call(target, "ListTagsForVault")).get("Tags") or {}
        return {str(key): str(value) for key, value in found.items()}


class VaultPolicy(Setting):
    """The access policy's text, word for word; ABSENT where the vault has none, or is not there."""

    id = "aws.glacier.vault-policy"
    title = "Access policy of the vault"
    resource = Vaults.name
    reads = operations("GetVaultAccessPolicy")
    writes = operations("SetVaultAccessPolicy")
    removes = operations("DeleteVaultAccessPolicy")
    terraform = ("aws_glacier_vault",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "GetVaultAccessPolicy")).get("policy") or {}
        except CloudError as error:
            return absent_on(("ResourceNotFoundException",), error)
        text = found.get("Policy")
        return Reading(str(text) if text else ABSENT, {"Arn": target.id, "Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "SetVaultAccessPolicy", policy={"Policy": after})]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "DeleteVaultAccessPolicy")]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


def everybody_is_account(current: Json, wanted: Json) -> Json:
    """{"account", "partition"}: the account stands where everybody stood; whom else a statement names stays, and its rest."""
    if current is ABSENT:
        return ABSENT
    wide = public(current)
    if not wide:
        return current
    root = f"arn:{wanted['partition']}:iam::{wanted['account']}:root"
    kept: list[Any] = [
        {**one, "Principal": _named(one, root)} if one in wide else one
        for one in documents.statements(current)
    ]
    document = {**documents.parsed(current), "Statement": kept}
    return json.dumps(document, ensure_ascii=False, separators=(", ", ": "))


def _named(statement: Mapping[str, Any], root: str) -> dict[str, Json]:
    named = statement.get("Principal")
    others = dict(named) if isinstance(named, Mapping) else {}
    mine = [one for one in principals(statement) if one != EVERYBODY]
    return {**others, "AWS": [*mine, *([] if root in mine else [root])]}


RESOURCE_TYPES = (Vaults(),)
SETTINGS = (VaultPolicy(),)
BUILDERS = {"everybody_is_account": everybody_is_account}
