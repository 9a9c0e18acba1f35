"""What is rendered is what the folder's version of the provider knows."""

from __future__ import annotations

import pytest

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.code.providers import majors, newest_major
from hipaa_tui.patches.create import make_patch
from hipaa_tui.support.errors import RefusedError
from tests.patches.patch_clouds import ACCOUNT, commit_tree, git, plan_for, target
from tests.patches.test_patch_aws import bucket


@pytest.mark.parametrize(
    ("constraint", "major"),
    [
        ("~> 3.0", 3), ("~> 3.74.1", 3), ("~> 3", 99), (">= 3.0, < 4.0", 3), ("< 4.5", 4), ("<= 4.67.0", 4),
        ("3.76.1", 3), ("= 5.1", 5), (">= 4.0", 99), ("", 99), (">= 3.0, != 3.14", 99), ("nonsense", 99),
    ],
)  # fmt: skip
def test_the_newest_version_that_a_constraint_allows(constraint, major):
    assert newest_major(constraint) == major


def test_the_lock_file_says_more_than_a_constraint():
    main = 'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n      version = ">= 3.0"\n    }\n  }\n}\n'
    lock = 'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "3.76.1"\n  constraints = ">= 3.0"\n}\n'
    assert majors(Folder({"main.tf": main}))["aws"] == 99
    assert majors(Folder({"main.tf": main}), lock)["aws"] == 3


def pinned(name, constraint):
    return f'terraform {{\n  required_providers {{\n    {name} = {{\n      source  = "hashicorp/{name}"\n      version = "{constraint}"\n    }}\n  }}\n}}\n'


OLD = 'resource "aws_s3_bucket" "phi" {\n  bucket = "phi-records"\n}\n'


def patched(repo, cloud, files, *fix_requests):
    commit_tree(repo, files)
    patch = make_patch(plan_for(cloud, *fix_requests), repo, "fix", {cloud.provider: cloud})
    return patch, {path: git(repo, "show", f"fix:{path}") + "\n" for path in patch.files}


def test_before_aws_4_a_buckets_settings_stand_in_its_block(repo, aws):
    files = {"versions.tf": pinned("aws", "~> 3.74"), "main.tf": OLD}
    patch, texts = patched(repo, aws, files, ("aws.s3.versioning", bucket(aws, "phi-records")))
    assert texts == {"main.tf": OLD.replace("\n}", "\n\n  versioning {\n    enabled = true\n  }\n}")}
    assert patch.addresses == ("aws_s3_bucket.phi",)


def test_before_aws_4_a_bucket_of_nobody_is_left_to_a_person(repo, aws):
    with pytest.raises(RefusedError, match=r"hashicorp/aws before 4\.0 has no aws_s3_bucket_versioning"):
        patched(
            repo,
            aws,
            {"main.tf": pinned("aws", "~> 3.74")},
            ("aws.s3.versioning", bucket(aws, "phi-records")),
        )


def test_a_bucket_that_has_it_inside_is_edited_inside(repo, aws):
    inside = OLD.replace("\n}", "\n\n  versioning {\n    enabled = false # cost\n  }\n}")
    _, texts = patched(repo, aws, {"main.tf": inside}, ("aws.s3.versioning", bucket(aws, "phi-records")))
    assert texts == {"main.tf": inside.replace("false # cost", "true # cost")}


@pytest.mark.parametrize(
    ("constraint", "name"),
    [("~> 3.100", "enable_https_traffic_only"), ("~> 4.1", "https_traffic_only_enabled")],
)
def test_azurerm_3_has_other_names(repo, azure, constraint, name):
    mine = 'resource "azurerm_storage_account" "mine" {\n  name = "patientfiles"\n}\n'
    files = {"versions.tf": pinned("azurerm", constraint), "main.tf": mine}
    _, texts = patched(repo, azure, files, ("azure.storage.secure-transfer", target(ACCOUNT)))
    assert f"  {name}" in texts["main.tf"]
    assert texts["main.tf"].count("traffic_only") == 1


def test_azurerm_3_switches_metrics_by_name(repo, azure):
    files = {"versions.tf": pinned("azurerm", "~> 3.100")}
    _, texts = patched(repo, azure, files, ("azure.storage.blob-logs", target(ACCOUNT)))
    text = "".join(texts.values())
    assert "enabled_metric" not in text
