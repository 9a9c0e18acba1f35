"""Two teams, each with a home of its own, work on one account: its key is made once, stays where it is, and is nobody's to take."""

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.runs.views import view
from hipaa_tui.store.database import open_store
from hipaa_tui.support.errors import RefusedError
from tests.aws.server import ACCOUNT, REGION
from tests.runs.engine import Meddling

OURS, THEIRS = "our-records", "their-records"
ENCRYPT = "aws.s3.default-encryption"


class Home:
    """One team's journal, on the cloud that both share."""

    def __init__(self, cloud, folder):
        self.clouds = {"aws": cloud}
        self.journal = Journal(open_store(folder / "store.db"))

    def plan(self, bucket):
        target = resource_type("AWS::S3::Bucket").target(f"arn:aws:s3:::{bucket}", ACCOUNT, REGION)
        return make_plan([FixRequest(load().get(ENCRYPT), target, ())], self.clouds, {})

    def apply(self, plan, cloud=None):
        clouds = {"aws": cloud} if cloud else self.clouds
        run = Applying(plan, clouds, self.journal, sleep=lambda _: None).start()
        return view(self.journal, self.journal.row(run))

    def roll_back(self, run):
        return self.apply(rollback_plan(self.journal, run.run, self.clouds))


@pytest.fixture
def homes(aws, tmp_path):
    for bucket in (OURS, THEIRS):
        aws.call(Call("aws", "s3", "CreateBucket", {"Bucket": bucket}, REGION))
    return Home(aws, tmp_path / "first"), Home(aws, tmp_path / "second")


def keys(aws):
    return [one["KeyArn"] for one in aws.pages(Call("aws", "kms", "ListKeys", {}, REGION), "Keys")]


def alias(aws):
    about = aws.call(Call("aws", "kms", "DescribeKey", {"KeyId": "alias/hipaa-tui-phi"}, REGION))
    return about["KeyMetadata"]["Arn"]


def key_of(aws, bucket):
    try:
        found = aws.call(Call("aws", "s3", "GetBucketEncryption", {"Bucket": bucket}, REGION))
    except CloudError:
        return ""
    rule = found["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID", "")


def test_who_comes_second_uses_the_key_and_the_plan_names_it(aws, homes):
    first, second = homes
    run = first.apply(first.plan(OURS))
    (key,) = keys(aws)
    plan = second.plan(THEIRS)
    assert [change.setting for change in plan.changes] == ["aws.s3.bucket-encryption"]
    (guard,) = [guard for guard in plan.changes[0].guards if guard.guard == "kms-key-usable"]
    assert key in guard.reason
    assert second.apply(plan).state is RunState.DONE
    assert (keys(aws), alias(aws)) == ([key], key)
    assert key_of(aws, THEIRS) == key_of(aws, OURS) == key
    assert run.state is RunState.DONE


def test_the_first_goes_back_and_the_second_keeps_what_it_needs(aws, homes):
    first, second = homes
    run = first.apply(first.plan(OURS))
    other = second.apply(second.plan(THEIRS))
    (key,) = keys(aws)
    assert first.roll_back(run).state is RunState.DONE
    assert (key_of(aws, THEIRS), alias(aws)) == (key, key)
    about = aws.call(Call("aws", "kms", "DescribeKey", {"KeyId": key}, REGION))["KeyMetadata"]
    assert about["KeyState"] == "Enabled"
    assert second.roll_back(other).state is RunState.DONE
    assert (keys(aws), alias(aws)) == ([key], key)


def test_a_plan_of_before_the_first_ones_run_makes_no_second_key(aws, homes):
    first, second = homes
    stale = second.plan(THEIRS)
    first.apply(first.plan(OURS))
    with pytest.raises(RefusedError, match="plan again"):
        second.apply(stale)
    assert len(keys(aws)) == 1
    assert key_of(aws, THEIRS) == ""


def meanwhile(home, plan, operation, cloud):
    """The cloud, with the other home's whole run just before the first call of that operation."""
    runs = []

    def other(call):
        if call.operation == operation and not runs:
            runs.append(None)
            home.apply(plan)

    return Meddling(cloud, other)


def test_of_two_keys_that_were_made_at_the_same_moment_one_is_used_and_the_other_is_named(aws, homes):
    first, second = homes
    ours, theirs = first.plan(OURS), second.plan(THEIRS)
    run = second.apply(theirs, meanwhile(first, ours, "CreateKey", aws))
    assert run.state is RunState.DONE
    assert key_of(aws, THEIRS) == key_of(aws, OURS) == alias(aws)
    (spare,) = set(keys(aws)) - {alias(aws)}
    assert "another run created the key" in run.note
    assert f"aws kms schedule-key-deletion --key-id {spare.rpartition('/')[2]}" in run.note


def test_an_alias_that_the_other_home_made_a_moment_ago_for_the_same_key_is_no_failure(aws, homes):
    first, second = homes
    run = second.apply(second.plan(THEIRS), cloud := Quicker(aws))
    assert cloud.used
    assert run.state is RunState.DONE, run.note
    assert [alias(aws)] == keys(aws)
    assert key_of(aws, THEIRS) == alias(aws)
    assert first.apply(first.plan(OURS)).state is RunState.DONE


def test_an_alias_of_somebody_elses_key_is_neither_moved_nor_taken_in_the_middle(aws, homes):
    _, second = homes
    other = aws.call(Call("aws", "kms", "CreateKey", {"Description": "theirs"}, REGION))["KeyMetadata"]

    def taken(call):
        if call.operation == "CreateAlias":
            aws.call(
                Call("aws", "kms", "CreateAlias", {**call.arguments, "TargetKeyId": other["KeyId"]}, REGION)
            )

    run = second.apply(second.plan(THEIRS), Meddling(aws, taken))
    assert run.state is RunState.PARTIAL
    assert alias(aws) == other["Arn"]
    assert key_of(aws, THEIRS) == ""


class Quicker(Meddling):
    """Another home gives the same key its alias just before this one does."""

    def __init__(self, cloud):
        super().__init__(cloud, self._take)
        self._aws, self.used = cloud, False

    def _take(self, call):
        if call.operation == "CreateAlias" and not self.used:
            self.used = True
            self._aws.call(call)
