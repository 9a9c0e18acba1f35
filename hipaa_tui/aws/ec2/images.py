"""Machine images (AMIs): who may launch instances of one, and whether the region lets anybody share one with everybody."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.declared import Declared, Either, Read, Write, text
from hipaa_tui.aws.ec2.settings import call, operations
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.aws.resource_types.region_switch import RegionSwitch
from hipaa_tui.providers.model import Call, Cloud, CloudError, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

EVERYBODY: Final = "all"
_GONE: Final = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")
_ATTRIBUTE: Final = "launchPermission"
_BLOCKED: Final = "block-new-sharing"
KINDS: Final = (
    ("Groups", "Group"),
    ("Users", "UserId"),
    ("Organizations", "OrganizationArn"),
    ("Units", "OrganizationalUnitArn"),
)
"""(the setting's word, the API's word) for each kind of who may launch."""


class Images(Named):
    name = "AWS::EC2::Image"
    title = "Machine image"
    service = "ec2"
    kind = "image/"
    pattern = re.compile(r"ami-[0-9a-f]+")
    listing = Read("ec2", "DescribeImages", "Images", {"Owners": ["self"]})
    field = "ImageId"
    tagging = Read("ec2", "DescribeImages", "Images.0.Tags", {"ImageIds": ["{name}"]})


class ImageSharing(Setting):
    """{"Groups": ["all" for everybody], "Users": [account ids], "Organizations": [ARNs], "Units": [ARNs]}"""

    id = "aws.ec2.image-sharing"
    title = "Who may launch the image"
    resource = Images.name
    reads = operations("DescribeImageAttribute")
    writes = operations("ModifyImageAttribute")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = call(target, "DescribeImageAttribute", ImageId=target.name, Attribute=_ATTRIBUTE)
        try:
            found = cloud.call(asked).get("LaunchPermissions") or []
        except CloudError as error:
            return absent_on(_GONE, error)
        value = {word: sorted(str(one[name]) for one in found if one.get(name)) for word, name in KINDS}
        return Reading(value, {"Arn": target.id, "ImageId": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        # Taking goes first, so that nobody new comes in beside whoever has to go.
        return [
            call(target, "ModifyImageAttribute", ImageId=target.name, LaunchPermission={verb: named})
            for verb, named in (
                ("Remove", _more(before.value, after)),
                ("Add", _more(after, before.value)),
            )
            if named
        ]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        kept = {word: sorted(set(before[word]) & set(after[word])) for word, _ in KINDS}
        return [] if self.same(kept, before) or self.same(kept, after) else [kept]

    def canonical(self, value: Json) -> Json:
        return {word: sorted(value[word]) for word, _ in KINDS}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        fresh = set((after or {}).get("Groups") or []) - set((before or {}).get("Groups") or [])
        return "whoever launches or copies the public image meanwhile keeps its data" if fresh else ""


class PublicImages(RegionSwitch):
    name = "AWS::EC2::ImageBlockPublicAccess"
    title = "Public sharing of machine images"
    service = "ec2"
    kind = "image-block-public-access"
    said = "Public sharing of machine images"


class BlockPublicImages(Declared):
    """{"State": "block-new-sharing" or "unblocked"}"""

    id = "aws.ec2.image-block-public-access"
    title = "Block of public images"
    resource = PublicImages.name
    reading = Read("ec2", "GetImageBlockPublicAccessState")
    fields = {"State": text("ImageBlockPublicAccessState", "unblocked")}
    identity = {"Region": "{region}"}
    identity_fields = {"ManagedBy": text("ManagedBy", "account")}
    writing = Either(
        lambda _before, after: after["State"] == _BLOCKED,
        then=Write("ec2", "EnableImageBlockPublicAccess", "ImageBlockPublicAccessState", sends="State"),
        otherwise=Write("ec2", "DisableImageBlockPublicAccess", sends=None),
    )
    # "The API can take up to 10 minutes": EC2 API Reference, EnableImageBlockPublicAccess.
    settle_seconds = 660.0
    terraform = ("aws_ec2_image_block_public_access",)


def _more(one: Json, other: Json) -> list[Json]:
    """Who may launch by `one` and not by `other`, as the API names them."""
    return [{name: who} for word, name in KINDS for who in sorted(set(one[word]) - set(other[word]))]


def image_not_public(current: Json, _wanted: Json) -> Json:
    """Accounts, organizations and units that were named stay."""
    if current is ABSENT:
        raise ValueError("there is no such image")
    return {**current, "Groups": [one for one in current["Groups"] if one != EVERYBODY]}


RESOURCE_TYPES = (Images(), PublicImages())
SETTINGS = (ImageSharing(), BlockPublicImages())
BUILDERS = {"image_not_public": image_not_public}
