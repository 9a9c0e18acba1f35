"""The policies of AWS's own that playbooks attach, in a moto that leaves AWS's policies out.

They are taken from moto's own list, one by one, since reading all of it after each reset takes a second.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend

NAMES: Final = ("AWSSupportAccess", "AdministratorAccess", "PowerUserAccess")


@cache
def _described(name: str) -> dict[str, Any]:
    """What moto's list says of the policy."""
    start = aws_managed_policies_data.index("{", aws_managed_policies_data.index(f'"{name}":'))
    found, _ = json.JSONDecoder().raw_decode(aws_managed_policies_data, start)
    return dict(found)


def install() -> None:
    """Teach every IAM of moto the policies, where it does not load all of them."""
    load = IAMBackend._init_aws_policies

    def with_ours(self: IAMBackend) -> list[Any]:
        loaded = load(self)
        if loaded:
            return loaded
        return [
            AWSManagedPolicy.from_data(name, self.account_id, self.region_name, _described(name))
            for name in NAMES
        ]

    IAMBackend._init_aws_policies = with_ours  # type: ignore[method-assign]
