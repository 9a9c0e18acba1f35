"""Topics as Terraform: their policies, wherever the repository has them, and the log of deliveries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.support.errors import RefusedError
from tests.aws.guards import do
from tests.aws.guards import text as policy
from tests.aws.patches import OPEN, WRITTEN, committed, patched

TOPIC = 'resource "aws_sns_topic" "theirs" {\n  name = "alerts"\n%s}\n'
APART = """
resource "aws_sns_topic_policy" "it" {
  arn    = aws_sns_topic.theirs.arn
  policy = "{}"
}
"""


def test_a_topics_policy_that_the_repository_has_is_edited_there(aws: Any, repo: Path) -> None:
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    wide = policy({**OPEN, "Action": "sns:Publish", "Resource": arn})
    do(aws, "sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=wide)
    block = f'resource "aws_sns_topic_policy" "theirs" {{\n  arn    = "{arn}"\n  policy = {json.dumps(wide)}\n}}\n'
    committed(repo, block)
    text, patch = patched(aws, repo, "aws.sns.public-policy", arn)
    assert patch.left_out == ()
    assert text.count('resource "aws_sns_topic_policy"') == 1
    assert "aws:SourceAccount" in text


@pytest.mark.parametrize("inside", [True, False])
def test_a_topics_policy_is_edited_where_the_repository_has_it(aws: Any, repo: Path, inside: bool) -> None:
    """Two blocks for one policy would take turns in writing it."""
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    wide = policy({**OPEN, "Action": "sns:Publish", "Resource": arn})
    do(aws, "sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=wide)
    said = WRITTEN % arn
    apart = APART.replace('policy = "{}"\n', said)
    committed(repo, TOPIC % f"\n  {said}" if inside else TOPIC % "" + apart)
    text, patch = patched(aws, repo, "aws.sns.public-policy", arn)
    assert patch.left_out == ()
    assert text.count("policy = ") == 1
    assert text.count('Sid = "All"') == 1
    assert text.count("aws_sns_topic_policy") == (not inside)
    assert "aws:PrincipalAccount" in text


def test_what_the_repository_alone_says_of_a_policy_is_left_to_a_person(aws: Any, repo: Path) -> None:
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    wide = policy({**OPEN, "Action": "sns:Publish", "Resource": arn})
    do(aws, "sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=wide)
    committed(repo, TOPIC % "" + APART.replace("{}", '{\\"Statement\\": [{\\"Sid\\": \\"Team\\"}]}'))
    with pytest.raises(RefusedError, match=r"the file alone|managed at"):
        patched(aws, repo, "aws.sns.public-policy", arn)


def test_a_topics_log_of_deliveries_is_set_in_its_own_block(aws: Any, repo: Path) -> None:
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    committed(repo, 'resource "aws_sns_topic" "theirs" {\n  name = "alerts"\n}\n')
    text, patch = patched(aws, repo, "aws.sns.delivery-logging", arn)
    assert patch.left_out == ()
    assert text.count('resource "aws_sns_topic"') == 1
    for kind in ("application", "firehose", "http", "lambda", "sqs"):
        assert f"{kind}_failure_feedback_role_arn" in text
        assert f"{kind}_success_feedback_sample_rate" in text
    assert "aws_iam_role" in text
