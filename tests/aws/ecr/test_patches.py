"""A repository's policy and its scans as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.providers.model import Cloud
from tests.aws.ecr.estate import build
from tests.aws.patches import edit, planned_for_all, written


def test_what_is_there_already_is_imported(aws: Cloud, repo: Path) -> None:
    build(aws)
    blocks, text = written(aws, repo, planned_for_all(aws, "aws.ecr.public-policy"))
    assert 'id = "portal/api"' in text
    assert "Public" not in blocks["aws_ecr_repository_policy"]


def test_an_argument_of_a_big_block_is_said_as_an_edit() -> None:
    edit("aws.ecr.scan-on-push", {"scanOnPush": True})
