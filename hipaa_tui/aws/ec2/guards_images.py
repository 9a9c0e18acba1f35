"""Checks who can still launch an AMI after public sharing ends, and which AMIs stay public."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.lookups import listed, pages
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call

_SHARING: Final = "aws.ec2.image-sharing"
_BLOCK: Final = "aws.ec2.image-block-public-access"
_NAMED: Final = ("Users", "Organizations", "Units")


def image_users(context: GuardContext) -> Verdict:
    """Passes with the accounts that can still launch the AMI; warns where none is named, and of product codes."""
    draft = next((change for change in context.changes if change.setting == _SHARING), None)
    if draft is None:
        return Outcome.PASS, "the AMI's sharing does not change"
    request = {"ImageId": context.target.name, "Attribute": "productCodes"}
    codes = context.cloud.call(Call("aws", "ec2", "DescribeImageAttribute", request, context.target.region))
    if codes.get("ProductCodes"):
        return (
            Outcome.WARN,
            "the AMI has an AWS Marketplace product code, and AWS does not let such an AMI be made public: a "
            "rollback cannot restore the public sharing",
        )
    named = [str(grantee) for word in _NAMED for grantee in draft.after[word]]
    if named:
        return Outcome.PASS, f"{listed(named)} can launch it as before, and no other account can"
    return (
        Outcome.WARN,
        "no account is named: launch templates and Auto Scaling groups of other accounts will fail to launch this "
        "AMI, so share it with the accounts that need it first (`aws ec2 modify-image-attribute`)",
    )


def images_public_today(context: GuardContext) -> Verdict:
    """Warns which AMIs stay public, and blocks where an organization's declarative policy controls the setting.

    The setting stops new public sharing and leaves AMIs that are public already (EC2 User Guide, "Block public
    access for your AMIs").
    """
    if context.read(_BLOCK, context.target).identity.get("ManagedBy") == "declarative-policy":
        return (
            Outcome.BLOCK,
            "a declarative policy of the organization controls this setting: change it there, in the management "
            "account",
        )
    public = {"Owners": ["self"], "Filters": [{"Name": "is-public", "Values": ["true"]}]}
    names = sorted(
        str(image["ImageId"]) for image in pages(context, "ec2", "DescribeImages", "Images", **public)
    )
    if not names:
        return Outcome.PASS, "no AMI of the account is public in this region"
    return (
        Outcome.WARN,
        f"{listed(names)} are public and stay public, since the setting only stops new sharing: end their public "
        "sharing as well (aws.ec2.public-image)",
    )


GUARDS = {"image-users": image_users, "images-public-today": images_public_today}
BLOCK_ON_ERROR = ()
