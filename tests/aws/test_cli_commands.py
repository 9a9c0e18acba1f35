"""The commands that stand beside calls ("same as: aws …") are understood by the real AWS CLI, and mean the call.

Every command of the estates' plans is held against it where those plans are made (test_playbooks.py).
"""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from hipaa_tui.aws.cli_commands import command
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import settings
from tests import aws_cli

pytest.importorskip("awscli", reason="the AWS CLI comes with the extra dev")
SESSION = botocore.session.get_session()
REGION = "us-east-1"
ACL = {"NetworkAclId": "acl-1", "RuleNumber": 100}


def written() -> list[tuple[str, str]]:
    """The operations that settings write with, so those whose commands people see."""
    return sorted(
        {
            (one.service, one.operation)
            for setting in settings().values()
            if setting.provider == "aws"
            for one in (*setting.writes, *setting.removes)
        }
    )


def example(shape: Any, truth: bool, depth: int = 0) -> Any:
    """A value of the shape: every argument, with what it requires inside, and `truth` for each boolean."""
    match shape.type_name:
        case "structure":
            one_of = list(shape.members)[:1] if shape.is_tagged_union else []
            chosen = one_of or (shape.required_members if depth else shape.members)
            return {name: example(shape.members[name], truth, depth + 1) for name in chosen}
        case "list":
            return [example(shape.member, truth, depth + 1)]
        case "map":
            return {example(shape.key, truth, depth + 1): example(shape.value, truth, depth + 1)}
        case "boolean":
            return truth
        case "integer" | "long":
            return max(int(shape.metadata.get("min", 1)), 1)
        case "float" | "double":
            return 1.5
        case "timestamp":
            return "2026-11-30T12:00:00+00:00"
        case "blob":
            return "eA=="
        case _:
            word = str(shape.enum[0]) if shape.enum else "word"
            return word.ljust(int(shape.metadata.get("min", 1)), "x")


@pytest.mark.slow
@pytest.mark.parametrize(("service", "operation"), written())
def test_every_argument_of_an_operation_can_be_said_on_the_command_line(service, operation):
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    for truth in (True, False):
        given = {} if shape is None else example(shape, truth)
        aws_cli.check(Call("aws", service, operation, given, REGION))


@pytest.mark.parametrize(
    ("operation", "arguments", "said"),
    [
        ("DeleteNetworkAclEntry", {**ACL, "Egress": False}, "--ingress"),
        ("DeleteNetworkAclEntry", {**ACL, "Egress": True}, "--egress"),
        (
            "AssociateAddress",
            {"AllocationId": "a", "AllowReassociation": False},
            "--no-allow-reassociation",
        ),
    ],
)
def test_false_is_said_in_the_clis_own_word(operation, arguments, said):
    call = Call("aws", "ec2", operation, arguments, REGION)
    assert said in command(call).split()
    aws_cli.check(call)


@pytest.mark.parametrize(
    "line",
    [
        "aws ec2 delete-network-acl-entry --network-acl-id acl-1 --rule-number 100 --no-egress",
        "aws s3api put-bucket-policy --bucket b",
        "aws s3 put-bucket-policy --bucket b --policy {}",
        "aws kms enable-key-rotation --key-id k --rotation-period-in-days soon",
        "aws s3api put-bucket-versioning --bucket b --versioning-configuration '{\"Status\": '",
        "az rest --method get --url /subscriptions",
    ],
)
def test_a_line_that_the_cli_does_not_understand_is_found(line):
    with pytest.raises(aws_cli.NotACommandError):
        aws_cli.parsed(line)


def test_a_line_that_means_another_call_is_found(monkeypatch):
    call = Call("aws", "ec2", "DeleteNetworkAclEntry", {**ACL, "Egress": False}, REGION)
    monkeypatch.setattr(aws_cli, "command", lambda call: command(call).replace("--ingress", "--egress"))
    with pytest.raises(AssertionError):
        aws_cli.check(call)
