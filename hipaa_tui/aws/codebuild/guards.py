"""Looks whether a project's builds need Docker, before they may no longer start it.

Privileged mode is for builds that run the Docker daemon, and for file systems of EFS (AWS CodeBuild User Guide,
"Build environment compute modes and types", ProjectEnvironment in the API Reference). What the project says
itself is looked at, and what its last builds ran; no command and no line of a log is repeated, since secrets
stand in both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.codebuild.settings import project_of
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_DOCKER: Final = re.compile(
    r"(?<![\w.-])(dockerd?|docker-compose|dockerd-entrypoint\.sh|buildx|buildctl|podman|buildah)(?![\w.-])",
    re.IGNORECASE,
)
_MENTIONED: Final = re.compile("docker|podman|buildah", re.IGNORECASE)
_SEARCH: Final = "?docker ?Docker ?podman ?buildah"
_IN_THE_PROJECT: Final = re.compile(r"^\s*(version|phases|batch|env)\s*:|^\s*\{", re.MULTILINE)
"""A buildspec that stands in the project and not in a file: YAML or JSON, and never a path."""
_RAN: Final = "Running command"
_BUILDS: Final = 3
"""How many of the last builds are looked at: each is a log to search."""
_PAGES: Final = 20


def builds_need_docker(look: Look) -> Verdict:
    """Blocks where builds use Docker or what else needs privileged mode, warns where that cannot be seen."""
    about = project_of(look.cloud, look.target)
    if about is None:
        return Outcome.BLOCK, "there is no such project any more: scan again"
    needs = _needs(about)
    if needs:
        return (
            Outcome.BLOCK,
            f"{needs}, which needs privileged mode: let Docker builds be a project of their own",
        )
    spec = _buildspec(about)
    for text in spec:
        if found := _DOCKER.search(text):
            return (
                Outcome.BLOCK,
                f"its buildspec runs {found[1].lower()}, which needs privileged mode: move that to a project of its own, "
                "or build images without a daemon",
            )
    ran, seen = _ran(look)
    if ran == _RAN:
        return (
            Outcome.BLOCK,
            "its last builds ran Docker, which needs privileged mode: give that a project of its own",
        )
    if ran:
        return (
            Outcome.WARN,
            f"the logs of its last builds speak of {ran}: look whether they start containers before you go on",
        )
    if seen:
        return Outcome.PASS, f"no log of its last {seen} builds speaks of Docker"
    where = "names no Docker, and what it calls" if spec else "is a file of its source, and what it runs"
    return (
        Outcome.WARN,
        f"its buildspec {where} cannot be seen here, nor is there a log of a build: run one without privileged mode first "
        "(`aws codebuild start-build --no-privileged-mode-override`)",
    )


def _needs(about: Mapping[str, Any]) -> str:
    """What of the project itself needs privileged mode, as half a sentence."""
    if about.get("fileSystemLocations"):
        return "its builds mount a file system of EFS"
    if "LOCAL_DOCKER_LAYER_CACHE" in ((about.get("cache") or {}).get("modes") or []):
        return "its builds keep a cache of Docker's layers"
    return ""


def _buildspec(about: Mapping[str, Any]) -> list[str]:
    """The buildspecs that stand in the project, of the first source and the others."""
    sources = [about.get("source") or {}, *(about.get("secondarySources") or [])]
    texts = [str(one.get("buildspec") or "") for one in sources]
    return [text for text in texts if _IN_THE_PROJECT.search(text)]


def _ran(look: Look) -> tuple[str, int]:
    """(what the logs of the last builds say of containers: _RAN, a word, or "", in how many builds' logs)."""
    asked = {"projectName": look.target.name, "sortOrder": "DESCENDING"}
    ids = look.cloud.call(_call(look, "ListBuildsForProject", **asked)).get("ids") or []
    if not ids:
        return "", 0
    builds = look.cloud.call(_call(look, "BatchGetBuilds", ids=ids[:_BUILDS])).get("builds") or []
    seen = 0
    for build in builds:
        logs = build.get("logs") or {}
        if not (logs.get("groupName") and logs.get("streamName")):
            continue
        lines = _lines(look, str(logs["groupName"]), str(logs["streamName"]))
        if lines is None:
            continue
        if any(_RAN in line and _DOCKER.search(line) for line in lines):
            return _RAN, seen
        for line in lines:
            if found := _MENTIONED.search(line):
                return found[0].lower(), seen
        seen += 1
    return "", seen


def _lines(look: Look, group: str, stream: str) -> Sequence[str] | None:
    """Lines of a build's log that speak of containers; None where the log is gone, or has nothing in it."""
    asked = {"logGroupName": group, "logStreamNames": [stream], "limit": 50}
    try:
        if not _search(look, asked, 1):
            return None
        return [line for line in _search(look, {**asked, "filterPattern": _SEARCH}, _PAGES) if line]
    except CloudError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise


def _search(look: Look, asked: Mapping[str, Any], pages: int) -> list[str]:
    """The first lines that are found. A page without any may have a next one. ValueError where there are too many."""
    more: dict[str, Any] = {}
    for _ in range(pages):
        found = look.cloud.call(Call("aws", "logs", "FilterLogEvents", {**asked, **more}, look.target.region))
        if found.get("events"):
            return [str(one.get("message") or "") for one in found["events"]]
        if not found.get("nextToken"):
            return []
        more = {"nextToken": found["nextToken"]}
    if pages > 1:
        raise ValueError("the log of a build is too long to be searched")
    return [""]  # there is a next page, so there is a log


def _call(look: Look, operation: str, **arguments: Any) -> Call:
    return Call("aws", "codebuild", operation, arguments, look.target.region)


GUARDS = {"builds-need-docker": builds_need_docker}
