"""The concurrency of a function as Terraform."""

from __future__ import annotations

from tests.aws.patches import arguments_of, edit


def test_an_argument_of_a_big_block_is_said_as_an_edit() -> None:
    block = edit("aws.lambda.reserved-concurrency", {"ReservedConcurrentExecutions": 9})
    assert "reserved_concurrent_executions" in arguments_of(block)
