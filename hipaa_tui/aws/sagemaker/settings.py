"""SageMaker's notebooks and endpoint configurations, whose key and network are chosen when they are made."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.declared import Declared, Read, raw, text
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import CloudError

_NAME: Final = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")


class _Tagged(Named):
    service = "sagemaker"
    pattern = _NAME
    tagging = Read("sagemaker", "ListTags", "Tags", {"ResourceArn": "{id}"}, pages=True)


class Notebooks(_Tagged):
    name = "AWS::SageMaker::NotebookInstance"
    title = "SageMaker notebook instance"
    kind = "notebook-instance/"
    listing = Read("sagemaker", "ListNotebookInstances", "NotebookInstances")
    field = "NotebookInstanceName"


class EndpointConfigurations(_Tagged):
    name = "AWS::SageMaker::EndpointConfig"
    title = "SageMaker endpoint configuration"
    kind = "endpoint-config/"
    listing = Read("sagemaker", "ListEndpointConfigs", "EndpointConfigs")
    field = "EndpointConfigName"


def _not_found(error: CloudError) -> bool:
    """Is it not there? SageMaker answers ValidationException to everything; only its words tell."""
    return error.code in {"ResourceNotFound", "RecordNotFound"} or "ould not find" in str(error)


class Notebook(Declared):
    """{"KmsKeyId"?, "DirectInternetAccess": Enabled or Disabled, "SubnetId"?}. Read-only.

    CreateNotebookInstance takes them, UpdateNotebookInstance does not.
    """

    id = "aws.sagemaker.notebook"
    title = "Key and network of the notebook"
    resource = Notebooks.name
    reading = Read(
        *("sagemaker", "DescribeNotebookInstance", "", {"NotebookInstanceName": "{name}"}), off=_not_found
    )
    fields = {
        "KmsKeyId": raw("KmsKeyId"),
        "SubnetId": raw("SubnetId"),
        "DirectInternetAccess": text("DirectInternetAccess", "Enabled"),
    }
    identity = {"NotebookInstanceName": "{name}"}
    read_only = "SageMaker takes a notebook's key and network at its creation alone: make a new one"


class EndpointKey(Declared):
    """{"KmsKeyId"?}: the key that encrypts the storage of an endpoint's instances. Read-only."""

    id = "aws.sagemaker.endpoint-key"
    title = "Key of the endpoint's storage"
    resource = EndpointConfigurations.name
    reading = Read(
        *("sagemaker", "DescribeEndpointConfig", "", {"EndpointConfigName": "{name}"}), off=_not_found
    )
    fields = {"KmsKeyId": text("KmsKeyId", None)}
    identity = {"EndpointConfigName": "{name}"}
    read_only = "an endpoint configuration cannot be changed: make a new one and update the endpoint"


RESOURCE_TYPES = (Notebooks(), EndpointConfigurations())
SETTINGS = (Notebook(), EndpointKey())
