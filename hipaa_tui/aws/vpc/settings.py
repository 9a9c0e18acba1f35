"""What the parts of a VPC have in common: one call lists them, ids begin with a prefix, and tags come with them.

What another account shares with this one shows up in the list too; only its owner can change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Target


class PartOfVpc(Named):
    """Declared by class attributes, as every `Named`; `ids` is the parameter that takes ids."""

    service = "ec2"
    ids: ClassVar[str]

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        asked = Call("aws", self.listing.service, self.listing.operation, {}, region)
        listed = cloud.pages(asked, self.items)
        mine = [one for one in listed if one.get("OwnerId", account) == account]
        found = (self.target(str(one[self.field]), account, region, partition) for one in mine)
        return [target for target in found if target is not None]

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(self.described(cloud, target))

    def described(self, cloud: Cloud, target: Target) -> Mapping[str, Any]:
        """The thing as EC2 describes it. Raises CloudError, also where it is gone."""
        asked = Call("aws", "ec2", self.listing.operation, {self.ids: [target.name]}, target.region)
        found = cloud.call(asked).get(self.items) or []
        if not found:
            raise CloudError("NotFound", f"{target.name} is not there any more", status=404, call=asked)
        one: Mapping[str, Any] = found[0]
        return one
