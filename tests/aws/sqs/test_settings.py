"""SQS queues: one of two ways to encrypt, and never both in one call."""

import pytest

from hipaa_tui.aws.sqs.settings import QueueEncryption, Queues, queue_encrypted
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT

REGION, ACCOUNT = "us-east-1", "123456789012"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ONE = QueueEncryption()


def target(name="orders"):
    return Queues().target(name, ACCOUNT, REGION)


def asked(aws, operation, **arguments):
    return aws.call(Call("aws", "sqs", operation, arguments, REGION))


@pytest.mark.parametrize("id", ["orders", "orders.fifo", "arn:aws:sqs:eu-west-1:123456789012:orders"])
def test_a_report_names_it_by_name_or_arn(id):
    found = Queues().target(id, ACCOUNT, REGION)
    assert found.id.startswith("arn:aws:sqs:")
    assert found.name == id.rpartition(":")[2]


@pytest.mark.parametrize(
    "id", ["arn:aws:sns:us-east-1:123456789012:orders", "https://x/orders", "", "a" * 81]
)
def test_what_is_no_queue_is_not_taken_for_one(id):
    assert Queues().target(id, ACCOUNT, REGION) is None


def test_a_key_of_ones_own_comes_and_goes(aws):
    asked(aws, "CreateQueue", QueueName="orders", Attributes={"SqsManagedSseEnabled": "true"})
    before = ONE.read(aws, target())
    wanted = queue_encrypted(before.value, {"key": KEY})
    (call,) = ONE.write(target(), before, wanted)
    assert dict(call.arguments["Attributes"]) == {"KmsMasterKeyId": KEY}, "AWS refuses to be told both"
    aws.call(call)
    after = ONE.read(aws, target())
    assert after.value["KmsMasterKeyId"] == KEY
    for call in ONE.write(target(), after, before.value):
        aws.call(call)
    assert ONE.same(ONE.read(aws, target()).value, before.value)


def test_a_queue_that_is_gone_is_absent(aws):
    assert ONE.read(aws, target()).value is ABSENT
    with pytest.raises(ValueError, match="no such queue"):
        queue_encrypted(ABSENT, {"key": ""})


def test_its_tags_are_read(aws):
    asked(aws, "CreateQueue", QueueName="orders", tags={"team": "lab"})
    assert dict(Queues().tags(aws, target())) == {"team": "lab"}
