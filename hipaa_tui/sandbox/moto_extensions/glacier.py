"""What moto lacks of Glacier's vaults: access policies and tags. Nothing asks the policy: moto lets everybody in."""

from __future__ import annotations

import json
from typing import Any, Final

from moto.core.common_types import TYPE_RESPONSE
from moto.glacier import urls
from moto.glacier.responses import GlacierResponse

_JSON: Final = {"content-type": "application/json"}


def _vault(self: Any) -> Any:
    name = self.parsed_url.path.split("/vaults/")[1].split("/")[0]
    return vars(self.glacier_backend)["vaults"].get(name)


def _missing(what: str) -> TYPE_RESPONSE:
    body = {"code": "ResourceNotFoundException", "message": f"{what} not found", "type": "Client"}
    return 404, {**_JSON, "x-amzn-errortype": "ResourceNotFoundException"}, json.dumps(body)


def get_vault_access_policy(self: Any) -> TYPE_RESPONSE:
    """glacier:GetVaultAccessPolicy."""
    vault = _vault(self)
    text = vars(vault).get("access_policy") if vault is not None else None
    return (200, _JSON, json.dumps({"Policy": text})) if text else _missing("Vault access policy")


def set_vault_access_policy(self: Any) -> TYPE_RESPONSE:
    """glacier:SetVaultAccessPolicy."""
    vault = _vault(self)
    if vault is None:
        return _missing("Vault")
    vault.access_policy = json.loads(self.body)["Policy"]
    return 204, {"status": 204}, ""


def delete_vault_access_policy(self: Any) -> TYPE_RESPONSE:
    """glacier:DeleteVaultAccessPolicy."""
    vault = _vault(self)
    if vault is None:
        return _missing("Vault")
    vault.access_policy = None
    return 204, {"status": 204}, ""


def get_vault_lock(self: Any) -> TYPE_RESPONSE:
    """glacier:GetVaultLock of a vault that nobody has locked."""
    return _missing("Vault lock policy")


def list_tags_for_vault(self: Any) -> TYPE_RESPONSE:
    """glacier:ListTagsForVault: moto's vaults have none."""
    return (200, _JSON, json.dumps({"Tags": {}})) if _vault(self) is not None else _missing("Vault")


def install() -> None:
    """Teach moto the operations, and the addresses that they have."""
    for one in (
        *(get_vault_access_policy, set_vault_access_policy, delete_vault_access_policy),
        *(get_vault_lock, list_tags_for_vault),
    ):
        setattr(GlacierResponse, one.__name__, one)
    vault = "{0}/(?P<account_number>.+)/vaults/(?P<vault_name>[^/]+)"
    for part in ("access-policy", "lock-policy", "tags"):
        urls.url_paths[f"{vault}/{part}$"] = GlacierResponse.dispatch
