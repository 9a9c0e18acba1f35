"""What is switched on for a region, and what stands before an API, as Terraform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.patches.blocks.snippets import Snippets
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Cloud
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.store.database import open_store
from hipaa_tui.support.package_data import content_folder
from tests.aws.account import estate_services as account_services
from tests.aws.server import ACCOUNT, REGION
from tests.aws.ssm import estate as ssm
from tests.aws.wafv2 import estate as waf
from tests.patches.patch_clouds import git

CATALOGUE = load()
EDITS = {
    "aws.ecr.scan-on-push": {"scanOnPush": True},
    "aws.ssm.document-sharing": {"AccountIds": []},
}


def written(aws: Cloud, repo: Path, *ids: str, journal: Journal | None = None) -> tuple[dict[str, str], str]:
    """(each block by its type, on one line; the whole text) of a patch of all that a scan finds.

    With a journal the plan is applied before, so that the patch is about what is there.
    """
    wishes = []
    for id in ids:
        playbook = CATALOGUE.get(id)
        found = scan([playbook], [Place("aws", ACCOUNT, REGION)], {"aws": aws}).findings
        kind = resource_type(playbook.resource)
        targets = [kind.target(one.resource, ACCOUNT, REGION) for one in found]
        wishes += [Wish(playbook, one, ()) for one in targets if one is not None]
    plan = make_plan(wishes, {"aws": aws}, {})
    assert plan.skipped == ()
    if journal is not None:
        run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
        assert journal.row(run).state == "done"
    patch = make_patch(plan, repo, "hipaa/fix", {"aws": aws})
    assert patch.left_out == ()
    blocks: dict[str, str] = {}
    whole = "".join(git(repo, "show", f"hipaa/fix:{path}") + "\n" for path in patch.files)
    for block in parse(whole).blocks:
        if block.type == "resource":
            start = whole.index(f'resource "{block.labels[0]}" "{block.labels[1]}"')
            blocks[block.labels[0]] = " ".join(whole[start : whole.index("\n}\n", start)].split())
    return blocks, whole


def test_the_watchers_of_a_region_are_blocks_in_the_order_that_they_need(aws: Cloud, repo: Path) -> None:
    account_services.build(aws)
    blocks, whole = written(aws, repo, *account_services.PLAYBOOKS)
    recorder = blocks["aws_config_configuration_recorder"]
    assert "all_supported = true" in recorder
    assert "role_arn = aws_iam_service_linked_role." in recorder
    channel = blocks["aws_config_delivery_channel"]
    assert "s3_bucket_name = aws_s3_bucket." in channel
    assert "depends_on = [aws_config_configuration_recorder." in channel
    status = blocks["aws_config_configuration_recorder_status"]
    assert "depends_on = [aws_config_delivery_channel." in status
    assert "enable = true" in blocks["aws_guardduty_detector"]
    standard = blocks["aws_securityhub_standards_subscription"]
    assert "standards/aws-foundational-security-best-practices/v/1.0.0" in standard
    assert "depends_on = [aws_securityhub_account." in standard
    assert 'type = "ACCOUNT"' in blocks["aws_accessanalyzer_analyzer"]
    assert 'status = "ENABLED"' in blocks["aws_macie2_account"]
    kinds = 'resource_types = ["EC2", "ECR", "LAMBDA", "LAMBDA_CODE"]'
    assert kinds in blocks["aws_inspector2_enabler"].replace("[ ", "[").replace(" ]", "]").replace(", ]", "]")
    assert "import {" not in whole


def test_what_is_there_already_is_imported(aws: Cloud, repo: Path) -> None:
    ssm.build(aws)
    settings = ("aws.ssm.default-host-management", "aws.ssm.block-public-documents", "aws.ecr.public-policy")
    blocks, whole = written(aws, repo, *settings)
    assert 'id = "portal/api"' in " ".join(whole.split())
    assert "Public" not in blocks["aws_ecr_repository_policy"]
    assert 'setting_value = "Disable"' in whole
    assert "setting_value = aws_iam_role.hipaa_tui_ssm_hosts.name" in " ".join(whole.split())


def test_a_web_acl_refers_to_nothing_that_is_not_there(aws: Cloud, repo: Path) -> None:
    waf.build(aws)
    blocks, _ = written(aws, repo, "aws.waf.web-acl", "aws.waf.logging")
    acl = blocks["aws_wafv2_web_acl"]
    assert acl.count("managed_rule_group_statement {") == 3
    assert acl.count("count {") == 3
    assert "web_acl_arn = aws_wafv2_web_acl.hipaa_tui.arn" in blocks["aws_wafv2_web_acl_association"]
    logging = blocks["aws_wafv2_web_acl_logging_configuration"]
    assert "log_destination_configs = [aws_cloudwatch_log_group." in logging.replace("[ ", "[")
    assert logging.count("redacted_fields {") == 3


def test_what_was_applied_is_imported_by_the_names_that_the_cloud_gave(
    aws: Cloud, repo: Path, tmp_path: Path
) -> None:
    waf.build(aws)
    _, whole = written(aws, repo, "aws.waf.web-acl", journal=Journal(open_store(tmp_path / "h" / "store.db")))
    acl = resource_type("AWS::WAFv2::WebACL").target("hipaa-tui", ACCOUNT, REGION)
    assert acl is not None
    identity = setting("aws.wafv2.web-acl").read(aws, acl).identity
    assert f'id = "{identity["Id"]}/hipaa-tui/REGIONAL"' in " ".join(whole.split())
    assert whole.count(f'"{identity["Arn"]},arn:aws:') == 2


@pytest.mark.parametrize("id", EDITS)
def test_an_argument_of_a_big_block_is_said_as_an_edit(id: str) -> None:
    """Only what is to be set stands there, and all of it is in the provider's schema."""
    snippets = Snippets(content_folder("snippets") / "terraform")
    values: list[Any] = [EDITS[id]]
    if id == "aws.ssm.document-sharing":
        values.append({"AccountIds": [ACCOUNT]})
    for value in values:
        (block,) = snippets.fill(id, {"value": value}, {}, lambda text: None, folder="edits").blocks
        assert block.labels == (setting(id).terraform[0], "edit")
        wrong = [one for one in schema.problems(block.to_write()) if " lacks " not in one]
        assert wrong == []
