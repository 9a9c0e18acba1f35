"""OpenSearch domains (Elasticsearch ones too): encryption, HTTPS, logs, and who reaches them.

Encryption can be turned on for a domain that is there, and never off again (OpenSearch Service Developer
Guide, "Encryption of data at rest", "Node-to-node encryption"). One call asks for all of it, since each
change of these is a deployment of the whole domain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import public
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

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{2,27}")
AT_REST: Final = "EncryptionAtRestOptions"
BETWEEN_NODES: Final = "NodeToNodeEncryptionOptions"
_KINDS: Final = ("INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS", "AUDIT_LOGS")


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("opensearch", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about the domain."""
    return Call("aws", "opensearch", operation, {"DomainName": target.name, **arguments}, target.region)


def domain_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What DescribeDomain says; empty where there is no such domain."""
    try:
        return dict(cloud.call(call(target, "DescribeDomain"))["DomainStatus"])
    except CloudError as error:
        absent_on(("ResourceNotFoundException",), error)
        return {}


class Domains(ResourceType):
    name = "AWS::OpenSearchService::Domain"
    title = "OpenSearch domain"
    lists = _operations("ListDomainNames")

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        listed = cloud.pages(Call("aws", "opensearch", "ListDomainNames", {}, region), "DomainNames")
        found = (self.target(str(one["DomainName"]), account, region, partition) for one in listed)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, name = arn.resource.partition("/")
            if arn.service != "es" or kind != "domain":
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _NAME.fullmatch(name):
            return None
        full = f"arn:{partition}:es:{region}:{account}:domain/{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.call(Call("aws", "opensearch", "ListTags", {"ARN": target.id}, target.region))
        return {str(tag["Key"]): str(tag["Value"]) for tag in found.get("TagList") or []}


class DomainSetting(Setting):
    """What the settings of a domain have in common: they show at once, and take effect with a deployment."""

    resource = Domains.name
    reads = _operations("DescribeDomain")
    writes = _operations("UpdateDomainConfig")
    settle_seconds = 120.0
    terraform: tuple[str, ...] = ("aws_opensearch_domain",)

    def identity(self, target: Target, about: Mapping[str, Any]) -> dict[str, Json]:
        return {
            "DomainName": target.name,
            "Arn": target.id,
            "EngineVersion": str(about.get("EngineVersion") or ""),
        }


class Encryption(DomainSetting):
    """{"AtRest": bool, "NodeToNode": bool, "KmsKeyId"?: ARN}"""

    id = "aws.opensearch.encryption"
    title = "Encryption of the domain"

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = domain_of(cloud, target)
        if not about:
            return Reading(ABSENT, self.identity(target, about))
        at_rest = about.get(AT_REST) or {}
        value: dict[str, Json] = {
            "AtRest": bool(at_rest.get("Enabled")),
            "NodeToNode": bool((about.get(BETWEEN_NODES) or {}).get("Enabled")),
        }
        if value["AtRest"] and at_rest.get("KmsKeyId"):
            value["KmsKeyId"] = str(at_rest["KmsKeyId"])
        return Reading(value, self.identity(target, about))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have = before.value or {}
        if any(have.get(one) and not after.get(one) for one in ("AtRest", "NodeToNode")):
            raise ValueError(
                "OpenSearch never turns encryption off again: restore a snapshot into a new domain"
            )
        asked: dict[str, Json] = {}
        if after["AtRest"] and not have.get("AtRest"):
            key = {"KmsKeyId": after["KmsKeyId"]} if after.get("KmsKeyId") else {}
            asked[AT_REST] = {"Enabled": True, **key}
        if after["NodeToNode"] and not have.get("NodeToNode"):
            asked[BETWEEN_NODES] = {"Enabled": True}
        return [call(target, "UpdateDomainConfig", **asked)] if asked else []

    def canonical(self, value: Json) -> Json:
        # A key is told by its ARN or its id.
        key = str(value.get("KmsKeyId") or "").rpartition("/")[2] if value["AtRest"] else ""
        return {"at_rest": value["AtRest"], "between": value["NodeToNode"], "key": key}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        return "OpenSearch never turns encryption off again; the way back is a snapshot restored into a new domain"


class Endpoint(DomainSetting):
    """{"EnforceHTTPS": bool, "TLSSecurityPolicy"?}; a custom endpoint is said again as it is."""

    id = "aws.opensearch.endpoint"
    title = "HTTPS at the endpoint"

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = domain_of(cloud, target)
        given = about.get("DomainEndpointOptions") or {}
        value: dict[str, Json] = {"EnforceHTTPS": bool(given.get("EnforceHTTPS"))}
        if given.get("TLSSecurityPolicy"):
            value["TLSSecurityPolicy"] = str(given["TLSSecurityPolicy"])
        custom = {key: item for key, item in given.items() if key.startswith("CustomEndpoint") and item}
        return Reading(value if about else ABSENT, {**self.identity(target, about), "Custom": custom})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        options = {**(before.identity.get("Custom") or {}), **after}
        return [call(target, "UpdateDomainConfig", DomainEndpointOptions=options)]


class Logs(DomainSetting):
    """{kind of log: {"CloudWatchLogsLogGroupArn", "Enabled": bool}}"""

    id = "aws.opensearch.logs"
    title = "Logs of the domain"
    # The policy that lets the domain write is only a moment old.
    retry_codes = ("ValidationException",)
    settle_seconds = 60.0

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = domain_of(cloud, target)
        given = about.get("LogPublishingOptions") or {}
        value = {
            kind: {
                "CloudWatchLogsLogGroupArn": str(one.get("CloudWatchLogsLogGroupArn") or ""),
                "Enabled": bool(one.get("Enabled")),
            }
            for kind, one in given.items()
        }
        return Reading(value if about else ABSENT, self.identity(target, about))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        # Every kind is said each time, so that nothing hangs on whether a kind left out is kept.
        asked = dict(after)
        for kind in (before.value or {}).keys() - after.keys():
            asked[kind] = {"Enabled": False}
        return [call(target, "UpdateDomainConfig", LogPublishingOptions=asked)]

    def canonical(self, value: Json) -> Json:
        # What is not published is the same as what was never spoken of.
        group = "CloudWatchLogsLogGroupArn"
        return {kind: str(one[group]).removesuffix(":*") for kind, one in value.items() if one.get("Enabled")}


class Reach(DomainSetting):
    """{"InVpc": bool, "Public": does its policy let everybody in}. Only for looking."""

    id = "aws.opensearch.reach"
    title = "Who reaches the domain"
    writes = ()
    terraform = ()

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = domain_of(cloud, target)
        if not about:
            return Reading(ABSENT)
        inside = bool(
            (about.get("VPCOptions") or {}).get("SubnetIds") or (about.get("Endpoints") or {}).get("vpc")
        )
        text = about.get("AccessPolicies") or ""
        everybody = bool(text) and isinstance(documents.parsed(text), Mapping) and bool(public(text))
        return Reading({"InVpc": inside, "Public": everybody}, self.identity(target, about))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a domain is inside a VPC from its creation on or never: make a new one")


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
