"""The guard of a replicated secret: only its primary is changed."""

from __future__ import annotations

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION


def test_a_replica_is_left_to_its_primary(aws):
    arn = do(aws, "secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")["ARN"]
    target = resource_type("AWS::SecretsManager::Secret").target(arn, ACCOUNT, REGION)
    assert verdict(aws, "secret-is-primary", target)[0] is Outcome.PASS
    replica = Answers(aws, DescribeSecret={"ARN": arn, "PrimaryRegion": "eu-west-1"})
    outcome, reason = verdict(replica, "secret-is-primary", target)
    assert outcome is Outcome.BLOCK
    assert "eu-west-1" in reason
