"""A branch leaves the machine only as asked, never by force, and without a word of anybody's credentials."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.git.publish import Publisher
from hipaa_tui.patches.git.remotes import hosted, shown, without_credentials
from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.providers.model import Silent
from hipaa_tui.support.errors import IncompleteError, InputError, RefusedError
from tests.patches.patch_clouds import ACCOUNT, Documents, commit, git, photograph, plan_for, target

REAL_WHICH = shutil.which
TLS, PUBLIC = "azure.storage.secure-transfer", "azure.storage.blob-public-access"


@pytest.fixture
def bare(repo: Path, tmp_path: Path) -> Path:
    """A remote on disk, called origin, that has the repository's main branch."""
    commit(repo, main_tf="# state\n")
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    git(repo, "remote", "add", "origin", str(tmp_path / "bare.git"))
    git(repo, "push", "-q", "origin", "main")
    return tmp_path / "bare.git"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH; what lies there is found, terraform is not."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("shutil.which", lambda name, *_: REAL_WHICH(name, path=str(folder)))
    return folder


def patch(repo: Path, azure: Documents, playbook: str = TLS, continue_from: str = "") -> Patch:
    plan = plan_for(azure, (playbook, target(ACCOUNT)))
    return make_patch(
        plan, repo, "hipaa/fix", {"azure": azure}, options=PatchOptions(continue_from=continue_from)
    )


def publisher(repo: Path, *, hooks: bool = False) -> Publisher:
    return Publisher(repo, Silent(), hooks=hooks)


def program(folder: Path, name: str, prints: str, code: int = 0) -> Path:
    """A program that keeps its arguments, and the file that it was given, and prints something."""
    path, seen = folder / name, folder / f"{name}.seen"
    (folder / f"{name}.out").write_text(prints)
    path.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\0" "$@" > {seen}\n'
        f'for one; do test -f "$one" && cat "$one" > {seen}.body; done\n'
        f"cat {folder}/{name}.out\nexit {code}\n"
    )
    path.chmod(0o755)
    return seen


def arguments(seen: Path) -> list[str]:
    return seen.read_text().split("\0")[:-1]


@pytest.fixture
def at_host(repo: Path, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has git reach the remote on disk under a host's address, through an ssh of our own."""

    def address(url: str) -> None:
        ssh = tmp_path / "ssh.sh"
        ssh.write_text(f'#!/bin/sh\nfor last; do :; done\nexec "${{last%% *}}" {bare}\n')
        ssh.chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
        monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
        git(repo, "remote", "set-url", "origin", url)

    return address


def test_a_branch_is_pushed_and_nothing_else(repo: Path, bare: Path, azure: Documents) -> None:
    git(repo, "tag", "-a", "v1", "-m", "v1")
    git(repo, "config", "push.followTags", "true")
    git(repo, "branch", "private")
    made = patch(repo, azure)
    before = photograph(repo)
    pushed = publisher(repo).push("hipaa/fix")
    assert (pushed.remote, pushed.url, pushed.base, pushed.page) == ("origin", str(bare), "main", "")
    refs = dict(
        line.split()[::-1]
        for line in git(bare, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    )
    assert refs == {"refs/heads/main": git(repo, "rev-parse", "main"), "refs/heads/hipaa/fix": made.commit}
    assert photograph(repo) == before
    assert publisher(repo).push("hipaa/fix") == pushed  # it stands there already


def test_what_the_remote_has_is_never_overwritten(
    repo: Path, bare: Path, azure: Documents, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "-q", str(bare), "colleague")
    git(tmp_path / "colleague", "checkout", "-q", "-b", "hipaa/fix")
    theirs = commit(tmp_path / "colleague", theirs_tf="# theirs\n")
    git(tmp_path / "colleague", "push", "-q", "origin", "hipaa/fix")
    git(repo, "config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    patch(repo, azure)
    with pytest.raises(RefusedError, match="has other commits"):
        publisher(repo).push("hipaa/fix")
    git(repo, "fetch", "-q")
    with pytest.raises(RefusedError, match="never forces a push"):
        publisher(repo).push("hipaa/fix")
    assert git(bare, "rev-parse", "hipaa/fix") == theirs


def test_a_continued_branch_goes_on_there(repo: Path, bare: Path, azure: Documents) -> None:
    first = patch(repo, azure)
    publisher(repo).push("hipaa/fix")
    second = patch(repo, azure, PUBLIC, continue_from="own")
    publisher(repo).push("hipaa/fix", "origin")
    assert git(bare, "rev-list", "hipaa/fix").splitlines()[:2] == [second.commit, first.commit]


@pytest.mark.parametrize(
    "remote", ["nowhere", "-x", "--upload-pack=touch x", "https://x:y@example.org/z.git"]
)
def test_only_a_remote_of_the_repository_is_pushed_to(repo: Path, bare: Path, remote: str) -> None:
    with pytest.raises(InputError, match="is not a remote of the repository; its remotes: origin") as error:
        publisher(repo).push("main", remote)
    assert "x:y" not in str(error.value)


def test_without_a_name_it_is_the_remote_that_git_would_take(repo: Path, bare: Path, tmp_path: Path) -> None:
    assert publisher(repo).remote() == ("origin", str(bare))
    git(repo, "remote", "add", "fork", "git@github.com:me/infra.git")
    git(repo, "config", "remote.pushDefault", "fork")
    assert publisher(repo).remote()[0] == "fork"
    git(repo, "remote", "remove", "fork")
    git(repo, "remote", "remove", "origin")
    with pytest.raises(InputError, match="the repository has no remote to push to; its remotes: none"):
        publisher(repo).push("main")


def test_credentials_are_not_in_what_is_said(repo: Path, bare: Path, azure: Documents) -> None:
    git(repo, "remote", "set-url", "origin", "https://bobby:hunter2%21@127.0.0.1:1/clinic/infra.git")
    patch(repo, azure)
    with pytest.raises(IncompleteError, match=r"127\.0\.0\.1:1/clinic/infra\.git cannot be reached") as error:
        publisher(repo).push("hipaa/fix")
    for secret in ("bobby", "hunter2"):
        assert secret not in str(error.value)


def test_what_the_remote_says_is_plain_text(repo: Path, bare: Path, azure: Documents) -> None:
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\nprintf 'no: \\033[31mred\\033[0m\\nsecond https://u:p4ssw0rd@x.org/y\\n' >&2\nexit 1\n"
    )
    hook.chmod(0o755)
    patch(repo, azure)
    with pytest.raises(IncompleteError, match=r"rejected it: .*no: red") as error:
        publisher(repo).push("hipaa/fix")
    assert "\x1b" not in str(error.value)
    assert "\n" not in str(error.value)
    assert "p4ssw0rd" not in str(error.value)
    assert git(bare, "branch", "--list", "hipaa/fix") == ""


def test_the_pre_push_hook_runs_only_where_that_was_asked(repo: Path, bare: Path, azure: Documents) -> None:
    hook = repo / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\necho 'run the checks first'\nexit 1\n")
    hook.chmod(0o755)
    patch(repo, azure)
    with pytest.raises(IncompleteError, match="run the checks first"):
        publisher(repo, hooks=True).push("hipaa/fix")
    publisher(repo).push("hipaa/fix")
    assert git(bare, "branch", "--list", "hipaa/fix")


def test_gh_opens_the_pull_request_on_github(
    repo: Path, bare: Path, azure: Documents, programs: Path, at_host: Callable[[str], None]
) -> None:
    at_host("git@github.com:clinic/infra.git")
    seen = program(
        programs, "gh", "Warning: x\nhttps://evil.example/pull/1\nhttps://github.com/clinic/infra/pull/7\n"
    )
    made = patch(repo, azure)
    pushed = publisher(repo).push("hipaa/fix")
    assert pushed.page == "https://github.com/clinic/infra/compare/main...hipaa/fix?expand=1"
    opened = publisher(repo).open(pushed, made.title, made.body)
    assert (opened.link, opened.reason) == ("https://github.com/clinic/infra/pull/7", "")
    given = arguments(seen)
    assert given[:-1] == [
        *("pr", "create", "--repo", "clinic/infra", "--head", "hipaa/fix", "--base", "main"),
        *("--title=Require HTTPS and TLS 1.2 for the storage account (patientfiles)", "--body-file"),
    ]
    assert (programs / "gh.seen.body").read_text() == made.body.strip()
    assert not Path(given[-1]).exists()
    assert git(bare, "rev-parse", "hipaa/fix") == made.commit


def test_az_opens_the_pull_request_on_azure_devops(
    repo: Path, bare: Path, azure: Documents, programs: Path, at_host: Callable[[str], None]
) -> None:
    at_host("git@ssh.dev.azure.com:v3/clinic/Patient%20Data/infra")
    seen = program(programs, "az", json.dumps({"pullRequestId": 42, "url": "https://evil.example/"}))
    made = patch(repo, azure)
    pushed = publisher(repo).push("hipaa/fix")
    opened = publisher(repo).open(pushed, "@/etc/passwd", "--description @x\n" + "y\n" * 5000)
    assert opened.link == "https://dev.azure.com/clinic/Patient%20Data/_git/infra/pullrequest/42"
    given = arguments(seen)
    assert given[:-4] == [
        *(
            "repos",
            "pr",
            "create",
            "--organization",
            "https://dev.azure.com/clinic",
            "--project",
            "Patient Data",
        ),
        *(
            "--repository",
            "infra",
            "--source-branch",
            "hipaa/fix",
            "--target-branch",
            "main",
            "--detect",
            "false",
        ),
    ]
    assert given[-4] == "--title=/etc/passwd"
    assert given[-3].startswith("--description=description @x\ny\n")
    assert len(given[-3]) <= len("--description=") + 4000
    assert made.commit == git(bare, "rev-parse", "hipaa/fix")


def test_a_program_that_fails_leaves_the_text_and_the_page(
    repo: Path, bare: Path, azure: Documents, programs: Path, at_host: Callable[[str], None]
) -> None:
    at_host("git@github.com:clinic/infra.git")
    made = patch(repo, azure)
    pushed = publisher(repo).push("hipaa/fix")
    assert publisher(repo).open(pushed, made.title, made.body).reason == "gh is not on PATH"
    program(programs, "gh", "\x1b[2Jnot logged in\ntoken ghp_0123456789abcdefghij0123\n", code=4)
    opened = publisher(repo).open(pushed, made.title, made.body)
    assert opened.link == ""
    assert opened.reason.startswith("gh failed: not logged in | token")
    assert "ghp_0123" not in opened.reason
    program(programs, "gh", "https://evil.example/clinic/infra/pull/1\n")
    assert publisher(repo).open(pushed, made.title, made.body).link == "https://github.com/clinic/infra/pulls"


def test_on_another_host_no_program_is_run(repo: Path, bare: Path, azure: Documents, programs: Path) -> None:
    seen = [program(programs, name, "") for name in ("gh", "az")]
    made = patch(repo, azure)
    pushed = publisher(repo).push("hipaa/fix")
    assert "hipaa-tui cannot open pull requests" in publisher(repo).open(pushed, made.title, made.body).reason
    assert not any(one.exists() for one in seen)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://github.com/clinic/infra.git", ("github", "github.com", "clinic", "infra")),
        ("https://ghp_x@GitHub.com/clinic/infra", ("github", "github.com", "clinic", "infra")),
        ("ssh://git@ssh.github.com:443/clinic/infra.git", ("github", "github.com", "clinic", "infra")),
        ("git@clinic.ghe.com:clinic/infra.git", ("github", "clinic.ghe.com", "clinic", "infra")),
        ("https://clinic@dev.azure.com/clinic/Data/_git/infra", ("azure", "dev.azure.com", "clinic/Data", "infra")),
        ("https://dev.azure.com/clinic/_git/infra", ("azure", "dev.azure.com", "clinic/infra", "infra")),
        ("https://clinic.visualstudio.com/DefaultCollection/Data/_git/infra", ("azure", "dev.azure.com", "clinic/Data", "infra")),
        ("clinic@vs-ssh.visualstudio.com:v3/clinic/Data/infra", ("azure", "dev.azure.com", "clinic/Data", "infra")),
        ("git@gitlab.com:clinic/cloud/infra.git", ("gitlab", "gitlab.com", "clinic/cloud", "infra")),
        ("git@bitbucket.org:clinic/infra.git", ("bitbucket", "bitbucket.org", "clinic", "infra")),
        ("https://github.com.evil.example/clinic/infra", None),
        ("https://evil.example/github.com/infra", None),
        ("https://github.com/--repo/infra", None),
        ("https://github.com/a/b/c", None),
        ("https://dev.azure.com/clinic/_git", None),
        ("https://[::1/x", None),
        ("file:///srv/github.com/a/b", None),
        ("/srv/git/infra.git", None),
        ("ext::sh -c x", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_remote_is_told_by_its_host(url: str, found: tuple[str, ...] | None) -> None:
    place = hosted(url)
    assert (place and (place.kind, place.host, place.owner, place.name)) == found


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://bob:hunter2@github.com/x/y.git", "https://github.com/x/y.git"),
        ("https://ghp_secret@github.com/x/y?token=z", "https://github.com/x/y"),
        ("git@github.com:x/y.git", "git@github.com:x/y.git"),
        ("https://x.org/\x1b[2Jy", "https://x.org/y"),
    ],
)
def test_an_address_is_shown_without_credentials(url: str, seen: str) -> None:
    assert shown(url) == seen


def test_credentials_are_taken_out_of_what_a_program_says() -> None:
    url = "https://bob:hunter2%21@github.com/x/y.git"
    said = without_credentials(f"fatal: {url}: hunter2! for ghp_x@github.com; https://ghp_tok@x.org/", url)
    assert said == "fatal: https://github.com/x/y.git: [redacted] for ghp_x@github.com; https://x.org/"
