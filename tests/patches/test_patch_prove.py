"""What `terraform plan` would do besides what was approved refuses the patch."""

from __future__ import annotations

import json
import shutil

import pytest

from hipaa_tui.patches.checks.terraform_plan import Local, judged, prove
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.git.repository import Repository
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.providers.model import Silent
from hipaa_tui.support.errors import RefusedError
from tests.patches.patch_clouds import ACCOUNT, commit, git, plan_for, target

TERRAFORM = shutil.which("terraform")
"""Looked up before the fixtures hide it."""
BUCKET, TRAIL = "aws_s3_bucket.phi", "aws_cloudtrail.main"


def change(address, *actions, before=None, after=None, unknown=None, importing=False):
    about = {"actions": list(actions), "before": before, "after": after, "after_unknown": unknown or {}}
    if importing:
        about["importing"] = {"id": "x"}
    return {"address": address, "change": about}


def planned(*changes):
    return {"resource_changes": list(changes)}


def test_what_the_plan_names_is_counted():
    seen = judged(
        planned(
            change(BUCKET, "no-op", importing=True),
            change(TRAIL, "update", before={"a": 1, "arn": "x"}, after={"a": 2}, unknown={"arn": True}),
            change("aws_kms_key.phi", "create", after={}),
            change("data.aws_region.here", "read"),
            change("aws_vpc.other", "no-op"),
        ),
        {BUCKET: frozenset(), TRAIL: frozenset({"a"}), "aws_kms_key.phi": frozenset()},
    )
    assert seen == "terraform plan: 1 to import, 1 to add, 1 to change, nothing else"


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (
            change("aws_vpc.other", "update", before={"a": 1}, after={"a": 2}),
            "aws_vpc.other: to be changed, although",
        ),
        (change("aws_vpc.other", "create", after={}), "aws_vpc.other: to be created, although"),
        (
            change(BUCKET, "delete", "create", before={}, after={}),
            "aws_s3_bucket.phi: to be replaced, which destroys",
        ),
        (change(BUCKET, "delete", before={}), "aws_s3_bucket.phi: to be destroyed, which destroys"),
        (
            change(BUCKET, "update", before={"acl": "private", "b": 1}, after={"acl": "public-read", "b": 2}),
            "aws_s3_bucket.phi: to be changed acl, which the plan does not change",
        ),
    ],
)
def test_anything_else_refuses(one, sentence):
    with pytest.raises(RefusedError, match=sentence):
        judged(planned(one), {BUCKET: frozenset({"b"})})


def test_an_input_of_a_module_may_change_what_it_stands_for():
    one = change('module.a["x"].aws_s3_bucket.this', "update", before={"b": 1}, after={"b": 2})
    assert "1 to change" in judged(planned(one), {'module.a["x"].aws_s3_bucket.this': None})


def test_without_terraform_it_says_so(repo, azure):
    commit(repo, main_tf='resource "azurerm_storage_account" "mine" {\n  name = "patientfiles"\n}\n')
    plan = plan_for(azure, ("azure.storage.secure-transfer", target(ACCOUNT)))
    patch = make_patch(plan, repo, "fix", {"azure": azure}, options=PatchOptions(prove=True))
    assert patch.proved == "not proved: neither terraform nor tofu is on PATH"


@pytest.fixture
def terraform(monkeypatch):
    """The real program; its built-in provider needs no download."""
    if TERRAFORM is None:
        pytest.skip("needs terraform on PATH")
    monkeypatch.setattr("shutil.which", lambda name, *_: TERRAFORM if name == "terraform" else None)


THING = 'variable "size" {\n  default = 1\n}\nresource "terraform_data" "phi" {\n  input = var.size\n}\n'


def proved(repo, allowed, **local):
    repository = Repository(repo)
    return prove(repository, repository.base, allowed, Local(repository.folder, **local), Silent())


def test_terraform_itself_is_asked(terraform, repo):
    commit(repo, main_tf=THING)
    assert (
        proved(repo, {"terraform_data.phi": frozenset({"input"})}) == "terraform plan: 1 to add, nothing else"
    )
    with pytest.raises(
        RefusedError, match=r"terraform_data\.phi: to be created, although the plan does not change it"
    ):
        proved(repo, {})
    assert sorted(path.name for path in repo.iterdir()) == [".git", "main.tf"], (
        "nothing appears in the work tree"
    )


def test_the_state_of_the_work_tree_counts_where_there_is_no_backend(terraform, repo):
    commit(repo, main_tf=THING)
    data = {
        "id": "1",
        "input": {"value": 2, "type": "number"},
        "output": {"value": 2, "type": "number"},
        "triggers_replace": None,
    }
    instance = {"schema_version": 0, "attributes": data, "sensitive_attributes": []}
    provider = 'provider["terraform.io/builtin/terraform"]'
    resource = {
        "mode": "managed",
        "type": "terraform_data",
        "name": "phi",
        "provider": provider,
        "instances": [instance],
    }
    state = {
        "version": 4,
        "terraform_version": "1.5.0",
        "serial": 1,
        "lineage": "x",
        "outputs": {},
        "resources": [resource],
    }
    (repo / "terraform.tfstate").write_text(json.dumps(state))
    allowed = {"terraform_data.phi": frozenset({"input"})}
    assert proved(repo, allowed) == "terraform plan: 1 to change, nothing else"
    (repo / "two.tfvars").write_text("size = 2\n")
    git(repo, "add", "two.tfvars")
    git(repo, "commit", "-qm", "two")
    assert proved(repo, allowed, var_files=("two.tfvars",)) == "terraform plan: no changes, nothing else"


@pytest.mark.parametrize(
    ("main", "why"),
    [
        (
            'resource "terraform_data" "phi" {\n  inputs = 1\n}\n',
            "not proved: plan failed: Error: Unsupported argument",
        ),
        (
            'terraform {\n  required_version = "< 0.1"\n}\n',
            "not proved: init failed: Error: Unsupported Terraform",
        ),
    ],
)
def test_what_terraform_refuses_is_said_in_its_words(terraform, repo, main, why):
    commit(repo, main_tf=main)
    assert proved(repo, {}).startswith(why)
