"""Pushes a patch's branch and opens its pull request, with the user's own git, gh and az.

Never forces: if the remote's branch has other commits, nothing is pushed. The programs hold the credentials; their
output is untrusted, and is shown with secrets redacted.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hipaa_tui.patches.git import command as git
from hipaa_tui.patches.git import programs
from hipaa_tui.patches.git.remotes import AZURE, GITHUB, Hosted, hosted, shown, without_credentials
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.providers.model import Progress
from hipaa_tui.records.escapes import cut
from hipaa_tui.support.errors import IncompleteError, InputError, RefusedError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.sanitize import plain

SECONDS: Final = 180.0
_LONGEST: Final = {GITHUB: 65_000, AZURE: 4_000}
"""Characters of a pull request's text that the host takes."""
_LINK: Final = re.compile(r"https://[A-Za-z0-9.-]+/[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class Pushed:
    """A pushed branch. `url` is without credentials."""

    remote: str
    url: str
    branch: str
    base: str
    """The target branch of a pull request; "" for the host's default branch."""
    hosted: Hosted | None = None

    @property
    def page(self) -> str:
        """The web page for opening the pull request; "" if the host is unknown."""
        return self.hosted.page(self.branch, self.base) if self.hosted else ""

    def as_json(self) -> dict[str, Json]:
        return {"remote": self.remote, "url": self.url, "page": self.page}


@dataclass(frozen=True, slots=True)
class Opened:
    """A pull request, or why there is none. `link` is its URL."""

    link: str = ""
    reason: str = ""


class Publisher:
    """Pushes and opens pull requests for one repository."""

    def __init__(self, folder: Path, progress: Progress, *, hooks: bool = False) -> None:
        self._repository = Repository(folder)
        self._folder = self._repository.folder
        self._progress = progress
        self._hooks = hooks

    def remote(self, name: str = "") -> tuple[str, str]:
        """(name, push URL) of the remote; without a name, of git's default one. InputError if there is none."""
        there = self._repository.answer("remote").splitlines()
        if not name:
            head = self._repository.answer("symbolic-ref", "--quiet", "--short", "HEAD")
            asked = [
                self._repository.answer("config", "--get", key)
                for key in (f"branch.{head}.pushRemote", "remote.pushDefault", f"branch.{head}.remote")
            ]
            only = there[0] if len(there) == 1 else ""
            name = next((one for one in (*asked, "origin", only) if one in there), "")
        if name not in there:
            known = ", ".join(plain(one, 60) for one in there) or "none"
            what = (
                f"{shown(name)!r} is not a remote of the repository"
                if name
                else "the repository has no remote to push to"
            )
            raise InputError(f"{what}; its remotes: {known}. Add one with `git remote add`")
        urls = self._repository.answer("remote", "get-url", "--push", "--all", "--", name).splitlines()
        if len(urls) != 1:
            raise InputError(f"the remote {plain(name, 60)} has {len(urls)} URLs; push the branch by hand")
        return name, urls[0]

    def push(self, branch: str, remote: str = "") -> Pushed:
        """Push the branch to the remote. InputError, RefusedError; IncompleteError if the remote rejects it."""
        name, url = self.remote(remote)
        ref = f"refs/heads/{branch}"
        tip = self._repository.run("rev-parse", "--verify", "--end-of-options", ref)
        head = self._repository.answer("symbolic-ref", "--quiet", "HEAD")
        theirs = self._there(name, url, ref, *([head] if head else []))
        there = theirs.get(ref, "")
        if there != tip:
            if there and not self._builds_on(tip, there):
                raise RefusedError(
                    f"the branch {branch} of {plain(name, 60)} has other commits ({there[:12]}), and hipaa-tui never forces a push; "
                    "use another branch name, or fetch that branch and use --continue"
                )
            quiet = [] if self._hooks else ["--no-verify"]
            push = [
                "push",
                "--porcelain",
                "--no-follow-tags",
                "--recurse-submodules=no",
                *quiet,
                "--",
                name,
                f"{ref}:{ref}",
            ]
            code, said = self._git(*push)
            if code != 0:
                raise IncompleteError(
                    f"the branch {branch} is in your repository, but {shown(url)} rejected it: {self._gist(said, url)}; "
                    f"try `git push {plain(name, 60)} {branch}`"
                )
        base = head.removeprefix("refs/heads/") if head in theirs and head != ref else ""
        return Pushed(plain(name, 100), shown(url), branch, base, hosted(url))

    def open(self, pushed: Pushed, title: str, body: str) -> Opened:
        """Open the pull request with gh or az, if installed and the host is theirs. Never raises: the branch is pushed."""
        place = pushed.hosted
        program = {GITHUB: "gh", AZURE: "az"}.get(place.kind, "") if place else ""
        if place is None or not program:
            return Opened(reason="hipaa-tui cannot open pull requests on that host")
        found = shutil.which(program)
        if found is None:
            return Opened(reason=f"{program} is not on PATH")
        # Both take a leading sign for something else: an option, or a file to be read.
        title = plain(title, 200).lstrip("-@ ")
        body = cut(body, _LONGEST[place.kind])
        with tempfile.TemporaryDirectory(prefix="hipaa-tui-") as scratch:
            text = Path(scratch) / "body.md"
            text.write_text(body, encoding="utf-8")
            command = (
                _gh(place, pushed, title, text)
                if program == "gh"
                else _az(place, pushed, title, body.lstrip("-@ "))
            )
            own = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
            own |= {"AZURE_CORE_ONLY_SHOW_ERRORS": "1", "AZURE_CORE_NO_COLOR": "1"}
            try:
                code, said = programs.run(
                    [found, *command],
                    Path(scratch),
                    self._progress,
                    program,
                    seconds=SECONDS,
                    env=os.environ | own,
                )
            except InputError as error:
                return Opened(reason=str(error))
        if code != 0:
            return Opened(reason=f"{program} failed: {self._gist(said, '')}")
        return Opened(link=_link(said, place))

    def _there(self, name: str, url: str, *refs: str) -> dict[str, str]:
        code, said = self._git("ls-remote", "--", name, *refs)
        if code != 0:
            raise IncompleteError(
                f"the branch is in your repository, but {shown(url)} cannot be reached: {self._gist(said, url)}; "
                f"push it by hand with `git push {plain(name, 60)}`"
            )
        rows = (line.split("\t", 1) for line in said.splitlines() if re.match(r"[0-9a-f]{40,64}\t", line))
        return {ref: hash for hash, ref in rows}

    def _builds_on(self, tip: str, other: str) -> bool:
        return self._repository.answer("merge-base", other, tip) == other

    def _git(self, *arguments: str) -> tuple[int, str]:
        return git.run(self._folder, *arguments, hooks=self._hooks, seconds=SECONDS, progress=self._progress)

    def _gist(self, said: str, url: str) -> str:
        lines = [line for line in (plain(one, 300).strip() for one in said.splitlines()) if line]
        return plain(without_credentials(" | ".join(lines[-6:]), url), 500) or "no error message"


def _gh(place: Hosted, pushed: Pushed, title: str, body: Path) -> list[str]:
    into = ["--base", pushed.base] if pushed.base else []
    repo = place.slug if place.host == "github.com" else f"{place.host}/{place.slug}"
    return [
        *("pr", "create", "--repo", repo, "--head", pushed.branch, *into),
        *(f"--title={title}", "--body-file", str(body)),
    ]


def _az(place: Hosted, pushed: Pushed, title: str, body: str) -> list[str]:
    organization, project = place.owner.split("/")
    into = ["--target-branch", pushed.base] if pushed.base else []
    return [
        *(
            "repos",
            "pr",
            "create",
            "--organization",
            f"https://dev.azure.com/{organization}",
            "--project",
            project,
        ),
        *("--repository", place.name, "--source-branch", pushed.branch, *into, "--detect", "false"),
        *(f"--title={title}", f"--description={body}", "--output", "json"),
    ]


def _link(said: str, place: Hosted) -> str:
    """The pull request's address in what the program printed, on that host only."""
    if place.kind == AZURE:
        found = re.search(r'"pullRequestId":\s*([0-9]{1,12})\b', said)
        page = place.page("x", "").partition("/pullrequestcreate")[0]
        return f"{page}/pullrequest/{found[1]}" if found else page
    ours = f"https://{place.host}/{place.slug}/pull/".lower()
    links = [one for one in _LINK.findall(said) if one.lower().startswith(ours)]
    return plain(links[-1], 300) if links else f"https://{place.host}/{place.slug}/pulls"
