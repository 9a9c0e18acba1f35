"""What tests of guards on AWS start from: buckets on a live server, and a guard's word about planned changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_tui.aws.permissions.simulation import Simulation
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.model import Call, Caller, Cloud, CloudError, Denied, Target
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.server import ACCOUNT, REGION


def do(aws: Cloud, service: str, operation: str, region: str = REGION, **arguments: Any) -> dict[str, Any]:
    """One call by hand."""
    return aws.call(Call("aws", service, operation, arguments, region))


def bucket(name: str, region: str = REGION) -> Target:
    found = resource_type("AWS::S3::Bucket").target(name, ACCOUNT, region)
    assert found is not None
    return found


def make_bucket(aws: Cloud, name: str, *statements: Mapping[str, Any]) -> Target:
    """A bucket that is there, with a policy of these statements."""
    do(aws, "s3", "CreateBucket", Bucket=name)
    if statements:
        do(aws, "s3", "PutBucketPolicy", Bucket=name, Policy=text(*statements))
    return bucket(name)


def text(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: Any, action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource,
        **more,
    }


def key(aws: Cloud, **arguments: Any) -> str:
    """The ARN of a new key."""
    return str(do(aws, "kms", "CreateKey", **arguments)["KeyMetadata"]["Arn"])


class Answers:
    """A cloud that answers some operations as it is told, and the rest as it is."""

    def __init__(self, cloud: Cloud, **answers: Mapping[str, Any]) -> None:
        self.cloud, self.answers, self.provider = cloud, answers, cloud.provider

    def call(self, call: Call) -> dict[str, Any]:
        found = self.answers.get(call.operation)
        return self.cloud.call(call) if found is None else dict(found)

    def pages(self, call: Call, items: str) -> list[Any]:
        found = self.answers.get(call.operation)
        return self.cloud.pages(call, items) if found is None else list(found[items])

    def caller(self) -> Caller:
        return self.cloud.caller()

    def scan_regions(self, *, everywhere: bool = False) -> list[str]:
        return self.cloud.scan_regions(everywhere=everywhere)

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        return Simulation(self).denied(actions, resource)


class Refusing(Answers):
    """A cloud that refuses some operations with a code of the service, and answers the rest as it is."""

    def __init__(self, cloud: Cloud, code: str, *operations: str) -> None:
        super().__init__(cloud)
        self.code, self.refused = code, operations

    def call(self, call: Call) -> dict[str, Any]:
        if call.operation in self.refused:
            raise CloudError(self.code, "not for you", status=403, call=call)
        return super().call(call)


class As(Answers):
    """The same cloud for somebody else."""

    def __init__(self, cloud: Cloud, principal: str, **answers: Mapping[str, Any]) -> None:
        super().__init__(cloud, **answers)
        self.principal = principal

    def caller(self) -> Caller:
        return Caller("aws", (ACCOUNT,), self.principal)


def verdict(
    aws: Cloud,
    guard: str,
    target: Target,
    *drafts: tuple[str, Any] | tuple[str, Any, Target],
    parameters: Mapping[str, Any] | None = None,
    **arguments: Any,
) -> tuple[Outcome, str]:
    """What a guard says about changes (setting, value after them, whose: the target's if not said)."""
    changes: Sequence[PlannedChange] = [
        PlannedChange(id, where, setting(id).read(aws, where).value, after)
        for id, after, where in (draft if len(draft) == 3 else (*draft, target) for draft in drafts)
    ]
    context = GuardContext(aws, target, changes, parameters or {}, arguments, SettingReader({"aws": aws}))
    return guards()[0][guard](context)
