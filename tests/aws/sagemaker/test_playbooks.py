"""Notebooks and endpoints of SageMaker that only a person can put right."""

from __future__ import annotations

import pytest

from tests.aws.guards import do
from tests.aws.runs import names_found
from tests.aws.server import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service"


@pytest.fixture
def estate(aws):
    """What is named "kept" is as it should be."""
    subnets = [one["SubnetId"] for one in do(aws, "ec2", "DescribeSubnets")["Subnets"][:2]]
    key = do(aws, "kms", "CreateKey", Description="theirs")["KeyMetadata"]["Arn"]
    for name, more in (
        ("nb", {"DirectInternetAccess": "Enabled"}),
        ("kept", {"DirectInternetAccess": "Disabled", "KmsKeyId": key, "SubnetId": subnets[0]}),
    ):
        do(
            aws, "sagemaker", "CreateNotebookInstance", NotebookInstanceName=name, InstanceType="ml.t3.medium",
            RoleArn=ROLE, **more,
        )  # fmt: skip
    variant = {
        "VariantName": "v",
        "ModelName": "m",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.t2.medium",
    }
    do(aws, "sagemaker", "CreateModel", ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    do(aws, "sagemaker", "CreateEndpointConfig", EndpointConfigName="risk", ProductionVariants=[variant])
    do(
        aws,
        "sagemaker",
        "CreateEndpointConfig",
        EndpointConfigName="kept",
        ProductionVariants=[variant],
        KmsKeyId=key,
    )
    return aws


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("aws.sagemaker.notebook-encryption", {"nb"}),
        ("aws.sagemaker.notebook-internet", {"nb"}),
        ("aws.sagemaker.endpoint-encryption", {"risk"}),
    ],
)
def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(estate, id, expected):
    assert names_found(id, estate) == expected
