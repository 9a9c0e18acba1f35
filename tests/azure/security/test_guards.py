"""The guard of a Defender plan: what it costs a month, and which policy turns it on or off again."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.security.settings import with_defender_plan
from hipaa_tui.providers.guard import Outcome
from tests.azure.policies import MANAGEMENT, assigned, definition
from tests.azure.server import GROUP, SCOPE, SUBSCRIPTION, resource, storage_account, verdict

PRICING = "azure.security.pricing"


def plan(name, tier="Free", **more):
    id = f"{SCOPE}/providers/Microsoft.Security/pricings/{name}"
    return resource(id, properties={"pricingTier": tier, **more})


def turned_on(there, sub="", *more):
    name = there["name"]
    return verdict(
        "defender-cost",
        there,
        *more,
        drafts=[(PRICING, there["id"], lambda now: with_defender_plan(now, {"plan": name, "sub_plan": sub}))],
    )


VM = resource(f"{GROUP}/providers/Microsoft.Compute/virtualMachines/a", location="eastus", properties={})
SET = resource(
    f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/s",
    location="eastus",
    sku={"name": "x", "capacity": 3},
    properties={},
)


@pytest.mark.parametrize(
    ("there", "sub", "more", "outcome", "words"),
    [
        (plan("VirtualMachines"), "P2", [VM, SET], Outcome.WARN, "about $60.00 a month: 4 servers at $15"),
        (plan("VirtualMachines"), "P1", [VM], Outcome.WARN, "about $5.00 a month"),
        (plan("VirtualMachines"), "", [], Outcome.PASS, "no servers now"),
        (plan("StorageAccounts"), "", [storage_account()], Outcome.WARN, "1 storage accounts at $10"),
        (plan("Arm"), "", [], Outcome.WARN, "for the subscription"),
        (plan("Containers"), "", [], Outcome.PASS, "no clusters"),
        (plan("Api"), "P1", [], Outcome.WARN, "does not know the price"),
        (
            plan("VirtualMachines", "Standard", subPlan="P2"),
            "",
            [VM],
            Outcome.PASS,
            "no Defender plan is turned on",
        ),
        (plan("VirtualMachines", "Standard", subPlan="P1"), "P2", [VM], Outcome.WARN, "from P1 to P2"),
    ],
)
def test_what_a_plan_costs_is_said_with_its_basis(there, sub, more, outcome, words):
    found = turned_on(there, sub, *more)
    assert found[0] is outcome, found
    assert words in found[1]


def test_a_policy_of_a_management_group_that_decides_is_named():
    one = definition(
        {"field": "type", "equals": "Microsoft.Resources/subscriptions"},
        "DeployIfNotExists",
        scope=MANAGEMENT,
        details={"type": "Microsoft.Security/pricings", "name": "KeyVaults"},
    )
    found = turned_on(plan("KeyVaults"), "", one, assigned(one, scope=MANAGEMENT))
    assert found[0] is Outcome.WARN
    assert "Policy rule (assigned at" in found[1]
    assert SUBSCRIPTION not in found[1]
    found = turned_on(plan("AppServices"), "", one, assigned(one, scope=MANAGEMENT))
    assert found[0] is Outcome.PASS
