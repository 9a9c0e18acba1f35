"""A storage account is encrypted by a customer-managed key, and goes back to Microsoft's."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.keyvault.keys import CRYPTO_USER
from hipaa_tui.azure.storage.encryption import with_customer_key
from hipaa_tui.azure.storage.settings import VERSION
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, GROUP, azure, bring, raw, target
from tests.azure.vaults import (
    KEY,
    OWN_KEY,
    account,
    key,
    ready_vault,
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


def test_without_the_role_the_vault_refuses_with_the_code_that_is_tried_again():
    with azure(account(PRINCIPAL), ready_vault(), key()) as cloud:
        with pytest.raises(CloudError) as caught:
            bring(cloud, OWN_KEY, target(ACCOUNT), WANTED)
        assert caught.value.code in setting(OWN_KEY).retry_codes


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
