"""An answer that is lost never makes a second key, nor repeats a call that took effect."""

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.views import view
from hipaa_tui.store.database import open_store
from tests.aws.server import ACCOUNT, REGION
from tests.runs.engine import Meddling


class Losing(Meddling):
    """A cloud whose answer to one operation is lost once, after or before its effect."""

    def __init__(self, cloud, operation, *, after_effect=True):
        super().__init__(cloud, lambda call: None)
        self._left, self._after = {operation}, after_effect
        self.made = []

    def call(self, call):
        lose = call.operation in self._left
        if lose:
            self._left.clear()
        if lose and not self._after:
            raise CloudError("NoAnswer", "timed out", transient=True, call=call)
        answer = super().call(call)
        self.made.append(call.operation)
        if lose:
            raise CloudError("NoAnswer", "timed out", transient=True, call=call)
        return answer


@pytest.fixture
def engine(aws, tmp_path):
    aws.call(Call("aws", "s3", "CreateBucket", {"Bucket": "phi-records"}, REGION))
    target = resource_type("AWS::S3::Bucket").target("arn:aws:s3:::phi-records", ACCOUNT, REGION)
    plan = make_plan([FixRequest(load().get("aws.s3.default-encryption"), target, ())], {"aws": aws}, {})
    journal = Journal(open_store(tmp_path / "home" / "store.db"))

    def apply(cloud):
        run = Applying(plan, {"aws": cloud}, journal, sleep=lambda _: None).start()
        return view(journal, journal.row(run))

    return apply


def keys(aws):
    return len(aws.pages(Call("aws", "kms", "ListKeys", {}, REGION), "Keys"))


def test_a_key_whose_answer_was_lost_is_found_and_finished(aws, engine):
    cloud = Losing(aws, "CreateKey")
    run = engine(cloud)
    assert run.state is RunState.DONE
    assert keys(aws) == 1
    assert cloud.made.count("CreateKey") == 1
    assert cloud.made.count("EnableKeyRotation") == 1


def test_a_key_that_may_have_been_made_is_not_made_again(aws, engine):
    cloud = Losing(aws, "CreateKey", after_effect=False)
    run = engine(cloud)
    assert run.changes[0].state.value == "failed"
    assert cloud.made.count("CreateKey") == 0
    assert [change.state.value for change in run.changes[1:]] == ["pending", "pending"]


def test_a_bucket_setting_whose_answer_was_lost_is_not_written_twice(aws, engine):
    cloud = Losing(aws, "PutBucketEncryption")
    assert engine(cloud).state is RunState.DONE
    assert cloud.made.count("PutBucketEncryption") == 1
