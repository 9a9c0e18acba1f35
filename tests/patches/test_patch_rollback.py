"""A rollback has its patch too: the block that the first patch added goes again, and earlier values come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa_tui.patches.checks.terraform_plan import judged
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.edit.remove_block import without
from hipaa_tui.patches.revert import backwards
from hipaa_tui.support.errors import RefusedError
from hipaa_tui.support.json_value import ABSENT
from tests.patches.patch_clouds import ACCOUNT, commit_tree, git, plan_for, target
from tests.patches.test_patch_aws import bucket, run

MAIN = '# Ours.\nresource "aws_s3_bucket" "phi" {\n  bucket = "phi-records"\n}\n\nresource "aws_sqs_queue" "jobs" {\n  name = "jobs"\n}\n'


def back(plan, cloud):
    """As `patch --back` makes it."""
    return backwards(plan, {cloud.provider: cloud})


@pytest.fixture
def merged(repo, aws):
    """A repository in which the patch of a plan is merged, and the plan."""
    commit_tree(repo, {"main.tf": MAIN})
    plan = plan_for(aws, ("aws.s3.public-access-block", bucket(aws, "phi-records")))
    assert [one.before for one in plan.changes] == [ABSENT]
    run(aws, plan)
    make_patch(plan, repo, "fix", {"aws": aws})
    git(repo, "merge", "-q", "fix")
    assert "aws_s3_bucket_public_access_block" in (repo / "main.tf").read_text()
    return plan


@pytest.mark.parametrize("undone_already", [False, True])
def test_the_file_is_what_it_was(repo, aws, merged, undone_already):
    if undone_already:
        aws.call(
            replace(
                merged.changes[0].calls[0],
                operation="DeletePublicAccessBlock",
                arguments={"Bucket": "phi-records"},
            )
        )
    patch = make_patch(back(merged, aws), repo, "back", {"aws": aws})
    assert patch.left_out == ()
    assert git(repo, "show", "back:main.tf") + "\n" == MAIN
    assert patch.message.startswith(f"Roll back plan {merged.hash[:7]}: 1 change")


def test_what_is_referred_to_stays(repo, aws, merged):
    with (repo / "main.tf").open("a") as file:
        file.write('\noutput "closed" {\n  value = aws_s3_bucket_public_access_block.phi.id\n}\n')
    git(repo, "commit", "-qam", "more")
    with pytest.raises(RefusedError, match="closed refers to it: remove both by hand"):
        make_patch(back(merged, aws), repo, "back", {"aws": aws})


def test_without_a_block_there_is_nothing_to_take_out(repo, aws, merged):
    (repo / "main.tf").write_text(MAIN)
    git(repo, "commit", "-qam", "reverted")
    with pytest.raises(
        RefusedError, match="no block in this folder manages it, so there is nothing to remove"
    ):
        make_patch(back(merged, aws), repo, "back", {"aws": aws})


def test_an_earlier_value_comes_back_in_place(repo, azure):
    main = 'resource "azurerm_storage_account" "mine" {\n  name            = "patientfiles"\n  min_tls_version = "TLS1_0" # fax\n}\n'
    commit_tree(repo, {"main.tf": main})
    plan = plan_for(azure, ("azure.storage.secure-transfer", target(ACCOUNT)))
    make_patch(plan, repo, "fix", {"azure": azure})
    git(repo, "merge", "-q", "fix")
    make_patch(back(plan, azure), repo, "back", {"azure": azure})
    now = git(repo, "show", "back:main.tf")
    assert '  min_tls_version = "TLS1_0" # fax\n' in now
    assert "https_traffic_only_enabled = false" in now


def test_terraform_may_destroy_what_is_taken_out_and_nothing_else():
    gone = {"address": "a.b", "change": {"actions": ["delete"], "before": {}, "after": None}}
    assert judged({"resource_changes": [gone]}, {"a.b": frozenset({"(removed)"})}) == (
        "terraform plan: 1 to destroy, nothing else"
    )
    with pytest.raises(RefusedError):
        judged({"resource_changes": [gone]}, {"a.b": frozenset({"x"})})


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_of_others_stay(newline):
    text = '# theirs\n\n# Versioning of x: aws.s3.versioning, HIPAA 164\nresource "a" "b" {\n  c = 1\n}\n\nimport {\n  to = a.b\n  id = "x"\n}\n\n# last\n'
    data = text.replace("\n", newline).encode()
    assert without(data, "a.b", comments=": aws.s3.versioning").decode() == "# theirs\n\n# last\n".replace(
        "\n", newline
    )


def test_what_the_cloud_named_meanwhile_is_read_again(repo, aws):
    """The encryption goes back to what it was, and the key, which may have encrypted data, stays in the code."""
    commit_tree(repo, {"main.tf": MAIN})
    plan = plan_for(aws, ("aws.s3.default-encryption", bucket(aws, "phi-records")))
    run(aws, plan)
    make_patch(plan, repo, "fix", {"aws": aws})
    git(repo, "merge", "-q", "fix")
    taken_back = back(plan, aws)
    assert [one.setting for one in taken_back.changes] == ["aws.s3.bucket-encryption"]
    patch = make_patch(taken_back, repo, "back", {"aws": aws})
    assert patch.left_out == ()
    assert "AES256" in git(repo, "show", "back:main.tf") or "aws_s3_bucket_server_side" not in git(
        repo, "show", "back:main.tf"
    )


CLINICS = 'resource "aws_s3_bucket" "clinic" {\n  for_each = toset(["north", "south"])\n\n  bucket = format("clinic-%s", each.key)\n}\n'


@pytest.mark.parametrize("both", [True, False])
def test_a_block_for_several_goes_when_all_of_them_go(repo, aws, both):
    commit_tree(repo, {"main.tf": CLINICS})
    north, south = bucket(aws, "clinic-north"), bucket(aws, "clinic-south")
    plan = plan_for(aws, *(("aws.s3.public-access-block", one) for one in (north, south)))
    run(aws, plan)
    make_patch(plan, repo, "fix", {"aws": aws})
    git(repo, "merge", "-q", "fix")
    assert "for_each = aws_s3_bucket.clinic" in (repo / "main.tf").read_text()
    if both:
        patch = make_patch(back(plan, aws), repo, "back", {"aws": aws})
        assert git(repo, "show", "back:main.tf") + "\n" == CLINICS
        assert len(patch.addresses) == 2
        return
    taken_back = back(plan, aws)
    with pytest.raises(RefusedError, match="creates others, too: remove these there"):
        make_patch(replace(taken_back, changes=taken_back.changes[:1]), repo, "back", {"aws": aws})
