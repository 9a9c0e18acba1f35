"""A build without logs, an environment that nobody updates, an open door for EMR, and what only a person can put right."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.codebuild.logs",
    "aws.elasticbeanstalk.health-reporting",
    "aws.elasticbeanstalk.managed-updates",
    "aws.emr.block-public-access",
)
# The call of a project hands its own environment back: test_aws_playbooks_codebuild.py follows it.
ONE_WAY = ("aws.eks.secrets-encryption", "aws.codebuild.privileged")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; "kept" is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    open_key = {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE", "type": "PLAINTEXT"}
    for name, status, source, variables in (
        ("portal", "DISABLED", "https://ops:hunter2@example.org/portal.git", [open_key]),
        ("kept", "ENABLED", "https://example.org/kept.git", []),
    ):
        do(
            "codebuild", "CreateProject", name=name, serviceRole=ROLE,
            source={"type": "GITHUB", "location": source}, artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": variables,
            },
            logsConfig={"cloudWatchLogs": {"status": status}},
        )  # fmt: skip
    do("elasticbeanstalk", "CreateApplication", ApplicationName="app")
    do(
        "elasticbeanstalk",
        "CreateEnvironment",
        ApplicationName="app",
        EnvironmentName="portal",
        SolutionStackName="x",
    )
    subnets = [one["SubnetId"] for one in do("ec2", "DescribeSubnets")["Subnets"][:2]]
    do("eks", "CreateCluster", name="phi", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    key = do("kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    for name, more in (
        ("nb", {"DirectInternetAccess": "Enabled"}),
        ("kept", {"DirectInternetAccess": "Disabled", "KmsKeyId": key, "SubnetId": subnets[0]}),
    ):
        do(
            "sagemaker", "CreateNotebookInstance", NotebookInstanceName=name, InstanceType="ml.t3.medium",
            RoleArn=ROLE, **more,
        )  # fmt: skip
    variant = {
        "VariantName": "v",
        "ModelName": "m",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.t2.medium",
    }
    do("sagemaker", "CreateModel", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    do("sagemaker", "CreateEndpointConfig", EndpointConfigName="risk", ProductionVariants=[variant])
    do(
        "sagemaker",
        "CreateEndpointConfig",
        EndpointConfigName="kept",
        ProductionVariants=[variant],
        KmsKeyId=key,
    )
    container = {"name": "web", "image": "i", "memory": 64}
    do("ecs", "RegisterTaskDefinition", family="web", networkMode="host", containerDefinitions=[container])
    do("ecs", "RegisterTaskDefinition", family="web", networkMode="host", containerDefinitions=[container])
    safe = {**container, "readonlyRootFilesystem": True, "user": "app"}
    do("ecs", "RegisterTaskDefinition", family="kept", networkMode="host", containerDefinitions=[safe])
    machines = {"MasterInstanceType": "m5.xlarge", "InstanceCount": 1, "KeepJobFlowAliveWhenNoSteps": True}
    do(
        "emr",
        "RunJobFlow",
        Name="etl",
        ReleaseLabel="emr-7.0.0",
        Instances=machines,
        ServiceRole="s",
        JobFlowRole="j",
    )
    return cloud
