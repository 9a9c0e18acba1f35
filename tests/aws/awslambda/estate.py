"""A function for everybody with an open URL; "kept" is as it should be."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.lambda.url-auth",
    "aws.lambda.not-public",
    "aws.lambda.tracing",
    "aws.lambda.concurrency",
)
ROLE = "lambda-exec"


def code() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 1\n")
    return packed.getvalue()


def role(cloud: AwsCloud) -> None:
    """The role that functions run as; moto wants it to be there."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    cloud.call(
        Call("aws", "iam", "CreateRole", {"RoleName": ROLE, "AssumeRolePolicyDocument": document}, REGION)
    )


def function(cloud: AwsCloud, name: str, **more: Any) -> str:
    """A function by hand; its ARN. moto's client takes bytes, which are no JSON, so it is packed here."""
    import boto3

    client = boto3.client("lambda", region_name=REGION)
    found = client.create_function(
        FunctionName=name, Runtime="python3.12", Role=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", Handler="index.handler",
        Code={"ZipFile": code()}, **more,
    )  # fmt: skip
    return str(found["FunctionArn"])


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    role(cloud)
    function(cloud, "etl", Environment={"Variables": {"DB_PASSWORD": "SuperSecret123!"}})
    do(
        "lambda",
        "AddPermission",
        FunctionName="etl",
        StatementId="pub",
        Action="lambda:InvokeFunction",
        Principal="*",
    )
    do(
        "lambda", "AddPermission", FunctionName="etl", StatementId="bucket", Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::phi", SourceAccount=ACCOUNT,
    )  # fmt: skip
    do("lambda", "CreateFunctionUrlConfig", FunctionName="etl", AuthType="NONE")
    function(cloud, "kept", TracingConfig={"Mode": "Active"})
    do("lambda", "PutFunctionConcurrency", FunctionName="kept", ReservedConcurrentExecutions=5)
    return cloud
