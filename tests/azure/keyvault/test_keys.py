"""A key by its id, and the host that has it in each cloud."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.keyvault.keys import key_of
from tests.azure.vaults import (
    KEY,
    KEY_URI,
)


@pytest.mark.parametrize(
    ("partition", "uri"),
    [
        ("AzureCloud", KEY_URI),
        ("AzureUSGovernment", "https://clinic-keys.vault.usgovcloudapi.net/keys/records"),
        ("AzureChinaCloud", "https://clinic-keys.vault.azure.cn/keys/records"),
    ],
)
def test_the_host_of_a_key_follows_from_the_cloud(partition, uri):
    assert key_of(KEY, partition).uri == uri
