"""Looks at an Elastic Beanstalk environment before its options change."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call


def beanstalk_settled(look: Look) -> Verdict:
    """Blocks while the environment is updating or ending; warns of one that is not well, or stands alone."""
    application, _, name = look.target.name.partition("/")
    asked = {"ApplicationName": application, "EnvironmentNames": [name], "IncludeDeleted": False}
    request = Call("aws", "elasticbeanstalk", "DescribeEnvironments", asked, look.target.region)
    found = look.cloud.call(request).get("Environments") or []
    if not found:
        return Outcome.BLOCK, "there is no such environment"
    about = found[0]
    status, health = str(about.get("Status")), str(about.get("Health"))
    if status != "Ready":
        return Outcome.BLOCK, f"the environment is {status}: wait until it is Ready, and plan again"
    if health in {"Red", "Yellow"}:
        return Outcome.WARN, f"its health is {health}: see to that first, or an update may make it worse"
    return Outcome.PASS, "the environment is Ready"


GUARDS: Final = {"beanstalk-settled": beanstalk_settled}
CAUTIOUS: Final = frozenset({"beanstalk-settled"})
