"""The guard of a VPC's default security group: what uses it or names it."""

from __future__ import annotations

import pytest

from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.planned_state import Overlay
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import setting
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import Place

DEFAULT_GROUP = "aws.ec2.default-security-group"
CLOSED = {"ingress": [], "egress": []}


@pytest.fixture
def place(aws):
    """A VPC, whose group is the default one."""
    found = Place(aws)
    found.own, found.group = found.group, found.default_group()
    return found


def closing(place, cloud=None):
    return verdict(cloud or place.aws, "default-sg-unused", place.target(), (DEFAULT_GROUP, CLOSED))


def test_a_default_group_that_nothing_uses_may_be_closed(place):
    assert closing(place)[0] is Outcome.PASS
    assert verdict(place.aws, "default-sg-unused", place.target())[0] is Outcome.PASS


def test_what_is_in_the_default_group_is_named_and_blocks(place):
    place.interface("forgotten")
    outcome, reason = closing(place)
    assert outcome is Outcome.BLOCK
    assert "forgotten" in reason


@pytest.mark.parametrize("way", ["Ingress", "Egress"])
def test_a_rule_that_names_the_default_group_blocks(place, way):
    pair = {"UserIdGroupPairs": [{"GroupId": place.group}]}
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **pair}
    do(place.aws, "ec2", f"AuthorizeSecurityGroup{way}", GroupId=place.own, IpPermissions=[rule])
    outcome, reason = closing(place)
    assert outcome is Outcome.BLOCK
    assert place.own in reason


def test_any_other_group_is_refused(place):
    place.group = place.own
    draft = PlannedChange(DEFAULT_GROUP, place.target(), CLOSED, CLOSED)
    look = GuardContext(place.aws, place.target(), [draft], {}, {}, SettingReader({"aws": place.aws}))
    outcome, reason = guards()[0]["default-sg-unused"](look)
    assert outcome is Outcome.BLOCK
    assert "not its VPC's default security group" in reason


def test_a_launch_template_that_names_it_is_a_warning(place):
    data = {"SecurityGroupIds": [place.group]}
    do(place.aws, "ec2", "CreateLaunchTemplate", LaunchTemplateName="old-ward", LaunchTemplateData=data)
    outcome, reason = closing(place)
    assert outcome is Outcome.WARN
    assert "old-ward" in reason


def test_launch_templates_that_cannot_be_read_are_a_warning(place):
    class Refusing(Answers):
        def pages(self, call, items):
            if call.operation == "DescribeLaunchTemplateVersions":
                raise CloudError("UnauthorizedOperation", "no", status=403, call=call)
            return super().pages(call, items)

    assert closing(place, Refusing(place.aws))[0] is Outcome.WARN


def test_a_plan_that_changes_its_rules_before_blocks(place):
    target = place.target()
    read = Overlay(SettingReader({"aws": place.aws}))
    ingress = "aws.ec2.security-group-ingress"
    read.plan("c1", ingress, target, read(ingress, target), Reading({"rules": []}))
    draft = PlannedChange(DEFAULT_GROUP, target, setting(DEFAULT_GROUP).read(place.aws, target).value, CLOSED)
    outcome, reason = guards()[0]["default-sg-unused"](GuardContext(place.aws, target, [draft], {}, {}, read))
    assert outcome is Outcome.BLOCK
    assert "apply that first" in reason
