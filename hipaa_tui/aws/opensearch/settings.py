"""OpenSearch domains (Elasticsearch ones too): encryption, HTTPS, logs, and who reaches them.

Encryption can be turned on for a domain that is there, and never off again (OpenSearch Service Developer
Guide, "Encryption of data at rest", "Node-to-node encryption"). One call asks for all of it, since each
change of these is a deployment of the whole domain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Write, flag, text
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import public
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Reading,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

AT_REST: Final = "EncryptionAtRestOptions"
BETWEEN_NODES: Final = "NodeToNodeEncryptionOptions"
_KINDS: Final = ("INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS", "AUDIT_LOGS")


_DOMAIN: Final = {"DomainName": "{name}"}
_DESCRIBED: Final = Read(
    *("opensearch", "DescribeDomain", "DomainStatus", _DOMAIN),
    gone=("ResourceNotFoundException",),
    empty="gone",
)


def domain_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The domain as DescribeDomain returns it; empty where there is no such domain. Raises CloudError."""
    return dict(_DESCRIBED.ask(cloud, target) or {})


class Domains(Named):
    name = "AWS::OpenSearchService::Domain"
    title = "OpenSearch domain"
    service = "es"
    kind = "domain/"
    pattern = re.compile(r"[a-z][a-z0-9-]{2,27}")
    listing = Read("opensearch", "ListDomainNames", "DomainNames")
    field = "DomainName"
    tagging = Read("opensearch", "ListTags", "TagList", {"ARN": "{id}"})


class DomainSetting(Declared):
    """What the settings of a domain have in common: they show at once, and take effect with a deployment."""

    resource = Domains.name
    reading = _DESCRIBED
    identity = {"DomainName": "{name}", "Arn": "{id}"}
    identity_fields = {"EngineVersion": text("EngineVersion")}
    identity_when_gone = True
    settle_seconds = 120.0
    terraform: tuple[str, ...] = ("aws_opensearch_domain",)


class Encryption(DomainSetting):
    """{"AtRest": bool, "NodeToNode": bool, "KmsKeyId"?: ARN}"""

    id = "aws.opensearch.encryption"
    title = "Encryption of the domain"
    fields = {
        "AtRest": flag(f"{AT_REST}.Enabled"),
        "NodeToNode": flag(f"{BETWEEN_NODES}.Enabled"),
        "KmsKeyId": text(f"{AT_REST}.KmsKeyId", None),
    }
    writing = Write("opensearch", "UpdateDomainConfig", arguments=_DOMAIN)

    def value(self, found: Any) -> Json:
        value = super().value(found)
        if not value["AtRest"]:
            value.pop("KmsKeyId", None)
        return value

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return super().write(target, before, after) if self.sent(before, after) else []

    def sent(self, before: Reading, after: Json) -> Json:
        have = before.value or {}
        if any(have.get(part) and not after.get(part) for part in ("AtRest", "NodeToNode")):
            raise ValueError(
                "OpenSearch never turns encryption off again: restore a snapshot into a new domain"
            )
        options: dict[str, Json] = {}
        if after["AtRest"] and not have.get("AtRest"):
            key = {"KmsKeyId": after["KmsKeyId"]} if after.get("KmsKeyId") else {}
            options[AT_REST] = {"Enabled": True, **key}
        if after["NodeToNode"] and not have.get("NodeToNode"):
            options[BETWEEN_NODES] = {"Enabled": True}
        return options

    def canonical(self, value: Json) -> Json:
        # OpenSearch names a key by its ARN or its id.
        key = str(value.get("KmsKeyId") or "").rpartition("/")[2] if value["AtRest"] else ""
        return {"at_rest": value["AtRest"], "between": value["NodeToNode"], "key": key}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        return "OpenSearch never turns encryption off again; the way back is a snapshot restored into a new domain"


class Endpoint(DomainSetting):
    """{"EnforceHTTPS": bool, "TLSSecurityPolicy"?}; a custom endpoint is sent back as it is."""

    id = "aws.opensearch.endpoint"
    title = "HTTPS at the endpoint"
    fields = {
        "EnforceHTTPS": flag("DomainEndpointOptions.EnforceHTTPS"),
        "TLSSecurityPolicy": text("DomainEndpointOptions.TLSSecurityPolicy", None),
    }
    writing = Write("opensearch", "UpdateDomainConfig", "DomainEndpointOptions", _DOMAIN)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        options = found.get("DomainEndpointOptions") or {}
        custom = {key: item for key, item in options.items() if key.startswith("CustomEndpoint") and item}
        return {**super().identity_of(target, found), "Custom": custom}

    def sent(self, before: Reading, after: Json) -> Json:
        return {**(before.identity.get("Custom") or {}), **after}


class Logs(DomainSetting):
    """{kind of log: {"CloudWatchLogsLogGroupArn", "Enabled": bool}}"""

    id = "aws.opensearch.logs"
    title = "Logs of the domain"
    writing = Write("opensearch", "UpdateDomainConfig", "LogPublishingOptions", _DOMAIN)
    # The policy that lets the domain write is only a moment old.
    retry_codes = ("ValidationException",)
    settle_seconds = 60.0

    def value(self, found: Any) -> Json:
        return {
            kind: {
                "CloudWatchLogsLogGroupArn": str(option.get("CloudWatchLogsLogGroupArn") or ""),
                "Enabled": bool(option.get("Enabled")),
            }
            for kind, option in (found.get("LogPublishingOptions") or {}).items()
        }

    def sent(self, before: Reading, after: Json) -> Json:
        # Every kind is sent each time, so that it does not matter whether OpenSearch keeps one that is left out.
        off = {kind: {"Enabled": False} for kind in (before.value or {}).keys() - after.keys()}
        return {**after, **off}

    def canonical(self, value: Json) -> Json:
        # A kind that is not published is the same as one that was never configured.
        group = "CloudWatchLogsLogGroupArn"
        return {kind: str(one[group]).removesuffix(":*") for kind, one in value.items() if one.get("Enabled")}


class Reach(DomainSetting):
    """{"InVpc": bool, "Public": does its policy let everybody in}. Read-only."""

    id = "aws.opensearch.reach"
    title = "Who reaches the domain"
    identity_when_gone = False
    read_only = "a domain is inside a VPC from its creation on or never: make a new one"
    terraform = ()

    def value(self, found: Any) -> Json:
        inside = bool(
            (found.get("VPCOptions") or {}).get("SubnetIds") or (found.get("Endpoints") or {}).get("vpc")
        )
        policy = found.get("AccessPolicies") or ""
        everybody = bool(policy) and isinstance(documents.parsed(policy), Mapping) and bool(public(policy))
        return {"InVpc": inside, "Public": everybody}


def with_domain_encryption(current: Json, wanted: Json) -> Json:
    """Both encryptions on; a key that is there stays. `wanted` is {"key": ARN or ""}."""
    if current is ABSENT:
        raise ValueError("there is no such domain")
    key = current.get("KmsKeyId") if current["AtRest"] else wanted.get("key")
    return {"AtRest": True, "NodeToNode": True, **({"KmsKeyId": key} if key else {})}


def with_domain_logs(current: Json, wanted: Json) -> Json:
    """The logs of `wanted` ({"group": ARN, "kinds": […]}) published; one that is published stays where it goes."""
    result = {kind: one for kind, one in (current or {}).items() if one.get("Enabled")}
    for kind in wanted["kinds"]:
        if kind not in _KINDS:
            raise ValueError(f"{kind}: OpenSearch has the logs {', '.join(_KINDS)}")
        result.setdefault(kind, {"CloudWatchLogsLogGroupArn": wanted["group"], "Enabled": True})
    return result


RESOURCE_TYPES = (Domains(),)
SETTINGS = (Encryption(), Endpoint(), Logs(), Reach())
BUILDERS = {"with_domain_encryption": with_domain_encryption, "with_domain_logs": with_domain_logs}
