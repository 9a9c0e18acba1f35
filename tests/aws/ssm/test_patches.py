"""Settings of Systems Manager as Terraform, and documents that are shared with nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipaa_tui.providers.model import Cloud
from tests.aws.patches import edit, planned_for_all, written
from tests.aws.server import ACCOUNT
from tests.aws.ssm.estate import build


def test_what_is_there_already_is_imported(aws: Cloud, repo: Path) -> None:
    build(aws)
    plan = planned_for_all(aws, "aws.ssm.default-host-management", "aws.ssm.block-public-documents")
    _, text = written(aws, repo, plan)
    assert 'setting_value = "Disable"' in text
    assert "setting_value = aws_iam_role.hipaa_tui_ssm_hosts.name" in text


@pytest.mark.parametrize("shared", [[], [ACCOUNT]])
def test_an_argument_of_a_big_block_is_said_as_an_edit(shared: list[str]) -> None:
    edit("aws.ssm.document-sharing", {"AccountIds": shared})
