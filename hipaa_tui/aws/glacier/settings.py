"""Vaults of Amazon Glacier, and whom the access policy of a vault lets in.

A vault lock is another policy, which nobody can change once it is locked; it is not touched here.
https://docs.aws.amazon.com/amazonglacier/latest/dev/vault-access-policy.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_tui.aws.declared import PolicyText, Read, Remove, Write
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, principals, public
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Target
from hipaa_tui.support.json_value import ABSENT, Json

_VAULT = {"accountId": "{account}", "vaultName": "{name}"}


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
    listing = Read("glacier", "ListVaults", "VaultList", {"accountId": "-"})
    field = "VaultName"
    tagging = Read("glacier", "ListTagsForVault", "Tags", _VAULT)

    def listed(self, cloud: Cloud, region: str) -> Sequence[Json]:
        try:
            return super().listed(cloud, region)
        except CloudError as error:
            # AWS takes no new customers for vaults, and says so to whoever has none.
            if error.code == "NoLongerSupportedException":
                return []
            raise


class VaultPolicy(PolicyText):
    """The access policy's text, word for word; ABSENT where the vault has none, or is not there."""

    id = "aws.glacier.vault-policy"
    title = "Access policy of the vault"
    resource = Vaults.name
    reading = Read(
        *("glacier", "GetVaultAccessPolicy", "policy.Policy", _VAULT), gone=("ResourceNotFoundException",)
    )
    identity = {"Arn": "{id}", "Name": "{name}"}
    writing = Write("glacier", "SetVaultAccessPolicy", "policy.Policy", _VAULT)
    removing = Remove("glacier", "DeleteVaultAccessPolicy", arguments=_VAULT)
    terraform = ("aws_glacier_vault",)


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
