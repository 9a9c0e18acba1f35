"""DynamoDB Accelerator clusters, whose encryption is chosen when they are made and never again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

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

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")


class Clusters(ResourceType):
    name = "AWS::DAX::Cluster"
    title = "DAX cluster"
    lists = (Operation("dax", "DescribeClusters"),)

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        try:
            listed = cloud.pages(Call("aws", "dax", "DescribeClusters", {}, region), "Clusters")
        except CloudError as error:
            if error.code in {"NotReached", "BadRequest"} and not error.sent:
                return []  # the region has no DAX
            raise
        found = (self.target(str(one["ClusterArn"]), account, region, partition) for one in listed)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, name = arn.resource.partition("/")
            if arn.service != "dax" or kind != "cache":
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _NAME.fullmatch(name):
            return None
        full = f"arn:{partition}:dax:{region}:{account}:cache/{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.pages(
            Call("aws", "dax", "ListTags", {"ResourceName": target.id}, target.region), "Tags"
        )
        return {str(tag["Key"]): str(tag["Value"]) for tag in found}


class ClusterEncryption(Setting):
    """{"AtRest": bool, "InTransit": bool}. Only for looking: DAX takes both at creation alone."""

    id = "aws.dax.encryption"
    title = "Encryption of the cluster"
    resource = Clusters.name
    reads = (Operation("dax", "DescribeClusters"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = {"ClusterNames": [target.name]}
        try:
            found = cloud.call(Call("aws", "dax", "DescribeClusters", asked, target.region))
        except CloudError as error:
            return absent_on(("ClusterNotFoundFault",), error)
        about: Mapping[str, Any] = next(iter(found.get("Clusters") or []), {})
        if not about:
            return Reading(ABSENT)
        at_rest = (about.get("SSEDescription") or {}).get("Status") == "ENABLED"
        in_transit = about.get("ClusterEndpointEncryptionType") == "TLS"
        return Reading({"AtRest": at_rest, "InTransit": in_transit}, {"ClusterName": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("DAX encrypts a cluster from its creation on or never: make a new one")


RESOURCE_TYPES = (Clusters(),)
SETTINGS = (ClusterEncryption(),)
