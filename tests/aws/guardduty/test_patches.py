"""A detector of GuardDuty as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.providers.model import Cloud
from tests.aws.guardduty.estate import PLAYBOOKS, build
from tests.aws.patches import planned_for_all, written


def test_the_watchers_of_a_region_are_blocks_in_the_order_that_they_need(aws: Cloud, repo: Path) -> None:
    build(aws)
    blocks, text = written(aws, repo, planned_for_all(aws, *PLAYBOOKS))
    assert "enable = true" in blocks["aws_guardduty_detector"]
    assert "import {" not in text
