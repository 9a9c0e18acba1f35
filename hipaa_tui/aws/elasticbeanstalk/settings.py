"""Elastic Beanstalk environments: how their health is told, and whether their platform is kept up to date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.aws.declared import Declared, Read, Write
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Reading
from hipaa_tui.support.json_value import Json

_ACTIONS: Final = "aws:elasticbeanstalk:managedactions"
_UPDATES: Final = "aws:elasticbeanstalk:managedactions:platformupdate"
_HEALTH: Final = "aws:elasticbeanstalk:healthreporting:system"


class Environments(Named):
    name = "AWS::ElasticBeanstalk::Environment"
    title = "Elastic Beanstalk environment"
    service = "elasticbeanstalk"
    kind = "environment/"
    pattern = re.compile(r"[^/\s]{1,100}/[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]")
    listing = Read("elasticbeanstalk", "DescribeEnvironments", "Environments", {"IncludeDeleted": False})
    field = "EnvironmentArn"
    tagging = Read("elasticbeanstalk", "ListTagsForResource", "ResourceTags", {"ResourceArn": "{id}"})


class _Options(Declared):
    """Some options of the environment, {name: text}, as DescribeConfigurationSettings has them."""

    resource = Environments.name
    reading = Read(
        *("elasticbeanstalk", "DescribeConfigurationSettings", "ConfigurationSettings.0"),
        {"ApplicationName": "{parent}", "EnvironmentName": "{child}"},
        gone=("InvalidParameterValue",),
        empty="gone",
    )
    identity = {"ApplicationName": "{parent}", "EnvironmentName": "{child}"}
    writing = Write("elasticbeanstalk", "UpdateEnvironment", "OptionSettings", {"EnvironmentName": "{child}"})
    settle_seconds = 900.0
    terraform = ("aws_elastic_beanstalk_environment",)
    options: ClassVar[Mapping[str, tuple[str, str]]]
    """Name of an option → (its namespace, its value where nobody chose one)."""

    def value(self, found: Any) -> Json:
        chosen = {
            (one["Namespace"], one["OptionName"]): one.get("Value")
            for one in found.get("OptionSettings") or []
        }
        return {
            name: str(chosen.get((space, name)) or usual) for name, (space, usual) in self.options.items()
        }

    def sent(self, before: Reading, after: Json) -> Json:
        return [
            {"Namespace": self.options[name][0], "OptionName": name, "Value": value}
            for name, value in after.items()
        ]


class HealthReporting(_Options):
    """{"SystemType": basic or enhanced}"""

    id = "aws.elasticbeanstalk.health-reporting"
    title = "Health reporting"
    options: ClassVar[Mapping[str, tuple[str, str]]] = {"SystemType": (_HEALTH, "basic")}


class ManagedUpdates(_Options):
    """{"ManagedActionsEnabled": "true" or "false", "PreferredStartTime": "Sun:03:00" (UTC), "UpdateLevel": patch or minor}"""

    id = "aws.elasticbeanstalk.managed-updates"
    title = "Managed platform updates"
    options: ClassVar[Mapping[str, tuple[str, str]]] = {
        "ManagedActionsEnabled": (_ACTIONS, "false"),
        "PreferredStartTime": (_ACTIONS, ""),
        "UpdateLevel": (_UPDATES, ""),
    }

    def sent(self, before: Reading, after: Json) -> Json:
        # Beanstalk takes no empty text. An option that was never chosen has no effect while managed updates are off.
        return super().sent(before, {name: value for name, value in after.items() if value})

    def canonical(self, value: Json) -> Json:
        return {"ManagedActionsEnabled": "false"} if value["ManagedActionsEnabled"] == "false" else value


RESOURCE_TYPES = (Environments(),)
SETTINGS = (HealthReporting(), ManagedUpdates())
