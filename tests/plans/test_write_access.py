"""Whoever can write nothing is a reader, and whoever cannot be shown to be one is said to be taken as able."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hipaa_tui.aws.cloud import connect
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.plans.write_access import write_access, write_actions
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import CloudError
from tests.aws.guards import Answers, do
from tests.azure.server import CONTRIBUTOR, GROUP, SCOPE, assignment, azure

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture(scope="module")
def catalogue():
    return load()


@pytest.fixture
def as_maria(aws, monkeypatch):
    """Logs in as a user who may do these actions on this resource."""

    def log_in(*actions, resource="*"):
        do(aws, "iam", "CreateUser", UserName="maria")
        policy = {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
        given = {"PolicyName": "its", "PolicyDocument": json.dumps({"Version": "2012-10-17", **policy})}
        do(aws, "iam", "PutUserPolicy", UserName="maria", **given)
        key = do(aws, "iam", "CreateAccessKey", UserName="maria")["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        return connect(region="us-east-1")

    return log_in


def role(guid, scope=SCOPE, number=7):
    definition = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    return assignment(number, SANDBOX_PRINCIPAL, scope=scope, roleDefinitionId=definition)


def test_the_playbooks_writes_are_known_by_their_permissions(catalogue):
    assert {"s3:PutBucketPolicy", "ec2:CreateFlowLogs"} <= set(write_actions(catalogue, "aws"))
    assert not any(":Describe" in one or ":Get" in one for one in write_actions(catalogue, "aws"))
    on_azure = write_actions(catalogue, "azure")
    assert "Microsoft.Storage/storageAccounts/write" in on_azure
    assert not any(one.endswith("/read") for one in on_azure)


def test_who_may_do_everything_can_write(aws, catalogue):
    found = write_access({"aws": aws}, catalogue)
    assert found.providers == ("aws",)
    assert found.can_write


def test_who_may_do_one_thing_on_one_resource_is_taken_as_able(as_maria, catalogue):
    cloud = as_maria("s3:PutBucketPolicy", resource="arn:aws:s3:::mine")
    found = write_access({"aws": cloud}, catalogue)
    assert found.providers == ("aws",)
    assert "it depends on the resource" in found.sentence


def test_a_reader_of_aws_can_write_nothing(as_maria, catalogue):
    found = write_access({"aws": as_maria("s3:Get*", "ec2:Describe*", "iam:Get*", "iam:List*")}, catalogue)
    assert not found.can_write
    assert found.sentence.startswith("read-only: AWS")


@pytest.mark.parametrize(
    ("roles", "able"),
    [
        ((role(READER),), False),
        ((role(CONTRIBUTOR),), True),
        ((role(READER), role(CONTRIBUTOR, GROUP, 8)), True),
    ],
)
def test_roles_in_azure_decide(roles, able, catalogue):
    with azure(*roles) as cloud:
        assert write_access({"azure": cloud}, catalogue).can_write is able


class Failing(Answers):
    """A cloud that does not say who is asking, or what they may do."""

    def __init__(self, cloud, code, *, at):
        super().__init__(cloud)
        self.code, self.at = code, at

    def caller(self):
        if self.at == "caller":
            raise CloudError(self.code, "no", sent=False)
        return replace(self.cloud.caller(), principal="arn:aws:iam::123456789012:user/maria")

    def pages(self, call, items):
        raise CloudError(self.code, "no", status=403, call=call)


def test_nobody_logged_in_can_write_nothing(aws, catalogue):
    found = write_access({"aws": Failing(aws, "NoCredentials", at="caller")}, catalogue)
    assert not found.can_write
    assert "no credentials" in found.sentence


@pytest.mark.parametrize(("code", "at"), [("NotReached", "caller"), ("AccessDenied", "simulation")])
def test_what_cannot_be_told_is_taken_as_able_and_said(aws, catalogue, code, at):
    found = write_access({"aws": Failing(aws, code, at=at)}, catalogue)
    assert found.providers == ("aws",)
    assert "could not be determined" in found.sentence
    assert code in found.sentence


def test_one_cloud_may_be_writable_and_the_other_not(aws, catalogue):
    with azure(role(READER)) as cloud:
        found = write_access({"aws": aws, "azure": cloud}, catalogue)
    assert found.providers == ("aws",)
    assert "Azure: the credentials have none" in found.sentence


def test_without_clouds_there_is_nothing_to_write_to(catalogue):
    assert not write_access({}, catalogue).can_write
