"""A plan's policy and rules end up where the repository keeps them: data blocks, JSON files, modules, .tf.json."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.errors import RefusedError
from tests.patches.patch_clouds import commit_tree, git, plan_for

ACCOUNT, REGION = "123456789012", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
READ = {
    "Sid": "Read",
    "Effect": "Allow",
    "Principal": {"AWS": ROLE},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::phi-records/*",
}
BUCKET = 'resource "aws_s3_bucket" "phi" {\n  bucket = "phi-records"\n}\n'
HEAD = BUCKET + '\nresource "aws_s3_bucket_policy" "phi" {\n  bucket = aws_s3_bucket.phi.id\n'
ENCODED = """jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Read"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/app" }
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.phi.arn}/*"
      },
    ]
  })"""
CALLER = 'data "aws_caller_identity" "me" {}\n'
DATA = """\
data "aws_iam_policy_document" "phi" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.phi.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::123456789012:role/app"]
    }
  }
}
"""


@pytest.fixture
def plan(aws):
    """A bucket with a policy that is to refuse plain HTTP as well."""
    document = {"Version": "2012-10-17", "Statement": [READ]}
    for operation, arguments in (
        ("CreateBucket", {}),
        ("PutBucketPolicy", {"Policy": json.dumps(document)}),
    ):
        aws.call(Call("aws", "s3", operation, {"Bucket": "phi-records", **arguments}, REGION))
    target = resource_type("AWS::S3::Bucket").target("arn:aws:s3:::phi-records", ACCOUNT, REGION)
    return plan_for(aws, ("aws.s3.tls-only", target))


def make(repo, aws, plan, files, **options):
    commit_tree(repo, files)
    return make_patch(plan, repo, "hipaa/fix", {"aws": aws}, options=PatchOptions(**options))


def added_lines(repo, path):
    """The lines that the patch adds; it takes none away."""
    rows = git(repo, "diff", "main", "hipaa/fix", "--", path).splitlines()
    assert not [row for row in rows if row.startswith("-") and not row.startswith("---")]
    return [row[1:] for row in rows if row.startswith("+") and not row.startswith("+++")]


def test_in_the_argument_with_an_account_that_is_asked_for(repo, aws, plan):
    patch = make(repo, aws, plan, {"main.tf": HEAD + f"  policy = {ENCODED}\n}}\n" + CALLER})
    assert (patch.files, patch.left_out) == (("main.tf",), ())
    rows = added_lines(repo, "main.tf")
    assert rows[0] == "      {"
    assert any('"${aws_s3_bucket.phi.arn}/*"' in row for row in rows)
    assert any("SecureTransport" in row for row in rows)


def test_in_a_local(repo, aws, plan):
    local = f"locals {{\n  policy = {ENCODED}\n}}\n"
    patch = make(repo, aws, plan, {"main.tf": HEAD + "  policy = local.policy\n}\n", "l.tf": local + CALLER})
    assert patch.files == ("l.tf",)
    assert added_lines(repo, "l.tf")[0] == "      {"


def test_in_the_data_block(repo, aws, plan):
    main = HEAD + "  policy = data.aws_iam_policy_document.phi.json\n}\n"
    patch = make(repo, aws, plan, {"main.tf": main, "policy.tf": DATA})
    assert patch.files == ("policy.tf",)
    assert added_lines(repo, "policy.tf")[:2] == ["", "  statement {"]


def test_a_data_block_that_others_read_is_left_to_the_user(repo, aws, plan):
    main = HEAD + "  policy = data.aws_iam_policy_document.phi.json\n}\n"
    other = 'resource "aws_sns_topic" "x" {\n  policy = data.aws_iam_policy_document.phi.json\n}\n'
    with pytest.raises(RefusedError, match=r"aws_sns_topic\.x would be changed, too"):
        make(repo, aws, plan, {"main.tf": main, "policy.tf": DATA + other})
    assert make_patch(plan, repo, "hipaa/fix", {"aws": aws}, options=PatchOptions(shared={"all"})).files


@pytest.mark.parametrize("call", ['file("policies/phi.json")', 'file("${path.module}/policies/phi.json")'])
def test_in_a_json_file(repo, aws, plan, call):
    text = json.dumps({"Version": "2012-10-17", "Statement": [READ]}, indent=4) + "\n"
    main = HEAD + f"  policy = {call}\n}}\n"
    patch = make(repo, aws, plan, {"main.tf": main, "policies/phi.json": text})
    assert patch.files == ("policies/phi.json",)
    document = json.loads(git(repo, "show", "hipaa/fix:policies/phi.json"))
    assert document["Statement"][0] == READ
    assert document["Statement"][1]["Resource"] == ["arn:aws:s3:::phi-records", "arn:aws:s3:::phi-records/*"]
    rows = git(repo, "diff", "main", "hipaa/fix").splitlines()
    assert [row for row in rows if row.startswith("-") and not row.startswith("---")] == []


def test_in_a_template_file(repo, aws, plan):
    text = json.dumps({"Version": "2012-10-17", "Statement": [{**READ, "Resource": "${arn}/*"}]}, indent=2)
    main = HEAD + '  policy = templatefile("p.tftpl", { arn = aws_s3_bucket.phi.arn })\n}\n'
    patch = make(repo, aws, plan, {"main.tf": main, "p.tftpl": text})
    assert patch.files == ("p.tftpl",)
    now = git(repo, "show", "hipaa/fix:p.tftpl")
    assert '"Resource": "${arn}/*"' in now
    assert now.startswith(text[: text.index("\n  ]")])


@pytest.mark.parametrize(
    ("policy", "files", "sentence"),
    [
        ('file("gone.json")', {}, "gone.json, which file.* reads, is not in the commit"),
        ("file(var.name)", {}, "known only to Terraform"),
        ('templatefile("t.json", {})', {"t.json": "%{ if true }{}%{ endif }"}, "t.json, line 1: .*directives"),
        ('file("t.json")', {"t.json": "{ not JSON"}, "t.json, line 1: .*not JSON"),
        ("data.aws_iam_policy_document.gone.json", {}, "is not declared in the commit"),
        ("data.aws_iam_policy_document.phi.json", {"p.tf": DATA.replace("statement {", "override_json = var.more\n  statement {", 1)},
         "override_json"),
    ],
)  # fmt: skip
def test_what_cannot_be_edited_is_said(repo, aws, plan, policy, files, sentence):  # noqa: PLR0917 - fixtures
    with pytest.raises(RefusedError, match=sentence):
        make(repo, aws, plan, {"main.tf": HEAD + f"  policy = {policy}\n}}\n", **files})
    assert git(repo, "branch", "--list", "hipaa/fix") == ""


MODULE = """\
variable "name" {}

resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.phi.json
}

""" + DATA.replace("aws_s3_bucket.phi", "aws_s3_bucket.this")


def test_a_module_gets_literals_only_where_every_use_is_planned(repo, aws, plan):
    call = 'module "phi" {\n  source = "./m"\n  name   = "phi-records"\n}\n'
    patch = make(repo, aws, plan, {"main.tf": call, "m/main.tf": MODULE})
    assert patch.files == ("m/main.tf",)
    assert any('"arn:aws:s3:::phi-records/*"' in row for row in added_lines(repo, "m/main.tf"))


def test_a_module_of_two_buckets_is_not_changed_for_one(repo, aws, plan):
    call = 'module "phi" {\n  source = "./m"\n  name   = "phi-records"\n}\n'
    calls = call + call.replace('"phi"', '"other"').replace("phi-records", "other-records")
    with pytest.raises(
        RefusedError, match=r"module\.other\.aws_s3_bucket_policy\.this would be changed, too"
    ):
        make(repo, aws, plan, {"main.tf": calls, "m/main.tf": MODULE})


JSON_FILE = {
    "resource": {
        "aws_s3_bucket": {"phi": {"bucket": "phi-records"}},
        "aws_s3_bucket_policy": {
            "phi": {"bucket": "${aws_s3_bucket.phi.id}", "policy": "${data.aws_iam_policy_document.phi.json}"}
        },
    }
}


def test_a_json_configuration_is_looked_into(repo, aws, plan):
    text = json.dumps(JSON_FILE, indent=2) + "\n"
    patch = make(repo, aws, plan, {"main.tf.json": text, "policy.tf": DATA})
    assert patch.files == ("policy.tf",)
    assert "was not read" not in patch.message


def test_a_policy_in_a_json_configuration(repo, aws, plan):
    files = json.loads(json.dumps(JSON_FILE))
    quoted = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
    files["resource"]["aws_s3_bucket_policy"]["phi"]["policy"] = quoted
    text = json.dumps(files, indent=2) + "\n"
    patch = make(repo, aws, plan, {"main.tf.json": text})
    assert patch.files == ("main.tf.json",)
    now = git(repo, "show", "hipaa/fix:main.tf.json")
    at = text.index('"policy": ')
    assert now[:at] == text[:at]
    policy = json.loads(now)["resource"]["aws_s3_bucket_policy"]["phi"]["policy"]
    assert "${aws_s3_bucket.phi.arn}/*" in policy
    resources = json.loads(policy.replace("${aws_s3_bucket.phi.arn}", "arn:aws:s3:::phi-records"))[
        "Statement"
    ]
    assert resources[0] == READ


# -- rules of a security group

RULES = """\
resource "aws_security_group" "web" {
  name        = "web"
  description = "web"
  vpc_id      = "%s"

  # who gets in
%s}
"""
PLAIN = """\
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"] # ssh
  }

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
"""
DYNAMIC = """\
  dynamic "ingress" {
    for_each = local.rules
    content {
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = "tcp"
      cidr_blocks = ingress.value.from
    }
  }
"""
LOCALS = """\
locals {
  rules = {
    ssh = { port = 22, from = ["0.0.0.0/0"] } # the team
    web = { port = 443, from = ["0.0.0.0/0"] }
  }
}
"""


@pytest.fixture
def group(aws):
    """A plan for a group that lets everybody in by SSH, and the group's VPC."""

    def ask(operation, **arguments):
        return aws.call(Call("aws", "ec2", operation, arguments, REGION))

    vpc = ask("DescribeVpcs")["Vpcs"][0]["VpcId"]
    id = ask("CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    for port in (22, 443):
        ranges = [{"CidrIp": "0.0.0.0/0"}]
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
        ask("AuthorizeSecurityGroupIngress", GroupId=id, IpPermissions=[rule])
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{id}"
    target = resource_type("AWS::EC2::SecurityGroup").target(arn, ACCOUNT, REGION)
    return plan_for(aws, ("aws.ec2.security-group-open", target)), vpc


@pytest.mark.parametrize(
    ("rules", "more", "change"),
    [
        (PLAIN, "", ("main.tf", '["0.0.0.0/0"] # ssh')),
        (DYNAMIC, LOCALS, ("more.tf", '["0.0.0.0/0"] } # the team')),
        (DYNAMIC.replace("local.rules", "var.rules"),
         'variable "rules" {\n  default = ' + LOCALS.split("rules = ")[1].rsplit("}\n", 1)[0] + "}\n",
         ("more.tf", '["0.0.0.0/0"] } # the team')),
        (DYNAMIC.replace("local.rules", LOCALS.split("rules = ")[1].rsplit("}\n", 1)[0].strip()),
         "", ("main.tf", '["0.0.0.0/0"] } # the team')),
    ],
    ids=["blocks", "local", "variable", "in place"],
)  # fmt: skip
def test_one_rule_is_narrowed_where_it_is_written(repo, aws, group, rules, more, change):  # noqa: PLR0917 - fixtures
    (plan, vpc), (path, old) = group, change
    files = {"main.tf": RULES % (vpc, rules), "more.tf": more or "# nothing\n"}
    patch = make(repo, aws, plan, files)
    assert (patch.files, patch.left_out) == ((path,), ())
    assert old in files[path]
    wanted = old.replace("0.0.0.0/0", "10.0.0.0/8")
    assert git(repo, "show", f"hipaa/fix:{path}") + "\n" == files[path].replace(old, wanted)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (DYNAMIC, "in element \"ssh\" of local.rules set from = "),
        (DYNAMIC.replace("local.rules", "concat(local.a, local.b)"), r"their for_each is concat\(local.a, local.b\)"),
        (DYNAMIC.replace("ingress.value.from", '["0.0.0.0/0"]'), 'cidr_blocks is .* for all of them: for element "ssh"'),
    ],
)  # fmt: skip
def test_which_rule_a_person_has_to_change_is_said(repo, aws, group, rules, sentence):
    plan, vpc = group
    locals_ = LOCALS.replace('["0.0.0.0/0"] } # the team', '["0.0.0.0/0"], by = var.team } # the team')
    with pytest.raises(RefusedError, match=sentence):
        make(repo, aws, plan, {"main.tf": RULES % (vpc, rules), "l.tf": locals_})
