"""The guard of a network security group's rules: what the platform, the operator and others still need."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.network.sources import narrow_source
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from tests.azure.server import GROUP, NSG, SCOPE, azure, nsg, resource, rule, target, verdict

RULES = "azure.network.nsg-rules"
HOW = {"from": ["*", "Internet"], "to": ["10.0.0.0/8"], "ports": [22, 3389]}
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets"
BASTION = resource(f"{GROUP}/providers/Microsoft.Network/bastionHosts/b", properties={})


def subnet(name, **properties):
    return resource(f"{SUBNET}/{name}", properties=properties)


@pytest.mark.parametrize(
    ("group", "more", "outcome", "words"),
    [
        (nsg(rule("db", "22")), [BASTION], Outcome.PASS, "no port"),
        (nsg(rule("ssh", "22")), [], Outcome.WARN, "other access"),
        (nsg(rule("all", "*")), [BASTION], Outcome.WARN, "web clients on port 80, 443"),
        (nsg(rule("SecurityCenter-JITRule-1", "22")), [BASTION], Outcome.WARN, "just-in-time"),
        (
            nsg(rule("all", "*"), subnets=[{"id": f"{SUBNET}/AzureBastionSubnet"}]),
            [subnet("AzureBastionSubnet"), BASTION],
            Outcome.BLOCK,
            "Azure Bastion on the subnet AzureBastionSubnet requires inbound port 443",
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


GATEWAY_SUBNET = {"subnets": [{"id": f"{SUBNET}/gateway"}]}
NIC = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/vm"
DENY = rule("deny", "*", "*", access="Deny", priority=4000)
SHUT = rule("all", "*", priority=100)


def service(subnet_id):
    return resource(
        f"{GROUP}/providers/Microsoft.ApiManagement/service/api",
        location="eastus",
        properties={"virtualNetworkConfiguration": {"subnetResourceId": subnet_id}},
    )


def balancer(backend):
    return resource(
        f"{GROUP}/providers/Microsoft.Network/loadBalancers/front",
        location="eastus",
        properties={
            "probes": [{"properties": {"port": 8080}}],
            "backendAddressPools": [{"properties": {"backendIPConfigurations": [{"id": backend}]}}],
        },
    )


@pytest.mark.parametrize(
    ("group", "more", "outcome", "words"),
    [
        (
            nsg(SHUT, **GATEWAY_SUBNET),
            [subnet("gateway"), service(f"{SUBNET}/GATEWAY"), BASTION],
            Outcome.BLOCK,
            "API Management (api) on the subnet gateway requires inbound port 3443",
        ),
        (
            nsg(SHUT, **GATEWAY_SUBNET),
            [subnet("gateway"), service(f"{SUBNET}/other"), BASTION],
            Outcome.WARN,
            "web clients",
        ),
        (
            nsg(SHUT, rule("manage", "3443", "ApiManagement", priority=200), DENY, **GATEWAY_SUBNET),
            [subnet("gateway"), service(f"{SUBNET}/gateway"), BASTION],
            Outcome.BLOCK,
            "port 6390 from AzureLoadBalancer",
        ),
        (
            nsg(SHUT, DENY, networkInterfaces=[{"id": NIC}]),
            [balancer(f"{NIC}/ipConfigurations/one"), BASTION],
            Outcome.BLOCK,
            "health probes of the load balancer front on port 8080",
        ),
        (
            nsg(SHUT, DENY, **GATEWAY_SUBNET),
            [
                subnet("gateway", ipConfigurations=[{"id": f"{NIC}/ipConfigurations/one"}]),
                balancer(f"{NIC}/ipConfigurations/one"),
                BASTION,
            ],
            Outcome.BLOCK,
            "health probes",
        ),
        (
            nsg(SHUT, networkInterfaces=[{"id": NIC}]),
            [balancer(f"{NIC}/ipConfigurations/one"), BASTION],
            Outcome.WARN,
            "web clients",
        ),
        (
            nsg(SHUT, DENY, networkInterfaces=[{"id": NIC}]),
            [balancer(f"{NIC}2/ipConfigurations/one"), BASTION],
            Outcome.WARN,
            "web clients",
        ),
        (
            nsg(rule("ssh", "22")),
            [
                resource(
                    f"{GROUP}/providers/Microsoft.Network/virtualNetworkGateways/vpn",
                    location="eastus",
                    properties={},
                )
            ],
            Outcome.PASS,
            "no port",
        ),
    ],
)
def test_what_the_platform_needs_is_never_closed(group, more, outcome, words):
    found = verdict(
        "nsg-operator-path", *group, *more, drafts=[(RULES, NSG, lambda now: narrow_source(now, HOW))]
    )
    assert found[0] is outcome, found
    assert words in found[1]


CARD = resource(
    NIC,
    location="eastus",
    properties={
        "networkSecurityGroup": {"id": NSG},
        "ipConfigurations": [{"name": "one", "properties": {"privateIPAddress": "10.1.0.4"}}],
    },
)


@pytest.mark.parametrize(
    ("session", "more", "outcome"),
    [
        ("198.51.100.7 50000 10.1.0.4 22", [CARD], Outcome.BLOCK),
        ("10.2.3.4 50000 10.1.0.4 22", [CARD], Outcome.PASS),
        ("198.51.100.7 50000 10.1.0.9 22", [CARD], Outcome.PASS),
        ("198.51.100.7 50000 10.1.0.4 443", [CARD], Outcome.PASS),
        ("nonsense", [CARD], Outcome.PASS),
    ],
)
def test_the_session_that_this_runs_in_is_not_cut(monkeypatch, session, more, outcome):
    monkeypatch.setenv("SSH_CONNECTION", session)
    found = verdict(
        "nsg-operator-path",
        *nsg(rule("ssh", "22")),
        *more,
        BASTION,
        drafts=[(RULES, NSG, lambda now: narrow_source(now, HOW))],
    )
    assert found[0] is outcome, found
    if outcome is Outcome.BLOCK:
        assert "198.51.100.7/32 on port 22" in found[1]


@pytest.mark.parametrize(
    ("network", "outcome"), [("198.51.100.0/24", Outcome.BLOCK), ("10.9.0.0/16", Outcome.PASS)]
)
def test_the_network_that_the_operator_names_is_not_cut(network, outcome):
    with azure(*nsg(rule("ssh", "22")), BASTION) as cloud:
        live = SettingReader({"azure": cloud})
        before = live(RULES, target(NSG)).value
        draft = PlannedChange(RULES, target(NSG), before, narrow_source(before, HOW))
        look = GuardContext(cloud, draft.target, [draft], {"operator_cidr": network}, {}, live)
        assert guards()[0]["nsg-operator-path"](look)[0] is outcome


def test_groups_that_a_service_keeps_are_left_to_it():
    id = f"{SCOPE}/resourceGroups/MC_clinic_aks_eastus/providers/Microsoft.Network/networkSecurityGroups/agents"
    found = verdict(
        "nsg-operator-path",
        *nsg(rule("ssh", "22"), id=id),
        drafts=[(RULES, id, lambda now: narrow_source(now, HOW))],
    )
    assert found[0] is Outcome.BLOCK
    assert "AKS" in found[1]
