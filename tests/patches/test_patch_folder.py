"""No object of the cloud gets a second block, however the first one names it."""

from __future__ import annotations

import pytest

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.language.syntax import parse


def managed(main: str, mine: str, import_id: str = "", **files: str) -> str:
    """Where `main.tf` manages the object of the block `mine` already."""
    folder = Folder({"main.tf": main, **{name.replace("_", "."): text for name, text in files.items()}})
    assert not folder.broken
    found = folder.managed(parse(mine).blocks[0], import_id)
    return found.where if found else ""


BLOCK = 'resource "aws_s3_bucket_public_access_block" "x" {\n  bucket = "phi"\n}\n'
BUCKET = 'resource "aws_s3_bucket" "phi" {\n  bucket = "phi"\n}\n'


@pytest.mark.parametrize(
    "naming",
    [
        '"phi"',
        "aws_s3_bucket.phi.id",
        "aws_s3_bucket.phi.bucket",
        "local.name",
        "var.name",
        '"${var.short}i"',
        "data.aws_s3_bucket.there.id",
    ],
)
def test_a_bucket_is_recognized_however_it_is_named(naming: str) -> None:
    main = BUCKET + (
        'locals {\n  name = "phi"\n}\nvariable "name" {\n  default = "phi"\n}\nvariable "short" {\n  default = "ph"\n}\n'
        'data "aws_s3_bucket" "there" {\n  bucket = "phi"\n}\n'
    )
    block = f'resource "aws_s3_bucket_public_access_block" "mine" {{\n  bucket = {naming}\n}}\n'
    assert managed(main + block, BLOCK).startswith("main.tf:")
    assert managed(main + block, BLOCK.replace('"phi"', '"other"')) == ""


def test_tfvars_say_more_than_a_default() -> None:
    main = 'variable "n" {\n  default = "dev"\n}\n' + BLOCK.replace('"phi"', "var.n")
    assert (
        managed(main, BLOCK, terraform_tfvars='n = "phi"\n')
        == "main.tf:4 (aws_s3_bucket_public_access_block.x)"
    )


@pytest.mark.parametrize("items", ['toset(["a", "phi"])', '{ phi = "x", b = "y" }', "local.all"])
def test_one_of_many_is_recognized(items: str) -> None:
    main = (
        'locals {\n  all = ["phi"]\n}\n'
        f'resource "aws_s3_bucket_public_access_block" "all" {{\n  for_each = {items}\n  bucket = each.key\n}}\n'
    ).replace("each.key", "each.value" if items == "local.all" else "each.key")
    assert managed(main, BLOCK) == "main.tf:4 (aws_s3_bucket_public_access_block.all)"


def test_an_import_block_tells_what_a_block_manages() -> None:
    main = 'resource "aws_kms_key" "phi" {}\nimport {\n  to = aws_kms_key.phi\n  id = "1234"\n}\n'
    mine = 'resource "aws_kms_key" "x" {}\n'
    assert managed(main, mine, "1234") == "main.tf:1 (aws_kms_key.phi)"
    assert managed(main, mine, "5678") == ""


def test_what_cannot_be_told_is_said() -> None:
    folder = Folder({"main.tf": BLOCK.replace('"phi"', "module.store.bucket")})
    assert folder.managed(parse(BLOCK).blocks[0], "") is None
    assert list(folder.unresolved) == ["main.tf:1 (aws_s3_bucket_public_access_block.x)"]


def test_there_is_one_default_encryption_a_region() -> None:
    main = 'resource "aws_ebs_encryption_by_default" "on" {\n  provider = aws.west\n}\n'
    mine = 'resource "aws_ebs_encryption_by_default" "x" {}\n'
    assert managed(main, mine) == ""
    assert managed(main.replace("  provider = aws.west\n", ""), mine).startswith("main.tf:1")


def test_an_old_bucket_that_has_its_policy_inside_manages_it() -> None:
    main = 'resource "aws_s3_bucket" "phi" {\n  bucket = "phi"\n  policy = "{}"\n}\n'
    mine = 'resource "aws_s3_bucket_policy" "x" {\n  bucket = aws_s3_bucket.phi.id\n}\n'
    assert managed(main, mine) == "main.tf:1 (aws_s3_bucket.phi), in its policy"


def test_rules_managed_one_by_one_are_a_part_of_their_group() -> None:
    main = 'resource "aws_vpc_security_group_ingress_rule" "ssh" {\n  security_group_id = "sg-1"\n}\n'
    mine = 'resource "aws_security_group" "x" {\n  name = "open"\n}\n'
    assert managed(main, mine, "sg-1") == "main.tf:1 (aws_vpc_security_group_ingress_rule.ssh)"
    assert managed(main, mine, "sg-2") == ""


def test_a_group_of_the_same_name_in_another_network_is_another() -> None:
    main = 'resource "aws_security_group" "a" {\n  name = "open"\n  vpc_id = "vpc-1"\n}\n'
    mine = 'resource "aws_security_group" "x" {\n  name = "open"\n  vpc_id = "vpc-2"\n}\n'
    assert managed(main, mine) == ""
    assert managed(main, mine.replace("vpc-2", "vpc-1")) == "main.tf:1 (aws_security_group.a)"


def test_names_that_go_round_in_circles_end() -> None:
    main = 'locals {\n  a = local.b\n  b = "${local.a}x"\n}\n' + BLOCK.replace('"phi"', "local.a")
    assert managed(main, BLOCK) == ""


def test_a_broken_file_is_reported_with_its_line() -> None:
    assert Folder({"main.tf": 'resource "a" "b" {\n  x = \n}\n'}).broken == ["main.tf:2"]
