"""Switches that each account has once in each region: no resource of their own, so reports name them in many ways.

Prowler names a detector or a hub "unknown" where there is none; Security Hub and AWS Config name the account.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import Call, Cloud, CloudError, ResourceType, Target
from hipaa_tui.providers.value_builders import Builder
from hipaa_tui.support.json_value import Json

TAGS: Final = {"managed-by": "hipaa-tui"}
_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
_NOWHERE: Final = ("", "global")


class RegionSwitch(ResourceType):
    """Declared by class attributes. The target's id is arn:PARTITION:`service`:REGION:ACCOUNT:`kind`."""

    per_region = True
    service: ClassVar[str]
    """The service's name in ARNs."""
    called: ClassVar[tuple[str, ...]] = ()
    """What reports call the service in ARNs besides."""
    kind: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    """How else an ARN of the service that means this switch begins, up to its first "/" or ":"."""
    said: ClassVar[str]
    """What a person calls it: "GuardDuty"."""

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self.of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            named = _ACCOUNT.fullmatch(id)
            mine = named is not None or self._is_kind(id)
            account = named[1] if named else account
        else:
            mine = (arn.service, arn.resource) == ("iam", "root") or (
                arn.service in {self.service, *self.called} and self._is_kind(arn.resource)
            )
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        return self.of(account, region, partition) if mine and region not in _NOWHERE else None

    def _is_kind(self, resource: str) -> bool:
        names = (self.kind, *self.also)
        return resource in names or re.split("[/:]", resource)[0] in names

    def of(self, account: str, region: str, partition: str) -> Target:
        """The switch of a region."""
        id = f"arn:{partition}:{self.service}:{region}:{account}:{self.kind}"
        return Target("aws", self.name, account, region, id, f"{self.said} in {region}", partition)


def never_switched_on(error: CloudError, *sentences: str) -> bool:
    """Does the service refuse because it is off, and not because the credentials may not ask?

    Security Hub and Macie answer both with a refusal; only the sentence tells them apart.
    """
    return any(sentence in error.message.lower() for sentence in sentences)


def call(service: str, target: Target, operation: str, **arguments: Json) -> Call:
    """A call in the switch's region."""
    return Call("aws", service, operation, arguments, target.region)


def unless(current: Json, wanted: Json) -> Json:
    """What another builder makes of it, unless `there` holds a text: then it stays as it is.

    `wanted` is {"there": text, BUILDER: its arguments}: for what a fix needs only where nothing else does its work.
    """
    from hipaa_tui.providers.registry import builders

    if str(wanted.get("there") or "").strip():
        return current
    found = [(name, given) for name, given in wanted.items() if name != "there"]
    if len(found) != 1:
        raise ValueError("unless takes `there` and one builder")
    ((name, given),) = found
    builder: Builder = builders()[name]
    return builder(current, given)


BUILDERS = {"unless": unless}
