"""The policies of queues as Terraform, wherever the repository has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.aws.guards import do
from tests.aws.guards import text as policy
from tests.aws.patches import OPEN, WRITTEN, committed, patched
from tests.aws.server import ACCOUNT, REGION


def test_a_queues_and_a_topics_policy_are_blocks_of_their_own(aws: Any, repo: Path) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    queue = {"Policy": policy({**OPEN, "Action": "sqs:*", "Resource": arn})}
    url = do(aws, "sqs", "CreateQueue", QueueName="orders", Attributes=queue)["QueueUrl"]
    text, patch = patched(aws, repo, "aws.sqs.public-policy", arn)
    assert patch.left_out == ()
    assert 'resource "aws_sqs_queue_policy"' in text
    assert f'id = "{url}"' in text
    assert f'"aws:PrincipalAccount" = "{ACCOUNT}"' in text


@pytest.mark.parametrize("name", ["id", "url"])
def test_a_queues_policy_is_edited_where_the_repository_has_it(aws: Any, repo: Path, name: str) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    queue = {"Policy": policy({**OPEN, "Action": "sqs:*", "Resource": arn})}
    do(aws, "sqs", "CreateQueue", QueueName="orders", Attributes=queue)
    said = (WRITTEN % arn).replace("sns:Publish", "sqs:*")
    block = (
        f'\nresource "aws_sqs_queue_policy" "it" {{\n  queue_url = aws_sqs_queue.theirs.{name}\n  {said}}}\n'
    )
    committed(repo, 'resource "aws_sqs_queue" "theirs" {\n  name = "orders"\n}\n' + block)
    text, patch = patched(aws, repo, "aws.sqs.public-policy", arn)
    assert patch.left_out == ()
    assert text.count('resource "aws_sqs_queue_policy"') == 1
    assert "aws:PrincipalAccount" in text


def test_a_queue_without_a_policy_in_the_repository_gets_a_block_that_refers_to_it(
    aws: Any, repo: Path
) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    queue = {"Policy": policy({**OPEN, "Action": "sqs:*", "Resource": arn})}
    url = do(aws, "sqs", "CreateQueue", QueueName="orders", Attributes=queue)["QueueUrl"]
    committed(repo, 'resource "aws_sqs_queue" "theirs" {\n  name = "orders"\n}\n')
    text, patch = patched(aws, repo, "aws.sqs.public-policy", arn)
    assert patch.left_out == ()
    assert "queue_url = aws_sqs_queue.theirs.id" in text
    assert f'id = "{url}"' in text
