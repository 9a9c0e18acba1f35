"""What blocks stand for is told by evaluation, and only as far as it is certain."""

from __future__ import annotations

import time

import pytest

from hipaa_tui.patches.code.instances import Evaluation, Known, split_address

KNOWN = Known("123456789012", "eu-west-1", "aws")


def evaluated(main, variables=(), known=KNOWN, **more):
    """address → values of what main.tf makes."""
    evaluation = Evaluation(lambda path: written(path, main), variables, known, **more)
    found = {one.address: dict(one.values) for one in evaluation.instances()}
    return found, evaluation.problem


def written(path, main):
    path.mkdir()
    (path / "main.tf").write_text(main)
    return path


def bucket(name, *more):
    return (
        f'resource "aws_s3_bucket" "b" {{\n  bucket = {name}\n'
        + "".join(f"  {one}\n" for one in more)
        + "}\n"
    )


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ('format("%s-%s", "phi", lower("EU"))', "phi-eu"),
        ('join("-", concat(["phi"], ["eu"]))', "phi-eu"),
        ('{ a = "phi-eu" }["a"]', "phi-eu"),
        ('"phi-${data.aws_caller_identity.me.account_id}"', "phi-123456789012"),
        ('"${data.aws_partition.p.partition}-phi"', "aws-phi"),
    ],
)
def test_what_the_files_and_the_plans_account_say_is_certain(expression, name):
    main = 'data "aws_caller_identity" "me" {}\ndata "aws_partition" "p" {}\n' + bucket(expression)
    assert evaluated(main)[0] == {"aws_s3_bucket.b": {"bucket": name}}


@pytest.mark.parametrize(
    "expression",
    [
        '"phi-${random_id.r.hex}"',
        "random_id.r.hex",
        "var.given_from_outside",
        '"phi-${data.aws_caller_identity.other.account_id}"',
        "data.aws_ssm_parameter.name.value",
    ],
)
def test_what_only_terraform_knows_is_not_guessed(expression):
    main = (
        'resource "random_id" "r" {\n  byte_length = 2\n}\nvariable "given_from_outside" {}\n'
        'data "aws_caller_identity" "other" {\n  provider = aws.other\n}\n'
        'data "aws_ssm_parameter" "name" {\n  name = "x"\n}\n'
    ) + bucket(expression)
    assert evaluated(main)[0]["aws_s3_bucket.b"] == {}


def test_an_account_of_several_is_not_filled_in():
    main = 'data "aws_caller_identity" "me" {}\n' + bucket('"x-${data.aws_caller_identity.me.account_id}"')
    assert evaluated(main, known=Known())[0]["aws_s3_bucket.b"] == {}


def test_count_and_for_each_make_instances():
    main = bucket('"phi-${count.index}"', "count = 2") + bucket(
        "each.value", 'for_each = { "a.b" = "x" }'
    ).replace('"b"', '"c"')
    assert evaluated(main)[0] == {
        "aws_s3_bucket.b[0]": {"bucket": "phi-0"},
        "aws_s3_bucket.b[1]": {"bucket": "phi-1"},
        'aws_s3_bucket.c["a.b"]': {"bucket": "x"},
    }


def test_credentials_of_the_terminal_do_not_reach_it(monkeypatch):
    monkeypatch.setenv("TF_VAR_name", "from-the-terminal")
    assert evaluated('variable "name" {}\n' + bucket("var.name"))[0]["aws_s3_bucket.b"] == {}


def test_what_takes_too_long_is_stopped_and_said():
    started = time.monotonic()
    found, problem = evaluated(bucket('"x"'), seconds=0.0)
    assert found == {}
    assert "took more than" in problem
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "main", ["", "}{", 'module "m" {\n  source = "./nowhere"\n}\n', "locals {\n  a = local.a\n}\n"]
)
def test_odd_files_end_in_words(main):
    found, problem = evaluated(main)
    assert found == {}
    assert "Traceback" not in problem


@pytest.mark.parametrize(
    ("address", "module", "rest"),
    [
        ("aws_s3_bucket.b", "", "aws_s3_bucket.b"),
        (
            'module.a["x.y"].module.b[0].aws_s3_bucket.c["[]"]',
            'module.a["x.y"].module.b[0]',
            'aws_s3_bucket.c["[]"]',
        ),
        ("module.aws_thing.data.aws_region.here", "module.aws_thing", "data.aws_region.here"),
    ],
)
def test_an_address_is_split_at_its_modules(address, module, rest):
    assert split_address(address) == (module, rest)
