"""What a setting says that it reads is all that it asks for, whatever the cloud answers."""

import contextlib
import random
from functools import cache

import pytest

from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_types, settings
from tests.aws.test_declared import operation_of, sample

ACCOUNT, REGION = "123456789012", "us-east-1"
IDS = [
    *(
        "thing",
        "Thing-1",
        "alias/x",
        "i-0ab",
        "sg-0ab",
        "vol-0ab",
        "snap-0ab",
        "ami-0ab",
        "vpc-0ab",
        "lt-0ab",
    ),
    *(
        "subnet-0abcdef12",
        "acl-0abcdef12",
        "rtb-0abcdef12",
        "igw-0abcdef12",
        "tgw-0abcdef12",
        "vpn-0abcdef12",
    ),
    *("fs-0abcdef12", "j-ABCDEF", "api12/stage", "EABCDEFGHIJ", ACCOUNT, "app/envname", "family:3"),
    *(
        f"arn:aws:{rest}"
        for rest in (
            *(f"kms:{REGION}:{ACCOUNT}:key/ab", f"cloudtrail:{REGION}:{ACCOUNT}:trail/t"),
            *(f"iam::{ACCOUNT}:root", f"iam::{ACCOUNT}:policy/p", "iam::aws:policy/AdministratorAccess"),
            *(f"iam::{ACCOUNT}:role/r", f"apigateway:{REGION}::/account"),
            f"elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/n/1",
            f"secretsmanager:{REGION}:{ACCOUNT}:secret:x-abcdef",
            f"wafv2:{REGION}:{ACCOUNT}:regional/webacl/n/1",
        )
    ),
]
NONSENSE = (CloudError, KeyError, ValueError, IndexError, AttributeError, TypeError, StopIteration)
"""What a setting may raise on an answer that no cloud gives."""
AWS = {id: setting for id, setting in settings().items() if setting.provider == "aws"}


def thinned(value, chance):
    """An answer without some of its members and items."""
    if isinstance(value, dict):
        return {key: thinned(item, chance) for key, item in value.items() if chance.random() < 0.8}
    if isinstance(value, list):
        return [thinned(item, chance) for item in value if chance.random() < 0.8]
    return chance.choice([True, False]) if isinstance(value, bool) else value


@cache
def whole_answer(service, operation):
    shape = operation_of(service, operation).output_shape
    return sample(shape) if shape else {}


class Recorded:
    """A cloud that answers anything, and knows what it was asked for."""

    def __init__(self, seed):
        self.chance = random.Random(seed) if seed else None
        self.calls = set()
        self.left = 40

    def call(self, call):
        self.calls.add((call.service, call.operation))
        self.left -= 1
        if not self.left:
            raise CloudError("Endless", "every answer names a next page")
        answer = whole_answer(call.service, call.operation)
        return thinned(answer, self.chance) if self.chance else answer

    def pages(self, call, items):
        return self.call(call).get(items) or []


@pytest.mark.parametrize("id", AWS)
def test_a_setting_reads_what_it_says(id):
    setting = AWS[id]
    kind = resource_types()[setting.resource]
    targets = [target for one in IDS if (target := kind.target(one, ACCOUNT, REGION))]
    asked = set()
    for target in targets[:2]:
        for seed in range(12):
            cloud = Recorded(seed)
            with contextlib.suppress(*NONSENSE):
                setting.read(cloud, target)
            asked |= cloud.calls
    assert asked <= {(operation.service, operation.operation) for operation in setting.reads}
