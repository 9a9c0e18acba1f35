"""A key of the customer's is put to use beside everything else that a resource has, and taken back where that goes."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.keyvault.keys import CRYPTO_USER, key_of
from hipaa_tui.azure.permissions import for_call
from hipaa_tui.azure.recoveryservices.settings import with_backup_key
from hipaa_tui.azure.storage.encryption import with_customer_key
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, GROUP, azure, bring, raw, resource, target
from tests.azure.vaults import (
    BACKUP_KEY,
    KEY,
    KEY_URI,
    OWN_KEY,
    RECOVERY,
    RECOVERY_IDENTITY,
    STORAGE_IDENTITY,
    account,
    key,
    ready_vault,
    recovery_vault,
    role,
)

PRINCIPAL = "44444444-0000-4000-8000-000000000001"
OTHER = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
ROLE = role(CRYPTO_USER, 1, PRINCIPAL, "ServicePrincipal", scope=KEY)
WANTED = with_customer_key(None, {"key_id": KEY})
SERVICES = {"blob": {"enabled": True, "keyType": "Account", "lastEnabledTime": "2020-01-01T00:00:00Z"}}


def test_an_account_is_encrypted_by_the_key_and_goes_back():
    encryption = {
        "keySource": "Microsoft.Storage",
        "services": SERVICES,
        "requireInfrastructureEncryption": True,
    }
    with azure(account(PRINCIPAL, encryption=encryption), ready_vault(), key(), ROLE) as cloud:
        where, one = target(ACCOUNT), setting(OWN_KEY)
        before = one.read(cloud, where)
        assert before.value == {"keySource": "Microsoft.Storage"}
        (call,) = bring(cloud, OWN_KEY, where, WANTED)
        assert call.arguments["body"]["properties"]["encryption"] == {
            "keySource": "Microsoft.Keyvault",
            "keyvaultproperties": {
                "keyname": "records",
                "keyvaulturi": "https://clinic-keys.vault.azure.net",
            },
            "services": {"blob": {"enabled": True, "keyType": "Account"}},
            "requireInfrastructureEncryption": True,
        }
        assert one.read(cloud, where).value == WANTED
        assert bring(cloud, OWN_KEY, where, WANTED) == []
        bring(cloud, OWN_KEY, where, before.value)
        assert one.read(cloud, where).value == before.value
        kept = raw(cloud, ACCOUNT, VERSION)["properties"]["encryption"]
        assert kept["services"]["blob"]["keyType"] == "Account"
        assert kept["requireInfrastructureEncryption"] is True


def test_without_the_role_the_vault_refuses_with_the_code_that_is_tried_again():
    with azure(account(PRINCIPAL), ready_vault(), key()) as cloud:
        with pytest.raises(CloudError) as caught:
            bring(cloud, OWN_KEY, target(ACCOUNT), WANTED)
        assert caught.value.code in setting(OWN_KEY).retry_codes
    with azure(recovery_vault(PRINCIPAL), ready_vault(), key()) as cloud:
        with pytest.raises(CloudError) as caught:
            bring(cloud, BACKUP_KEY, target(RECOVERY), with_backup_key(None, {"key_id": KEY}))
        assert caught.value.code in setting(BACKUP_KEY).retry_codes


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"keySource": "Microsoft.Storage"}, {"keySource": "microsoft.storage", "keyvaultproperties": {}}, True),
        (WANTED, {**WANTED, "keySource": "Microsoft.KeyVault", "identity": {"userAssignedIdentity": None}}, True),
        (
            WANTED,
            {
                **WANTED,
                "keyvaultproperties": {
                    "keyname": "records", "keyversion": "", "keyvaulturi": "https://Clinic-Keys.vault.azure.net/",
                },
            },
            True,
        ),
        (WANTED, {**WANTED, "keyvaultproperties": {**WANTED["keyvaultproperties"], "keyversion": "1"}}, False),
        (WANTED, {**WANTED, "identity": {"userAssignedIdentity": OTHER}}, False),
        (WANTED, {"keySource": "Microsoft.Storage"}, False),
    ],
)  # fmt: skip
def test_the_same_key_in_other_words_is_the_same(one, other, same):
    assert setting(OWN_KEY).same(one, other) is same


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("id", [STORAGE_IDENTITY, RECOVERY_IDENTITY])
def test_an_identity_is_made_beside_those_that_are_there_and_goes_again(id, others):
    there = account() if id == STORAGE_IDENTITY else recovery_vault()
    if others:
        there["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {OTHER: {}}}
    with azure(there, resource(OTHER, location="eastus", properties={})) as cloud:
        where, one = target(there["id"]), setting(id)
        assert one.read(cloud, where).absent
        (call,) = bring(cloud, id, where, {"type": "SystemAssigned"})
        assert ("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action" in for_call(call)) is others
        reading = one.read(cloud, where)
        assert reading.value == {"type": "SystemAssigned"}
        assert reading.identity["principalId"]
        assert reading.identity["userAssigned"] == ([OTHER] if others else [])
        assert bring(cloud, id, where, {"type": "SystemAssigned"}) == []
        bring(cloud, id, where, None)
        after = one.read(cloud, where)
        assert after.absent
        assert "principalId" not in after.identity
        assert after.identity["userAssigned"] == ([OTHER] if others else [])


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
        with_customer_key(None, {"key_id": id})
    with pytest.raises(ValueError, match=words):
        with_backup_key(None, {"key_id": id})
