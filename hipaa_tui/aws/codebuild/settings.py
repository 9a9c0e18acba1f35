"""CodeBuild projects: where their logs go, whether builds rule their host, and whether credentials stand in the open.

Environment variables and URLs are looked at for that alone: no value of theirs leaves this module. UpdateProject
replaces the whole environment, so a write asks for it first and hands it back changed in one place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from hipaa_tui.aws.declared import Declared, Read, Write, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Target
from hipaa_tui.support.json_value import OWN_ANSWER, Json, reference

_CREDENTIALS: Final = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
_PRIVILEGED: Final = "privilegedMode"
_DEFAULT: Final[dict[str, dict[str, Json]]] = {
    "cloudWatchLogs": {"status": "ENABLED"},
    "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
}
"""What a project without a word on logs has (CodeBuild API Reference, LogsConfig)."""


class Projects(Named):
    name = "AWS::CodeBuild::Project"
    title = "CodeBuild project"
    service = "codebuild"
    kind = "project/"
    pattern = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,149}")
    listing = Read("codebuild", "ListProjects", "projects")

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of((project_of(cloud, target) or {}).get("tags"))


_PROJECT: Final = Read(*("codebuild", "BatchGetProjects", "projects.0", {"names": ["{name}"]}), empty="gone")


class _OfProject(Declared):
    resource = Projects.name
    reading = _PROJECT
    identity = {"Name": "{name}"}
    read_only = "a secret has to be made before the project can refer to it: that is a person's to do"


class Logs(_OfProject):
    """LogsConfig: {"cloudWatchLogs": {"status", "groupName"?, "streamName"?}, "s3Logs": {"status", "location"?, …}}"""

    id = "aws.codebuild.logs"
    title = "Logs of the builds"
    writing = Write("codebuild", "UpdateProject", "logsConfig", {"name": "{name}"})
    terraform = ("aws_codebuild_project",)

    def value(self, found: Any) -> Json:
        given = found.get("logsConfig") or {}
        return {name: {**usual, **(given.get(name) or {})} for name, usual in _DEFAULT.items()}


class Privileged(_OfProject):
    """{"PrivilegedMode": bool, "Parts": [names of what else the environment says]}

    The names are there so that a part which somebody adds meanwhile is drift, and is not lost.
    """

    id = "aws.codebuild.privileged"
    title = "Privileged builds"
    writes = (Operation("codebuild", "BatchGetProjects"), Operation("codebuild", "UpdateProject"))
    terraform = ("aws_codebuild_project",)

    def value(self, found: Any) -> Json:
        environment = found.get("environment") or {}
        parts = sorted(str(name) for name in environment if name != _PRIVILEGED)
        return {"PrivilegedMode": environment.get(_PRIVILEGED) is True, "Parts": parts}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        if before.absent:
            raise ValueError("there is no such project")
        here = "projects.0.environment"
        environment = {str(name): reference(OWN_ANSWER, f"{here}.{name}") for name in after["Parts"]}
        given = {**environment, _PRIVILEGED: after["PrivilegedMode"]}
        return [
            Call("aws", "codebuild", "BatchGetProjects", {"names": [target.name]}, target.region),
            Call(
                "aws",
                "codebuild",
                "UpdateProject",
                {"name": target.name, "environment": given},
                target.region,
            ),
        ]


class OpenCredentials(_OfProject):
    """{"Variables": [names of variables that hold AWS credentials as plain text]}. Read-only."""

    id = "aws.codebuild.open-credentials"
    title = "Credentials in plain text"

    def value(self, found: Any) -> Json:
        variables = (found.get("environment") or {}).get("environmentVariables") or []
        return {
            "Variables": sorted(
                str(one["name"])
                for one in variables
                if one.get("type", "PLAINTEXT") == "PLAINTEXT"
                and str(one.get("name")).upper() in _CREDENTIALS
            )
        }


class SourceCredentials(_OfProject):
    """{"InUrl": does a source's URL carry a user or a password}. Read-only."""

    id = "aws.codebuild.source-credentials"
    title = "Credentials in the source's URL"

    def value(self, found: Any) -> Json:
        sources = [found.get("source") or {}, *(found.get("secondarySources") or [])]
        return {"InUrl": any(_carries(str(source.get("location") or "")) for source in sources)}


def _carries(location: str) -> bool:
    try:
        parts = urlsplit(location)
    except ValueError:
        return "@" in location
    return "@" in parts.netloc


def project_of(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """The project as CodeBuild returns it, variables and all: nothing may take it whole. None where it is gone."""
    found: Mapping[str, Any] | None = _PROJECT.ask(cloud, target)
    return found


RESOURCE_TYPES = (Projects(),)
SETTINGS = (Logs(), Privileged(), OpenCredentials(), SourceCredentials())
