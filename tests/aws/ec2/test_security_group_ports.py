"""Rules of a security group are narrowed to the ports that are authorized."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.aws.ec2.security_group_ports import only_authorized


def tcp(first: int, last: int, source: str) -> dict[str, Any]:
    return {"protocol": "tcp", "from": first, "to": last, "source": source}


@pytest.mark.parametrize(
    ("rule", "after"),
    [
        (tcp(443, 443, "0.0.0.0/0"), [tcp(443, 443, "0.0.0.0/0")]),
        (tcp(9443, 9443, "0.0.0.0/0"), [tcp(9443, 9443, "10.0.0.0/8")]),
        (
            tcp(442, 444, "0.0.0.0/0"),
            [tcp(442, 442, "10.0.0.0/8"), tcp(443, 443, "0.0.0.0/0"), tcp(444, 444, "10.0.0.0/8")],
        ),
        (tcp(9443, 9443, "::/0"), []),
        (tcp(9443, 9443, "203.0.113.0/24"), [tcp(9443, 9443, "203.0.113.0/24")]),
        (
            {"protocol": "-1", "source": "0.0.0.0/0"},
            [{"protocol": "-1", "source": "10.0.0.0/8"}, tcp(443, 443, "0.0.0.0/0")],
        ),
        (
            {"protocol": "icmp", "from": 8, "to": -1, "source": "0.0.0.0/0"},
            [{"protocol": "icmp", "from": 8, "to": -1, "source": "0.0.0.0/0"}],
        ),
    ],
)
def test_the_internet_is_let_in_on_authorized_ports_only(rule, after):
    asked = {"ports": "443", "to": ["10.0.0.0/8"]}
    assert only_authorized({"rules": [rule]}, asked) == {"rules": after}


def test_somebody_has_to_be_left_to_come_in():
    with pytest.raises(ValueError, match="whole Internet"):
        only_authorized({"rules": []}, {"ports": "443", "to": ["0.0.0.0/0"]})
    with pytest.raises(ValueError, match="at least one"):
        only_authorized({"rules": [tcp(22, 22, "0.0.0.0/0")]}, {"ports": "443", "to": []})
