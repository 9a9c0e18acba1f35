"""The playbooks of vaults and keys are planned, applied, verified and rolled back by the real engine."""

from __future__ import annotations

import json
import urllib.request

import pytest

from hipaa_tui.azure.authorization.settings import OWNER
from hipaa_tui.azure.keyvault.keys import CRYPTO_USER
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.clouds.connections import fresh
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, GROUP, SCOPE, SUBSCRIPTION, azure, bring, raw, target
from tests.azure.vaults import (
    ADMINISTRATOR,
    KEY,
    KEY_URI,
    MODEL,
    NETWORK,
    OWN_KEY,
    PURGE,
    RECOVERY,
    RECOVERY_IDENTITY,
    STORAGE_IDENTITY,
    VAULT,
    account,
    endpoint,
    key,
    policy,
    ready_vault,
    recovery_vault,
    role,
    vault,
)
from tests.runs.engine import Engine

PROTECT, ROLES, FIREWALL, PRIVATE = (
    "azure.keyvault.purge-protection",
    "azure.keyvault.rbac",
    "azure.keyvault.firewall",
    "azure.keyvault.public-access",
)
ENCRYPT, BACKUPS = "azure.storage.customer-managed-key", "azure.recoveryservices.own-key"
APP = "11111110-0000-4000-8000-000000000001"
MINE = role(OWNER, 1, SANDBOX_PRINCIPAL, scope=SCOPE)
APP_ROLE = role(ADMINISTRATOR, 2, APP, "ServicePrincipal")
POLICIES = [policy(APP, keys=["get"], secrets=["get"])]


def value(cloud, id, where):
    return fresh({"azure": cloud}, id, target(where)).value


def carried_out(engine, plan):
    assert plan.changes, plan.skipped
    assert not plan.blocked, [guard for change in plan.changes for guard in change.guards]
    run = engine.apply(plan)
    assert run.state == "done", run
    return run


def put_back(engine, run):
    return engine.apply(engine.rollback_plan(run.run))


@pytest.mark.parametrize(
    ("playbook", "there", "given", "id"),
    [
        (ROLES, vault(accessPolicies=POLICIES), {}, MODEL),
        (FIREWALL, vault(), {"allowed_cidrs": "203.0.113.0/24"}, NETWORK),
        (PRIVATE, vault(privateEndpointConnections=[endpoint()]), {}, NETWORK),
    ],
)
def test_a_vault_is_fixed_once_and_goes_back(tmp_path, playbook, there, given, id):
    with azure(there, MINE, APP_ROLE) as cloud:
        engine = Engine(tmp_path, cloud)
        before, whole = value(cloud, id, VAULT), raw(cloud, VAULT, "2024-11-01")["properties"]
        run = carried_out(engine, engine.plan((playbook, VAULT), **given))
        after = raw(cloud, VAULT, "2024-11-01")["properties"]
        untouched = whole.keys() - {"enableRbacAuthorization", "publicNetworkAccess", "networkAcls"}
        assert {one: after[one] for one in untouched} == {one: whole[one] for one in untouched}
        (skipped,) = engine.plan((playbook, VAULT), **given).skipped
        assert "already complies" in skipped.reason
        assert put_back(engine, run).state == "done"
        assert setting(id).same(value(cloud, id, VAULT), before)


def test_purge_protection_stays_and_its_rollback_says_so(tmp_path):
    with azure(vault(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        plan = engine.plan((PROTECT, VAULT))
        (change,) = plan.changes
        assert "30 days" in change.irreversible
        assert not change.reversible
        run = carried_out(engine, plan)
        assert value(cloud, PURGE, VAULT)["enablePurgeProtection"] is True
        back = engine.rollback_plan(run.run)
        assert back.changes == ()
        assert any("cannot be turned off again" in one.reason for one in back.skipped), back.skipped


def test_roles_decide_only_once_every_policy_is_covered(tmp_path):
    with azure(vault(accessPolicies=POLICIES), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        assert engine.plan((ROLES, VAULT)).blocked
        assert not engine.plan((ROLES, VAULT), through_groups=APP).blocked


def test_a_private_range_cannot_be_let_in(tmp_path):
    with azure(vault(), MINE) as cloud:
        (skipped,) = Engine(tmp_path, cloud).plan((FIREWALL, VAULT), allowed_cidrs="10.0.0.0/8").skipped
    assert "public IPv4 ranges only" in skipped.reason


# Keys ----------------------------------------------------------------------------------------------------


def test_an_account_gets_identity_role_and_key_in_that_order_and_goes_back(tmp_path):
    with azure(account(), ready_vault(), key(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        before = raw(cloud, ACCOUNT, "2025-08-01")
        plan = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY)
        identity, grant, switch = plan.changes
        assert (identity.setting, switch.setting) == (STORAGE_IDENTITY, OWN_KEY)
        assert grant.target.id.startswith(f"{KEY}/providers/Microsoft.Authorization/roleAssignments/")
        assert grant.after["roleDefinitionId"].endswith(CRYPTO_USER)
        assert "Microsoft.Authorization/roleAssignments/write" in grant.permissions
        assert all(one.reversible for one in plan.changes)
        run = carried_out(engine, plan)
        assert value(cloud, OWN_KEY, ACCOUNT)["keyvaultproperties"] == {
            "keyname": "records",
            "keyvaulturi": KEY_URI.rpartition("/keys/")[0],
        }
        (skipped,) = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY).skipped
        assert "already complies" in skipped.reason
        assert put_back(engine, run).state == "done"
        assert value(cloud, OWN_KEY, ACCOUNT) == {"keySource": "Microsoft.Storage"}
        assert value(cloud, STORAGE_IDENTITY, ACCOUNT) is None
        assert fresh({"azure": cloud}, grant.setting, grant.target).absent
        after = raw(cloud, ACCOUNT, "2025-08-01")
        assert after["properties"]["encryption"].get("services") == before["properties"].get(
            "encryption", {}
        ).get("services")


def test_a_role_that_the_vault_has_not_heard_of_yet_is_waited_for(tmp_path):
    with azure(account(), ready_vault(), key(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        plan = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY)
        identity, *_ = plan.changes
        bring(cloud, identity.setting, identity.target, identity.after)
        engine.fault(status=403, code="KeyVaultAuthenticationFailure", message="not yet", times=2)
        plan = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY)
        carried_out(engine, plan)
        assert engine.waited > 0
        assert len([one for one in engine.writes() if one["method"] == "PATCH"]) >= 3


def test_an_account_with_a_key_by_another_identity_complies(tmp_path):
    there = account(
        encryption={
            "keySource": "Microsoft.Keyvault",
            "keyvaultproperties": {"keyname": "records", "keyvaulturi": "https://x.vault.azure.net"},
            "identity": {"userAssignedIdentity": f"{GROUP}/x"},
        }
    )
    with azure(there) as cloud:
        (skipped,) = Engine(tmp_path, cloud).plan((ENCRYPT, ACCOUNT), key_id=KEY).skipped
    assert "already complies" in skipped.reason


def test_one_plan_protects_the_vault_first_and_then_uses_its_key(tmp_path):
    there = [account(), vault(enableRbacAuthorization=True), key(), MINE]
    with azure(*there) as cloud:
        engine = Engine(tmp_path, cloud)
        assert engine.plan((ENCRYPT, ACCOUNT), key_id=KEY).blocked
        plan = engine.plan((PROTECT, VAULT), (ENCRYPT, ACCOUNT), key_id=KEY)
        assert plan.changes[0].setting == PURGE
        carried_out(engine, plan)
        assert value(cloud, OWN_KEY, ACCOUNT)["keySource"] == "Microsoft.Keyvault"


@pytest.mark.parametrize(
    ("given", "words"),
    [({}, "no key is named"), ({"key_id": KEY, "grant_role": "false"}, "")],
)
def test_without_a_key_or_a_role_nothing_is_switched(tmp_path, given, words):
    with azure(account(), ready_vault(), key(), MINE) as cloud:
        plan = Engine(tmp_path, cloud).plan((ENCRYPT, ACCOUNT), **given)
    if words:
        (skipped,) = plan.skipped
        assert words in skipped.reason
    else:
        assert plan.blocked


def test_backups_get_a_key_and_keep_it(tmp_path):
    with azure(recovery_vault(), ready_vault(), key(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        plan = engine.plan((BACKUPS, RECOVERY), key_id=KEY)
        identity, _, switch = plan.changes
        assert identity.setting == RECOVERY_IDENTITY
        assert "never go back" in switch.irreversible
        run = carried_out(engine, plan)
        assert value(cloud, switch.setting, RECOVERY)["keyVaultProperties"] == {"keyUri": KEY_URI}
        back = engine.rollback_plan(run.run)
        assert switch.setting not in {one.setting for one in back.changes}


def test_a_scan_finds_what_each_playbook_is_about():
    playbooks = [load().get(one) for one in (PROTECT, ROLES, FIREWALL, PRIVATE, ENCRYPT, BACKUPS)]
    place = Place("azure", SUBSCRIPTION, "", "AzureCloud")
    with azure(account(), vault(), recovery_vault()) as cloud:
        seen = scan(playbooks, [place], {"azure": cloud})
    assert seen.problems == ()
    assert {(one.check, one.resource) for one in seen.findings} == {
        *((one, VAULT) for one in (PROTECT, ROLES, FIREWALL, PRIVATE)),
        (ENCRYPT, ACCOUNT),
        (BACKUPS, RECOVERY),
    }


def test_whoever_may_not_assign_roles_is_told_before_anything_is_sent(tmp_path):
    with azure(vault(), MINE) as cloud:
        engine = Engine(tmp_path, cloud)
        state = engine.hook("state")
        limits = [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}]
        put_state(engine, {**state, "permissions": {SCOPE: limits}})
        plan = engine.plan((ROLES, VAULT))
    reasons = [guard.reason for change in plan.blocked for guard in change.guards]
    assert any("Microsoft.Authorization/roleAssignments/write" in one for one in reasons), reasons


def put_state(engine, state):
    request = urllib.request.Request(  # noqa: S310 - our own server on this machine
        f"{engine.cloud.endpoint.url}/_sandbox/state",
        data=json.dumps(state).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 200
