"""A key that the root module makes is handed down to a block in a module, by a variable in each module on the way."""

from __future__ import annotations

from hipaa_tui.patches.create import make_patch
from tests.patches.patch_clouds import commit_tree, git, plan_for
from tests.patches.test_patch_aws import ask, aws_target

TOPIC = """\
variable "name" {}

resource "aws_sns_topic" "this" {
  name = var.name
}
"""
CALL = """\
module "alerts" {
  source = "./modules/topic"
  name   = "alerts"
}
"""
GIVEN = CALL.replace('"alerts"\n}', '"alerts"\n\n  kms_master_key_id = aws_kms_key.hipaa_tui_topics.arn\n}')
DECLARED = """
variable "kms_master_key_id" {
  description = "The kms_master_key_id of aws_sns_topic.this"
  type        = string
  default     = null
}
"""
ENCRYPTED = TOPIC.replace("var.name\n}", "var.name\n\n  kms_master_key_id = var.kms_master_key_id\n}")


def topic(aws, name):
    return aws_target("AWS::SNS::Topic", ask(aws, "sns", "CreateTopic", Name=name)["TopicArn"])


def patched(repo, aws, files, *names):
    commit_tree(repo, files)
    plan = plan_for(aws, *(("aws.sns.encryption", topic(aws, name)) for name in names))
    patch = make_patch(plan, repo, "fix", {"aws": aws})
    assert patch.left_out == ()
    return {path: git(repo, "show", f"fix:{path}") + "\n" for path in patch.files}


def test_a_key_is_handed_to_the_module_of_the_topic(repo, aws):
    texts = patched(repo, aws, {"main.tf": CALL, "modules/topic/main.tf": TOPIC}, "alerts")
    assert texts["main.tf"] == GIVEN
    assert texts["modules/topic/main.tf"] == ENCRYPTED + DECLARED


def test_the_variable_stands_where_the_module_has_its_variables(repo, aws):
    variables, block = TOPIC.split("\n\n")
    files = {
        "main.tf": CALL,
        "modules/topic/main.tf": block,
        "modules/topic/variables.tf": (variables + "\n").replace("\n", "\r\n"),
    }
    patched(repo, aws, files, "alerts")
    git(repo, "checkout", "-q", "fix")
    found = (repo / "modules/topic/variables.tf").read_bytes().decode()
    assert found == (variables + "\n" + DECLARED).replace("\n", "\r\n")


def test_those_who_call_the_module_otherwise_keep_what_they_have(repo, aws):
    other = CALL.replace("alerts", "news")
    texts = patched(repo, aws, {"main.tf": CALL + "\n" + other, "modules/topic/main.tf": TOPIC}, "alerts")
    assert texts["main.tf"] == GIVEN + "\n" + other


def test_what_the_block_says_so_far_is_the_default(repo, aws):
    plain = TOPIC.replace("var.name\n}", 'var.name\n  kms_master_key_id = "alias/aws/sns"\n}')
    texts = patched(repo, aws, {"main.tf": CALL, "modules/topic/main.tf": plain}, "alerts")
    assert texts["modules/topic/main.tf"] == plain.replace('"alias/aws/sns"', "var.kms_master_key_id") + (
        DECLARED.replace("null", '"alias/aws/sns"')
    )


def test_two_calls_share_the_variable(repo, aws):
    files = {"main.tf": CALL + "\n" + CALL.replace("alerts", "news"), "modules/topic/main.tf": TOPIC}
    texts = patched(repo, aws, files, "alerts", "news")
    assert texts["main.tf"] == GIVEN + "\n" + GIVEN.replace("alerts", "news")
    assert texts["modules/topic/main.tf"] == ENCRYPTED + DECLARED


def test_every_module_on_the_way_hands_it_down(repo, aws):
    middle = 'module "inner" {\n  source = "../topic"\n  name   = "alerts"\n}\n'
    files = {
        "main.tf": 'module "outer" {\n  source = "./modules/outer"\n}\n',
        "modules/outer/main.tf": middle,
        "modules/topic/main.tf": TOPIC,
    }
    texts = patched(repo, aws, files, "alerts")
    assert "  kms_master_key_id = aws_kms_key.hipaa_tui_topics.arn\n" in texts["main.tf"]
    assert "  kms_master_key_id = var.kms_master_key_id\n" in texts["modules/outer/main.tf"]
    assert texts["modules/outer/main.tf"].endswith(DECLARED)
    assert texts["modules/topic/main.tf"] == ENCRYPTED + DECLARED


def test_a_name_that_the_module_has_already_is_not_taken_twice(repo, aws):
    taken = TOPIC + '\nvariable "kms_master_key_id" {\n  default = "for something else"\n}\n'
    texts = patched(repo, aws, {"main.tf": CALL, "modules/topic/main.tf": taken}, "alerts")
    assert "= var.sns_topic_kms_master_key_id\n" in texts["modules/topic/main.tf"]
    assert "  sns_topic_kms_master_key_id = aws_kms_key" in texts["main.tf"]


def test_a_block_that_all_would_get_is_refused(repo, aws):
    table = """\
variable "name" {}

resource "aws_dynamodb_table" "this" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}
"""
    given = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    arn = ask(aws, "dynamodb", "CreateTable", TableName="alerts", **given)["TableDescription"]["TableArn"]
    calls = CALL + "\n" + CALL.replace("alerts", "news")
    commit_tree(repo, {"main.tf": calls, "modules/topic/main.tf": table})
    plan = plan_for(aws, ("aws.dynamodb.encryption", aws_target("AWS::DynamoDB::Table", arn)))
    patch = make_patch(plan, repo, "fix", {"aws": aws})
    assert "module.news.aws_dynamodb_table.this would be changed, too" in patch.left_out[0].reason
