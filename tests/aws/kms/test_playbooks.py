"""Keys that are to be deleted, keys that rotate, and the keys of enclaves."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from tests.aws.guards import do
from tests.aws.kms.estate import enclave_key
from tests.aws.runs import CATALOGUE, applied, comes_and_goes, found, planned, undone
from tests.aws.server import ACCOUNT, REGION

IMAGE = "0a" * 48


@pytest.fixture
def estate(aws):
    """A key that works and one that is about to go."""
    do(aws, "kms", "CreateKey", Description="in use")
    going = do(aws, "kms", "CreateKey", Description="retired")["KeyMetadata"]["KeyId"]
    do(aws, "kms", "ScheduleKeyDeletion", KeyId=going, PendingWindowInDays=7)
    return aws


def test_a_key_is_kept_disabled_unless_somebody_wants_it_enabled(estate, journal):
    playbook = CATALOGUE.get("aws.kms.scheduled-deletion")
    (key,) = found(playbook, estate)
    run = applied(planned(playbook, estate), estate, journal)
    assert state(estate, key) == "Disabled"
    back = rollback_plan(journal, run, {"aws": estate})
    assert "all that it encrypts is lost" in back.changes[0].irreversible
    assert back.changes[0].calls[0].arguments["PendingWindowInDays"] == 30
    Applying(back, {"aws": estate}, journal, sleep=lambda seconds: None).start()
    run = applied(planned(playbook, estate, enable="true"), estate, journal)
    assert state(estate, key) == "Enabled"
    undone(run, estate, journal)
    assert state(estate, key) == "PendingDeletion"


def state(aws, key):
    return do(aws, "kms", "DescribeKey", KeyId=key)["KeyMetadata"]["KeyState"]


def test_a_key_that_is_about_to_go_needs_no_rotation(estate):
    going = found(CATALOGUE.get("aws.kms.scheduled-deletion"), estate)
    assert not going & found(CATALOGUE.get("aws.kms.rotation"), estate)


@pytest.mark.parametrize(
    ("check", "playbook"),
    [
        ("KMS.3", "aws.kms.scheduled-deletion"),
    ],
)
def test_a_check_of_another_tool_finds_its_playbook(check, playbook):
    assert CATALOGUE.for_check(check).id == playbook


def test_a_fix_is_found_made_verified_and_taken_back(estate, journal):
    comes_and_goes(CATALOGUE.get("aws.kms.scheduled-deletion"), estate, journal)


def test_an_enclaves_key_asks_for_its_image_and_the_account_goes_on_ruling_it(aws, journal):
    playbook = CATALOGUE.get("aws.kms.enclave-attestation")
    arn = enclave_key(aws)
    do(aws, "kms", "CreateKey", Description="something else")
    kind = resource_type("AWS::KMS::Key").target(arn, ACCOUNT, REGION)
    assert found(playbook, aws) == {kind.id}
    # Nobody but its builder knows the image: without it there is a reason and no plan.
    plan = planned(playbook, aws, [arn])
    assert plan.changes == ()
    assert "nitro-cli describe-eif" in plan.skipped[0].reason
    run = applied(planned(playbook, aws, [arn], images=IMAGE), aws, journal)
    value = setting("aws.kms.enclave-policy").read(aws, kind).value
    assert (value["Unattested"], value["Bypass"], value["Images"]) == ([], [], [IMAGE])
    said = {one["Sid"]: one for one in documents.statements(value["Policy"])}
    assert "kms:P*" in said["Owner"]["Action"]
    assert "Condition" not in said["Owner"]
    assert said["Host"]["Action"] == ["kms:DescribeKey", "kms:GenerateDataKeyPairW*", "kms:GenerateDataKeyW*"]
    assert said["HostAttested"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"]
    undone(run, aws, journal)
    assert found(playbook, aws) == {kind.id}
