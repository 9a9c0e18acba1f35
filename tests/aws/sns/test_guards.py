"""The guard of a topic's key: who publishes has to be able to use it."""

from __future__ import annotations

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.cloudwatch.estate import build, vpc_changes
from tests.aws.guards import key, verdict
from tests.aws.server import ACCOUNT, REGION


def topic(name="alerts"):
    return resource_type("AWS::SNS::Topic").target(f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}", ACCOUNT, REGION)


def test_a_key_that_alarms_may_not_use_is_refused_for_their_topic(aws):
    build(aws)
    vpc_changes(aws, actions=(topic().id,))
    ours = key(aws)
    outcome, reason = verdict(aws, "topic-publishers", topic(), key=ours)
    assert outcome is Outcome.BLOCK
    assert "cloudwatch.amazonaws.com" in reason
    assert verdict(aws, "topic-publishers", topic(), key="")[0] is Outcome.WARN
