"""What every instance of a for_each block gets is one block with for_each."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.support.errors import RefusedError
from tests.patches.patch_clouds import commit_tree, git, plan_for
from tests.patches.test_patch_aws import ask, bucket

CLINICS = """\
resource "aws_s3_bucket" "clinic" {
  for_each = toset(["north", "south"])

  bucket = format("clinic-%s", each.key)
}
"""
PLAYBOOKS = ("aws.s3.versioning", "aws.s3.tls-only", "aws.s3.access-logging", "aws.s3.lifecycle")


def patched(repo, aws, names, *playbooks, branch="fix", **options):
    targets = [bucket(aws, name) for name in names]
    plan = plan_for(aws, *((one, target) for one in playbooks for target in targets))
    return make_patch(plan, repo, branch, {"aws": aws}, options=PatchOptions(**options))


def text_of(repo, branch="fix", path="main.tf"):
    return git(repo, "show", f"{branch}:{path}") + "\n"


def test_all_get_one_block(repo, aws):
    commit_tree(repo, {"main.tf": CLINICS})
    patch = patched(repo, aws, ("clinic-north", "clinic-south"), "aws.s3.versioning")
    assert text_of(repo) == CLINICS + (
        """
# Versioning of aws_s3_bucket.clinic: aws.s3.versioning, HIPAA 164.308(a)(1)(ii)(B) and 7 more
resource "aws_s3_bucket_versioning" "clinic" {
  for_each = aws_s3_bucket.clinic

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}
"""
    )
    assert patch.addresses == tuple(f'aws_s3_bucket_versioning.clinic["{key}"]' for key in ("north", "south"))


def test_a_shared_list_is_written_again(repo, aws):
    """`for_each = aws_s3_bucket.clinic` is what no scanner follows."""
    local = 'locals {\n  clinics = toset(["north", "south"])\n}\n\n'
    commit_tree(repo, {"main.tf": local + CLINICS.replace('toset(["north", "south"])', "local.clinics")})
    patched(repo, aws, ("clinic-north", "clinic-south"), "aws.s3.versioning", "aws.s3.access-logging")
    text = text_of(repo)
    assert "  for_each = local.clinics\n\n  bucket = aws_s3_bucket.clinic[each.key].id\n" in text
    assert '"${aws_s3_bucket.clinic[each.key].id}/"' in text
    git(repo, "merge", "-q", "fix")
    plan = plan_for(
        aws, *(("aws.s3.versioning", bucket(aws, name)) for name in ("clinic-north", "clinic-south"))
    )
    with pytest.raises(RefusedError, match="already set at"):
        make_patch(plan, repo, "again", {"aws": aws})


@pytest.mark.parametrize("playbook", ["aws.s3.versioning", "aws.s3.tls-only"])
def test_a_second_patch_knows_the_block_of_the_first(repo, aws, playbook):
    commit_tree(repo, {"main.tf": CLINICS})
    patched(repo, aws, ("clinic-north", "clinic-south"), playbook)
    git(repo, "merge", "-q", "fix")
    plan = plan_for(aws, *((playbook, bucket(aws, name)) for name in ("clinic-north", "clinic-south")))
    with pytest.raises(RefusedError, match="already set at"):
        make_patch(plan, repo, "again", {"aws": aws})


def test_what_is_there_is_imported_one_by_one(repo, aws):
    commit_tree(repo, {"main.tf": CLINICS})
    targets = [bucket(aws, name) for name in ("clinic-north", "clinic-south")]
    ask(
        aws, "s3", "PutBucketVersioning",
        Bucket="clinic-north", VersioningConfiguration={"Status": "Suspended"},
    )  # fmt: skip
    plan = plan_for(aws, *(("aws.s3.versioning", target) for target in targets))
    make_patch(plan, repo, "fix", {"aws": aws})
    text = text_of(repo)
    assert text.count('resource "aws_s3_bucket_versioning"') == 1
    assert 'import {\n  to = aws_s3_bucket_versioning.clinic["north"]\n  id = "clinic-north"\n}\n' in text
    assert text.count("import {") == 1


def test_names_and_references_are_those_of_each(repo, aws):
    commit_tree(repo, {"main.tf": CLINICS})
    patch = patched(repo, aws, ("clinic-north", "clinic-south"), *PLAYBOOKS)
    assert patch.left_out == ()
    text = text_of(repo)
    for type in ("versioning", "policy", "logging", "lifecycle_configuration"):
        assert text.count(f'resource "aws_s3_bucket_{type}" "clinic"') == 1
    assert '"${each.value.arn}/*"' in text
    assert '"${each.value.id}/"' in text
    assert "depends_on = [aws_s3_bucket_versioning.clinic]" in text
    assert "clinic-north" not in text


def test_what_only_some_need_stays_their_own(repo, aws):
    commit_tree(repo, {"main.tf": CLINICS})
    bucket(aws, "clinic-south")
    patch = patched(repo, aws, ("clinic-north",), "aws.s3.versioning")
    assert patch.addresses == ("aws_s3_bucket_versioning.clinic_north",)
    assert 'aws_s3_bucket.clinic["north"].id' in text_of(repo)


def test_what_differs_stays_apart(repo, aws):
    commit_tree(repo, {"main.tf": CLINICS})
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Team", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "s3:GetObject", "Resource": "arn:aws:s3:::clinic-north/*",
            }
        ],
    }  # fmt: skip
    north, south = bucket(aws, "clinic-north"), bucket(aws, "clinic-south")
    ask(aws, "s3", "PutBucketPolicy", Bucket="clinic-north", Policy=json.dumps(document))
    plan = plan_for(aws, ("aws.s3.tls-only", north), ("aws.s3.tls-only", south))
    make_patch(plan, repo, "fix", {"aws": aws})
    assert text_of(repo).count('resource "aws_s3_bucket_policy"') == 2


@pytest.mark.parametrize("label", ["aws_s3_bucket_versioning.clinic", "aws_s3_bucket_versioning.other"])
def test_a_label_that_is_taken_is_not_taken_again(repo, aws, label):
    name = label.partition(".")[2]
    there = f'\nresource "aws_s3_bucket_versioning" "{name}" {{\n  bucket = "others"\n  versioning_configuration {{\n    status = "Enabled"\n  }}\n}}\n'
    commit_tree(repo, {"main.tf": CLINICS + there})
    patched(repo, aws, ("clinic-north", "clinic-south"), "aws.s3.versioning")
    wanted = "clinic_2" if name == "clinic" else "clinic"
    assert f'resource "aws_s3_bucket_versioning" "{wanted}" {{\n  for_each' in text_of(repo)
