"""Looks at machine images before they are closed to everybody: who goes on launching them, and who does not."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.lookups import listed, pages
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call

_SHARING: Final = "aws.ec2.image-sharing"
_BLOCK: Final = "aws.ec2.image-block-public-access"
_NAMED: Final = ("Users", "Organizations", "Units")


def image_users(look: Look) -> Verdict:
    """Says who may launch the image after it is closed; warns where nobody is named, and of product codes."""
    draft = next((one for one in look.changes if one.setting == _SHARING), None)
    if draft is None:
        return Outcome.PASS, "nobody's access changes"
    asked = {"ImageId": look.target.name, "Attribute": "productCodes"}
    codes = look.cloud.call(Call("aws", "ec2", "DescribeImageAttribute", asked, look.target.region))
    if codes.get("ProductCodes"):
        return (
            Outcome.WARN,
            "the image bears a product code of AWS Marketplace, and AWS makes no such image public: a rollback "
            "cannot bring that back",
        )
    named = [str(one) for word in _NAMED for one in draft.after[word]]
    if named:
        return Outcome.PASS, f"{listed(named)} may launch it as before, and nobody else"
    return (
        Outcome.WARN,
        "no account is named: launch templates and Auto Scaling groups of other accounts that start it are "
        "refused from then on, so name those who are meant first (`aws ec2 modify-image-attribute`)",
    )


def images_public_today(look: Look) -> Verdict:
    """Warns which images stay public all the same, and blocks where the organization decides.

    The switch stops new sharing and leaves what is shared (EC2 User Guide, "Block public access for your AMIs").
    """
    if look.read(_BLOCK, look.target).identity.get("ManagedBy") == "declarative-policy":
        return (
            Outcome.BLOCK,
            "a declarative policy of the organization decides this: change it there, in the management account",
        )
    public = {"Owners": ["self"], "Filters": [{"Name": "is-public", "Values": ["true"]}]}
    names = sorted(str(one["ImageId"]) for one in pages(look, "ec2", "DescribeImages", "Images", **public))
    if not names:
        return Outcome.PASS, "no image of the region is public"
    return (
        Outcome.WARN,
        f"{listed(names)} are public and stay so, since only new sharing is refused: close them as well "
        "(aws.ec2.public-image)",
    )


GUARDS = {"image-users": image_users, "images-public-today": images_public_today}
CAUTIOUS = ()
