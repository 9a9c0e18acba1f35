"""API Gateway's stages of REST APIs: their logs, traces and cache, and the account's role that writes the logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.declared import Declared, Read, Remove, Write, flag, text
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Operation,
    Reading,
    ResourceType,
    Target,
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


_ROLE: Final = "cloudwatchRoleArn"


class AccountRole(Declared):
    """{"cloudwatchRoleArn": the role with which API Gateway writes its logs}; ABSENT where there is none."""

    id = "aws.apigateway.account-role"
    title = "Role that writes the logs"
    resource = AccountSettings.name
    reading = Read("apigateway", "GetAccount")
    fields = {_ROLE: text(_ROLE, None)}
    writing = Write("apigateway", "UpdateAccount", "patchOperations", also=("iam:PassRole",))
    removing = Remove(
        *("apigateway", "UpdateAccount"),
        arguments={"patchOperations": [{"op": "replace", "path": f"/{_ROLE}", "value": ""}]},
    )
    kept_on_rollback = "other stages may write their logs with it by now"
    # IAM takes a moment to let a service see a new role.
    retry_codes = ("BadRequestException",)
    terraform = ("aws_api_gateway_account",)

    def value(self, found: Any) -> Json:
        return super().value(found) or ABSENT

    def sent(self, before: Reading, after: Json) -> Json:
        return [{"op": "replace", "path": f"/{_ROLE}", "value": after[_ROLE]}]


_STAGE_IDS: Final = {"restApiId": "{parent}", "stageName": "{child}"}
_DESCRIBED: Final = Read("apigateway", "GetStage", "", _STAGE_IDS, gone=_GONE)
_ALL_METHODS: Final = "methodSettings.*/*"


class _OfStage(Declared):
    """Texts and truth values of a stage by name, each with the path that UpdateStage knows it by."""

    resource = Stages.name
    reading = _DESCRIBED
    identity = _STAGE_IDS
    writing: ClassVar[Write | None] = Write("apigateway", "UpdateStage", "patchOperations", _STAGE_IDS)
    terraform: tuple[str, ...] = ("aws_api_gateway_stage",)
    paths: ClassVar[Mapping[str, str]]

    def sent(self, before: Reading, after: Json) -> Json:
        return [
            {"op": "replace", "path": self.paths[name], "value": _word(value)}
            for name, value in after.items()
            if value != before.value.get(name)
        ]


class ExecutionLogging(_OfStage):
    """{"LoggingLevel": OFF, ERROR or INFO, "DataTrace": bool} of all methods of the stage.

    `DataTrace` writes whole requests and answers to the log, patients' data among them.
    """

    id = "aws.apigateway.execution-logging"
    title = "Execution logs"
    terraform = ("aws_api_gateway_method_settings",)
    fields = {
        "LoggingLevel": text(f"{_ALL_METHODS}.loggingLevel", "OFF"),
        "DataTrace": flag(f"{_ALL_METHODS}.dataTraceEnabled"),
    }
    paths: ClassVar[Mapping[str, str]] = {
        "LoggingLevel": "/*/*/logging/loglevel",
        "DataTrace": "/*/*/logging/dataTrace",
    }


class StageTracing(_OfStage):
    """{"Tracing": bool}"""

    id = "aws.apigateway.tracing"
    title = "Tracing by X-Ray"
    fields = {"Tracing": flag("tracingEnabled")}
    paths: ClassVar[Mapping[str, str]] = {"Tracing": "/tracingEnabled"}


class CacheEncryption(_OfStage):
    """{"Cached": is anything cached (never written), "Encrypted": bool} of all methods of the stage."""

    id = "aws.apigateway.cache-encryption"
    title = "Encryption of the cache"
    terraform = ("aws_api_gateway_method_settings",)
    fields = {"Cached": flag("cacheClusterEnabled"), "Encrypted": flag(f"{_ALL_METHODS}.cacheDataEncrypted")}
    paths: ClassVar[Mapping[str, str]] = {"Encrypted": "/*/*/caching/dataEncrypted"}


class ClientCertificate(_OfStage):
    """{"ClientCertificateId"?}: the certificate by which the backend knows the stage. Read-only."""

    id = "aws.apigateway.client-certificate"
    title = "Certificate for the backend"
    fields = {"ClientCertificateId": text("clientCertificateId", None)}
    writing = None
    terraform = ()
    read_only = "the backend has to trust the certificate first: that is a person's to do"


def _word(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _stage(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = _DESCRIBED.ask(cloud, target)
    return found


RESOURCE_TYPES = (Stages(), AccountSettings())
SETTINGS = (AccountRole(), ExecutionLogging(), StageTracing(), CacheEncryption(), ClientCertificate())
