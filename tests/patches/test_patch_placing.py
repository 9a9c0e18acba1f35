"""New blocks stand where a reviewer of the repository looks for them, in its own habits."""

from __future__ import annotations

import pytest

from hipaa_tui.patches.create import make_patch
from tests.patches.patch_clouds import commit_tree, git, plan_for
from tests.patches.test_patch_aws import bucket

BUCKET = """\
# The archive of everything.
resource "aws_s3_bucket" "archive" {
  bucket = "phi-records"
  tags   = local.tags
}
"""
FOLLOWING = """\

resource "aws_s3_bucket_ownership_controls" "archive" {
  bucket = aws_s3_bucket.archive.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}
"""
OTHERS = """\

resource "aws_sqs_queue" "jobs" { # last
  name = "jobs"
  tags = merge(local.tags, { purpose = "jobs" })
}
"""
LOCALS = 'locals {\n  tags = { team = "records" }\n}\n'


def make(repo, aws, files, *fix_requests):
    commit_tree(repo, files)
    patch = make_patch(plan_for(aws, *fix_requests), repo, "fix", {"aws": aws})
    return patch, {path: git(repo, "show", f"fix:{path}") + "\n" for path in patch.files}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_block_stands_behind_what_it_belongs_to(repo, aws, newline):
    text = (BUCKET + FOLLOWING + OTHERS).replace("\n", newline)
    (repo / "storage.tf").write_bytes(text.encode())
    patch, _ = make(repo, aws, {"locals.tf": LOCALS}, ("aws.s3.versioning", bucket(aws, "phi-records")))
    assert patch.addresses == ("aws_s3_bucket_versioning.archive",)
    git(repo, "checkout", "-q", "fix")
    now = (repo / "storage.tf").read_bytes().decode()
    before, _, after = now.partition("# Versioning of phi-records")
    assert before == (BUCKET + FOLLOWING).replace("\n", newline) + newline
    assert after.endswith(OTHERS.replace("\n", newline)), "what stood behind it stands behind it"
    assert (
        f'resource "aws_s3_bucket_versioning" "archive" {{{newline}  bucket = aws_s3_bucket.archive.id'
        in after
    )
    assert now.count("\n") == now.count(newline)


def test_what_has_no_relatives_gets_a_file_of_its_own_and_the_common_tags(repo, aws):
    target = bucket(aws, "phi-records")
    files = {"main.tf": LOCALS + BUCKET + OTHERS}
    patch, texts = make(repo, aws, files, ("aws.s3.default-encryption", target))
    assert {"main.tf", "hipaa-aws-s3-default-encryption.tf"} <= set(patch.files)
    key = texts["hipaa-aws-s3-default-encryption.tf"]
    assert "tags = merge(local.tags, {" in " ".join(key.split()) or "tags = local.tags" in " ".join(
        key.split()
    )
    assert "aws_s3_bucket_server_side_encryption_configuration" in texts["main.tf"]


def test_a_type_that_the_repository_has_goes_to_its_file(repo, aws):
    keys = 'resource "aws_kms_key" "other" {\n  description = "other"\n}\n'
    patch, texts = make(
        repo,
        aws,
        {"keys.tf": keys, "main.tf": BUCKET},
        ("aws.s3.default-encryption", bucket(aws, "phi-records")),
    )
    assert "keys.tf" in patch.files
    assert texts["keys.tf"].startswith(keys)
    assert texts["keys.tf"].count('resource "aws_kms_key"') == 2
    assert 'resource "aws_kms_alias"' in texts["keys.tf"], "and what belongs to it goes with it"


def test_tags_of_one_block_are_no_habit(repo, aws):
    _, texts = make(
        repo, aws, {"main.tf": LOCALS + BUCKET}, ("aws.s3.default-encryption", bucket(aws, "phi-records"))
    )
    assert "local.tags" not in texts["hipaa-aws-s3-default-encryption.tf"]


def test_a_label_that_is_taken_is_not_taken_twice(repo, aws):
    taken = 'resource "aws_s3_bucket_versioning" "archive" {\n  bucket = "another"\n  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'
    patch, _ = make(repo, aws, {"main.tf": BUCKET + taken}, ("aws.s3.versioning", bucket(aws, "phi-records")))
    assert patch.addresses == ("aws_s3_bucket_versioning.archive_2",)


def test_one_of_many_is_referred_to_with_its_key(repo, aws):
    many = 'resource "aws_s3_bucket" "all" {\n  for_each = toset(["phi-records", "x"])\n  bucket   = lower(each.key)\n}\n'
    _, texts = make(repo, aws, {"main.tf": many}, ("aws.s3.versioning", bucket(aws, "phi-records")))
    assert 'bucket = aws_s3_bucket.all["phi-records"].id' in texts["main.tf"]
