"""API Gateway's stages of REST APIs: their logs, traces and cache, and the account's role that writes the logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

_STAGE: Final = re.compile(r"/restapis/([a-z0-9]{3,20})/stages/([A-Za-z0-9_-]{1,128})")
_SHORT: Final = re.compile(r"([a-z0-9]{3,20})/([A-Za-z0-9_-]{1,128})")
_GONE: Final = ("NotFoundException",)


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("apigateway", name) for name in names)


class Stages(ResourceType):
    name = "AWS::ApiGateway::Stage"
    title = "Stage of a REST API"
    lists = _operations("GetRestApis", "GetStages")

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        found = []
        for api in cloud.pages(Call("aws", "apigateway", "GetRestApis", {}, region), "items"):
            asked = Call("aws", "apigateway", "GetStages", {"restApiId": api["id"]}, region)
            names = [str(stage["stageName"]) for stage in cloud.call(asked).get("item") or []]
            found += [self._of(str(api["id"]), name, account, region, partition) for name in names]
        return found

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            short = _SHORT.fullmatch(id)
            return self._of(short[1], short[2], account, region, partition) if short else None
        path = _STAGE.fullmatch(arn.resource)
        if arn.service != "apigateway" or path is None:
            return None
        return self._of(path[1], path[2], account, arn.region or region, arn.partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        about = _stage(cloud, target) or {}
        return {str(key): str(value) for key, value in (about.get("tags") or {}).items()}

    def _of(self, api: str, stage: str, account: str, region: str, partition: str) -> Target:
        id = f"arn:{partition}:apigateway:{region}::/restapis/{api}/stages/{stage}"
        return Target("aws", self.name, account, region, id, f"{api}/{stage}", partition)


class AccountSettings(ResourceType):
    """No resource of its own: what each account says about API Gateway in each region."""

    name = "AWS::ApiGateway::Account"
    title = "API Gateway's account settings"
    per_region = True
    lists = _operations("GetAccount")

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None or arn.service != "apigateway" or arn.resource != "/account":
            return None
        return self._of(arn.account or account, arn.region or region, arn.partition)

    def _of(self, account: str, region: str, partition: str) -> Target:
        id = f"arn:{partition}:apigateway:{region}:{account}:/account"
        return Target("aws", self.name, account, region, id, f"API Gateway's settings in {region}", partition)


class AccountRole(Setting):
    """{"cloudwatchRoleArn": the role with which API Gateway writes its logs}; ABSENT where there is none."""

    id = "aws.apigateway.account-role"
    title = "Role that writes the logs"
    resource = AccountSettings.name
    reads = _operations("GetAccount")
    writes = (Operation("apigateway", "UpdateAccount", also=("iam:PassRole",)),)
    removes = _operations("UpdateAccount")
    kept_on_rollback = "other stages may write their logs with it by now"
    # IAM takes a moment to let a service see a new role.
    retry_codes = ("BadRequestException",)
    terraform = ("aws_api_gateway_account",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        role = cloud.call(Call("aws", "apigateway", "GetAccount", {}, target.region)).get("cloudwatchRoleArn")
        return Reading({"cloudwatchRoleArn": str(role)} if role else ABSENT)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [self._patch(target, after["cloudwatchRoleArn"])]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [self._patch(target, "")]

    def _patch(self, target: Target, role: Json) -> Call:
        operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
        return Call("aws", "apigateway", "UpdateAccount", {"patchOperations": operations}, target.region)


class _OfStage(Setting):
    """Texts and truth values of a stage by name, each with the path that UpdateStage knows it by."""

    resource = Stages.name
    reads = _operations("GetStage")
    writes = _operations("UpdateStage")
    terraform = ("aws_api_gateway_stage",)
    paths: ClassVar[Mapping[str, str]]

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = _stage(cloud, target)
        if about is None:
            return Reading(ABSENT)
        api, _, stage = target.name.partition("/")
        return Reading(self.of(about), {"restApiId": api, "stageName": stage})

    def of(self, about: Mapping[str, Any]) -> Json:
        raise NotImplementedError

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        api, _, stage = target.name.partition("/")
        operations = [
            {"op": "replace", "path": self.paths[name], "value": _word(value)}
            for name, value in after.items()
            if value != before.value.get(name)
        ]
        arguments = {"restApiId": api, "stageName": stage, "patchOperations": operations}
        return [Call("aws", "apigateway", "UpdateStage", arguments, target.region)]


class ExecutionLogging(_OfStage):
    """{"LoggingLevel": OFF, ERROR or INFO, "DataTrace": bool} of all methods of the stage.

    `DataTrace` writes whole requests and answers to the log, patients' data among them.
    """

    id = "aws.apigateway.execution-logging"
    title = "Execution logs"
    terraform = ("aws_api_gateway_method_settings",)
    paths: ClassVar[Mapping[str, str]] = {
        "LoggingLevel": "/*/*/logging/loglevel",
        "DataTrace": "/*/*/logging/dataTrace",
    }

    def of(self, about: Mapping[str, Any]) -> Json:
        methods = (about.get("methodSettings") or {}).get("*/*") or {}
        return {
            "LoggingLevel": str(methods.get("loggingLevel") or "OFF"),
            "DataTrace": bool(methods.get("dataTraceEnabled")),
        }


class StageTracing(_OfStage):
    """{"Tracing": bool}"""

    id = "aws.apigateway.tracing"
    title = "Tracing by X-Ray"
    paths: ClassVar[Mapping[str, str]] = {"Tracing": "/tracingEnabled"}

    def of(self, about: Mapping[str, Any]) -> Json:
        return {"Tracing": bool(about.get("tracingEnabled"))}


class CacheEncryption(_OfStage):
    """{"Cached": is anything cached (only for looking), "Encrypted": bool} of all methods of the stage."""

    id = "aws.apigateway.cache-encryption"
    title = "Encryption of the cache"
    terraform = ("aws_api_gateway_method_settings",)
    paths: ClassVar[Mapping[str, str]] = {"Encrypted": "/*/*/caching/dataEncrypted"}

    def of(self, about: Mapping[str, Any]) -> Json:
        methods = (about.get("methodSettings") or {}).get("*/*") or {}
        return {
            "Cached": bool(about.get("cacheClusterEnabled")),
            "Encrypted": bool(methods.get("cacheDataEncrypted")),
        }


class ClientCertificate(_OfStage):
    """{"ClientCertificateId"?}: with what the stage shows its backend who it is. Only for looking."""

    id = "aws.apigateway.client-certificate"
    title = "Certificate for the backend"
    writes = ()

    def of(self, about: Mapping[str, Any]) -> Json:
        found = about.get("clientCertificateId")
        return {"ClientCertificateId": str(found)} if found else {}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("the backend has to trust the certificate first: that is a person's to do")


def _word(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _stage(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    api, _, stage = target.name.partition("/")
    try:
        return cloud.call(
            Call("aws", "apigateway", "GetStage", {"restApiId": api, "stageName": stage}, target.region)
        )
    except CloudError as error:
        absent_on(_GONE, error)
        return None


RESOURCE_TYPES = (Stages(), AccountSettings())
SETTINGS = (AccountRole(), ExecutionLogging(), StageTracing(), CacheEncryption(), ClientCertificate())
