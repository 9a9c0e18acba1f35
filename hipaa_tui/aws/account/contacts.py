"""Whom AWS calls when something is wrong in the account."""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, flag
from hipaa_tui.providers.model import (
    Cloud,
    ResourceType,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
_HOME: Final = {"aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-west-1"}
"""Where a partition's Account Management is asked."""


class AlternateContacts(ResourceType):
    """No resource of its own: each account has them or not."""

    name = "AWS::Account::AlternateContact"
    title = "Account's contacts"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            found = _ACCOUNT.fullmatch(id)
            return self._of(found[1], partition) if found else None
        of_account = (arn.service, arn.resource) == ("iam", "root") or arn.service == "account"
        return self._of(arn.account or account, arn.partition) if of_account else None

    def _of(self, account: str, partition: str) -> Target:
        id = f"arn:{partition}:account::{account}:alternate-contacts"
        region = _HOME.get(partition, "us-east-1")
        return Target("aws", self.name, account, region, id, f"contacts of {account}", partition)


class SecurityContact(Declared):
    """{"Registered": true} where the account has a security contact. Who that is stays out of plans and journals."""

    id = "aws.account.security-contact"
    title = "Security contact"
    resource = AlternateContacts.name
    reading = Read(
        *("account", "GetAlternateContact", "", {"AlternateContactType": "SECURITY"}),
        gone=("ResourceNotFoundException",),
    )
    fields = {"Registered": flag("AlternateContact")}
    read_only = "whom AWS should call is for people to say"

    def value(self, found: Any) -> Json:
        return super().value(found) if found else ABSENT


RESOURCE_TYPES = (AlternateContacts(),)
SETTINGS = (SecurityContact(),)
