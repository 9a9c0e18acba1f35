"""The guard of customer-managed keys: the vault, the key, the identity and its role are ready before a resource uses the key."""

from __future__ import annotations

import time

import pytest

from hipaa_tui.azure.keyvault.keys import CRYPTO_USER
from hipaa_tui.azure.recoveryservices.settings import with_backup_key
from hipaa_tui.azure.storage.encryption import with_customer_key
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.support.json_value import reference
from tests.azure.server import ACCOUNT, GROUP, SCOPE, resource
from tests.azure.vaults import (
    ADMINISTRATOR,
    BACKUP_KEY,
    KEY,
    MODEL,
    NETWORK,
    OWN_KEY,
    PURGE,
    RECOVERY,
    RECOVERY_IDENTITY,
    SECRETS_USER,
    STORAGE_IDENTITY,
    TENANT,
    VAULT,
    account,
    key,
    policy,
    ready_vault,
    recovery_vault,
    role,
    vault,
    verdict,
)

PRINCIPAL = "44444444-0000-4000-8000-000000000001"
USER = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app"
ROLE = role(CRYPTO_USER, 1, PRINCIPAL, "ServicePrincipal", scope=KEY)
WANTED = with_customer_key(None, {"key_id": KEY})
SWITCH = (OWN_KEY, ACCOUNT, WANTED)
BACKUPS = (BACKUP_KEY, RECOVERY, with_backup_key(None, {"key_id": KEY}))
NOW = int(time.time())
DAY = 24 * 3600
ASSIGN = "azure.authorization.role-assignment"
DENY = {"defaultAction": "Deny", "bypass": "AzureServices"}


def said(*there, drafts=(SWITCH,), named=KEY):
    return verdict("cmk-ready", *there, drafts=list(drafts), key=named)


def test_a_key_that_everything_is_ready_for_passes():
    outcome, reason = said(account(PRINCIPAL), ready_vault(networkAcls=DENY), key(), ROLE)
    assert outcome is Outcome.PASS, reason
    assert "records of the vault clinic-keys" in reason


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ([], "the vault clinic-keys does not exist"),
        ([vault(enableRbacAuthorization=True), key()], "playbook azure.keyvault.purge-protection first"),
        ([ready_vault(enableSoftDelete=False), key()], "no purge protection"),
        ([ready_vault(networkAcls={**DENY, "bypass": "None"}), key()], "blocks Azure's trusted services"),
        (
            [ready_vault(publicNetworkAccess="disabled", networkAcls={"bypass": "None"}), key()],
            "blocks Azure's trusted services",
        ),
        ([ready_vault()], "the key records of the vault clinic-keys does not exist"),
        ([ready_vault(), key(attributes={"enabled": False})], "is disabled"),
        ([ready_vault(), key(attributes={"exp": NOW - DAY})], "expired on "),
        ([ready_vault(), key(attributes={"nbf": NOW + DAY})], "not valid before"),
        ([ready_vault(), key(kty="EC", keySize=None)], "is EC: an RSA key"),
        ([ready_vault(), key(keySize=1024)], "is RSA 1024: an RSA key"),
        (
            [ready_vault(), key(keyOps=["sign", "verify"])],
            "does not permit the operations wrapKey and unwrapKey",
        ),
        ([ready_vault(tenantId=TENANT.replace("7", "8")), key(), ROLE], "in another tenant"),
        ([ready_vault(), key()], "may not use the key"),
        ([ready_vault(), key(), role(SECRETS_USER, 1, PRINCIPAL)], "may not use the key"),
        ([ready_vault(), key(), role(CRYPTO_USER, 1, PRINCIPAL, scope=f"{KEY}2")], "may not use the key"),
        (
            [ready_vault(enableRbacAuthorization=False), key(), ROLE],
            "apply the playbook azure.keyvault.rbac first",
        ),
    ],
)
def test_what_is_missing_blocks_and_is_named(there, words):
    outcome, reason = said(account(PRINCIPAL), *there)
    assert outcome is Outcome.BLOCK, reason
    assert words in reason


@pytest.mark.parametrize(
    "there",
    [
        [ready_vault(), role(CRYPTO_USER, 1, PRINCIPAL, scope=VAULT)],
        [ready_vault(), role(ADMINISTRATOR, 1, PRINCIPAL, scope=SCOPE)],
        [
            ready_vault(
                enableRbacAuthorization=False,
                accessPolicies=[policy(PRINCIPAL, keys=["get", "wrapKey", "unwrapKey"])],
            )
        ],
    ],
)
def test_access_counts_however_it_was_given(there):
    assert said(account(PRINCIPAL), key(), *there)[0] is Outcome.PASS


def test_an_access_policy_that_covers_half_of_it_does_not_count():
    half = ready_vault(
        enableRbacAuthorization=False, accessPolicies=[policy(PRINCIPAL, keys=["get", "sign"])]
    )
    outcome, reason = said(account(PRINCIPAL), key(), half)
    assert outcome is Outcome.BLOCK, reason


def test_an_account_without_an_identity_blocks():
    outcome, reason = said(account(), ready_vault(), key())
    assert outcome is Outcome.BLOCK
    assert "no system-assigned identity" in reason
    assert STORAGE_IDENTITY in reason


def planned_role(principal):
    value = {**ROLE["properties"], "principalId": principal}
    return (
        ASSIGN,
        ROLE["id"],
        {one: value[one] for one in ("roleDefinitionId", "principalId", "principalType")},
    )


def test_what_the_plan_makes_before_counts():
    steps = [
        (PURGE, VAULT, lambda now: {**now, "enablePurgeProtection": True}),
        (MODEL, VAULT, {"enableRbacAuthorization": True}),
        (NETWORK, VAULT, {"networkAcls": DENY}),
        (STORAGE_IDENTITY, ACCOUNT, {"type": "SystemAssigned"}),
        planned_role(reference("c3", "principalId")),
        SWITCH,
    ]
    there = [account(), vault(networkAcls={**DENY, "bypass": "None"}), key()]
    assert said(*there, drafts=steps)[0] is Outcome.PASS
    for missing in (0, 1, 2, 3, 4):
        left = [step for number, step in enumerate(steps) if number != missing]
        assert said(*there, drafts=left)[0] is Outcome.BLOCK, steps[missing]


def test_a_second_assignment_that_azure_would_refuse_blocks_with_the_answer_to_give():
    twin = role(CRYPTO_USER, 7, PRINCIPAL, "ServicePrincipal", scope=KEY)
    outcome, reason = said(
        account(PRINCIPAL), ready_vault(), key(), twin, drafts=[planned_role(PRINCIPAL), SWITCH]
    )
    assert outcome is Outcome.BLOCK
    assert "grant_role=false" in reason


def test_a_planned_role_of_another_kind_or_place_does_not_count():
    for planned in (
        (ASSIGN, ROLE["id"], {**planned_role(PRINCIPAL)[2], "roleDefinitionId": f"x/{SECRETS_USER}"}),
        (ASSIGN, ROLE["id"].replace("/keys/records", "/keys/other"), planned_role(PRINCIPAL)[2]),
        planned_role("55555555-0000-4000-8000-000000000001"),
    ):
        assert said(account(PRINCIPAL), ready_vault(), key(), drafts=[planned, SWITCH])[0] is Outcome.BLOCK


def test_a_user_assigned_identity_has_to_be_attached_and_allowed():
    after = {**WANTED, "identity": {"userAssignedIdentity": USER}}
    there = [ready_vault(), key(), resource(USER, location="eastus", properties={"principalId": PRINCIPAL})]
    one = account()
    outcome, reason = said(one, *there, ROLE, drafts=[(OWN_KEY, ACCOUNT, after)])
    assert (outcome, "assign it first" in reason) == (Outcome.BLOCK, True)
    one["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {USER: {}}}
    assert said(one, *there, drafts=[(OWN_KEY, ACCOUNT, after)])[0] is Outcome.BLOCK
    assert said(one, *there, ROLE, drafts=[(OWN_KEY, ACCOUNT, after)])[0] is Outcome.PASS


def test_a_key_that_will_stop_is_warned_about():
    soon = key(attributes={"exp": NOW + 5 * DAY})
    outcome, reason = said(account(PRINCIPAL), ready_vault(), soon, ROLE)
    assert outcome is Outcome.WARN
    assert "rotation policy" in reason
    later = key(attributes={"exp": NOW + 500 * DAY, "nbf": NOW - DAY})
    assert said(account(PRINCIPAL), ready_vault(), later, ROLE)[0] is Outcome.PASS
    fixed = {**WANTED, "keyvaultproperties": {**WANTED["keyvaultproperties"], "keyversion": "0a1b"}}
    outcome, reason = said(account(PRINCIPAL), ready_vault(), key(), ROLE, drafts=[(OWN_KEY, ACCOUNT, fixed)])
    assert (outcome, "version is pinned" in reason) == (Outcome.WARN, True)


def test_the_key_that_is_looked_at_is_the_one_that_is_used():
    outcome, reason = said(account(PRINCIPAL), ready_vault(), key(), ROLE, named=f"{KEY}2")
    assert outcome is Outcome.BLOCK
    assert "name the same key" in reason


def test_the_way_back_to_azures_key_asks_for_nothing():
    there = account(
        PRINCIPAL,
        encryption={"keySource": "Microsoft.Keyvault", "keyvaultproperties": WANTED["keyvaultproperties"]},
    )
    outcome, _ = said(there, drafts=[(OWN_KEY, ACCOUNT, {"keySource": "Microsoft.Storage"})])
    assert outcome is Outcome.PASS


def test_backups_take_keys_of_their_own_region_only():
    ready = [ready_vault(), key(), ROLE]
    assert said(recovery_vault(PRINCIPAL), *ready, drafts=[BACKUPS])[0] is Outcome.PASS
    outcome, reason = said(recovery_vault(PRINCIPAL, "westus"), *ready, drafts=[BACKUPS])
    assert outcome is Outcome.BLOCK
    assert "only accepts keys in its own region" in reason
    assert RECOVERY_IDENTITY in said(recovery_vault(), *ready, drafts=[BACKUPS])[1]


@pytest.mark.parametrize("playbook", ["azure.keyvault.purge-protection", "azure.keyvault.rbac"])
def test_the_playbooks_that_a_reason_names_are_there(playbook):
    assert load().get(playbook).resource == "Microsoft.KeyVault/vaults"
