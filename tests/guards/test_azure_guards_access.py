"""Somebody stays in charge, and nobody's way in is closed unseen."""

from __future__ import annotations

import pytest
from azure_server import GROUP, NSG, SCOPE, assignment, azure, nsg, resource, rule, target, verdict

from hipaa_tui.plans.guards.model import Draft, Look, Outcome, guards
from hipaa_tui.settings.azure.network_sources import narrow_source
from hipaa_tui.settings.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.settings.live import Reader

RULES = "azure.network.nsg-rules"
ROLE = "azure.authorization.role-assignment"
HOW = {"from": ["*", "Internet"], "to": ["10.0.0.0/8"], "ports": [22, 3389]}
PRINCIPAL = "22222222-0000-4000-8000-00000000000{}"

# Owners ----------------------------------------------------------------------------------------------

MANAGEMENT = "/providers/Microsoft.Management/managementGroups/root"
PROGRAM = assignment(1, PRINCIPAL.format(1), "ServicePrincipal")
GROUP_OWNER = assignment(2, PRINCIPAL.format(2), "Group")
PERSON = assignment(3, PRINCIPAL.format(3))
BELOW = assignment(4, PRINCIPAL.format(4), scope=GROUP)
ABOVE = assignment(5, PRINCIPAL.format(5), scope=MANAGEMENT)


@pytest.mark.parametrize(
    ("there", "removed", "outcome", "words"),
    [
        ([PROGRAM, PERSON], [PROGRAM], Outcome.PASS, "1 other Owner"),
        ([PROGRAM], [PROGRAM], Outcome.BLOCK, "last Owner"),
        ([PROGRAM, BELOW], [PROGRAM], Outcome.BLOCK, "last Owner"),
        ([BELOW, PERSON], [BELOW], Outcome.PASS, "1 other"),
        (
            [PROGRAM, assignment(6, PRINCIPAL.format(6), "ServicePrincipal")],
            [PROGRAM],
            Outcome.BLOCK,
            "only programs",
        ),
        ([GROUP_OWNER, PERSON], [GROUP_OWNER], Outcome.WARN, "group"),
        ([GROUP_OWNER, PROGRAM], [PROGRAM, GROUP_OWNER], Outcome.BLOCK, "last Owner"),
        (
            [assignment(7, SANDBOX_PRINCIPAL), PERSON],
            [assignment(7, SANDBOX_PRINCIPAL)],
            Outcome.BLOCK,
            "your own",
        ),
        (
            [assignment(8, PRINCIPAL.format(8), "Group", description="Break-glass access"), PERSON],
            [assignment(8, "x")],
            Outcome.BLOCK,
            "emergencies",
        ),
        ([ABOVE, PERSON], [ABOVE], Outcome.BLOCK, "inherited"),
    ],
)
def test_somebody_stays_in_charge(there, removed, outcome, words):
    found = verdict("owners-remaining", *there, drafts=[(ROLE, one["id"], None) for one in removed])
    assert found[0] is outcome, found
    assert words in found[1]


def test_an_owner_that_the_plan_removed_already_does_not_remain():
    with azure(PROGRAM, PERSON) as cloud:
        live = Reader({"azure": cloud})

        def read(setting_id, where):
            reading = live(setting_id, where)
            return type(reading)(None) if where.id == PERSON["id"] else reading

        draft = Draft(ROLE, target(PROGRAM["id"]), live(ROLE, target(PROGRAM["id"])).value, None)
        look = Look(cloud, draft.target, [draft], {}, {}, read)
        assert guards()[0]["owners-remaining"](look)[0] is Outcome.BLOCK


def test_guards_that_must_see_to_pass():
    assert {"owners-remaining", "storage-nfs-shares"} <= guards()[1]


# Network ---------------------------------------------------------------------------------------------

SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets"
BASTION = resource(f"{GROUP}/providers/Microsoft.Network/bastionHosts/b", properties={})


def subnet(name, **properties):
    return resource(f"{SUBNET}/{name}", properties=properties)


@pytest.mark.parametrize(
    ("group", "more", "outcome", "words"),
    [
        (nsg(rule("db", "22")), [BASTION], Outcome.PASS, "no port"),
        (nsg(rule("ssh", "22")), [], Outcome.WARN, "another way in"),
        (nsg(rule("all", "*")), [BASTION], Outcome.WARN, "web visitors in on 80, 443"),
        (nsg(rule("SecurityCenter-JITRule-1", "22")), [BASTION], Outcome.WARN, "just-in-time"),
        (
            nsg(rule("all", "*"), subnets=[{"id": f"{SUBNET}/AzureBastionSubnet"}]),
            [subnet("AzureBastionSubnet"), BASTION],
            Outcome.BLOCK,
            "Azure Bastion needs port 443",
        ),
        (
            nsg(rule("all", "*"), subnets=[{"id": f"{SUBNET}/gateway"}]),
            [subnet("gateway", applicationGatewayIPConfigurations=[{"id": "x"}]), BASTION],
            Outcome.BLOCK,
            "65200-65535",
        ),
        (
            nsg(
                rule("all", "*"),
                rule("manage", "65200-65535", "GatewayManager", priority=200),
                rule("web", "80", "Internet", priority=201),
                rule("tls", "443", "Internet", priority=202),
                subnets=[{"id": f"{SUBNET}/gateway"}],
            ),
            [subnet("gateway", applicationGatewayIPConfigurations=[{"id": "x"}]), BASTION],
            Outcome.PASS,
            "no port",
        ),
    ],
)
def test_ways_in_that_somebody_needs(group, more, outcome, words):
    found = verdict(
        "nsg-operator-path", *group, *more, drafts=[(RULES, NSG, lambda now: narrow_source(now, HOW))]
    )
    assert found[0] is outcome, found
    assert words in found[1]


def test_groups_that_a_service_keeps_are_left_to_it():
    id = f"{SCOPE}/resourceGroups/MC_clinic_aks_eastus/providers/Microsoft.Network/networkSecurityGroups/agents"
    found = verdict(
        "nsg-operator-path",
        *nsg(rule("ssh", "22"), id=id),
        drafts=[(RULES, id, lambda now: narrow_source(now, HOW))],
    )
    assert found[0] is Outcome.BLOCK
    assert "AKS" in found[1]
