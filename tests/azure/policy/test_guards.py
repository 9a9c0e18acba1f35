"""The guard of Azure Policy: which assigned policy would deny the change, alter it, or refuse its rollback."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from tests.azure.policies import MANAGEMENT, assigned, definition
from tests.azure.server import (
    ACCOUNT,
    GROUP,
    HTTPS,
    NSG,
    SCOPE,
    nsg,
    resource,
    rule,
    storage_account,
    verdict,
)

TRANSPORT = "azure.storage.transport"
CHANGE = [(TRANSPORT, ACCOUNT, HTTPS)]
HTTPS_ALIAS = "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly"
TLS_ALIAS = "Microsoft.Storage/storageAccounts/minimumTlsVersion"
IS_ACCOUNT = {"field": "type", "equals": "Microsoft.Storage/storageAccounts"}


def wanted(alias, **test):
    return {"allOf": [IS_ACCOUNT, {"field": alias, **test}]}


TLS_LOCKED = definition(wanted(TLS_ALIAS, notEquals="TLS1_0"), name="tls")
BY_PARAMETER = definition(
    wanted(HTTPS_ALIAS, equals="[parameters('value')]"),
    "[parameters('effect')]",
    parameters={"effect": {"defaultValue": "Deny"}, "value": {"defaultValue": "true"}},
)


def set_of(*entries, **more):
    return resource(
        f"{SCOPE}/providers/Microsoft.Authorization/policySetDefinitions/all",
        properties={"policyDefinitions": list(entries), **more},
    )


def entry(one, **values):
    return {
        "policyDefinitionId": one["id"],
        "policyDefinitionReferenceId": "ref",
        "parameters": {key: {"value": value} for key, value in values.items()},
    }


EXEMPT = resource(
    f"{ACCOUNT}/providers/Microsoft.Authorization/policyExemptions/e",
    properties={"policyAssignmentId": assigned(TLS_LOCKED)["id"], "exemptionCategory": "Waiver"},
)
PASSES = (Outcome.PASS, "no policy")
INDEXED = definition(wanted(TLS_ALIAS, notEquals="TLS1_0"), name="indexed", mode="Indexed")


def only(kind, *values):
    return [{"name": "some", "selectors": [{"kind": kind, "in": list(values)}]}]


@pytest.mark.parametrize(
    ("there", "outcome", "words"),
    [
        ([], Outcome.PASS, "no policy"),
        ([TLS_LOCKED], Outcome.PASS, "no policy"),
        ([TLS_LOCKED, assigned(TLS_LOCKED)], Outcome.BLOCK, "Policy tls (assigned at /subscriptions/"),
        ([TLS_LOCKED, assigned(TLS_LOCKED, scope=MANAGEMENT)], Outcome.BLOCK, "managementgroups/root"),
        ([TLS_LOCKED, assigned(TLS_LOCKED, scope=f"{GROUP}2")], Outcome.PASS, "no policy"),
        ([TLS_LOCKED, assigned(TLS_LOCKED, notScopes=[GROUP])], Outcome.PASS, "no policy"),
        ([TLS_LOCKED, assigned(TLS_LOCKED, enforcementMode="DoNotEnforce")], Outcome.PASS, "no policy"),
        ([TLS_LOCKED, assigned(TLS_LOCKED), EXEMPT], Outcome.PASS, "no policy"),
        (
            [
                TLS_LOCKED,
                assigned(TLS_LOCKED),
                {**EXEMPT, "properties": {**EXEMPT["properties"], "expiresOn": "2020-01-01T00:00:00Z"}},
            ],
            Outcome.BLOCK,
            "Policy tls",
        ),
        (
            [TLS_LOCKED, assigned(TLS_LOCKED, overrides=[{"kind": "policyEffect", "value": "Audit"}])],
            Outcome.PASS,
            "no policy",
        ),
        ([TLS_LOCKED, assigned(TLS_LOCKED, resourceSelectors=only("resourceLocation", "westus"))], *PASSES),
        (
            [TLS_LOCKED, assigned(TLS_LOCKED, resourceSelectors=only("resourceLocation", "EastUS"))],
            Outcome.BLOCK,
            "Policy tls",
        ),
        ([INDEXED, assigned(INDEXED)], Outcome.BLOCK, "Policy indexed"),
        ([BY_PARAMETER, assigned(BY_PARAMETER)], Outcome.BLOCK, "Policy rule"),
        (
            [BY_PARAMETER, assigned(BY_PARAMETER, parameters={"effect": {"value": "Audit"}})],
            Outcome.PASS,
            "no policy",
        ),
        ([BY_PARAMETER, set_of(entry(BY_PARAMETER)), assigned(set_of())], Outcome.BLOCK, "Policy rule"),
        (
            [
                BY_PARAMETER,
                set_of(
                    entry(BY_PARAMETER, effect="[parameters('how')]"),
                    parameters={"how": {"defaultValue": "Audit"}},
                ),
                assigned(set_of()),
            ],
            Outcome.PASS,
            "no policy",
        ),
        ([set_of(entry(BY_PARAMETER)), assigned(set_of())], Outcome.WARN, "could not be read"),
    ],
)
def test_a_policy_that_denies_the_change_blocks_it(there, outcome, words):
    found = verdict("policy-deny", storage_account(), *there, drafts=CHANGE)
    assert found[0] is outcome, found
    assert words in found[1]


def operations(value):
    return {"operations": [{"operation": "addOrReplace", "field": TLS_ALIAS, "value": value}]}


@pytest.mark.parametrize(
    ("one", "outcome", "words"),
    [
        (definition(IS_ACCOUNT, "Modify", details=operations("TLS1_0")), Outcome.WARN, "replaces the value"),
        (definition(IS_ACCOUNT, "Modify", details=operations("TLS1_2")), Outcome.PASS, "no policy"),
        (
            definition(IS_ACCOUNT, "Append", details=[{"field": TLS_ALIAS, "value": "TLS1_1"}]),
            Outcome.WARN,
            "replaces the value",
        ),
        (
            definition(
                {"allOf": [IS_ACCOUNT, {"value": "[now()]", "equals": 1}, wanted(TLS_ALIAS, equals="TLS1_2")]}
            ),
            Outcome.WARN,
            "may deny the change",
        ),
        (
            definition({"allOf": [IS_ACCOUNT, {"value": "[now()]", "equals": 1}]}),
            Outcome.PASS,
            "no policy",
        ),
        (definition(wanted(TLS_ALIAS, equals="TLS1_0")), Outcome.WARN, "deny the rollback"),
        (definition(wanted(TLS_ALIAS, equals="TLS1_0"), "Audit"), Outcome.PASS, "no policy"),
    ],
)
def test_a_policy_that_may_refuse_or_undo_it_is_warned_of(one, outcome, words):
    found = verdict("policy-deny", storage_account(), one, assigned(one), drafts=CHANGE)
    assert found[0] is outcome, found
    assert words in found[1]


def test_child_resources_are_held_against_policies_too():
    alias = "Microsoft.Network/networkSecurityGroups/securityRules/sourceAddressPrefix"
    one = definition(
        {
            "allOf": [
                {"field": "type", "equals": "Microsoft.Network/networkSecurityGroups/securityRules"},
                {"field": alias, "equals": "198.51.100.7"},
            ]
        }
    )
    after = {"rules": [{"name": "ssh", **rule("ssh", "22", "198.51.100.7")["properties"]}]}
    found = verdict(
        "policy-deny",
        *nsg(rule("ssh", "22")),
        one,
        assigned(one),
        drafts=[("azure.network.nsg-rules", NSG, after)],
    )
    assert found[0] is Outcome.BLOCK
    assert "ssh" not in found[1].split("refuses")[0]


def test_an_indexed_policy_does_not_see_what_has_no_location():
    kind = "Microsoft.Storage/storageAccounts/managementPolicies"
    there = resource(
        f"{ACCOUNT}/managementPolicies/default", properties={"policy": {"rules": [{"name": "a"}]}}
    )
    for mode, outcome in (("All", Outcome.BLOCK), ("Indexed", Outcome.PASS)):
        one = definition({"field": "type", "equals": kind}, mode=mode)
        after = {"rules": [{"name": "b", "definition": {"actions": {}}}]}
        drafts = [("azure.storage.lifecycle", ACCOUNT, after)]
        found = verdict("policy-deny", storage_account(), there, one, assigned(one), drafts=drafts)
        assert found[0] is outcome, found


def test_deletions_may_be_denied():
    id = f"{ACCOUNT}/managementPolicies/default"
    one = definition(
        {"field": "type", "equals": "Microsoft.Storage/storageAccounts/managementPolicies"},
        "denyAction",
        details={"actionNames": ["delete"]},
    )
    there = resource(id, properties={"policy": {"rules": [{"name": "a"}]}})
    found = verdict(
        "policy-deny",
        storage_account(),
        there,
        one,
        assigned(one),
        drafts=[("azure.storage.lifecycle", ACCOUNT, None)],
    )
    assert found[0] is Outcome.BLOCK
