"""What one account says about all its buckets at once: the account's own block of public access."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Remove, Write
from hipaa_tui.aws.s3.settings import FLAGS
from hipaa_tui.providers.model import (
    Cloud,
    ResourceType,
    Target,
)
from hipaa_tui.support.json_value import Json

_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
_HOME: Final = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where an account's block is asked for. It is one in all regions, and so is its target."""


class AccountBlocks(ResourceType):
    """No resource of its own: a switch that each account has once."""

    name = "AWS::S3::AccountPublicAccessBlock"
    title = "Account's public access block"
    regional = False

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            # Security Hub names the account, since there is nothing else to name.
            found = _ACCOUNT.fullmatch(id)
            return self._of(found[1], partition) if found else None
        of_account = (arn.service == "s3" and arn.resource in {"account", "public-access-block"}) or (
            arn.service,
            arn.resource,
        ) == ("iam", "root")
        return self._of(arn.account or account, arn.partition) if of_account else None

    def _of(self, account: str, partition: str) -> Target:
        region = _HOME.get(partition, "us-east-1")
        id = f"arn:{partition}:s3::{account}:public-access-block"
        return Target("aws", self.name, account, region, id, f"public access block of {account}", partition)


_OF_ACCOUNT: Final = {"AccountId": "{account}"}


class AccountPublicAccessBlock(Declared):
    """{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}: all booleans."""

    id = "aws.s3.account-public-access-block"
    title = "Account's public access block"
    resource = AccountBlocks.name
    reading = Read(
        *("s3control", "GetPublicAccessBlock", "PublicAccessBlockConfiguration", _OF_ACCOUNT),
        absent=("NoSuchPublicAccessBlockConfiguration",),
    )
    writing = Write("s3control", "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _OF_ACCOUNT)
    removing = Remove("s3control", "DeletePublicAccessBlock", arguments=_OF_ACCOUNT)
    identity = _OF_ACCOUNT
    known_before = True
    settle_seconds = 480.0
    terraform = ("aws_s3_account_public_access_block",)

    def canonical(self, value: Json) -> Json:
        return {flag: bool(value.get(flag)) for flag in FLAGS}


RESOURCE_TYPES = (AccountBlocks(),)
SETTINGS = (AccountPublicAccessBlock(),)
