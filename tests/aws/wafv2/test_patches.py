"""A web ACL in front of an API, its association and its log as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.journal.journal import Journal
from hipaa_tui.providers.model import Cloud
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.runs.apply import Applying
from tests.aws.patches import planned_for_all, written
from tests.aws.server import ACCOUNT, REGION
from tests.aws.wafv2.estate import build


def test_a_web_acl_refers_to_nothing_that_is_not_there(aws: Cloud, repo: Path) -> None:
    build(aws)
    blocks, _ = written(aws, repo, planned_for_all(aws, "aws.waf.web-acl", "aws.waf.logging"))
    acl = blocks["aws_wafv2_web_acl"]
    assert acl.count("managed_rule_group_statement {") == 3
    assert acl.count("count {") == 3
    assert "web_acl_arn = aws_wafv2_web_acl.hipaa_tui.arn" in blocks["aws_wafv2_web_acl_association"]
    logging = blocks["aws_wafv2_web_acl_logging_configuration"]
    assert "log_destination_configs = [aws_cloudwatch_log_group." in logging.replace("[ ", "[")
    assert logging.count("redacted_fields {") == 3


def test_what_was_applied_is_imported_by_the_names_that_the_cloud_gave(
    aws: Cloud, repo: Path, journal: Journal
) -> None:
    build(aws)
    plan = planned_for_all(aws, "aws.waf.web-acl")
    run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert journal.row(run).state == "done"
    _, text = written(aws, repo, plan)
    acl = resource_type("AWS::WAFv2::WebACL").target("hipaa-tui", ACCOUNT, REGION)
    assert acl is not None
    identity = setting("aws.wafv2.web-acl").read(aws, acl).identity
    assert f'id = "{identity["Id"]}/hipaa-tui/REGIONAL"' in text
    assert text.count(f'"{identity["Arn"]},arn:aws:') == 2
