"""The health check of an Auto Scaling group as Terraform."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.patches import edit


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            {"Types": ["EBS", "EC2", "ELB"], "GracePeriod": 300},
            {"health_check_type": '"EBS,ELB"', "health_check_grace_period": "300"},
        ),
        (
            {"Types": ["EC2"], "GracePeriod": 0},
            {"health_check_type": '"EC2"', "health_check_grace_period": "0"},
        ),
    ],
)
def test_an_argument_of_a_big_block_is_said_as_an_edit(value: Any, says: dict[str, str]) -> None:
    block = edit("aws.autoscaling.health-check", value)
    assert {name: str(text).strip() for name, text in block.attributes} == says
