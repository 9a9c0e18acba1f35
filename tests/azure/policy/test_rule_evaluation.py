"""Conditions of Azure Policy rules: whether one holds for a resource, does not, or cannot be told."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.policy.rule_evaluation import holds

HTTPS_ALIAS = "Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly"
TLS_ALIAS = "Microsoft.Storage/storageAccounts/minimumTlsVersion"
ACCOUNT_BODY = {
    "type": "Microsoft.Storage/storageAccounts",
    "name": "files",
    "location": "eastus",
    "sku": {"name": "Standard_LRS"},
    "properties": {"minimumTlsVersion": "TLS1_2", "networkAcls": {"defaultAction": "Deny"}},
}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"field": "location", "in": ["EastUS", "westus"]}, True),
        ({"field": "location", "notIn": "[parameters('places')]"}, False),
        ({"field": "name", "like": "fi*"}, True),
        ({"field": "name", "notLike": "*[x]"}, True),
        ({"field": "name", "contains": "ILE"}, True),
        ({"field": TLS_ALIAS, "less": 3}, None),
        ({"field": TLS_ALIAS, "exists": "true"}, True),
        ({"field": "Microsoft.Storage/storageAccounts/sku.name", "equals": "standard_lrs"}, True),
        (
            {"field": "Microsoft.Storage/storageAccounts/networkAcls.defaultAction", "notEquals": "Allow"},
            True,
        ),
        ({"field": HTTPS_ALIAS, "notEquals": True}, None),
        ({"field": "Microsoft.Storage/storageAccounts/networkAcls.ipRules[*].value", "equals": "x"}, None),
        ({"field": "tags.owner", "exists": "false"}, None),
        ({"count": {"field": "x"}, "greater": 0}, None),
        ({"not": {"field": "kind", "equals": "x"}}, None),
        ({"anyOf": [{"field": "kind", "equals": "x"}, {"field": "name", "equals": "files"}]}, True),
        ({"allOf": [{"field": "kind", "equals": "x"}, {"field": "name", "equals": "other"}]}, False),
        ({"allOf": []}, True),
        ("nonsense", None),
        ({"allOf": 7}, None),
    ],
)
def test_a_condition_holds_does_not_or_cannot_be_told(condition, answer):
    assert holds(condition, ACCOUNT_BODY, {"places": ["EASTUS"]}) is answer
