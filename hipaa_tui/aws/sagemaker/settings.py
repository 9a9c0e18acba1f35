"""SageMaker's notebooks and endpoint configurations, whose key and network are chosen when they are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_NAME: Final = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("sagemaker", name) for name in names)


class _Tagged(Named):
    service = "sagemaker"
    pattern = _NAME

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "sagemaker", "ListTags", {"ResourceArn": target.id}, target.region)
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.pages(asked, "Tags")}


class Notebooks(_Tagged):
    name = "AWS::SageMaker::NotebookInstance"
    title = "SageMaker notebook instance"
    kind = "notebook-instance/"
    listing = Operation("sagemaker", "ListNotebookInstances")
    lists = (listing,)
    items = "NotebookInstances"
    field = "NotebookInstanceName"


class EndpointConfigurations(_Tagged):
    name = "AWS::SageMaker::EndpointConfig"
    title = "SageMaker endpoint configuration"
    kind = "endpoint-config/"
    listing = Operation("sagemaker", "ListEndpointConfigs")
    lists = (listing,)
    items = "EndpointConfigs"
    field = "EndpointConfigName"


class Notebook(Setting):
    """{"KmsKeyId"?, "DirectInternetAccess": Enabled or Disabled, "SubnetId"?}. Only for looking.

    CreateNotebookInstance takes them, UpdateNotebookInstance does not.
    """

    id = "aws.sagemaker.notebook"
    title = "Key and network of the notebook"
    resource = Notebooks.name
    reads = _operations("DescribeNotebookInstance")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = {"NotebookInstanceName": target.name}
        about = _described(cloud, target, "DescribeNotebookInstance", asked)
        if about is None:
            return Reading(ABSENT)
        value = {name: about[name] for name in ("KmsKeyId", "SubnetId") if about.get(name)}
        internet = str(about.get("DirectInternetAccess", "Enabled"))
        return Reading({**value, "DirectInternetAccess": internet}, {"NotebookInstanceName": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("SageMaker takes a notebook's key and network at its creation alone: make a new one")


class EndpointKey(Setting):
    """{"KmsKeyId"?}: what the storage of an endpoint's instances is encrypted with. Only for looking."""

    id = "aws.sagemaker.endpoint-key"
    title = "Key of the endpoint's storage"
    resource = EndpointConfigurations.name
    reads = _operations("DescribeEndpointConfig")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = _described(cloud, target, "DescribeEndpointConfig", {"EndpointConfigName": target.name})
        if about is None:
            return Reading(ABSENT)
        key = about.get("KmsKeyId")
        return Reading({"KmsKeyId": str(key)} if key else {}, {"EndpointConfigName": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError(
            "an endpoint configuration cannot be changed: make a new one and update the endpoint"
        )


def _described(
    cloud: Cloud, target: Target, operation: str, asked: dict[str, Json]
) -> Mapping[str, Any] | None:
    try:
        return cloud.call(Call("aws", "sagemaker", operation, asked, target.region))
    except CloudError as error:
        # The service says ValidationException for everything; its words tell what is not there.
        if error.code in {"ResourceNotFound", "RecordNotFound"} or "ould not find" in str(error):
            return None
        raise


RESOURCE_TYPES = (Notebooks(), EndpointConfigurations())
SETTINGS = (Notebook(), EndpointKey())
