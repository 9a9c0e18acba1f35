"""The policies of secrets as Terraform, wherever the repository has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.aws.guards import do
from tests.aws.guards import text as policy
from tests.aws.patches import OPEN, WRITTEN, committed, patched


@pytest.mark.parametrize("there", [False, True])
def test_a_secrets_policy_is_a_block_of_its_own_where_the_secret_is_nobodys(
    aws: Any, repo: Path, there: bool
) -> None:
    arn = do(aws, "secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")["ARN"]
    wide = policy({**OPEN, "Action": "secretsmanager:GetSecretValue", "Resource": "*"})
    do(aws, "secretsmanager", "PutResourcePolicy", SecretId=arn, ResourcePolicy=wide)
    if there:
        said = (WRITTEN % "*").replace("sns:Publish", "secretsmanager:GetSecretValue")
        committed(
            repo,
            f'resource "aws_secretsmanager_secret" "theirs" {{\n  name = "db-pass"\n\n  {said}}}\n',
        )
        text, patch = patched(aws, repo, "aws.secretsmanager.public-policy", arn)
        assert patch.left_out == ()
        assert "aws_secretsmanager_secret_policy" not in text
        assert "aws:PrincipalAccount" in text
        assert "hunter" not in text
        return
    text, patch = patched(aws, repo, "aws.secretsmanager.public-policy", arn)
    assert patch.left_out == ()
    assert 'resource "aws_secretsmanager_secret_policy" "db_pass"' in text
    assert f'secret_arn = "{arn}"' in text
    assert "hunter" not in text
