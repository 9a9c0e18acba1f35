"""Resource types of AWS that one list call names, and whose ARN is made of a kind and a name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import Call, Cloud, Operation, ResourceType, Target


class Named(ResourceType):
    """Declared by class attributes; a subclass overrides what its service does otherwise.

    The ARN is arn:PARTITION:`service`:REGION:ACCOUNT:`kind`NAME, where `kind` ends with its separator.
    """

    service: ClassVar[str]
    """The service's name in ARNs."""
    kind: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]
    """What a name looks like, whole."""
    listing: ClassVar[Operation]
    items: ClassVar[str]
    """The member of the list call's answer that holds the items."""
    field: ClassVar[str] = ""
    """The member of an item that is its name or its ARN; "" where the item itself is that."""
    arguments: ClassVar[Mapping[str, Any]] = {}

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        asked = Call("aws", self.listing.service, self.listing.operation, dict(self.arguments), region)
        listed = cloud.pages(asked, self.items)
        names = (str(one[self.field]) if self.field else str(one) for one in listed)
        found = (self.target(name, account, region, partition) for name in names)
        return [target for target in found if target is not None]

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
