"""Checks that an Elastic Beanstalk environment is ready and healthy before its options change."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call


def beanstalk_settled(context: GuardContext) -> Verdict:
    """Blocks while the environment is not Ready; warns where its health is Red or Yellow."""
    application, _, name = context.target.name.partition("/")
    query = {"ApplicationName": application, "EnvironmentNames": [name], "IncludeDeleted": False}
    request = Call("aws", "elasticbeanstalk", "DescribeEnvironments", query, context.target.region)
    environments = context.cloud.call(request).get("Environments") or []
    if not environments:
        return Outcome.BLOCK, "the environment does not exist"
    environment = environments[0]
    status, health = str(environment.get("Status")), str(environment.get("Health"))
    if status != "Ready":
        return Outcome.BLOCK, f"the environment is {status}: wait until it is Ready, then plan again"
    if health in {"Red", "Yellow"}:
        return (
            Outcome.WARN,
            f"the environment's health is {health}: fix that first, or an update may make it worse",
        )
    return Outcome.PASS, "the environment is Ready"


GUARDS: Final = {"beanstalk-settled": beanstalk_settled}
BLOCK_ON_ERROR: Final = frozenset({"beanstalk-settled"})
