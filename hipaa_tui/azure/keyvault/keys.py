"""A key of a key vault, as the services that encrypt by it name it, and as ARM has it.

The services take the key's URI; ARM knows the key as a child of its vault, which a guard can read without
a right to use it. Only the host of the URI follows from the cloud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipaa_tui.azure.resource_types import parts

KEYS: Final = "Microsoft.KeyVault/vaults/keys"
CRYPTO_USER: Final = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
"""GUID of the built-in role Key Vault Crypto Service Encryption User, the same in every tenant."""
_HOSTS: Final = {
    "AzureCloud": "vault.azure.net",
    "AzureUSGovernment": "vault.usgovcloudapi.net",
    "AzureChinaCloud": "vault.azure.cn",
}


@dataclass(frozen=True, slots=True)
class KeyName:
    """A key by its vault and name. `vault_id` is the vault's ARM id."""

    vault_id: str
    vault: str
    name: str
    partition: str

    @property
    def id(self) -> str:
        return f"{self.vault_id}/keys/{self.name}"

    @property
    def vault_uri(self) -> str:
        return f"https://{self.vault.lower()}.{_HOSTS[self.partition]}"

    @property
    def uri(self) -> str:
        """Without a version, so that the service follows the key's rotation."""
        return f"{self.vault_uri}/keys/{self.name}"


def key_of(id: str, partition: str = "AzureCloud") -> KeyName:
    """The key that an ARM id names. ValueError where it names none."""
    if not id:
        raise ValueError("no key is named: give the resource id of a key of a key vault (key_id)")
    found = parts(id)
    if found.type.lower() != KEYS.lower() or not found.group:
        raise ValueError(
            f"{id!r} is not the id of a key: …/providers/Microsoft.KeyVault/vaults/VAULT/keys/KEY is asked for"
        )
    if partition not in _HOSTS:
        raise ValueError(f"the host of key vaults in {partition} is not known")
    return KeyName(found.upto(1), found.pairs[0][1], found.name, partition)
