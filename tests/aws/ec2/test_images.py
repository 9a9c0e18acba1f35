"""Machine images: who may launch them is taken and given in calls of its own, and named shares stay."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.ec2.images import BlockPublicImages, Images, ImageSharing, image_not_public
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION

ONE, KIND = ImageSharing(), Images()
HERE = f"{REGION}:{ACCOUNT}"
ORGANIZATION = "arn:aws:organizations::210987654321:organization/o-123456789"
UNIT = "arn:aws:organizations::210987654321:ou/o-123456789/ou-1234-5678"
CLOSED = {"Groups": [], "Users": [], "Organizations": [], "Units": []}


def image(name="ami-0a1b"):
    return KIND.target(name, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("ami-0a1b", "ami-0a1b"),
        (f"arn:aws:ec2:{REGION}::image/ami-0a1b", "ami-0a1b"),
        (f"arn:aws:ec2:{HERE}:image/ami-0a1b", "ami-0a1b"),
        (f"arn:aws:ec2:{HERE}:snapshot/snap-0a1b", None),
        ("snap-0a1b", None),
    ],
)
def test_an_image_is_known_by_its_id_and_both_its_arns(id, name):
    found = KIND.target(id, ACCOUNT, REGION)
    assert (found.name if found else None) == name
    assert found is None or found.id == f"arn:aws:ec2:{HERE}:image/ami-0a1b"


def test_every_kind_of_share_is_taken_before_others_are_given():
    before = {**CLOSED, "Groups": ["all"], "Users": ["1", "2"]}
    after = {"Groups": [], "Users": ["2"], "Organizations": [ORGANIZATION], "Units": [UNIT]}
    taken, given = ONE.write(image(), Reading(before), after)
    assert taken.arguments["LaunchPermission"] == {"Remove": [{"Group": "all"}, {"UserId": "1"}]}
    assert given.arguments["LaunchPermission"] == {
        "Add": [{"OrganizationArn": ORGANIZATION}, {"OrganizationalUnitArn": UNIT}]
    }
    assert ONE.between(image(), before, after) == [{**CLOSED, "Users": ["2"]}]
    assert ONE.between(image(), before, CLOSED) == []
    assert "keeps its data" in ONE.cannot_be_undone(after, before)
    assert ONE.cannot_be_undone(before, after) == ""


def test_what_is_written_is_read_again(aws):
    one = image(do(aws, "ec2", "RegisterImage", Name="web")["ImageId"])
    public = {"Groups": ["all"], "Users": ["210987654321"], "Organizations": [ORGANIZATION], "Units": [UNIT]}
    for call in ONE.write(one, ONE.read(aws, one), public):
        aws.call(call)
    assert ONE.read(aws, one).value == public
    wanted = image_not_public(public, {})
    assert wanted == {**public, "Groups": []}
    for call in ONE.write(one, ONE.read(aws, one), wanted):
        aws.call(call)
    assert ONE.same(ONE.read(aws, one).value, wanted)
    assert [found.name for found in KIND.list(aws, ACCOUNT, REGION, "aws")] == [one.name]


def test_an_image_that_is_gone_is_absent(aws):
    assert ONE.read(aws, image("ami-0a1b2c3d4e5f60718")).value is ABSENT
    with pytest.raises(ValueError, match="no such image"):
        image_not_public(ABSENT, {})


def test_the_switch_keeps_an_image_from_becoming_public(aws):
    switch = resource_type("AWS::EC2::ImageBlockPublicAccess").target(ACCOUNT, ACCOUNT, REGION)
    block, one = BlockPublicImages(), image(do(aws, "ec2", "RegisterImage", Name="web")["ImageId"])
    unblocked = block.read(aws, switch)
    assert unblocked.value == {"State": "unblocked"}
    (call,) = block.write(switch, unblocked, {"State": "block-new-sharing"})
    aws.call(call)
    with pytest.raises(CloudError, match="OperationNotPermitted"):
        aws.call(ONE.write(one, ONE.read(aws, one), {**CLOSED, "Groups": ["all"]})[0])
    (call,) = block.write(switch, block.read(aws, switch), {"State": "unblocked"})
    aws.call(call)
    assert block.read(aws, switch).value == unblocked.value
