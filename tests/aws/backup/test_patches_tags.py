"""The tag that a plan goes by is added where the table's block or the module's call takes its tags."""

from __future__ import annotations

import pytest

from hipaa_tui.patches.create import make_patch
from tests.aws.guards import do
from tests.aws.patches import found
from tests.patches.patch_clouds import commit_tree, git, plan_for

MODULE = """\
variable "name" {}

variable "tags" {
  default = {}
}

resource "aws_dynamodb_table" "this" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }
}
"""
CALL = """\
locals {
  tags = { team = "records" }
}

module "tables" {
  source   = "./modules/table"
  for_each = toset(["patients", "visits"])

  name = each.key
  tags = %s # as everywhere
}

resource "aws_s3_bucket" "other" {
  bucket = "others"
  tags   = local.tags
}
"""


def table(aws, name, **tags):
    given = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    arn = do(aws, "dynamodb", "CreateTable", TableName=name, **given)["TableDescription"]["TableArn"]
    return found("AWS::DynamoDB::Table", arn)


def patched(repo, aws, files, *targets):
    commit_tree(repo, files)
    plan = plan_for(aws, *(("aws.dynamodb.in-backup-plan", one) for one in targets))
    patch = make_patch(plan, repo, "fix", {"aws": aws})
    tagged = {one.id for one in plan.changes if one.setting == "aws.backup.table-in-plan"}
    assert tagged
    assert not tagged & {one.change for one in patch.left_out}
    return {path: git(repo, "show", f"fix:{path}") + "\n" for path in patch.files}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("local.tags", 'merge(local.tags, { "hipaa:phi" = "true" })'),
        (
            "merge(local.tags, { Name = each.key })",
            'merge(local.tags, { Name = each.key, "hipaa:phi" = "true" })',
        ),
        ('{ team = "records" }', '{ team = "records", "hipaa:phi" = "true" }'),
    ],
)
def test_a_call_for_several_tables_gets_the_tag_beside_what_they_share(repo, aws, given, wanted):
    own = {"Name": "{}"} if "Name" in given else {}
    targets = [
        table(aws, name, team="records", **dict.fromkeys(own, name)) for name in ("patients", "visits")
    ]
    texts = patched(repo, aws, {"main.tf": CALL % given, "modules/table/main.tf": MODULE}, *targets)
    assert texts["main.tf"] == CALL % wanted
    assert "modules/table/main.tf" not in texts


def test_a_block_of_its_own_gets_the_tag_at_the_block(repo, aws):
    block = MODULE[MODULE.index("resource") :].replace("var.name", '"patients"').replace("var.", "local.")
    files = {"main.tf": CALL.partition("module")[0] + block}
    texts = patched(repo, aws, files, table(aws, "patients", team="records"))
    assert 'merge(local.tags, { "hipaa:phi" = "true" })' in texts["main.tf"]
    assert texts["main.tf"].startswith(files["main.tf"].partition("local.tags\n")[0])
