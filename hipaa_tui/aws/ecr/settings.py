"""Repositories of container images: whether images are looked through for weaknesses, and who may pull them."""

from __future__ import annotations

import re

from hipaa_tui.aws.declared import Declared, PolicyText, Read, Remove, Write, flag
from hipaa_tui.aws.resource_types.arn_named import Named

_GONE = ("RepositoryNotFoundException",)


class Repositories(Named):
    name = "AWS::ECR::Repository"
    title = "Image repository"
    service = "ecr"
    kind = "repository/"
    pattern = re.compile(r"[a-z0-9][a-z0-9._/-]{1,255}")
    listing = Read("ecr", "DescribeRepositories", "repositories")
    field = "repositoryArn"
    tagging = Read("ecr", "ListTagsForResource", "tags", {"resourceArn": "{id}"})


_REPOSITORY = {"repositoryName": "{name}"}


class _OfRepository(Declared):
    resource = Repositories.name
    identity = {"Name": "{name}", "Arn": "{id}"}


class ScanOnPush(_OfRepository):
    """{"scanOnPush": bool}. A registry with enhanced scanning scans by its own rules, whatever a repository says."""

    id = "aws.ecr.scan-on-push"
    title = "Scan of pushed images"
    reading = Read(
        *("ecr", "DescribeRepositories", "repositories.0", {"repositoryNames": ["{name}"]}),
        gone=_GONE,
        empty="gone",
    )
    fields = {"scanOnPush": flag("imageScanningConfiguration.scanOnPush")}
    writing = Write(
        *("ecr", "PutImageScanningConfiguration", "imageScanningConfiguration", _REPOSITORY),
        sends=("scanOnPush",),
    )
    terraform = ("aws_ecr_repository",)


class RepositoryPolicy(PolicyText, _OfRepository):
    """The policy's text, word for word."""

    id = "aws.ecr.repository-policy"
    title = "Repository policy"
    reading = Read(
        *("ecr", "GetRepositoryPolicy", "policyText", _REPOSITORY),
        gone=_GONE,
        absent=("RepositoryPolicyNotFoundException",),
    )
    identity_when_gone = True
    writing = Write("ecr", "SetRepositoryPolicy", "policyText", _REPOSITORY)
    removing = Remove("ecr", "DeleteRepositoryPolicy", arguments=_REPOSITORY)
    terraform = ("aws_ecr_repository_policy",)


RESOURCE_TYPES = (Repositories(),)
SETTINGS = (ScanOnPush(), RepositoryPolicy())
