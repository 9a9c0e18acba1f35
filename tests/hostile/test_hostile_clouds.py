"""What a cloud says is data: on the terminal, in the plan, in Terraform, in a commit and its message."""

from __future__ import annotations

import json
import subprocess

import pytest
from aws_guards import allow, do, make_bucket
from azure_server import NSG, azure, nsg, rule
from hostile_corpus import TEXTS, forbidden, ocsf

from hipaa_tui.cli.main import run
from hipaa_tui.patches.syntax import parse
from hipaa_tui.plans.model import open_plan

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


@pytest.mark.parametrize("what", SHORT)
def test_a_statement_with_hostile_text_goes_the_whole_way(  # noqa: PLR0917
    capsys, tmp_path, home, few_playbooks, aws, repo, what
):
    text = SHORT[what].replace("\ud800", "").replace("\udfff", "")
    ours = "arn:aws:s3:::phi-records/*"
    make_bucket(
        aws, "phi-records",
        allow({"AWS": "123456789012"}, "s3:GetObject", ours, Sid=text, Condition={"StringLike": {"aws:Referer": text}}),
    )  # fmt: skip
    tags = [{"Key": "owner", "Value": text if text in IN_XML.values() else "x"}]
    do(aws, "s3", "PutBucketTagging", Bucket="phi-records", Tagging={"TagSet": tags})
    report = tmp_path / "report.json"
    report.write_text(json.dumps([ocsf(text)]))
    tool, path = Tool(capsys), tmp_path / "plan.json"
    tool("load", report)
    tool("plan", "--all", "-o", path)
    tool("plan", path)
    tool("plan", path, "--json")
    assert json.loads(open_plan(path).changes[0].after)["Statement"][0]["Sid"] == text, (
        "theirs, word for word"
    )
    tool("patch", path, "--repo", repo, "--branch", "fix")
    committed(repo)
    tool("apply", path, "--yes")
    stands = json.loads(do(aws, "s3", "GetBucketPolicy", Bucket="phi-records")["Policy"])
    assert stands["Statement"][0]["Sid"] == text
    run_id = json.loads(tool("history", "--json"))[0]["run"]
    tool("history", run_id)
    tool("verify")
    tool("rollback", run_id, "--yes")
    back = json.loads(do(aws, "s3", "GetBucketPolicy", Bucket="phi-records")["Policy"])
    assert [one["Sid"] for one in back["Statement"]] == [text]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "plan.json", "repo", "report.json"]
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.parametrize("what", [*SHORT, pytest.param("1 MB", marks=pytest.mark.slow)])
def test_a_rule_with_a_hostile_description_goes_the_whole_way(  # noqa: PLR0917
    capsys, tmp_path, home, monkeypatch, repo, what
):
    text = TEXTS[what]
    documents = nsg(rule("ssh", "22", description=text), rule("https", "443", "10.0.0.0/8", description=text))
    for document in documents:
        document["tags"] = {"owner": text, text[:100]: "x"}
    with azure(*documents) as cloud:
        monkeypatch.setenv("HIPAA_TUI_ARM_ENDPOINT", cloud.endpoint.url)
        tool, path = Tool(capsys), tmp_path / "plan.json"
        scanned = tool("scan", "--provider", "azure", "--playbook", "azure.network.nsg-open-to-internet")
        found = json.loads(tool("findings", "--json"))
        if what == "lone surrogate" and not found:
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


@pytest.mark.parametrize(
    "branch",
    ["../../evil", "-x", "--upload-pack=id", "a..b", "a\x1b[2Jb", "a\nb", "a b", "x.lock", "@{-1}", "@", "/x", "x/",
     "refs/heads/../../../evil", "a\u202eb", "a~1", "a:b", "a" * 5_000, "", ".git/hooks/post-commit", "a\\b", "HEAD"],
)  # fmt: skip
def test_a_hostile_branch_is_refused_or_is_only_a_name(  # noqa: PLR0917
    capsys, tmp_path, home, few_playbooks, aws, repo, branch
):
    make_bucket(aws, "phi-records")
    report = tmp_path / "report.json"
    report.write_text(json.dumps([ocsf()]))
    tool, path = Tool(capsys), tmp_path / "plan.json"
    tool("load", report)
    tool("plan", "--all", "-o", path)
    before = git(repo, "for-each-ref")
    code = run(["patch", str(path), "--repo", str(repo), f"--branch={branch}"])
    out = capsys.readouterr()
    assert code in {0, 2}
    assert forbidden(out.out + out.err) == []
    if code == 2:
        assert out.err.count("\n") == 1
        assert git(repo, "for-each-ref") == before
    else:
        assert git(repo, "rev-parse", "--verify", f"refs/heads/{branch}")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "plan.json", "repo", "report.json"]
    assert not (repo / ".git" / "hooks" / "post-commit").exists()
