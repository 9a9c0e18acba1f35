"""Guards of AMIs: who can still launch an AMI that is no longer shared, and which AMIs are public today."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

SHARING = "aws.ec2.image-sharing"
BLOCK = "aws.ec2.image-block-public-access"
FRIEND = "210987654321"
UNIT = "arn:aws:organizations::210987654321:ou/o-123456789/ou-1234-5678"
CLOSED = {"Groups": [], "Users": [], "Organizations": [], "Units": []}


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.fixture
def image(aws):
    return target("AWS::EC2::Image", do(aws, "ec2", "RegisterImage", Name="web")["ImageId"])


@pytest.mark.parametrize("named", [{"Users": [FRIEND]}, {"Units": [UNIT]}])
def test_who_goes_on_launching_is_named(aws, image, named):
    outcome, reason = verdict(aws, "image-users", image, (SHARING, {**CLOSED, **named}))
    assert outcome is Outcome.PASS
    assert next(iter(named.values()))[0] in reason


def test_an_image_that_names_nobody_warns_of_those_who_launch_it(aws, image):
    outcome, reason = verdict(aws, "image-users", image, (SHARING, CLOSED))
    assert outcome is Outcome.WARN
    assert "Auto Scaling groups of other accounts" in reason


def test_nothing_is_said_where_the_sharing_stays(aws, image):
    assert verdict(aws, "image-users", image)[0] is Outcome.PASS


def test_a_product_of_the_marketplace_cannot_become_public_again(aws, image):
    codes = {"ProductCodes": [{"ProductCodeId": "abc", "ProductCodeType": "marketplace"}]}
    after = {**CLOSED, "Users": [FRIEND]}
    shared = {"LaunchPermissions": [{"Group": "all"}], **codes}
    outcome, reason = verdict(
        Answers(aws, DescribeImageAttribute=shared), "image-users", image, (SHARING, after)
    )
    assert outcome is Outcome.WARN
    assert "product code" in reason


def publicity(aws):
    switch = target("AWS::EC2::ImageBlockPublicAccess", ACCOUNT)
    return verdict(aws, "images-public-today", switch, (BLOCK, {"State": "block-new-sharing"}))


def test_images_that_stay_public_are_named(aws, image):
    assert publicity(aws)[0] is Outcome.PASS
    everybody = {"Add": [{"Group": "all"}]}
    do(aws, "ec2", "ModifyImageAttribute", ImageId=image.name, LaunchPermission=everybody)
    outcome, reason = publicity(aws)
    assert outcome is Outcome.WARN
    assert image.name in reason


def test_what_the_organization_decides_is_not_changed_here(aws):
    said = {"ImageBlockPublicAccessState": "unblocked", "ManagedBy": "declarative-policy"}
    outcome, reason = publicity(Answers(aws, GetImageBlockPublicAccessState=said))
    assert outcome is Outcome.BLOCK
    assert "management account" in reason
