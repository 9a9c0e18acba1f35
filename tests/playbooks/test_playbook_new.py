"""`playbooks new` begins a playbook that does no harm, and that the lint does not let through before it is finished."""

import json
import shutil
from pathlib import Path

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.playbooks.load import load, parse
from hipaa_tui.playbooks.scaffold import blanks, scaffold
from hipaa_tui.providers.predicates import holds

ROOT = Path(__file__).parent.parent.parent
TITLE = "TODO: an instruction of at most 60 characters"
FILLED = {
    '"TODO: an instruction of at most 60 characters"': "Let the requester pay for downloads of the bucket",
    "TODO: what can happen to patients' data without the fix, in words that a developer understands.": (
        "Whoever downloads patients' data in bulk leaves a bill behind, and no other trace."
    ),
    "{any: [{present: true}, {present: false}]}": "{path: Payer, equals: Requester}",
    "merge: {}": "merge: {Payer: Requester}",
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """As much of a checkout as `playbooks new` looks at."""
    folder = tmp_path / "checkout"
    for name in ("hipaa_tui/playbooks/schema.json", "playbooks/aws/s3/tls-only.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    monkeypatch.chdir(folder)
    return folder


def new(*arguments):
    return run(["playbooks", "new", *arguments])


def lint(capsys, path):
    code = run(["playbooks", "lint", str(path), "--json"])
    return code, json.loads(capsys.readouterr().out)["problems"]


def filled(text):
    """The scaffold as a person leaves it."""
    for old, put in FILLED.items():
        assert old in text
        text = text.replace(old, put)
    lines = [
        line.partition("  # TODO")[0] for line in text.splitlines() if not line.strip().startswith("# TODO")
    ]
    return "\n".join(lines).replace('"TODO: ', '"') + "\n"


def test_in_a_checkout_it_stands_beside_its_like_and_says_what_comes_next(checkout, capsys):
    assert new("aws.s3.requester-pays", "--setting", "aws.s3.bucket-policy") == 0
    out, err = capsys.readouterr()
    assert out == "playbooks/aws/s3/requester-pays.yaml\n"
    assert (checkout / "playbooks/aws/s3/requester-pays.yaml").is_file()
    steps = err.splitlines()
    assert [step.partition(". ")[0] for step in steps] == [str(number) for number in range(1, len(steps) + 1)]
    assert "13 TODO lines" in steps[0]
    assert "snippets/terraform/aws/s3/aws.s3.bucket-policy.tf.j2" in steps[1]
    assert "estate in tests/aws/s3/" in steps[2]
    assert steps[-2].endswith("hipaa-tui playbooks lint playbooks/aws/s3/requester-pays.yaml")
    assert steps[-1].endswith("make test T=tests/aws/s3")


def test_the_lint_names_every_blank_and_is_content_once_they_are_filled_in(capsys, tmp_path):
    assert new("aws.s3.requester-pays", "--setting", "aws.s3.bucket-policy", "--out", str(tmp_path)) == 0
    path = tmp_path / "s3-requester-pays.yaml"
    capsys.readouterr()
    code, problems = lint(capsys, path)
    assert code == 2
    assert len(problems) == len(blanks(path.read_text())) == 13
    assert f"line 2 is not filled in yet: {TITLE.removeprefix('TODO: ')}" in problems[0]
    path.write_text(filled(path.read_text()))
    assert lint(capsys, path) == (0, [])


@pytest.mark.parametrize("guided", [False, True])
def test_an_unfinished_one_loads_and_finds_nothing_wrong_anywhere(tmp_path, guided):
    made = scaffold("aws.s3.requester-pays", load(), setting="aws.s3.bucket-policy", guided=guided)
    (tmp_path / made.file).write_text(made.text)
    playbook = load([tmp_path]).get("aws.s3.requester-pays")
    assert playbook.guided is guided
    assert playbook.answers == {}
    (part,) = playbook.primary
    assert all(holds(part.complies, value) for value in (None, {}, {"Payer": "BucketOwner"}, "text", [1]))


def test_a_guided_one_needs_no_setting_and_passes_the_schema(capsys, tmp_path):
    arguments = ("operations.keys.escrow", "--guided", "--resource", "AWS::Organizations::Nothing")
    assert new(*arguments, "--out", str(tmp_path), "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    path = tmp_path / "keys-escrow.yaml"
    assert (answer["path"], answer["setting"], answer["guided"]) == (str(path), None, True)
    assert answer["blanks"][0] == {"line": 2, "what": TITLE.removeprefix("TODO: ")}
    assert any("does not list AWS::Organizations::Nothing" in step for step in answer["next"])
    assert parse(path).steps
    code, problems = lint(capsys, path)
    assert code == 2
    assert all("is not filled in yet" in problem for problem in problems)


def test_where_it_goes_without_a_checkout(home, tmp_path, capsys):
    """The team's first folder, else here; and what is named nowhere has to be."""
    assert new("azure.storage.sftp", "--setting", "azure.storage.transport") == 0
    out, err = capsys.readouterr()
    assert out == "storage-sftp.yaml\n"
    assert "Add its folder under `playbooks` in " in err
    ours = tmp_path / "our playbooks"
    ours.mkdir()
    home.mkdir()
    (home / "config.toml").write_text(f'playbooks = ["{ours}"]\n')
    assert new("azure.storage.local-users", "--setting", "azure.storage.transport") == 0
    out, err = capsys.readouterr()
    assert out == f"{ours / 'storage-local-users.yaml'}\n"
    assert "config.toml" not in err
    assert f"lint '{ours / 'storage-local-users.yaml'}'" in err


def test_a_service_of_another_folder_name_is_found_by_its_playbooks():
    made = scaffold("aws.lambda.dead-letters", load(), setting="aws.lambda.tracing")
    assert (str(made.folder), made.file) == ("aws/awslambda", "dead-letters.yaml")
    made = scaffold("aws.elbv2.desync", load(), setting="aws.elbv2.certificates")
    assert (str(made.folder), made.file) == ("aws/elb", "elbv2-desync.yaml")
    made = scaffold("aws.neptune.audit", load(), resource="AWS::Neptune::DBCluster", guided=True)
    assert (str(made.folder), made.file, made.like) == ("aws/neptune", "audit.yaml", "")


def test_nothing_is_overwritten(tmp_path, capsys):
    path = tmp_path / "s3-mine.yaml"
    path.write_text("mine\n")
    assert new("aws.s3.mine", "--setting", "aws.s3.acl", "--out", str(tmp_path)) == 2
    assert "the file exists" in capsys.readouterr().err
    assert path.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give one id"),
        (("aws.s3.a", "aws.s3.b", "--guided"), "give one id"),
        (("S3.tls",), "is not a playbook id"),
        (("aws.s3." + "x" * 80,), "is not a playbook id"),
        (("aws.s3.tls-only", "--setting", "aws.s3.acl"), "the playbook aws.s3.tls-only already exists"),
        (("aws.s3.x",), "of aws.s3 there are aws.s3.account-public-access-block, "),
        (("aws.neptune.x",), "give the setting that it changes with --setting (`hipaa-tui playbooks` shows"),
        (("aws.s3.x", "--setting", "aws.s3.bucket-polcy"), "did you mean aws.s3.bucket-policy"),
        (("aws.s3.x", "--setting", "nothing"), "there is no setting 'nothing'; add the setting before"),
        (
            ("aws.s3.x", "--setting", "aws.s3.acl", "--resource", "AWS::EC2::VPC"),
            "is a setting of AWS::S3::Bucket",
        ),
        (("aws.s3.x", "--guided"), "give its resource type"),
        (("aws.s3.x", "--guided", "--resource", "S3::Bucket"), "did you mean AWS::S3::Bucket"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_near(tmp_path, capsys, arguments, sentence):
    before = sorted(tmp_path.rglob("*"))
    assert new(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_its_options_belong_to_no_other_action(capsys):
    assert run(["playbooks", "lint", "--guided"]) == 2
    assert "are only for `playbooks new`" in capsys.readouterr().err
