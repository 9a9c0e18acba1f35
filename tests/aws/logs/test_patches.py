"""Two fixes of one log group in one patch, of which one needs a key that the patch makes."""

from __future__ import annotations

import pytest

from hipaa_tui.patches.create import make_patch
from tests.aws.guards import do
from tests.aws.patches import found
from tests.patches.patch_clouds import commit_tree, git, plan_for


@pytest.mark.parametrize("order", [("encryption", "retention"), ("retention", "encryption")])
def test_both_go_in_whichever_comes_first(repo, aws, order):
    do(aws, "logs", "CreateLogGroup", logGroupName="/clinic/app")
    do(aws, "logs", "PutRetentionPolicy", logGroupName="/clinic/app", retentionInDays=30)
    group = found("AWS::Logs::LogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/clinic/app")
    main = 'resource "aws_cloudwatch_log_group" "app" {\n  name              = "/clinic/app"\n  retention_in_days = 30\n}\n'
    commit_tree(repo, {"main.tf": main})
    plan = plan_for(aws, *((f"aws.logs.{one}", group) for one in order))
    patch = make_patch(plan, repo, "fix", {"aws": aws})
    assert patch.left_out == ()
    text = git(repo, "show", "fix:main.tf")
    assert "kms_key_id        = aws_kms_key.hipaa_tui_logs.arn" in text
    assert "retention_in_days = 30" not in text
