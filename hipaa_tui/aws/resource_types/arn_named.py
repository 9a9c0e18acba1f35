"""Resource types of AWS that one list call names, and whose ARN is made of a kind and a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Read, tags_of
from hipaa_tui.providers.model import Call, Cloud, CloudError, ResourceType, Target
from hipaa_tui.support.json_value import Json

_NO_ENDPOINT: Final = frozenset({"NotReached", "BadRequest"})
"""What a call fails with, before it is sent, where a region has no endpoint of the service."""


class Named(ResourceType):
    """Declared by class attributes; a subclass overrides what its service does otherwise.

    The ARN is arn:PARTITION:`service`:REGION:ACCOUNT:`kind`NAME, where `kind` ends with its separator.
    """

    service: ClassVar[str]
    """The service's name in ARNs."""
    kind: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]
    """What a name looks like, whole."""
    listing: ClassVar[Read]
    """The call that lists them; its arguments are the same for every account and region."""
    field: ClassVar[str] = ""
    """The member of an item that is its name or its ARN; "" where the item itself is that."""
    tagging: ClassVar[Read | None] = None
    """The call that reads the tags of one."""
    everywhere: ClassVar[bool] = True
    """Has every region the service? Where one has not, it has none of these."""

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        items = (item for item in self.listed(cloud, region) if self.own(item, account))
        names = (str(item[self.field]) if self.field else str(item) for item in items)
        found = (self.target(name, account, region, partition) for name in names)
        return [target for target in found if target is not None]

    def listed(self, cloud: Cloud, region: str) -> Sequence[Json]:
        """Every item of the list call, as the service describes it. Raises CloudError."""
        listing = self.listing
        request = Call("aws", listing.service, listing.operation, dict(listing.arguments), region)
        try:
            return cloud.pages(request, listing.at)
        except CloudError as error:
            if not self.everywhere and error.code in _NO_ENDPOINT and not error.sent:
                return []
            raise

    def own(self, item: Json, account: str) -> bool:
        """Is a listed item one of these, and the account's own? (Some calls list what others share with it.)"""
        return True

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            if arn.service != self.service or not arn.resource.startswith(self.kind):
                return None
            name = arn.resource.removeprefix(self.kind)
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not self.pattern.fullmatch(name):
            return None
        full = f"arn:{partition}:{self.service}:{region}:{account}:{self.kind}{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of(self.tagging.answer(cloud, target)) if self.tagging else {}
