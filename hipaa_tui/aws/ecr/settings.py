"""Repositories of container images: whether images are looked through for weaknesses, and who may pull them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.aws.resource_types.region_switch import call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import Json

_GONE = ("RepositoryNotFoundException",)


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("ecr", name) for name in names)


class Repositories(Named):
    name = "AWS::ECR::Repository"
    title = "Image repository"
    service = "ecr"
    kind = "repository/"
    pattern = re.compile(r"[a-z0-9][a-z0-9._/-]{1,255}")
    listing = Operation("ecr", "DescribeRepositories")
    lists = (listing,)
    items = "repositories"
    field = "repositoryArn"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        found = cloud.call(call("ecr", target, "ListTagsForResource", resourceArn=target.id))
        return {str(tag["Key"]): str(tag["Value"]) for tag in found.get("tags") or []}


class ScanOnPush(Setting):
    """{"scanOnPush": bool}. A registry with enhanced scanning scans by its own rules, whatever a repository says."""

    id = "aws.ecr.scan-on-push"
    title = "Scan of pushed images"
    resource = Repositories.name
    reads = _operations("DescribeRepositories")
    writes = _operations("PutImageScanningConfiguration")
    terraform = ("aws_ecr_repository",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            asked = call("ecr", target, "DescribeRepositories", repositoryNames=[target.name])
            found = cloud.call(asked)["repositories"][0]
        except CloudError as error:
            return absent_on(_GONE, error)
        on = bool((found.get("imageScanningConfiguration") or {}).get("scanOnPush"))
        return Reading({"scanOnPush": on}, {"Name": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        chosen = {"scanOnPush": after["scanOnPush"]}
        return [
            call(
                "ecr",
                target,
                "PutImageScanningConfiguration",
                repositoryName=target.name,
                imageScanningConfiguration=chosen,
            )
        ]


class RepositoryPolicy(Setting):
    """The policy's text, word for word."""

    id = "aws.ecr.repository-policy"
    title = "Repository policy"
    resource = Repositories.name
    reads = _operations("GetRepositoryPolicy")
    writes = _operations("SetRepositoryPolicy")
    removes = _operations("DeleteRepositoryPolicy")
    terraform = ("aws_ecr_repository_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        identity = {"Name": target.name, "Arn": target.id}
        try:
            found = cloud.call(call("ecr", target, "GetRepositoryPolicy", repositoryName=target.name))
        except CloudError as error:
            gone = absent_on(("RepositoryPolicyNotFoundException", *_GONE), error)
            return Reading(gone.value, identity)
        return Reading(str(found["policyText"]), identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call("ecr", target, "SetRepositoryPolicy", repositoryName=target.name, policyText=after)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call("ecr", target, "DeleteRepositoryPolicy", repositoryName=target.name)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


RESOURCE_TYPES = (Repositories(),)
SETTINGS = (ScanOnPush(), RepositoryPolicy())
