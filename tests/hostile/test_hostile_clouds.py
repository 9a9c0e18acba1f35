"""What a cloud says is data: on the terminal, in the plan, in Terraform, in a commit and its message."""

from __future__ import annotations

import json
import subprocess

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.plans.model import open_plan
from tests.aws.guards import allow, do, make_bucket
from tests.azure.server import NSG, azure, nsg, rule
from tests.hostile.hostile_corpus import TEXTS, forbidden, ocsf

SHORT = {name: text for name, text in TEXTS.items() if len(text) < 2_000}
IN_XML = {
    name: text
    for name, text in SHORT.items()
    if forbidden(text, "\n\u202e\u2066\u2067\u200b\ufeff\u2060") == []
}


@pytest.fixture
def repo(tmp_path, monkeypatch):
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "Ops")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "ops@example.org")
    monkeypatch.setattr("shutil.which", lambda name, *_: None)
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "empty")
    return folder


def git(folder, *arguments):
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "surrogateescape")


class Tool:
    """The real commands; everything that they print is looked at."""

    def __init__(self, capsys):
        self.capsys = capsys

    def __call__(self, *arguments, codes=(0,)):
        code = run([str(one) for one in arguments])
        out = self.capsys.readouterr()
        assert code in codes, out.err
        assert forbidden(out.out + out.err) == []
        return out.out


def committed(repo, branch="fix"):
    """Every Terraform file of the branch; each is whole HCL, and nothing of the text became a block."""
    names = git(repo, "ls-tree", "-r", "--name-only", branch).split()
    texts = [git(repo, "show", f"{branch}:{name}") for name in names]
    for text in texts:
        found = parse(text)
        assert not found.broken
        assert {block.type for block in found.blocks} <= {"resource", "import", "terraform"}
        assert "null_resource" not in {block.labels[0] for block in found.blocks if block.labels}
        assert "provisioner" not in {inner.type for block in found.blocks for inner in block.blocks}
        assert forbidden(text) == []
    assert forbidden(git(repo, "log", "-1", "--format=%B", branch)) == []
    return "\n".join(texts)


def buckets():
    """A bucket for each hostile text: the fix of one must not suffer from the text of another."""
    return {f"phi-records-{number:02}": text.replace("\ud800", "").replace("\udfff", "")
            for number, text in enumerate(SHORT.values())}  # fmt: skip


def test_a_statement_with_hostile_text_goes_the_whole_way(  # noqa: PLR0917
    capsys, tmp_path, home, few_playbooks, aws, repo
):
    theirs = buckets()
    for bucket, text in theirs.items():
        condition = {"StringLike": {"aws:Referer": text}}
        ours = f"arn:aws:s3:::{bucket}/*"
        make_bucket(
            aws, bucket,
            allow({"AWS": "123456789012"}, "s3:GetObject", ours, Sid=text, Condition=condition),
        )  # fmt: skip
        tags = [{"Key": "owner", "Value": text if text in IN_XML.values() else "x"}]
        do(aws, "s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": tags})
    report = tmp_path / "report.json"
    report.write_text(json.dumps([row(text, bucket) for bucket, text in theirs.items()]))
    tool, path = Tool(capsys), tmp_path / "plan.json"
    tool("load", report)
    tool("plan", "--all", "-o", path)
    tool("plan", path)
    tool("plan", path, "--json")
    planned = {change.target.name: change for change in open_plan(path).changes}
    assert {
        name: json.loads(change.after)["Statement"][0]["Sid"] for name, change in planned.items()
    } == theirs
    tool("patch", path, "--repo", repo, "--branch", "fix")
    committed(repo)
    tool("apply", path, "--yes")
    assert {name: sids(aws, name)[0] for name in theirs} == theirs, "theirs, word for word"
    run_id = json.loads(tool("history", "--json"))[0]["run"]
    tool("history", run_id)
    tool("verify")
    tool("rollback", run_id, "--yes")
    assert {name: sids(aws, name) for name in theirs} == {name: [text] for name, text in theirs.items()}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "plan.json", "repo", "report.json"]
    assert git(repo, "status", "--porcelain") == ""


def row(text, bucket):
    found = ocsf(text)
    found["resources"][0]["uid"] = f"arn:aws:s3:::{bucket}"
    return found


def sids(aws, bucket):
    policy = json.loads(do(aws, "s3", "GetBucketPolicy", Bucket=bucket)["Policy"])
    return [statement["Sid"] for statement in policy["Statement"]]


MANY = [text for name, text in SHORT.items() if name != "lone surrogate"]


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(MANY, id="short"),
        pytest.param([TEXTS["lone surrogate"]], id="lone surrogate"),
        pytest.param([TEXTS["1 MB"]], id="1 MB", marks=pytest.mark.slow),
    ],
)
def test_a_rule_with_a_hostile_description_goes_the_whole_way(  # noqa: PLR0917
    capsys, tmp_path, home, monkeypatch, repo, hostile
):
    documents = nsg(
        *(rule(f"ssh{at}", "22", description=text, priority=100 + at) for at, text in enumerate(hostile)),
        *(rule(f"https{at}", "443", "10.0.0.0/8", description=text, priority=200 + at) for at, text in enumerate(hostile)),
    )  # fmt: skip
    for document in documents:
        document["tags"] = {text[:100] + str(at): text for at, text in enumerate(hostile)}
    with azure(*documents) as cloud:
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        tool, path = Tool(capsys), tmp_path / "plan.json"
        scanned = tool("scan", "--provider", "azure", "--playbook", "azure.network.nsg-open-to-internet")
        found = json.loads(tool("findings", "--json"))
        if hostile == [TEXTS["lone surrogate"]] and not found:
            return  # no JSON document can say it: nothing was planned, and nothing crashed
        assert scanned
        assert [one["resource"].lower() for one in found] == [NSG.lower()]
        tool("findings")
        tool("plan", "--all", "-o", path, codes=(0, 2))
        if path.exists():
            tool("plan", path)
            tool("plan", path, "--json")
            tool("patch", path, "--repo", repo, "--branch", "fix", codes=(0, 2, 3, 4))
            if "fix" in git(repo, "branch"):
                committed(repo)
            tool("apply", path, "--yes", codes=(0, 3, 4))
            tool("history")


BRANCHES = (
    "../../evil", "-x", "--upload-pack=id", "a..b", "a\x1b[2Jb", "a\nb", "a b", "x.lock", "@{-1}", "@", "/x", "x/",
    "refs/heads/../../../evil", "a\u202eb", "a~1", "a:b", "a" * 5_000, "", ".git/hooks/post-commit", "a\\b", "HEAD",
)  # fmt: skip


def test_a_hostile_branch_is_refused_or_is_only_a_name(  # noqa: PLR0917
    capsys, tmp_path, home, few_playbooks, aws, repo
):
    make_bucket(aws, "phi-records")
    report = tmp_path / "report.json"
    report.write_text(json.dumps([ocsf()]))
    tool, path = Tool(capsys), tmp_path / "plan.json"
    tool("load", report)
    tool("plan", "--all", "-o", path)
    for branch in BRANCHES:
        before = git(repo, "for-each-ref")
        code = run(["patch", str(path), "--repo", str(repo), f"--branch={branch}"])
        out = capsys.readouterr()
        assert code in {0, 2}, branch
        assert forbidden(out.out + out.err) == []
        if code == 2:
            assert out.err.count("\n") == 1
            assert git(repo, "for-each-ref") == before
        else:
            assert git(repo, "rev-parse", "--verify", f"refs/heads/{branch}")
        names = sorted(one.name for one in tmp_path.iterdir())
        assert names == ["home", "plan.json", "repo", "report.json"], branch
        assert not (repo / ".git" / "hooks" / "post-commit").exists(), branch
