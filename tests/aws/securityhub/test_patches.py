"""Security Hub and its standard as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.providers.model import Cloud
from tests.aws.patches import planned_for_all, written
from tests.aws.securityhub.estate import PLAYBOOKS, build


def test_the_watchers_of_a_region_are_blocks_in_the_order_that_they_need(aws: Cloud, repo: Path) -> None:
    build(aws)
    blocks, text = written(aws, repo, planned_for_all(aws, *PLAYBOOKS))
    standard = blocks["aws_securityhub_standards_subscription"]
    assert "standards/aws-foundational-security-best-practices/v/1.0.0" in standard
    assert "depends_on = [aws_securityhub_account." in standard
    assert "import {" not in text
