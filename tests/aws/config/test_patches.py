"""The configuration recorder, its delivery channel and their order as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.providers.model import Cloud
from tests.aws.config.estate import PLAYBOOKS, build
from tests.aws.patches import planned_for_all, written


def test_the_watchers_of_a_region_are_blocks_in_the_order_that_they_need(aws: Cloud, repo: Path) -> None:
    build(aws)
    blocks, text = written(aws, repo, planned_for_all(aws, *PLAYBOOKS))
    recorder = blocks["aws_config_configuration_recorder"]
    assert "all_supported = true" in recorder
    assert "role_arn = aws_iam_service_linked_role." in recorder
    channel = blocks["aws_config_delivery_channel"]
    assert "s3_bucket_name = aws_s3_bucket." in channel
    assert "depends_on = [aws_config_configuration_recorder." in channel
    status = blocks["aws_config_configuration_recorder_status"]
    assert "depends_on = [aws_config_delivery_channel." in status
    assert "import {" not in text
