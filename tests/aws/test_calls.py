"""What settings declare exists in AWS's own models, and calls become errors, permissions and commands rightly."""

from functools import cache

import botocore.session
import pytest

from hipaa_tui.aws.cli_commands import command
from hipaa_tui.aws.cloud import connect
from hipaa_tui.aws.permissions.actions import for_call
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import settings

REGION = "us-east-1"


def declared():
    for setting in settings().values():
        if setting.provider == "aws":
            for operation in (*setting.reads, *setting.writes, *setting.removes):
                yield pytest.param(
                    operation.service, operation.operation, id=f"{setting.id}:{operation.operation}"
                )


@pytest.mark.parametrize(("service", "operation"), list(declared()))
def test_every_declared_operation_exists(service, operation):
    assert operation in operations_of(service)


@cache
def operations_of(service):
    return frozenset(botocore.session.get_session().get_service_model(service).operation_names)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (Call("aws", "s3", "PutBucketEncryption", {}), {"s3:PutEncryptionConfiguration"}),
        (Call("aws", "s3", "ListBuckets", {}), {"s3:ListAllMyBuckets"}),
        (Call("aws", "kms", "CreateKey", {"Tags": [1]}), {"kms:CreateKey", "kms:TagResource"}),
        (Call("aws", "ec2", "CreateFlowLogs", {"DeliverLogsPermissionArn": "x"}), {"iam:PassRole"}),
    ],
)
def test_a_call_names_the_permissions_that_it_needs(call, expected):
    assert expected <= set(for_call(call))


def test_a_call_is_said_as_a_command_line():
    call = Call("aws", "s3", "PutBucketPolicy", {"Bucket": "b; rm -rf /", "Policy": '{"a": 1}'}, REGION)
    assert command(call) == (
        "aws s3api put-bucket-policy --bucket 'b; rm -rf /' --policy '{\"a\": 1}' --region us-east-1"
    )
    call = Call("aws", "cloudtrail", "UpdateTrail", {"Name": "t", "IsMultiRegionTrail": True}, REGION)
    assert "--is-multi-region-trail --region" in command(call)
    call = Call("aws", "kms", "CreateAlias", {"TargetKeyId": {"$known_after_apply": "c1.KeyId"}}, REGION)
    assert "--target-key-id '<c1.KeyId>'" in command(call)


def test_an_error_keeps_the_services_own_code(aws):
    with pytest.raises(CloudError) as caught:
        aws.call(Call("aws", "s3", "GetBucketPolicy", {"Bucket": "nothing-here"}, REGION))
    assert (caught.value.code, caught.value.status, caught.value.transient) == ("NoSuchBucket", 404, False)


def test_wrong_parameters_are_never_sent(aws):
    with pytest.raises(CloudError) as caught:
        aws.call(Call("aws", "s3", "GetBucketPolicy", {"Bukket": "x"}, REGION))
    assert (caught.value.code, caught.value.sent) == ("BadRequest", False)


def test_a_value_that_is_not_known_yet_is_never_sent(aws):
    with pytest.raises(CloudError, match="not known"):
        aws.call(Call("aws", "kms", "DescribeKey", {"KeyId": {"$known_after_apply": "c1.KeyId"}}, REGION))


def test_a_server_that_is_not_there_is_a_passing_failure(monkeypatch, aws):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(CloudError) as caught:
        connect(region=REGION).call(Call("aws", "s3", "CreateBucket", {"Bucket": "abc"}, REGION))
    assert caught.value.transient
    assert not caught.value.sent


def test_missing_credentials_are_said_in_one_sentence(monkeypatch, aws):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(CloudError) as caught:
        connect(region=REGION).caller()
    assert caught.value.code == "NoCredentials"
    assert "log in" in str(caught.value)
    with pytest.raises(CloudError, match="NoProfile"):
        connect(profile="nobody").caller()


def test_who_the_credentials_are(aws):
    found = aws.caller()
    assert found.accounts == ("123456789012",)
    assert found.partition == "aws"
