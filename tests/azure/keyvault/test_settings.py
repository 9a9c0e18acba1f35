"""A vault keeps everything but the fields that a change is about, and what Azure never takes back is said."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.keyvault.access import ALL_ACTIONS, may, policy_actions, role_actions
from hipaa_tui.azure.keyvault.settings import VERSION, with_vault_firewall
from hipaa_tui.azure.permissions import for_call
from hipaa_tui.providers.model import Call, CloudError, Reading
from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import SUBSCRIPTION, azure, bring, raw, target
from tests.azure.vaults import MODEL, NETWORK, PURGE, VAULT, policy, vault

PROTECTED = {"enableSoftDelete": True, "enablePurgeProtection": True}
POLICIES = [policy("11111111-0000-4000-8000-000000000001", secrets=["get"])]


@pytest.fixture
def cloud():
    with azure(vault(accessPolicies=POLICIES, futureField={"kept": True})) as one:
        yield one


@pytest.mark.parametrize(
    ("id", "after", "sent"),
    [
        (PURGE, PROTECTED, {"enablePurgeProtection": True}),
        (MODEL, {"enableRbacAuthorization": True}, {"enableRbacAuthorization": True}),
        (
            NETWORK,
            {"publicNetworkAccess": "Disabled"},
            {"publicNetworkAccess": "Disabled"},
        ),
    ],
)
def test_a_write_sends_what_differs_and_keeps_the_rest(cloud, id, after, sent):
    before = raw(cloud, VAULT, VERSION)
    (call,) = bring(cloud, id, target(VAULT), after)
    assert (call.operation, call.arguments["body"]) == ("PATCH", {"properties": sent})
    assert setting(id).same(setting(id).read(cloud, target(VAULT)).value, after)
    now = raw(cloud, VAULT, VERSION)
    assert now["properties"] == {**before["properties"], **sent}
    assert now["tags"] == before["tags"]
    assert bring(cloud, id, target(VAULT), after) == []


@pytest.mark.parametrize("id", [MODEL, NETWORK])
def test_an_earlier_value_comes_back_even_where_it_was_never_set(cloud, id):
    one = setting(id)
    before = one.read(cloud, target(VAULT)).value
    assert before == {}
    after = {
        MODEL: {"enableRbacAuthorization": True},
        NETWORK: with_vault_firewall(before, {"allowed": ["203.0.113.0/24"], "public": False}),
    }[id]
    bring(cloud, id, target(VAULT), after)
    assert not one.same(one.read(cloud, target(VAULT)).value, before)
    bring(cloud, id, target(VAULT), before)
    assert one.same(one.read(cloud, target(VAULT)).value, before)
    assert raw(cloud, VAULT, VERSION)["properties"]["accessPolicies"] == POLICIES


def test_purge_protection_goes_one_way(cloud):
    one = setting(PURGE)
    bring(cloud, PURGE, target(VAULT), PROTECTED)
    reading = one.read(cloud, target(VAULT))
    with pytest.raises(ValueError, match="enablePurgeProtection of a key vault cannot be turned off"):
        one.write(target(VAULT), reading, {**PROTECTED, "enablePurgeProtection": False})
    body = {"properties": {"enablePurgeProtection": False}}
    with pytest.raises(CloudError, match="cannot be set to false"):
        cloud.call(Call("azure", "x", "PATCH", {"path": VAULT, "api_version": VERSION, "body": body}))
    with pytest.raises(ValueError, match="only together with soft delete"):
        one.write(target(VAULT), Reading({}), {"enablePurgeProtection": True})


def test_what_cannot_be_undone_names_the_days_of_this_vault(cloud):
    one = setting(PURGE)
    before = one.read(cloud, target(VAULT)).value
    assert before == {"enableSoftDelete": True, "softDeleteRetentionInDays": 30}
    assert "30 days" in one.cannot_be_undone(before, PROTECTED)
    assert one.cannot_be_undone(PROTECTED, PROTECTED) == ""
    assert one.irreversible


def test_who_changes_the_permission_model_needs_the_right_to_assign_roles(cloud):
    (call,) = setting(MODEL).write(
        target(VAULT), setting(MODEL).read(cloud, target(VAULT)), {"enableRbacAuthorization": True}
    )
    assert for_call(call) == (
        "Microsoft.KeyVault/vaults/write",
        "Microsoft.Authorization/roleAssignments/write",
    )
    (other,) = setting(PURGE).write(target(VAULT), setting(PURGE).read(cloud, target(VAULT)), PROTECTED)
    assert for_call(other) == ("Microsoft.KeyVault/vaults/write",)


def test_the_firewall_keeps_who_is_let_in_and_adds_who_is_named():
    rules = {"bypass": "None", "defaultAction": "Allow", "ipRules": [{"value": "203.0.113.9"}]}
    subnet = {"id": f"{VAULT}/x", "ignoreMissingVnetServiceEndpoint": True}
    current = {"networkAcls": {**rules, "virtualNetworkRules": [subnet]}}
    after = with_vault_firewall(current, {"allowed": ["198.51.100.0/24", "203.0.113.9/32"]})
    assert after == {
        "publicNetworkAccess": "Enabled",
        "networkAcls": {
            "bypass": "None",
            "defaultAction": "Deny",
            "ipRules": [{"value": "203.0.113.9"}, {"value": "198.51.100.0/24"}],
            "virtualNetworkRules": [subnet],
        },
    }
    assert with_vault_firewall(None, {"public": False})["publicNetworkAccess"] == "Disabled"


@pytest.mark.parametrize("text", ["10.1.0.0/16", "192.168.0.0/16", "0.0.0.0/0", "2001:db8::/32"])
def test_a_range_that_azure_refuses_is_refused_before(text):
    with pytest.raises(ValueError, match="public IPv4 ranges only"):
        with_vault_firewall(None, {"allowed": [text]})


def test_one_address_and_a_range_of_one_are_the_same():
    def value(text):
        return {
            "networkAcls": {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [{"value": text}]}
        }

    assert setting(NETWORK).same(value("203.0.113.9"), value("203.0.113.9/32"))
    assert not setting(NETWORK).same(value("203.0.113.9"), value("203.0.113.8"))


def test_vaults_are_listed_and_named(cloud):
    (found,) = resource_type("Microsoft.KeyVault/vaults").list(cloud, SUBSCRIPTION, "", "AzureCloud")
    assert (found.name, found.region, found.id) == ("clinic-keys", "eastus", VAULT)


# Both permission models in one language ------------------------------------------------------------------


def test_policies_and_roles_are_told_in_one_language():
    given = policy_actions(
        {"keys": ["Get", "wrapKey"], "secrets": ["list"], "certificates": ["ManageIssuers"]}
    )
    assert given == {
        "Microsoft.KeyVault/vaults/keys/read": "keys get",
        "Microsoft.KeyVault/vaults/keys/wrap/action": "keys wrapkey",
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action": "secrets list",
        "Microsoft.KeyVault/vaults/certificatecas/write": "certificates manageissuers",
    }


def test_all_leaves_out_purge_and_a_word_of_the_future_is_covered_by_no_role():
    every = policy_actions({kind: ["all"] for kind in ("keys", "secrets", "certificates", "storage")})
    assert ALL_ACTIONS - every.keys() == {one for one in ALL_ACTIONS if "/purge/" in one}
    (unknown,) = policy_actions({"secrets": ["teleport"]})
    assert unknown not in ALL_ACTIONS


def test_a_role_allows_what_its_patterns_say_less_what_they_take_away():
    definition = {
        "properties": {
            "permissions": [
                {
                    "actions": ["*"],
                    "notActions": ["Microsoft.Authorization/*/Write"],
                    "dataActions": ["Microsoft.KeyVault/vaults/secrets/*"],
                    "notDataActions": ["microsoft.keyvault/vaults/secrets/purge/action"],
                }
            ]
        }
    }
    found = role_actions(definition)
    assert "Microsoft.KeyVault/vaults/secrets/getSecret/action" in found
    assert not any("purge" in one or "/keys/" in one for one in found)
    assert not may(definition, "Microsoft.Authorization/roleAssignments/write")
    assert may(definition, "Microsoft.KeyVault/vaults/write")
    assert role_actions({}) == frozenset()
