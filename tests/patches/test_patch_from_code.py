"""From a scanner's report of Terraform code to the edit of the very block that it names: load, plan, patch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.code.finding_locator import Where
from hipaa_tui.providers.model import Call, Cloud
from hipaa_tui.support.config import Config, Home, TerraformCode
from hipaa_tui.support.errors import InputError
from hipaa_tui.workbench import LoadReport, Workbench
from tests.aws.server import ACCOUNT, REGION
from tests.patches.code_reports import (
    checkov,
    checkov_row,
    kics,
    kics_row,
    sarif,
    sarif_row,
    trivy,
    trivy_row,
)
from tests.patches.patch_clouds import commit_tree, git

ROOT = f"""\
provider "aws" {{
  region = "{REGION}"
}}

locals {{
  team = "records"
}}

# What patients bring along.
resource "aws_s3_bucket" "phi" {{
  bucket = "phi-${{local.team}}"
}}

resource "aws_s3_bucket_versioning" "phi" {{
  bucket = aws_s3_bucket.phi.id
  versioning_configuration {{
    status = "Suspended" # saves money
  }}
}}

module "intake" {{
  source   = "./modules/queue"
  for_each = toset(["fax", "web"])
  name     = "intake-${{each.key}}"
}}
"""
QUEUE = """\
variable "name" {
  type = string
}

resource "aws_sqs_queue" "this" {
  name                    = var.name
  sqs_managed_sse_enabled = false
}
"""
FILES = {"infra/main.tf": ROOT, "infra/modules/queue/main.tf": QUEUE}
VERSIONING_LINE = ROOT.split("\n").index('resource "aws_s3_bucket_versioning" "phi" {') + 1


@pytest.fixture
def bench(aws: Cloud, repo: Path, tmp_path: Path) -> Iterator[Workbench]:
    """A workbench on the account that the repository describes."""
    commit_tree(repo, FILES)
    calls = [
        Call("aws", "s3", "CreateBucket", {"Bucket": "phi-records"}, REGION),
        *(
            Call(
                "aws",
                "sqs",
                "CreateQueue",
                {"QueueName": f"intake-{key}", "Attributes": {"SqsManagedSseEnabled": "false"}},
                REGION,
            )
            for key in ("fax", "web")
        ),
    ]
    for call in calls:
        aws.call(call)
    found = Workbench(Home(tmp_path / "home"), Config())
    found.clouds = {"aws": aws}
    yield found


def load(bench: Workbench, tmp_path: Path, report: Any, **where: Any) -> LoadReport:
    path = tmp_path / "report"
    path.write_text(json.dumps(report))
    chosen = Where(tmp_path / "repo" / "infra", **{"account": ACCOUNT} | where)
    return bench.load([path], where=chosen)


REPORTS = {
    "checkov": checkov(
        checkov_row(
            "CKV_AWS_21",
            file_abs_path="/ci/repo/infra/main.tf",
            file_line_range=[VERSIONING_LINE, VERSIONING_LINE + 5],
            resource="aws_s3_bucket_versioning.phi",
        )
    ),
    "sarif": sarif(sarif_row("AWS-0090", "infra/main.tf", VERSIONING_LINE + 3), tool="Trivy"),
    "trivy": trivy(
        trivy_row(
            "AVD-AWS-0090",
            cause={"Resource": "aws_s3_bucket_versioning.phi", "StartLine": VERSIONING_LINE + 3},
        )
    ),
    "kics": kics(kics_row(line=VERSIONING_LINE, search_key="aws_s3_bucket_versioning[phi].status")),
}


@pytest.mark.parametrize("tool", REPORTS)
def test_the_block_that_a_scanner_names_is_the_one_that_is_edited(bench, repo, tmp_path, tool):
    report = load(bench, tmp_path, REPORTS[tool])
    assert (report.located, report.unlocated, report.new) == (1, 0, 1), report.files
    (row,) = bench.queue()
    assert row.sources == (tool,)
    assert (row.resource, row.playbook) == ("arn:aws:s3:::phi-records", "aws.s3.versioning")
    assert "main.tf:" in row.detail
    plan = bench.plan(everything=True)
    patch = bench.patches.create(plan, repo / "infra", "hipaa/fix")
    assert patch.left_out == ()
    assert patch.files == ("infra/main.tf",)
    changed = git(repo, "show", "hipaa/fix:infra/main.tf") + "\n"
    assert changed == ROOT.replace('"Suspended" #', '"Enabled" #')


def test_a_row_in_a_module_is_a_finding_for_each_call_and_one_edit(bench, repo, tmp_path):
    report = load(bench, tmp_path, sarif(sarif_row("CKV_AWS_27", "modules/queue/main.tf", 6)))
    assert (report.read, report.located, report.new) == (1, 1, 2)
    assert report.files[0]["findings"] == 2
    assert {row.resource for row in bench.queue()} == {
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:intake-{key}" for key in ("fax", "web")
    }
    plan = bench.plan(everything=True)
    patch = bench.patches.create(plan, repo / "infra", "hipaa/fix")
    assert "infra/modules/queue/main.tf" in patch.files
    assert "sqs_managed_sse_enabled = false" not in git(repo, "show", "hipaa/fix:infra/modules/queue/main.tf")


def test_what_one_scanner_reports_twice_is_one_finding_with_two_sources(bench, tmp_path):
    load(bench, tmp_path, REPORTS["checkov"])
    again = load(bench, tmp_path, sarif(sarif_row("CKV_AWS_21", "main.tf", VERSIONING_LINE)), account=ACCOUNT)
    assert (again.new, again.merged) == (0, 1)
    (row,) = bench.queue()
    assert row.sources == ("checkov", "sarif")


def test_rows_that_lead_nowhere_are_counted_with_their_reason_and_the_others_kept(bench, tmp_path):
    rows = [
        checkov_row("CKV_AWS_21", file_abs_path="/etc/other.tf", file_path="/other.tf", repo_file_path=None)
    ]
    rows += REPORTS["checkov"]["results"]["failed_checks"]
    report = load(bench, tmp_path, checkov(*rows))
    assert (report.located, report.unlocated, report.new) == (1, 1, 1)
    (lost,) = report.files[0]["unlocated"]
    assert (lost["where"], lost["check"]) == ("row 1, failed_checks row 1", "CKV_AWS_21")
    assert "other.tf is not in the repository" in lost["reason"]


def test_without_a_repository_nothing_is_kept_and_config_names_one(bench, repo, tmp_path):
    path = tmp_path / "report"
    path.write_text(json.dumps(REPORTS["checkov"]))
    with pytest.raises(InputError, match="--repo DIR"):
        bench.load([path])
    assert bench.queue() == []
    code = TerraformCode(repo / "infra", accounts=(ACCOUNT,))
    configured = Workbench(Home(tmp_path / "home"), Config(terraform=(code,)))
    assert configured.load([path]).located == 1
