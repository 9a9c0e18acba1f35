"""What the team's Terraform manages is said before a fix by SDK, which the next terraform apply would take back."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.patches.code.ownership import Managers
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.support.config import Home, TerraformCode, read_config
from hipaa_tui.support.errors import InputError
from tests.patches.patch_clouds import ACCOUNT, commit_tree, target
from tests.patches.test_patch_aws import aws_target, bucket

FILES = {
    "prod/main.tf": 'resource "azurerm_storage_account" "mine" {\n  name = "patientfiles"\n}\n'
    'module "b" {\n  source = "../modules/b"\n  names  = ["phi-records"]\n}\n',
    "modules/b/main.tf": 'variable "names" {}\nresource "aws_s3_bucket" "all" {\n  for_each = toset(var.names)\n  bucket   = each.key\n}\n',
}


def managers(repo, **more):
    commit_tree(repo, FILES)
    return Managers([TerraformCode(repo / "prod", **more)])


def test_a_block_of_the_folder_or_of_its_modules_is_named(repo):
    known = managers(repo)
    assert known.of(target(ACCOUNT)).endswith("/prod/main.tf:1 (azurerm_storage_account.mine)")
    assert known.of(aws_target("AWS::S3::Bucket", "arn:aws:s3:::phi-records")).endswith(
        "/prod/../modules/b/main.tf:2 (aws_s3_bucket.all)"
    )
    assert known.of(aws_target("AWS::S3::Bucket", "arn:aws:s3:::others")) == ""
    assert known.problems == []


def test_a_name_of_another_service_is_another_thing(repo):
    group = aws_target("AWS::Logs::LogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:phi-records")
    assert managers(repo).of(group) == ""


def test_a_state_knows_what_has_no_name(repo, tmp_path):
    state = tmp_path / "s.json"
    rows = [
        {
            "mode": "managed",
            "type": "aws_vpc",
            "name": "main",
            "instances": [{"attributes": {"id": "vpc-0a1b2c3d"}}],
        }
    ]
    state.write_text(json.dumps({"version": 4, "resources": rows}))
    known = managers(repo, state=state)
    assert known.of(aws_target("AWS::EC2::VPC", "vpc-0a1b2c3d")).endswith("aws_vpc.main")


def test_another_accounts_folder_is_not_asked(repo):
    assert managers(repo, accounts=("999999999999",)).of(target(ACCOUNT)) == ""


def test_a_folder_that_cannot_be_read_stops_nothing(tmp_path):
    known = Managers([TerraformCode(tmp_path / "nowhere")])
    assert known.of(target(ACCOUNT)) == ""
    assert "no such folder" in known.problems[0]


def test_the_plan_warns_and_names_the_patch(repo, aws):
    known = managers(repo)
    wish = FixRequest(load().get("aws.s3.versioning"), bucket(aws, "phi-records"), ())
    plan = make_plan([wish], {"aws": aws}, {}, managed=known.of)
    (guard,) = [one for one in plan.changes[0].guards if one.guard == "managed-elsewhere"]
    assert guard.outcome is Outcome.WARN
    assert (
        "modules/b/main.tf:2 (aws_s3_bucket.all), and the next terraform apply would revert this change"
        in guard.reason
    )
    assert "hipaa-tui patch" in guard.reason


def test_config_names_the_folders(tmp_path):
    (tmp_path / "config.toml").write_text(
        '[[terraform]]\nfolder = "infra/prod"\nstate = "prod.tfstate"\nvar_files = ["prod.tfvars"]\naccounts = ["1"]\n'
    )
    (one,) = read_config(Home(tmp_path)).terraform
    assert one == TerraformCode(tmp_path / "infra/prod", tmp_path / "prod.tfstate", ("prod.tfvars",), ("1",))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[terraform]]\nstate = 'x'\n", "each .*terraform.* needs a folder"),
        ("[[terraform]]\nfolder = 'x'\nbackend = 's3'\n", "has no setting 'backend'"),
        ("[[terraform]]\nfolder = 'x'\nvar_files = 'x'\n", "terraform.var_files must be of type list"),
        ("terraform = ['x']\n", "each .*terraform.* needs a folder"),
    ],
)
def test_a_wrong_entry_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_config(Home(tmp_path))
