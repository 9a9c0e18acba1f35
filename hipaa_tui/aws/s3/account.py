"""What one account says about all its buckets at once: the account's own block of public access."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.s3.settings import FLAGS
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import Json

_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")
_HOME: Final = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Where an account's block is asked for. It is one in all regions, and so is its target."""


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("s3control", name) for name in names)


class AccountBlocks(ResourceType):
    """No resource of its own: a switch that each account has once."""

    name = "AWS::S3::AccountPublicAccessBlock"
    title = "Account's public access block"
    regional = False
    lists = _operations("GetPublicAccessBlock")

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


class AccountPublicAccessBlock(Setting):
    """{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}: all booleans."""

    id = "aws.s3.account-public-access-block"
    title = "Account's public access block"
    resource = AccountBlocks.name
    reads = _operations("GetPublicAccessBlock")
    writes = _operations("PutPublicAccessBlock")
    removes = _operations("DeletePublicAccessBlock")
    settle_seconds = 480.0
    terraform = ("aws_s3_account_public_access_block",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        identity = {"AccountId": target.account}
        try:
            found = cloud.call(_call(target, "GetPublicAccessBlock"))
        except CloudError as error:
            gone = absent_on(("NoSuchPublicAccessBlockConfiguration",), error)
            return Reading(gone.value, identity)
        return Reading(found["PublicAccessBlockConfiguration"], identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [_call(target, "PutPublicAccessBlock", PublicAccessBlockConfiguration=after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [_call(target, "DeletePublicAccessBlock")]

    def canonical(self, value: Json) -> Json:
        return {flag: bool(value.get(flag)) for flag in FLAGS}

    def planned_identity(self, target: Target, after: Json) -> dict[str, Json]:
        return {"AccountId": target.account}


def _call(target: Target, operation: str, **arguments: Json) -> Call:
    return Call("aws", "s3control", operation, {"AccountId": target.account, **arguments}, target.region)


RESOURCE_TYPES = (AccountBlocks(),)
SETTINGS = (AccountPublicAccessBlock(),)
