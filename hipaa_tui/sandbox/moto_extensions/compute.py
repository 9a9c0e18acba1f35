"""What moto lacks of EKS, CodeBuild, EMR and Elastic Beanstalk: the key of a cluster, a project's update, an environment's options."""

from __future__ import annotations

import json
from typing import Any

from moto.codebuild.responses import CodeBuildResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.eks import urls
from moto.eks.responses import EKSResponse
from moto.elasticbeanstalk.responses import EBResponse
from moto.emr.responses import ElasticMapReduceResponse


def associate_encryption_config(response: Any) -> ActionResult:
    """eks:AssociateEncryptionConfig. A cluster takes one key, once."""
    name = response.path.split("/clusters/")[-1].split("/")[0]
    cluster = response.eks_backend.describe_cluster(name)
    cluster.encryption_config = json.loads(response.body)["encryptionConfig"]
    update = {
        "id": "00000000-0000-4000-8000-000000000001",
        "status": "InProgress",
        "type": "AssociateEncryptionConfig",
    }
    return ActionResult({"update": update})


def update_project(response: Any) -> ActionResult:
    """codebuild:UpdateProject: what is named is replaced, the rest stays."""
    asked = json.loads(response.body)
    project = response.codebuild_backend.codebuild_projects[asked["name"]]
    project.project_metadata.update({key: value for key, value in asked.items() if key != "name"})
    return ActionResult({"project": project.project_metadata})


def describe_configuration_settings(response: Any) -> ActionResult:
    """elasticbeanstalk:DescribeConfigurationSettings of an environment: the options that were chosen."""
    params = response._get_params()
    application = response.elasticbeanstalk_backend.applications[params["ApplicationName"]]
    environment = application.environments[params["EnvironmentName"]]
    options = [
        {"Namespace": space, "OptionName": name, "Value": value}
        for (space, name), value in sorted(getattr(environment, "options", {}).items())
    ]
    return ActionResult(
        {
            "ConfigurationSettings": [
                {"EnvironmentName": environment.environment_name, "OptionSettings": options}
            ]
        }
    )


def update_environment(response: Any) -> ActionResult:
    """elasticbeanstalk:UpdateEnvironment: the named options get their values."""
    params = response._get_params()
    for application in response.elasticbeanstalk_backend.applications.values():
        environment = application.environments.get(params["EnvironmentName"])
        if environment is not None:
            options = getattr(environment, "options", {})
            for one in params.get("OptionSettings") or []:
                options[one["Namespace"], one["OptionName"]] = one["Value"]
            environment.options = options
            return ActionResult({"EnvironmentName": environment.environment_name, "Status": "Updating"})
    raise ValueError("no such environment")


def put_block_public_access_configuration(response: Any) -> EmptyResult:
    """emr:PutBlockPublicAccessConfiguration: moto's own takes false for true."""
    asked = response._get_params().get("BlockPublicAccessConfiguration") or {}
    response.backend.put_block_public_access_configuration(
        block_public_security_group_rules=bool(asked.get("BlockPublicSecurityGroupRules")),
        rule_ranges=asked.get("PermittedPublicSecurityGroupRuleRanges"),
    )
    return EmptyResult()


def install() -> None:
    """Teach moto the operations."""
    urls.url_paths["{0}/clusters/(?P<name>[^/]+)/encryption-config/associate$"] = urls.response.dispatch
    EKSResponse.associate_encryption_config = associate_encryption_config  # type: ignore[attr-defined]
    CodeBuildResponse.update_project = update_project  # type: ignore[attr-defined]
    EBResponse.describe_configuration_settings = describe_configuration_settings  # type: ignore[attr-defined]
    ElasticMapReduceResponse.put_block_public_access_configuration = put_block_public_access_configuration  # type: ignore[method-assign, assignment]
    EBResponse.update_environment = update_environment  # type: ignore[attr-defined]
