"""What was shared with everybody, as Terraform: blocks of their own, and the sentence where there is no word for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.errors import RefusedError
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION
from tests.aws.sns.estate_public import policy
from tests.patches.patch_clouds import git


def patched(aws: Any, repo: Path, playbook: str, id: str) -> tuple[str, tuple[Any, ...]]:
    """(what the patch writes, on one line; what it leaves out)."""
    one = load().get(playbook)
    target = resource_type(one.resource).target(id, ACCOUNT, REGION)
    assert target is not None
    patch = make_patch(make_plan([Wish(one, target, ())], {"aws": aws}, {}), repo, "hipaa/fix", {"aws": aws})
    files = [git(repo, "show", f"hipaa/fix:{path}") for path in patch.files]
    return " ".join(" ".join(files).split()), patch.left_out


def committed(repo: Path, text: str) -> None:
    """The repository has this."""
    (repo / "topics.tf").write_text(text)
    git(repo, "add", "topics.tf")
    git(repo, "commit", "-q", "-m", "topics")


def test_the_block_of_public_images_is_made_without_an_import(aws: Any, repo: Path) -> None:
    """The provider cannot import it, and making it writes the same value again."""
    text, left_out = patched(aws, repo, "aws.ec2.image-block-public-access", ACCOUNT)
    assert left_out == ()
    assert 'resource "aws_ec2_image_block_public_access"' in text
    assert 'state = "block-new-sharing"' in text
    assert "import" not in text


def test_an_image_that_everybody_may_launch_is_left_to_the_api(aws: Any, repo: Path) -> None:
    image = do(aws, "ec2", "RegisterImage", Name="web")["ImageId"]
    do(aws, "ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    with pytest.raises(RefusedError, match="no word for an image that everybody may launch"):
        patched(aws, repo, "aws.ec2.public-image", image)


OPEN = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "*"}


def test_a_queues_and_a_topics_policy_are_blocks_of_their_own(aws: Any, repo: Path) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    queue = {"Policy": policy({**OPEN, "Action": "sqs:*", "Resource": arn})}
    url = do(aws, "sqs", "CreateQueue", QueueName="orders", Attributes=queue)["QueueUrl"]
    text, left_out = patched(aws, repo, "aws.sqs.public-policy", arn)
    assert left_out == ()
    assert 'resource "aws_sqs_queue_policy"' in text
    assert f'id = "{url}"' in text
    assert f'"aws:PrincipalAccount" = "{ACCOUNT}"' in text


def test_a_topics_policy_that_the_repository_has_is_edited_there(aws: Any, repo: Path) -> None:
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    wide = policy({**OPEN, "Action": "sns:Publish", "Resource": arn})
    do(aws, "sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=wide)
    block = f'resource "aws_sns_topic_policy" "theirs" {{\n  arn    = "{arn}"\n  policy = {json.dumps(wide)}\n}}\n'
    committed(repo, block)
    text, left_out = patched(aws, repo, "aws.sns.public-policy", arn)
    assert left_out == ()
    assert text.count('resource "aws_sns_topic_policy"') == 1
    assert "aws:SourceAccount" in text


TOPIC = 'resource "aws_sns_topic" "theirs" {\n  name = "alerts"\n%s}\n'
WRITTEN = """\
policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "All", Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = "%s" }]
  })
"""
APART = """
resource "aws_sns_topic_policy" "it" {
  arn    = aws_sns_topic.theirs.arn
  policy = "{}"
}
"""


@pytest.mark.parametrize("inside", [True, False])
def test_a_topics_policy_is_edited_where_the_repository_has_it(aws: Any, repo: Path, inside: bool) -> None:
    """Two blocks for one policy would take turns in writing it."""
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    wide = policy({**OPEN, "Action": "sns:Publish", "Resource": arn})
    do(aws, "sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=wide)
    said = WRITTEN % arn
    apart = APART.replace('policy = "{}"\n', said)
    committed(repo, TOPIC % f"\n  {said}" if inside else TOPIC % "" + apart)
    text, left_out = patched(aws, repo, "aws.sns.public-policy", arn)
    assert left_out == ()
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
    text, left_out = patched(aws, repo, "aws.sqs.public-policy", arn)
    assert left_out == ()
    assert text.count('resource "aws_sqs_queue_policy"') == 1
    assert "aws:PrincipalAccount" in text


def test_a_queue_without_a_policy_in_the_repository_gets_a_block_that_refers_to_it(
    aws: Any, repo: Path
) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
    queue = {"Policy": policy({**OPEN, "Action": "sqs:*", "Resource": arn})}
    url = do(aws, "sqs", "CreateQueue", QueueName="orders", Attributes=queue)["QueueUrl"]
    committed(repo, 'resource "aws_sqs_queue" "theirs" {\n  name = "orders"\n}\n')
    text, left_out = patched(aws, repo, "aws.sqs.public-policy", arn)
    assert left_out == ()
    assert "queue_url = aws_sqs_queue.theirs.id" in text
    assert f'id = "{url}"' in text


@pytest.mark.parametrize("there", [False, True])
def test_a_secrets_policy_is_a_block_of_its_own_where_the_secret_is_nobodys(
    aws: Any, repo: Path, there: bool
) -> None:
    arn = do(aws, "secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")["ARN"]
    wide = policy({**OPEN, "Action": "secretsmanager:GetSecretValue", "Resource": "*"})
    do(aws, "secretsmanager", "PutResourcePolicy", SecretId=arn, ResourcePolicy=wide)
    if there:
        said = (WRITTEN % "*").replace("sns:Publish", "secretsmanager:GetSecretValue")
        committed(
            repo,
            f'resource "aws_secretsmanager_secret" "theirs" {{\n  name = "db-pass"\n\n  {said}}}\n',
        )
        text, left_out = patched(aws, repo, "aws.secretsmanager.public-policy", arn)
        assert left_out == ()
        assert "aws_secretsmanager_secret_policy" not in text
        assert "aws:PrincipalAccount" in text
        assert "hunter" not in text
        return
    text, left_out = patched(aws, repo, "aws.secretsmanager.public-policy", arn)
    assert left_out == ()
    assert 'resource "aws_secretsmanager_secret_policy" "db_pass"' in text
    assert f'secret_arn = "{arn}"' in text
    assert "hunter" not in text


def test_a_topics_log_of_deliveries_is_set_in_its_own_block(aws: Any, repo: Path) -> None:
    arn = do(aws, "sns", "CreateTopic", Name="alerts")["TopicArn"]
    committed(repo, 'resource "aws_sns_topic" "theirs" {\n  name = "alerts"\n}\n')
    text, left_out = patched(aws, repo, "aws.sns.delivery-logging", arn)
    assert left_out == ()
    assert text.count('resource "aws_sns_topic"') == 1
    for kind in ("application", "firehose", "http", "lambda", "sqs"):
        assert f"{kind}_failure_feedback_role_arn" in text
        assert f"{kind}_success_feedback_sample_rate" in text
    assert "aws_iam_role" in text
