"""A policy that lacks a statement gets it where it stands; what is there keeps every byte."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.support.errors import RefusedError
from tests.patches.patch_clouds import commit_tree, git, plan_for
from tests.patches.test_patch_aws import ask, bucket

TRAIL = {
    "Sid": "Write", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": "s3:PutObject", "Resource": "arn:aws:s3:::phi-records/AWSLogs/123456789012/*",
    "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
}  # fmt: skip
BUCKET = (
    'resource "aws_s3_bucket" "phi" {\n  bucket = "phi-records"\n}\n\ndata "aws_caller_identity" "me" {}\n\n'
)
ENCODED = (
    BUCKET
    + """\
resource "aws_s3_bucket_policy" "phi" {
  bucket = aws_s3_bucket.phi.id
  policy = jsonencode({
    Version = "2012-10-17" # ours
    Statement = [
      {
        Sid       = "Write" # CloudTrail
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["s3:PutObject"]
        Resource  = "${aws_s3_bucket.phi.arn}/AWSLogs/${data.aws_caller_identity.me.account_id}/*"
        Condition = { StringEquals = { "s3:x-amz-acl" = "bucket-owner-full-control" } }
      },
    ]
  })
}
"""
)
DOCUMENT = (
    BUCKET
    + """\
data "aws_iam_policy_document" "phi" {
  # CloudTrail
  statement {
    sid       = "Write"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.phi.arn}/AWSLogs/${data.aws_caller_identity.me.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }
  }
}

resource "aws_s3_bucket_policy" "phi" {
  bucket = aws_s3_bucket.phi.id
  policy = data.aws_iam_policy_document.phi.json
}
"""
)


HEREDOC = (
    BUCKET
    + """\
resource "aws_s3_bucket_policy" "phi" {
  bucket = aws_s3_bucket.phi.id
  policy = <<-POLICY
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "Write",   "Effect": "Allow",
          "Principal": {"Service": "cloudtrail.amazonaws.com"},
          "Action": "s3:PutObject",
          "Resource": "${aws_s3_bucket.phi.arn}/AWSLogs/${data.aws_caller_identity.me.account_id}/*",
          "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
        }
      ]
    }
  POLICY
}
"""
)


def patched(repo, aws, main):
    target = bucket(aws, "phi-records")
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRAIL]})
    ask(aws, "s3", "PutBucketPolicy", Bucket="phi-records", Policy=document)
    commit_tree(repo, {"main.tf": ""})
    (repo / "main.tf").write_bytes(main.encode())
    git(repo, "commit", "-qam", "main")
    patch = make_patch(plan_for(aws, ("aws.s3.tls-only", target)), repo, "fix", {"aws": aws})
    git(repo, "checkout", "-q", "fix")
    return patch, (repo / "main.tf").read_bytes().decode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("comma", [",", ""])
def test_a_statement_is_added_to_jsonencode(repo, aws, newline, comma):
    main = ENCODED.replace("      },\n    ]", f"      }}{comma}\n    ]").replace("\n", newline)
    patch, now = patched(repo, aws, main)
    assert patch.files == ("main.tf",)
    head, tail = main.split(f"      }}{comma}{newline}    ]")
    assert now.startswith(head + "      },")
    assert now.endswith(f"{newline}    ]{tail}"), "what stood behind it stands behind it"
    added = now.removeprefix(head + "      },").removesuffix(f"{newline}    ]{tail}")
    assert '"DenyInsecureTransport"' in added
    assert "aws_s3_bucket.phi.arn" in added
    assert added.endswith(f"      }}{comma}")
    assert now.count("\n") == now.count(newline)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_statement_is_added_to_a_policy_document(repo, aws, newline):
    main = DOCUMENT.replace("\n", newline)
    _, now = patched(repo, aws, main)
    text = now.replace("\r\n", "\n")
    assert text.startswith(DOCUMENT.split("}\n\nresource")[0])
    assert text.endswith(DOCUMENT[DOCUMENT.index('resource "aws_s3_bucket_policy"') :])
    assert (
        """\
  statement {
    sid       = "DenyInsecureTransport"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.phi.arn, "${aws_s3_bucket.phi.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
"""
        in text
    )
    assert now.count("\n") == now.count(newline)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("inline", [False, True])
def test_a_statement_is_added_to_json_in_a_heredoc(repo, aws, newline, inline):
    main = HEREDOC
    if inline:
        before, _, after = HEREDOC.partition("[\n")
        statement, _, rest = after.partition("\n      ]")
        main = f"{before}[{' '.join(statement.split())}]{rest}"
    _, now = patched(repo, aws, main.replace("\n", newline))
    text = now.replace("\r\n", "\n")
    end = main.rindex("}", 0, main.index("]\n    }"))
    assert text.startswith(main[: end + 1])
    assert text.endswith(main[end + 1 :])
    added = text[end + 1 : len(text) - len(main[end + 1 :])]
    assert json.loads(added.lstrip(", \n"))["Sid"] == "DenyInsecureTransport"
    assert '"${aws_s3_bucket.phi.arn}/*"' in added
    assert now.count("\n") == now.count(newline)
    assert inline == ("\n" not in added)


def test_a_name_that_a_function_makes_is_known_in_a_statement(repo, aws):
    named = DOCUMENT.replace('bucket = "phi-records"', 'bucket = lower("PHI-records")')
    _, now = patched(repo, aws, named)
    assert "DenyInsecureTransport" in now


@pytest.mark.parametrize(
    ("main", "sentence"),
    [
        (
            DOCUMENT.replace("  # CloudTrail\n", "  source_policy_documents = [var.base]\n"),
            "has source_policy_documents: change the statement where it is defined",
        ),
        (
            ENCODED.replace("Statement = [", "Statement = concat(var.more, [").replace(
                "    ]\n  })", "    ])\n  })"
            ),
            r"its statements are concat\(var.more.*change them where those are defined",
        ),
    ],
)
def test_a_policy_that_says_something_else_is_left_to_a_person(repo, aws, main, sentence):
    with pytest.raises(RefusedError, match=sentence):
        patched(repo, aws, main)


def test_a_statement_that_the_file_alone_has_otherwise_is_brought_to_the_plan_s(repo, aws):
    _, now = patched(repo, aws, ENCODED.replace('"s3:PutObject"', '"s3:Put*"'))
    assert '["s3:PutObject"]' in now
    assert '"DenyInsecureTransport"' in now


def test_actions_that_only_terraform_knows_stay(repo, aws):
    _, now = patched(repo, aws, DOCUMENT.replace('["s3:PutObject"]', "var.actions"))
    assert "actions   = var.actions" in now
    assert '"DenyInsecureTransport"' in now


def test_a_document_that_others_read_is_not_changed_under_them(repo, aws):
    other = 'resource "aws_s3_bucket_policy" "copy" {\n  bucket = "copies"\n  policy = data.aws_iam_policy_document.phi.json\n}\n'
    with pytest.raises(RefusedError, match=r"aws_s3_bucket_policy\.copy would be changed, too"):
        patched(repo, aws, DOCUMENT + "\n" + other)
