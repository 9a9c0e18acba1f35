"""The log of deliveries: five kinds of endpoint, one attribute a call, and what is there stays."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.sns.delivery import PROTOCOLS, DeliveryLogging, deliveries_logged
from hipaa_tui.aws.sns.settings import Topics
from hipaa_tui.providers.model import Reading
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION

ONE = DeliveryLogging()
OURS, THEIRS = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("hipaa-tui-sns-delivery", "theirs"))
NOTHING = {protocol: {"Failure": "", "Success": "", "Rate": 0} for protocol in PROTOCOLS}
WANTED = {"role": OURS, "rate": 20}


def target():
    return Topics().target("alerts", ACCOUNT, REGION)


def test_all_kinds_of_endpoints_are_logged_and_go_back(aws):
    do(aws, "sns", "CreateTopic", Name="alerts")
    before = ONE.read(aws, target())
    assert before.value == NOTHING
    wanted = deliveries_logged(before.value, WANTED)
    calls = ONE.write(target(), before, wanted)
    assert len(calls) == 3 * len(PROTOCOLS)
    assert all(isinstance(call.arguments["AttributeValue"], str) for call in calls)
    for call in calls:
        aws.call(call)
    after = ONE.read(aws, target())
    assert after.value == wanted == {one: {"Failure": OURS, "Success": OURS, "Rate": 20} for one in PROTOCOLS}
    for call in ONE.write(target(), after, before.value):
        aws.call(call)
    assert ONE.same(ONE.read(aws, target()).value, NOTHING)


def test_roles_and_rates_of_theirs_stay():
    have = {**NOTHING, "SQS": {"Failure": "", "Success": THEIRS, "Rate": 5}}
    wanted = deliveries_logged(have, WANTED)
    assert wanted["SQS"] == {"Failure": OURS, "Success": THEIRS, "Rate": 5}
    asked = [call.arguments["AttributeName"] for call in ONE.write(target(), Reading(have), wanted)]
    assert [one for one in asked if one.startswith("SQS")] == ["SQSFailureFeedbackRoleArn"]


def test_a_write_that_is_cut_short_is_known_by_where_it_stopped():
    wanted = deliveries_logged(NOTHING, WANTED)
    stages = ONE.between(target(), NOTHING, wanted)
    assert len(stages) == len(ONE.write(target(), Reading(NOTHING), wanted)) - 1
    assert stages[0]["Application"] == {"Failure": OURS, "Success": "", "Rate": 0}
    assert stages[-1]["SQS"] == {"Failure": OURS, "Success": OURS, "Rate": 0}
    assert all(not ONE.same(one, NOTHING) and not ONE.same(one, wanted) for one in stages)


def test_a_topic_that_is_gone_is_absent(aws):
    assert ONE.read(aws, target()).value is ABSENT
    with pytest.raises(ValueError, match="no such topic"):
        deliveries_logged(ABSENT, WANTED)
