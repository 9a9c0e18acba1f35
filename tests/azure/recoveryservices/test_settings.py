"""The key that encrypts a vault's backups, which it keeps for good."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.keyvault.keys import CRYPTO_USER
from hipaa_tui.azure.recoveryservices.settings import with_backup_key
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, azure, bring, target
from tests.azure.vaults import (
    BACKUP_KEY,
    KEY,
    KEY_URI,
    RECOVERY,
    key,
    ready_vault,
    recovery_vault,
    role,
)

PRINCIPAL = "44444444-0000-4000-8000-000000000001"
ROLE = role(CRYPTO_USER, 1, PRINCIPAL, "ServicePrincipal", scope=KEY)


def test_backups_get_a_key_once_and_for_all():
    with azure(recovery_vault(PRINCIPAL), ready_vault(), key(), ROLE) as cloud:
        where, one = target(RECOVERY), setting(BACKUP_KEY)
        assert one.read(cloud, where).absent
        wanted = with_backup_key(None, {"key_id": KEY})
        (call,) = bring(cloud, BACKUP_KEY, where, wanted)
        assert call.arguments["body"] == {
            "properties": {
                "encryption": {
                    "keyVaultProperties": {"keyUri": KEY_URI},
                    "kekIdentity": {"useSystemAssignedIdentity": True},
                }
            }
        }
        reading = one.read(cloud, where)
        assert one.same(reading.value, wanted)
        assert bring(cloud, BACKUP_KEY, where, wanted) == []
        with pytest.raises(ValueError, match="cannot go back"):
            one.calls(where, reading, None)
    assert "never go back" in one.cannot_be_undone(None, wanted)
    assert one.cannot_be_undone(wanted, {**wanted, "keyVaultProperties": {"keyUri": "x"}}) == ""


def test_without_the_role_the_vault_refuses_with_the_code_that_is_tried_again():
    with azure(recovery_vault(PRINCIPAL), ready_vault(), key()) as cloud:
        with pytest.raises(CloudError) as caught:
            bring(cloud, BACKUP_KEY, target(RECOVERY), with_backup_key(None, {"key_id": KEY}))
        assert caught.value.code in setting(BACKUP_KEY).retry_codes


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("", "no key is named"),
        (ACCOUNT, "not the id of a key"),
        ("records", "not the id of an Azure resource"),
    ],
)
def test_what_names_no_key_is_refused(id, words):
    with pytest.raises(ValueError, match=words):
        with_backup_key(None, {"key_id": id})
