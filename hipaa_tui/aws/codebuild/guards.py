"""Checks whether a project's builds need Docker before privileged mode is turned off.

Privileged mode is for builds that run the Docker daemon, and for EFS file systems (AWS CodeBuild User Guide,
"Build environment compute modes and types", ProjectEnvironment in the API Reference). The guard reads the
project's definition and the logs of its last builds. It never quotes a command or a log line, since both can
hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.codebuild.settings import project_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_DOCKER: Final = re.compile(
    r"(?<![\w.-])(dockerd?|docker-compose|dockerd-entrypoint\.sh|buildx|buildctl|podman|buildah)(?![\w.-])",
    re.IGNORECASE,
)
_MENTIONED: Final = re.compile("docker|podman|buildah", re.IGNORECASE)
_SEARCH: Final = "?docker ?Docker ?podman ?buildah"
_INLINE: Final = re.compile(r"^\s*(version|phases|batch|env)\s*:|^\s*\{", re.MULTILINE)
"""Matches an inline buildspec (YAML or JSON), as opposed to the path of a file."""
_RAN: Final = "Running command"
_BUILDS: Final = 3
"""Number of recent builds whose logs are searched."""
_PAGES: Final = 20


def builds_need_docker(context: GuardContext) -> Verdict:
    """Blocks where builds use Docker or something else that needs privileged mode; warns where that cannot be seen."""
    project = project_of(context.cloud, context.target)
    if project is None:
        return Outcome.BLOCK, "the project no longer exists: scan again"
    needs = _needs(project)
    if needs:
        return (
            Outcome.BLOCK,
            f"{needs}, which needs privileged mode: move such builds to a project of their own",
        )
    spec = _buildspec(project)
    for text in spec:
        if command := _DOCKER.search(text):
            return (
                Outcome.BLOCK,
                f"its buildspec runs {command[1].lower()}, which needs privileged mode: move that to a project of "
                "its own, or build images without a daemon",
            )
    ran, searched = _ran(context)
    if ran == _RAN:
        return (
            Outcome.BLOCK,
            "its last builds ran Docker, which needs privileged mode: move that to a project of its own",
        )
    if ran:
        return (
            Outcome.WARN,
            f"the logs of its last builds mention {ran}: check whether they start containers before you continue",
        )
    if searched:
        return Outcome.PASS, f"none of the logs of its last {searched} builds mentions Docker"
    source = (
        "does not mention Docker, but the scripts that it calls"
        if spec
        else "is a file in its source, and the commands in it"
    )
    return (
        Outcome.WARN,
        f"its buildspec {source} cannot be seen here, and there is no build log: run a build without privileged "
        "mode first (`aws codebuild start-build --no-privileged-mode-override`)",
    )


def _needs(project: Mapping[str, Any]) -> str:
    """Returns what in the project's definition needs privileged mode, as the start of a sentence; "" for nothing."""
    if project.get("fileSystemLocations"):
        return "its builds mount an EFS file system"
    if "LOCAL_DOCKER_LAYER_CACHE" in ((project.get("cache") or {}).get("modes") or []):
        return "its builds use the local Docker layer cache"
    return ""


def _buildspec(project: Mapping[str, Any]) -> list[str]:
    """Returns the inline buildspecs of the primary and the secondary sources."""
    sources = [project.get("source") or {}, *(project.get("secondarySources") or [])]
    texts = [str(source.get("buildspec") or "") for source in sources]
    return [text for text in texts if _INLINE.search(text)]


def _ran(context: GuardContext) -> tuple[str, int]:
    """Returns (what the last builds' logs say of containers: _RAN, a word or ""; number of logs without any)."""
    request = {"projectName": context.target.name, "sortOrder": "DESCENDING"}
    ids = context.cloud.call(_call(context, "ListBuildsForProject", **request)).get("ids") or []
    if not ids:
        return "", 0
    builds = context.cloud.call(_call(context, "BatchGetBuilds", ids=ids[:_BUILDS])).get("builds") or []
    searched = 0
    for build in builds:
        logs = build.get("logs") or {}
        if not (logs.get("groupName") and logs.get("streamName")):
            continue
        lines = _lines(context, str(logs["groupName"]), str(logs["streamName"]))
        if lines is None:
            continue
        if any(_RAN in line and _DOCKER.search(line) for line in lines):
            return _RAN, searched
        for line in lines:
            if word := _MENTIONED.search(line):
                return word[0].lower(), searched
        searched += 1
    return "", searched


def _lines(context: GuardContext, group: str, stream: str) -> Sequence[str] | None:
    """Returns the lines of a build's log that mention containers; None where the log is gone or empty."""
    query = {"logGroupName": group, "logStreamNames": [stream], "limit": 50}
    try:
        if not _search(context, query, 1):
            return None
        return [line for line in _search(context, {**query, "filterPattern": _SEARCH}, _PAGES) if line]
    except CloudError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise


def _search(context: GuardContext, query: Mapping[str, Any], pages: int) -> list[str]:
    """Returns the messages of the first page that has any: an empty page may be followed by others.

    Raises ValueError where there are too many pages.
    """
    page: dict[str, Any] = {}
    for _ in range(pages):
        response = context.cloud.call(
            Call("aws", "logs", "FilterLogEvents", {**query, **page}, context.target.region)
        )
        if response.get("events"):
            return [str(event.get("message") or "") for event in response["events"]]
        if not response.get("nextToken"):
            return []
        page = {"nextToken": response["nextToken"]}
    if pages > 1:
        raise ValueError("the build log is too long to search")
    return [""]  # there is a next page, so there is a log


def _call(context: GuardContext, operation: str, **arguments: Any) -> Call:
    return Call("aws", "codebuild", operation, arguments, context.target.region)


GUARDS = {"builds-need-docker": builds_need_docker}
