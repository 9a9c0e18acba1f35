"""Elastic Beanstalk environments: how their health is told, and whether their platform is kept up to date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

_ACTIONS: Final = "aws:elasticbeanstalk:managedactions"
_UPDATES: Final = "aws:elasticbeanstalk:managedactions:platformupdate"
_HEALTH: Final = "aws:elasticbeanstalk:healthreporting:system"


class Environments(Named):
    name = "AWS::ElasticBeanstalk::Environment"
    title = "Elastic Beanstalk environment"
    service = "elasticbeanstalk"
    kind = "environment/"
    pattern = re.compile(r"[^/\s]{1,100}/[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]")
    listing = Operation("elasticbeanstalk", "DescribeEnvironments")
    lists = (listing,)
    items = "Environments"
    field = "EnvironmentArn"
    arguments = {"IncludeDeleted": False}  # noqa: RUF012 - the base class's own shape

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call(
            "aws", "elasticbeanstalk", "ListTagsForResource", {"ResourceArn": target.id}, target.region
        )
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.call(asked).get("ResourceTags") or []}


class _Options(Setting):
    """Some options of the environment, {name: text}, as DescribeConfigurationSettings has them."""

    resource = Environments.name
    reads = (Operation("elasticbeanstalk", "DescribeConfigurationSettings"),)
    writes = (Operation("elasticbeanstalk", "UpdateEnvironment"),)
    settle_seconds = 900.0
    terraform = ("aws_elastic_beanstalk_environment",)
    options: ClassVar[Mapping[str, tuple[str, str]]]
    """What stands for an option here → (namespace, what it is where nobody chose)."""

    def read(self, cloud: Cloud, target: Target) -> Reading:
        application, _, name = target.name.partition("/")
        asked = {"ApplicationName": application, "EnvironmentName": name}
        try:
            found = cloud.call(
                Call("aws", "elasticbeanstalk", "DescribeConfigurationSettings", asked, target.region)
            )
        except CloudError as error:
            return absent_on(("InvalidParameterValue",), error)
        settings: list[Mapping[str, Any]] = found.get("ConfigurationSettings") or []
        if not settings:
            return Reading(ABSENT)
        chosen = {
            (one["Namespace"], one["OptionName"]): one.get("Value")
            for one in settings[0].get("OptionSettings") or []
        }
        value = {
            name: str(chosen.get((space, name)) or usual) for name, (space, usual) in self.options.items()
        }
        return Reading(value, {"ApplicationName": application, "EnvironmentName": name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        settings = [
            {"Namespace": self.options[name][0], "OptionName": name, "Value": value}
            for name, value in after.items()
        ]
        asked = {"EnvironmentName": target.name.partition("/")[2], "OptionSettings": settings}
        return [Call("aws", "elasticbeanstalk", "UpdateEnvironment", asked, target.region)]


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

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        # Beanstalk takes no empty text: what was never chosen is left as it is, without effect while all is off.
        return super().write(target, before, {name: value for name, value in after.items() if value})

    def canonical(self, value: Json) -> Json:
        return {"ManagedActionsEnabled": "false"} if value["ManagedActionsEnabled"] == "false" else value


RESOURCE_TYPES = (Environments(),)
SETTINGS = (HealthReporting(), ManagedUpdates())
