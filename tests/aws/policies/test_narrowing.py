"""What everybody may do becomes what the account may do; who is named, and each other statement, stays."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.aws.policies.narrowing import only_account
from hipaa_tui.aws.policies.principals import public
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import do, text
from tests.aws.server import ACCOUNT, REGION

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
TOPICS = f"arn:aws:sns:*:{ACCOUNT}:*"
WANTED = {"account": ACCOUNT, "send": "sqs:SendMessage", "sources": [TOPICS], "longest": 262144, "most": 20}
OPEN = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE}
OURS = {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}


def narrowed(*statements, **wanted):
    return json.loads(only_account(text(*statements), {**WANTED, **wanted}))["Statement"]


def test_the_accounts_programs_services_and_topics_go_on():
    own, services, topics = narrowed(OPEN)
    assert own == {**OPEN, "Condition": OURS}
    assert (services["Action"], services["Condition"]) == (
        "sqs:SendMessage",
        {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    )
    assert topics["Condition"] == {"ArnLike": {"aws:SourceArn": [TOPICS]}}
    assert public(only_account(text(OPEN), WANTED)) == []
    assert len({one["Sid"] for one in (own, services, topics)}) == 3


def test_what_nobody_sends_by_needs_no_service():
    (own,) = narrowed({**OPEN, "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"]})
    assert own["Condition"] == OURS
    assert len(narrowed(OPEN, sources=[])) == 2


def test_who_is_named_beside_everybody_stays_in_by_name():
    partner = "arn:aws:iam::210987654321:root"
    beside = {**OPEN, "Principal": {"AWS": ["*", partner], "Service": "s3.amazonaws.com"}}
    named, own, *_ = narrowed(beside)
    assert named == {**OPEN, "Principal": {"AWS": [partner], "Service": ["s3.amazonaws.com"]}}
    assert own["Principal"] == "*"
    assert own["Condition"] == OURS
    assert own["Sid"] != "All"


def test_other_statements_stay_word_for_word_and_a_condition_that_narrows_nothing_is_kept():
    service = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Condition": {"Bool": {"aws:SecureTransport": False}},
    }
    anywhere = {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "StringEquals": {"AWS:PrincipalAccount": "*"}}
    first, second, own, *_ = narrowed(service, deny, {**OPEN, "Condition": anywhere})
    assert (first, second) == (service, deny)
    assert own["Condition"] == {"IpAddress": anywhere["IpAddress"], **OURS}
    fine = text({**OPEN, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"}}})
    assert only_account(fine, WANTED) == fine
    assert only_account(ABSENT, WANTED) is ABSENT


def test_a_policy_that_the_service_would_refuse_is_not_made():
    with pytest.raises(ValueError, match="3 statements and 2 are allowed"):
        narrowed(OPEN, most=2)
    with pytest.raises(ValueError, match="bytes and 100 are allowed"):
        narrowed(OPEN, longest=100)


def test_our_sids_give_way_to_those_that_are_there():
    taken = {"Sid": "ServicesOfAccount", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sqs:*"}
    assert "ServicesOfAccount2" in [one.get("Sid") for one in narrowed(taken, OPEN)]


def test_a_queues_policy_comes_goes_and_outlives_other_attributes(aws):
    one = setting("aws.sqs.policy")
    target = resource_type(one.resource).target("orders", ACCOUNT, REGION)
    assert one.read(aws, target).value is ABSENT
    url = do(aws, "sqs", "CreateQueue", QueueName="orders")["QueueUrl"]
    before = one.read(aws, target)
    assert before.value is ABSENT
    for call in one.write(target, before, text(OPEN)):
        aws.call(call)
    do(aws, "sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    after = one.read(aws, target)
    assert one.same(after.value, text(OPEN))
    assert one.display(after.value)["Statement"] == [OPEN]
    for call in one.remove(target, after):
        aws.call(call)
    assert one.read(aws, target).value is ABSENT


def test_a_secrets_policy_comes_and_goes(aws):
    one = setting("aws.secretsmanager.policy")
    arn = do(aws, "secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")["ARN"]
    target = resource_type(one.resource).target(arn, ACCOUNT, REGION)
    before = one.read(aws, target)
    assert (before.value, before.identity["Name"]) == (ABSENT, "db-pass")
    wide = text({**OPEN, "Action": "*", "Resource": "*"})
    for call in one.write(target, before, wide):
        aws.call(call)
    after = one.read(aws, target)
    assert one.same(after.value, wide)
    (own,) = one.display(only_account(after.value, {"account": ACCOUNT, "longest": 20480}))["Statement"]
    assert own["Condition"] == OURS
    for call in one.remove(target, after):
        aws.call(call)
    assert one.read(aws, target).value is ABSENT
    gone = resource_type(one.resource).target(arn.replace("db-pass", "gone"), ACCOUNT, REGION)
    assert one.read(aws, gone).value is ABSENT


def test_a_topics_policy_is_read_and_written(aws):
    one = setting("aws.sns.policy")
    target = resource_type(one.resource).target("alerts", ACCOUNT, REGION)
    assert one.read(aws, target).value is ABSENT
    do(aws, "sns", "CreateTopic", Name="alerts")
    before = one.read(aws, target)
    wanted = text({**OPEN, "Action": "sns:Publish", "Resource": target.id})
    for call in one.write(target, before, wanted):
        aws.call(call)
    assert one.same(one.read(aws, target).value, wanted)
    assert one.display(wanted)["Statement"][0]["Sid"] == "All"
