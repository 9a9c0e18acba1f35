"""What the parts of a VPC have in common: one call lists them, ids begin with a prefix, and tags come with them.

What another account shares with this one shows up in the list too; only its owner can change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Target
from hipaa_tui.support.json_value import Json


class PartOfVpc(Named):
    """Declared by class attributes, as every `Named`; `ids` is the parameter that takes ids."""

    service = "ec2"
    ids: ClassVar[str]

    def own(self, item: Json, account: str) -> bool:
        return bool(item.get("OwnerId", account) == account)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(self.described(cloud, target))

    def described(self, cloud: Cloud, target: Target) -> Mapping[str, Any]:
        """The thing as EC2 describes it. Raises CloudError, also where it is gone."""
        listing = self.listing
        request = Call("aws", "ec2", listing.operation, {self.ids: [target.name]}, target.region)
        found = cloud.call(request).get(listing.at) or []
        if not found:
            raise CloudError("NotFound", f"{target.name} is not there any more", status=404, call=request)
        described: Mapping[str, Any] = found[0]
        return described
