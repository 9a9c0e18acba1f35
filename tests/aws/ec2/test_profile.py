"""The instance profile of an instance: named, given, replaced and taken back."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import builders, resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.ec2 import estate_instances as instances
from tests.aws.network import Place
from tests.aws.runs import CATALOGUE
from tests.aws.server import ACCOUNT, REGION

INSTANCE = "AWS::EC2::Instance"
PROFILE = "aws.ec2.instance-profile"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


def test_a_role_is_given_only_when_it_is_named_and_taken_back(aws, tmp_path):
    place, clouds = Place(aws), {"aws": aws}
    where = target(INSTANCE, instances.launch(aws, place.subnet, "plain")["InstanceId"])
    instances.make_profile(aws, "ward")
    wish = FixRequest(CATALOGUE.get("aws.ec2.instance-profile"), where, ("f",))
    unsaid = make_plan([wish], clouds, {})
    assert unsaid.changes == ()
    assert "profile=NAME" in unsaid.skipped[0].reason

    plan = make_plan([wish], clouds, {"profile": "ward"})
    assert (plan.skipped, plan.blocked) == ((), ())
    assert "iam:PassRole" in plan.changes[0].permissions
    journal = Journal(open_store(tmp_path / "store.db"))
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(run).state == "done"
    assert setting(PROFILE).read(aws, where).value["Profile"].endswith("instance-profile/ward")
    back = rollback_plan(journal, run, clouds)
    undone = Applying(back, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(undone).state == "done"
    assert setting(PROFILE).read(aws, where).value == {"Profile": ""}


def test_a_role_that_is_there_stays_and_another_replaces_it_in_one_call():
    one, where = setting(PROFILE), target(INSTANCE, "i-0a")
    ward = {"Profile": f"arn:aws:iam::{ACCOUNT}:instance-profile/clinic/ward"}
    asked = {"name": "other", "account": ACCOUNT, "partition": "aws"}
    assert builders()["with_instance_profile"](ward, asked) == ward
    assert one.same(ward, {"Profile": f"arn:aws:iam::{ACCOUNT}:instance-profile/ward"}), (
        "a path is no other name"
    )
    other = builders()["with_instance_profile"]({"Profile": ""}, asked)
    (call,) = one.calls(where, Reading(ward, {"AssociationId": "x"}), other)
    assert call.operation == "ReplaceIamInstanceProfileAssociation"
    assert call.arguments["IamInstanceProfile"] == {"Name": "other"}
    assert one.calls(where, Reading(ward, {}), ward) == []
    with pytest.raises(ValueError, match="by hand"):
        one.calls(where, Reading(ward, {}), other)
    with pytest.raises(ValueError, match="its name"):
        builders()["with_instance_profile"]({"Profile": ""}, {**asked, "name": "a/b"})
