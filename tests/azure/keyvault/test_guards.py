"""Guards of Key Vault: purge protection, who calls a vault that is closed, and access policies that become roles."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.authorization.settings import OWNER
from hipaa_tui.azure.keyvault.settings import with_vault_firewall
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import ask
from hipaa_tui.providers.guard import Outcome, PlannedChange
from tests.azure.server import GROUP, SCOPE, WORKSPACE, azure, resource, target
from tests.azure.vaults import (
    ADMINISTRATOR,
    MODEL,
    NETWORK,
    PURGE,
    SECRETS_USER,
    VAULT,
    endpoint,
    policy,
    ready_vault,
    role,
    vault,
    verdict,
)

# Purge protection ----------------------------------------------------------------------------------------

PROTECT = [(PURGE, VAULT, lambda now: {**now, "enablePurgeProtection": True})]


@pytest.mark.parametrize(
    ("tags", "outcome", "words"),
    [
        ({"team": "records"}, Outcome.PASS, "stays reserved for 30 days"),
        ({"team": "latest-civics"}, Outcome.PASS, "cannot be turned off again"),
        ({"env": "pr-preview"}, Outcome.WARN, "the tag env=pr-preview"),
        ({"Environment": "Test"}, Outcome.WARN, "Environment=Test"),
        ({"ephemeral": "true"}, Outcome.WARN, "short-lived"),
        ({"delete-after": "2026-12-01"}, Outcome.WARN, "delete-after"),
    ],
)
def test_what_purge_protection_means_is_said_and_short_lived_vaults_are_warned_about(tags, outcome, words):
    found = verdict("vault-purge-protection", vault(tags=tags), drafts=PROTECT)
    assert found[0] is outcome
    assert words in found[1]
    assert "30 days" in found[1]


def test_a_vault_that_is_protected_already_loses_nothing():
    found = verdict("vault-purge-protection", ready_vault(), drafts=PROTECT)
    assert found == (Outcome.PASS, "the purge protection of the vault does not change")


# Callers -------------------------------------------------------------------------------------------------

SETTINGS = f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings"


def audit(category="AuditEvent", enabled=True, **sink):
    logs = [{"category": category, "enabled": enabled}]
    return resource(f"{SETTINGS}/theirs", properties={"logs": logs, **(sink or {"workspaceId": WORKSPACE})})


def closing(**how):
    return [(NETWORK, VAULT, lambda now: with_vault_firewall(now, how))]


@pytest.mark.parametrize(
    ("there", "how", "outcome", "words"),
    [
        (vault(), {}, Outcome.BLOCK, "no address and no subnet"),
        (vault(), {"allowed": ["203.0.113.0/24"]}, Outcome.WARN, "no AuditEvent log"),
        (vault(privateEndpointConnections=[endpoint()]), {}, Outcome.WARN, "no AuditEvent log"),
        (vault(privateEndpointConnections=[endpoint("Pending")]), {}, Outcome.BLOCK, "no address"),
        (vault(), {"public": False, "allowed": ["203.0.113.0/24"]}, Outcome.BLOCK, "no approved private"),
        (
            vault(privateEndpointConnections=[endpoint("Pending")]),
            {"public": False},
            Outcome.BLOCK,
            "1 wait for approval",
        ),
        (vault(privateEndpointConnections=[endpoint()]), {"public": False}, Outcome.WARN, "no AuditEvent"),
    ],
)
def test_a_vault_is_never_closed_to_everybody(there, how, outcome, words):
    found = verdict("vault-callers", there, drafts=closing(**how))
    assert found[0] is outcome, found
    assert words in found[1]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (audit(), "query the workspace hipaa-tui-audit first"),
        (audit(storageAccountId=WORKSPACE), "check in the vault's AuditEvent log"),
        (audit(enabled=False), "has no AuditEvent log"),
        (audit("AzurePolicyEvaluationDetails"), "has no AuditEvent log"),
    ],
)
def test_who_calls_can_only_be_read_from_the_log(log, words):
    found = verdict("vault-callers", vault(), log, drafts=closing(allowed=["203.0.113.0/24"]))
    assert found[0] is Outcome.WARN
    assert words in found[1]


def test_trusted_services_are_never_locked_out():
    after = {"networkAcls": {"bypass": "None", "defaultAction": "Allow"}}
    found = verdict("vault-callers", vault(), drafts=[(NETWORK, VAULT, after)])
    assert found[0] is Outcome.BLOCK
    assert "keep AzureServices in the firewall's bypass" in found[1]


def test_taking_a_network_away_closes_and_opening_does_not():
    rules = {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": [{"value": "203.0.113.0/24"}]}
    shut = vault(networkAcls=rules)
    less = {"networkAcls": {**rules, "ipRules": []}}
    assert verdict("vault-callers", shut, drafts=[(NETWORK, VAULT, less)])[0] is Outcome.BLOCK
    for open_ in ({"networkAcls": {**rules, "defaultAction": "Allow"}}, {"networkAcls": rules}):
        found = verdict("vault-callers", shut, drafts=[(NETWORK, VAULT, open_)])
        assert found == (Outcome.PASS, "the change closes no network path to the vault")


# Permission model ----------------------------------------------------------------------------------------

APP, PERSON, ADMIN = (f"1111111{n}-0000-4000-8000-000000000001" for n in range(3))
FLIP = [(MODEL, VAULT, {"enableRbacAuthorization": True})]
BACK = [(MODEL, VAULT, {"enableRbacAuthorization": False})]
POLICIES = vault(accessPolicies=[policy(APP, secrets=["get", "list"]), policy(PERSON, keys=["all"])])
OWNED = role(OWNER, 1, ADMIN, scope=SCOPE)
MINE = role(OWNER, 2, SANDBOX_PRINCIPAL, scope=SCOPE)
APP_ROLE = role(SECRETS_USER, 3, APP, "ServicePrincipal")
PERSON_ROLE = role(ADMINISTRATOR, 4, PERSON, scope=GROUP)


@pytest.mark.parametrize(
    ("there", "outcome", "words"),
    [
        ([POLICIES, OWNED, MINE, APP_ROLE, PERSON_ROLE], Outcome.PASS, "all 2 principals"),
        ([vault(), OWNED, MINE], Outcome.PASS, "all 0 principals"),
        ([POLICIES, OWNED, MINE], Outcome.BLOCK, "2 of 2 principals"),
        ([POLICIES, OWNED, MINE, PERSON_ROLE], Outcome.BLOCK, f"{APP} (secrets get, secrets list)"),
        # A role that covers less, one below the vault, one on another vault, one with a condition.
        ([POLICIES, MINE, APP_ROLE, role(SECRETS_USER, 4, PERSON)], Outcome.BLOCK, PERSON),
        (
            [POLICIES, MINE, PERSON_ROLE, role(SECRETS_USER, 5, APP, scope=f"{VAULT}/secrets/one")],
            Outcome.BLOCK,
            APP,
        ),
        ([POLICIES, MINE, PERSON_ROLE, role(SECRETS_USER, 5, APP, scope=f"{VAULT}2")], Outcome.BLOCK, APP),
        (
            [
                POLICIES,
                MINE,
                PERSON_ROLE,
                role(SECRETS_USER, 5, APP, condition="@Resource[x]", conditionVersion="2.0"),
            ],
            Outcome.BLOCK,
            APP,
        ),
        ([POLICIES, APP_ROLE, PERSON_ROLE], Outcome.BLOCK, "no user or group may assign roles"),
        (
            [POLICIES, APP_ROLE, PERSON_ROLE, role(OWNER, 1, ADMIN, "ServicePrincipal", scope=SCOPE)],
            Outcome.BLOCK,
            "no user or group may assign roles",
        ),
        ([POLICIES, OWNED, APP_ROLE, PERSON_ROLE], Outcome.WARN, "you have no direct assignment"),
    ],
)
def test_every_access_policy_is_covered_by_a_role_before_roles_decide(there, outcome, words):
    found = verdict("vault-policies-mapped", *there, drafts=FLIP)
    assert found[0] is outcome, found
    assert words in found[1]


def test_a_role_that_the_plan_assigns_counts_and_one_that_it_takes_does_not():
    new = role(SECRETS_USER, 9, APP, "ServicePrincipal")
    given = ("azure.authorization.role-assignment", new["id"], new["properties"])
    found = verdict("vault-policies-mapped", POLICIES, MINE, PERSON_ROLE, drafts=[given, *FLIP])
    assert found[0] is Outcome.PASS, found
    taken = ("azure.authorization.role-assignment", APP_ROLE["id"], None)
    found = verdict("vault-policies-mapped", POLICIES, MINE, PERSON_ROLE, APP_ROLE, drafts=[taken, *FLIP])
    assert found[0] is Outcome.BLOCK
    assert APP in found[1]


def test_a_role_through_a_group_is_taken_at_the_word_of_whoever_checked_it():
    there = [POLICIES, MINE, PERSON_ROLE]
    found = verdict("vault-policies-mapped", *there, drafts=FLIP, through_groups=f" {APP.upper()} ,x")
    assert found[0] is Outcome.WARN
    assert "1 principals rely on a role of a group" in found[1]


@pytest.mark.parametrize(
    ("policies", "roles", "outcome", "words"),
    [
        ([policy(APP, secrets=["get", "list"])], [APP_ROLE], Outcome.PASS, "all 1 principals"),
        ([], [APP_ROLE], Outcome.BLOCK, f"have no access policy and would lose access: {APP}"),
        ([], [role(SECRETS_USER, 5, APP, scope=f"{VAULT}/secrets/one")], Outcome.BLOCK, APP),
        ([policy(APP, secrets=["get"])], [APP_ROLE], Outcome.WARN, "allow less than their roles"),
        ([], [OWNED], Outcome.PASS, "all 0 principals"),
    ],
)
def test_the_way_back_asks_the_same_of_the_access_policies(policies, roles, outcome, words):
    there = vault(enableRbacAuthorization=True, accessPolicies=policies)
    found = verdict("vault-policies-mapped", there, *roles, drafts=BACK)
    assert found[0] is outcome, found
    assert words in found[1]


def test_a_vault_that_keeps_its_model_asks_nobody():
    found = verdict("vault-policies-mapped", ready_vault(), drafts=FLIP)
    assert found == (Outcome.PASS, "the vault's permission model does not change")


@pytest.mark.parametrize("guard", ["vault-policies-mapped", "vault-callers"])
def test_a_vault_that_cannot_be_looked_at_is_not_called_safe(guard):
    with azure() as cloud:
        where = target(VAULT)
        changes = [
            PlannedChange(MODEL, where, {}, {"enableRbacAuthorization": True}),
            PlannedChange(NETWORK, where, {}, {"publicNetworkAccess": "Disabled"}),
        ]
        (found,) = ask(
            [{"name": guard, "arguments": {}}],
            cloud=cloud,
            target=where,
            changes=changes,
            parameters={},
            read=SettingReader({"azure": cloud}),
        )
    assert found.outcome is Outcome.BLOCK
    assert "the check failed" in found.reason
