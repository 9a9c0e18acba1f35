"""Rules that are open to the Internet are narrowed on the ports that are asked for."""

from __future__ import annotations

import pytest

from tests.azure.plans import plan_of
from tests.azure.server import (
    NSG,
    azure,
    nsg,
    rule,
)


@pytest.fixture
def cloud():
    with azure(*nsg(rule("ssh", ["22", "443"], "Internet"))) as one:
        yield one


def test_web_ports_stay_open(cloud):
    (change,) = plan_of(
        cloud, "azure.network.nsg-open-to-internet", NSG, allowed_cidrs="192.0.2.0/24,10.0.0.0/8"
    ).changes
    rules = {one["name"]: one for one in change.after["rules"]}
    assert rules["ssh"]["destinationPortRange"] == "443"
    assert rules["ssh-narrowed"]["sourceAddressPrefixes"] == ["10.0.0.0/8", "192.0.2.0/24"]
