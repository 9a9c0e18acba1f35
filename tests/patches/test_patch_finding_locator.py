"""A file and a line of Terraform code lead to the cloud resources that stand there; what is unclear is not guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.findings.readers.reader import InCode
from hipaa_tui.patches.code.finding_locator import Located, Locators, Where, folders_of
from hipaa_tui.playbooks.load import load
from hipaa_tui.support.config import TerraformCode
from hipaa_tui.support.errors import InputError
from tests.patches.patch_clouds import SUBSCRIPTION, commit_tree, git

CATALOGUE = load()
ACCOUNT = "123456789012"
PROVIDER = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
"""Three lines: what follows starts on line 4."""
BUCKET = 'resource "aws_s3_bucket" "phi" {\n  bucket = "phi-records"\n}\n'


def wanted(check: str) -> str:
    playbook = CATALOGUE.for_check(check)
    return playbook.resource if playbook else ""


def row(
    line: int = 4, address: str = "", check: str = "CKV_AWS_18", file: str = "main.tf", **other: Any
) -> InCode:
    files = other.pop("files", (file,))
    return InCode("row 1", "checkov", check, "title", "detail", "medium", files, line, address, **other)


def locate(repo: Path, files: dict[str, str], *rows: InCode, folder: str = "", **where: Any) -> Located:
    commit_tree(repo, files)
    chosen = Where(repo / folder, **{"account": ACCOUNT} | where)
    return Locators(folders_of(chosen, ()), chosen, wanted).locate(rows)


def resources(found: Located) -> list[str]:
    assert not found.unlocated, [one.reason for one in found.unlocated]
    return [one.resource for one in found.findings]


def reason(found: Located) -> str:
    assert found.findings == ()
    (one,) = found.unlocated
    return one.reason


def test_a_located_row_is_a_finding_like_any_other(repo):
    found = locate(repo, {"main.tf": PROVIDER + BUCKET}, row(address="aws_s3_bucket.phi"))
    (finding,) = found.findings
    assert (finding.provider, finding.account, finding.region) == ("aws", ACCOUNT, "eu-west-1")
    assert finding.resource == "arn:aws:s3:::phi-records"
    assert finding.detail == "detail · main.tf:4 (aws_s3_bucket.phi)"
    assert (finding.source, finding.check, finding.resource_name) == ("checkov", "CKV_AWS_18", "phi-records")


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("var.name", {"v.tf": 'variable "name" {\n  default = "phi-records"\n}\n'}),
        ("var.name", {"v.tf": 'variable "name" {}\n', "terraform.tfvars": 'name = "phi-records"\n'}),
        ("local.name", {"l.tf": 'locals {\n  name = "${local.of}-records"\n  of = "phi"\n}\n'}),
        ('lower(join("-", ["PHI", "records"]))', {}),
        ('"phi-${data.aws_region.here.name}"', {"d.tf": 'data "aws_region" "here" {}\n'}),
    ],
)
def test_a_name_is_followed_to_where_it_is_said(repo, name, also):
    files = {"main.tf": PROVIDER + BUCKET.replace('"phi-records"', name)} | also
    expected = "phi-eu-west-1" if "region" in name else "phi-records"
    assert resources(locate(repo, files, row(5))) == [f"arn:aws:s3:::{expected}"]


def test_one_row_on_a_block_with_for_each_is_a_finding_for_each_instance(repo):
    block = 'resource "aws_sns_topic" "t" {\n  for_each = toset(["a", "b"])\n  name     = "alerts-${each.key}"\n}\n'
    found = locate(repo, {"main.tf": PROVIDER + block}, row(check="CKV_AWS_26"))
    assert sorted(resources(found)) == [f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts-{key}" for key in "ab"]
    assert {one.detail.rpartition("(")[2] for one in found.findings} == {
        'aws_sns_topic.t["a"])',
        'aws_sns_topic.t["b"])',
    }
    assert found.rows == 1


def test_an_address_with_an_index_is_that_instance_alone(repo):
    block = 'resource "aws_sqs_queue" "q" {\n  count = 2\n  name  = "queue-${count.index}"\n}\n'
    files = {"main.tf": PROVIDER + block}
    found = locate(repo, files, row(address="aws_sqs_queue.q[1]", check="CKV_AWS_27"))
    assert resources(found) == [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:queue-1"]
    lost = locate(repo, files, row(address="aws_sqs_queue.q[7]", check="CKV_AWS_27"))
    assert "not an instance of main.tf:4" in reason(lost)
    assert lost.unlocated[0].candidates == ("aws_sqs_queue.q[0]", "aws_sqs_queue.q[1]")


MODULE = 'variable "name" {}\nresource "aws_s3_bucket" "this" {\n  bucket = var.name\n}\n'
CALL = 'module "store" {\n  source   = "./store"\n  for_each = toset(["x", "y"])\n  name     = "phi-${each.key}"\n}\n'


def test_a_block_of_a_module_is_what_each_call_makes_of_it(repo):
    files = {"main.tf": PROVIDER + CALL, "store/main.tf": MODULE}
    everything = locate(repo, files, row(2, file="store/main.tf"))
    assert sorted(resources(everything)) == ["arn:aws:s3:::phi-x", "arn:aws:s3:::phi-y"]
    one = locate(repo, files, row(2, 'module.store["y"].aws_s3_bucket.this', file="/store/main.tf"))
    assert resources(one) == ["arn:aws:s3:::phi-y"]


def test_a_plans_row_has_an_address_alone(repo):
    files = {"main.tf": PROVIDER + CALL, "store/main.tf": MODULE}
    found = locate(repo, files, row(0, 'module.store["x"].aws_s3_bucket.this', files=()))
    assert resources(found) == ["arn:aws:s3:::phi-x"]


@pytest.mark.parametrize(
    ("bucket", "also"),
    [
        ("aws_s3_bucket.phi.id", ""),
        ('"${aws_s3_bucket.phi.bucket}"', ""),
        ('"phi-records"', ""),
        ("local.bucket", 'locals {\n  bucket = "phi-records"\n}\n'),
    ],
)
def test_a_part_of_a_bucket_leads_to_the_bucket(repo, bucket, also):
    part = f'resource "aws_s3_bucket_versioning" "v" {{\n  bucket = {bucket}\n}}\n'
    found = locate(repo, {"main.tf": PROVIDER + part + BUCKET + also}, row(5, check="CKV_AWS_21"))
    assert resources(found) == ["arn:aws:s3:::phi-records"]
    assert "(aws_s3_bucket_versioning.v)" in found.findings[0].detail


def test_each_part_leads_to_the_instance_with_its_key(repo):
    parts = (
        'resource "aws_s3_bucket" "b" {\n  for_each = toset(["x", "y"])\n  bucket   = "phi-${each.key}"\n}\n'
        'resource "aws_s3_bucket_public_access_block" "p" {\n  for_each = aws_s3_bucket.b\n'
        "  bucket   = aws_s3_bucket.b[each.key].id\n}\n"
    )
    address = 'aws_s3_bucket_public_access_block.p["y"]'
    found = locate(repo, {"main.tf": PROVIDER + parts}, row(8, address, "CKV_AWS_53"))
    assert resources(found) == ["arn:aws:s3:::phi-y"]


def test_a_part_in_a_state_leads_to_its_owner_in_it(repo, tmp_path):
    """Keys chain through each.key, and names that only the cloud's prefix makes are in the state alone."""
    parts = (
        'resource "aws_efs_file_system" "f" {\n  for_each = var.shares\n}\n'
        'resource "aws_efs_backup_policy" "p" {\n  for_each       = var.shares\n'
        "  file_system_id = aws_efs_file_system.f[each.key].id\n}\n"
        'variable "shares" {}\n'
    )
    arn = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/fs-0a1b2c3d4e5f6071"
    rows = [
        ("aws_efs_file_system", "f", {key: {"arn": f"{arn}{key}", "id": f"fs-{key}"} for key in "ab"}),
        ("aws_efs_backup_policy", "p", {key: {"id": f"fs-{key}"} for key in "ab"}),
    ]
    found = [
        {
            "mode": "managed",
            "type": type,
            "name": name,
            "instances": [{"index_key": key, "attributes": one} for key, one in several.items()],
        }
        for type, name, several in rows
    ]
    known = tmp_path / "terraform.tfstate"
    known.write_text(json.dumps({"version": 4, "resources": found}))
    files = {"main.tf": PROVIDER + parts}
    both = locate(repo, files, row(8, check="efs_have_backup_enabled"), state=known, account="")
    assert sorted(resources(both)) == [f"{arn}a", f"{arn}b"]
    one = row(8, 'aws_efs_backup_policy.p["b"]', "efs_have_backup_enabled")
    assert resources(locate(repo, files, one, state=known, account="")) == [f"{arn}b"]


def state(tmp_path: Path, *instances: tuple[str, str, dict[str, Any]]) -> Path:
    """A state of (type, name, attributes)."""
    found = [
        {"mode": "managed", "type": type, "name": name, "instances": [{"attributes": attributes}]}
        for type, name, attributes in instances
    ]
    path = tmp_path / "terraform.tfstate"
    path.write_text(json.dumps({"version": 4, "resources": found}))
    return path


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f3c1c1e-7a0b-4c55-9f3e-2d5b8c0f1a01"
KEYS = (
    'resource "aws_kms_key" "k" {\n  description = "phi"\n}\n'
    'resource "aws_kms_alias" "k" {\n  name          = "alias/phi"\n  target_key_id = aws_kms_key.k.key_id\n}\n'
)


@pytest.mark.parametrize("line", [4, 8])
def test_what_only_the_cloud_numbers_needs_a_state(repo, tmp_path, line):
    files = {"main.tf": PROVIDER + KEYS}
    assert "--state" in reason(locate(repo, files, row(line, check="CKV_AWS_7")))
    known = state(tmp_path, ("aws_kms_key", "k", {"arn": KEY, "id": KEY.rpartition("/")[2]}))
    found = locate(repo, files, row(line, check="CKV_AWS_7"), state=known, account="")
    assert resources(found) == [KEY]
    assert found.findings[0].account == ACCOUNT


def test_an_import_block_says_what_the_cloud_numbered(repo):
    group = 'resource "aws_security_group" "g" {\n  name = "wide"\n}\n'
    rule = 'resource "aws_security_group_rule" "r" {\n  security_group_id = aws_security_group.g.id\n}\n'
    imported = 'import {\n  to = aws_security_group.g\n  id = "sg-0a1b2c3d4e5f60718"\n}\n'
    found = locate(repo, {"main.tf": PROVIDER + group + rule + imported}, row(7, check="CKV_AWS_24"))
    assert resources(found) == [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:security-group/sg-0a1b2c3d4e5f60718"]


def test_a_setting_of_the_account_leads_to_the_account(repo):
    block = 'resource "aws_iam_account_password_policy" "p" {\n  minimum_password_length = 6\n}\n'
    found = locate(repo, {"main.tf": PROVIDER + block}, row(check="CKV_AWS_10"))
    assert resources(found) == [f"arn:aws:iam::{ACCOUNT}:root"]


class TestAccountsAndRegions:
    QUEUE = 'resource "aws_sqs_queue" "q" {\n  name = "intake"\n}\n'

    def test_the_account_has_to_be_known(self, repo):
        files = {"main.tf": PROVIDER + self.QUEUE}
        assert "--account" in reason(locate(repo, files, row(check="CKV_AWS_27"), account=""))

    def test_the_region_has_to_be_known_and_can_be_given(self, repo):
        files = {"main.tf": self.QUEUE}
        assert "--region" in reason(locate(repo, files, row(2, check="CKV_AWS_27")))
        found = locate(repo, files, row(2, check="CKV_AWS_27"), region="us-gov-west-1")
        assert resources(found) == [f"arn:aws-us-gov:sqs:us-gov-west-1:{ACCOUNT}:intake"]

    @pytest.mark.parametrize(
        "said",
        [
            'allowed_account_ids = ["210987654321"]',
            'assume_role {\n    role_arn = "arn:aws:iam::210987654321:role/deploy"\n  }',
        ],
    )
    def test_what_the_provider_block_says_counts_more(self, repo, said):
        files = {"main.tf": PROVIDER.replace("}", f"  {said}\n}}") + self.QUEUE}
        line = files["main.tf"].split("\n").index('resource "aws_sqs_queue" "q" {') + 1
        assert resources(locate(repo, files, row(line, check="CKV_AWS_27"))) == [
            "arn:aws:sqs:eu-west-1:210987654321:intake"
        ]

    def test_another_provider_is_another_region_and_perhaps_another_account(self, repo):
        west = 'provider "aws" {\n  alias  = "west"\n  region = "us-west-2"\n}\n'
        there = self.QUEUE.replace("{\n", "{\n  provider = aws.west\n")
        found = locate(repo, {"main.tf": PROVIDER + west + there}, row(9, check="CKV_AWS_27"))
        assert resources(found) == [f"arn:aws:sqs:us-west-2:{ACCOUNT}:intake"]
        own = west.replace("region", 'profile = "partner"\n  region')
        assert "--account" in reason(
            locate(repo, {"main.tf": PROVIDER + own + there}, row(10, check="CKV_AWS_27"))
        )

    def test_a_module_makes_things_with_the_provider_that_it_is_handed(self, repo):
        west = 'provider "aws" {\n  alias  = "west"\n  region = "us-west-2"\n}\n'
        call = 'module "m" {\n  source    = "./m"\n  providers = { aws = aws.west }\n}\n'
        files = {"main.tf": PROVIDER + west + call, "m/main.tf": self.QUEUE}
        found = locate(repo, files, row(1, check="CKV_AWS_27", file="m/main.tf"))
        assert resources(found) == [f"arn:aws:sqs:us-west-2:{ACCOUNT}:intake"]

    def test_an_account_with_a_path_in_iam_is_not_made_up(self, repo):
        role = 'resource "aws_iam_role" "r" {\n  name = "etl"\n  path = "/batch/"\n}\n'
        assert "path" in reason(locate(repo, {"main.tf": PROVIDER + role}, row(check="CKV_AWS_274")))


AZURE = f'provider "azurerm" {{\n  subscription_id = "{SUBSCRIPTION}"\n}}\n'
STORAGE = (
    'resource "azurerm_storage_account" "s" {\n  name                = "patientfiles"\n'
    "  resource_group_name = azurerm_resource_group.g.name\n}\n"
    'resource "azurerm_resource_group" "g" {\n  name = "clinic"\n}\n'
)
STORAGE_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/patientfiles"


def test_azure_names_make_an_arm_id(repo):
    rules = (
        'resource "azurerm_storage_account_network_rules" "r" {\n'
        "  storage_account_id = azurerm_storage_account.s.id\n}\n"
    )
    files = {"main.tf": AZURE + STORAGE + rules}
    found = locate(repo, files, row(5, check="CKV_AZURE_44"), row(12, check="CKV_AZURE_35"), account="")
    assert resources(found) == [STORAGE_ID, STORAGE_ID]
    assert (found.findings[0].provider, found.findings[0].account) == ("azure", SUBSCRIPTION)
    assert found.findings[0].partition == "AzureCloud"


class TestUnclear:
    def test_values_of_several_environments_are_shown_and_not_guessed(self, repo):
        files = {
            "main.tf": PROVIDER + BUCKET.replace('"phi-records"', "var.name"),
            "v.tf": 'variable "name" {}\n',
            "dev.tfvars": 'name = "phi-dev"\n',
            "prod.tfvars": 'name = "phi-prod"\n',
        }
        found = locate(repo, files, row())
        assert "--var-file" in reason(found)
        assert found.unlocated[0].candidates == ("phi-dev", "phi-prod")
        chosen = locate(repo, files, row(), var_files=("prod.tfvars",))
        assert resources(chosen) == ["arn:aws:s3:::phi-prod"]

    def test_in_a_module_too(self, repo):
        files = {
            "main.tf": PROVIDER + 'module "s" {\n  source = "./store"\n  name   = var.name\n}\n',
            "v.tf": 'variable "name" {\n  default = "phi-test"\n}\n',
            "prod.tfvars": 'name = "phi-prod"\n',
            "store/main.tf": MODULE,
        }
        assert "prod.tfvars" in reason(locate(repo, files, row(2, file="store/main.tf")))

    def test_a_name_that_only_terraform_knows(self, repo):
        block = BUCKET.replace('bucket = "phi-records"', 'bucket_prefix = "phi-"')
        assert "--state" in reason(locate(repo, {"main.tf": PROVIDER + block}, row()))

    @pytest.mark.parametrize(
        ("block", "line", "said"),
        [
            ('data "aws_caller_identity" "me" {}\n', 4, "which is not a resource"),
            ('module "x" {\n  source = "./nowhere"\n}\n', 5, "which is not a resource"),
            ("# only words\n", 4, "is not in a block"),
            ('resource "google_storage_bucket" "b" {\n  name = "b"\n}\n', 4, "provider"),
        ],
    )
    def test_what_is_no_resource_says_so(self, repo, block, line, said):
        assert said in reason(locate(repo, {"main.tf": PROVIDER + block}, row(line)))

    def test_what_is_clear_of_a_row_is_kept(self, repo):
        calls = (
            'module "a" {\n  source = "./store"\n  name   = "phi-a"\n}\n'
            'module "b" {\n  source = "./store"\n  name   = random_id.x.hex\n}\n'
            'resource "random_id" "x" {\n  byte_length = 4\n}\n'
        )
        found = locate(
            repo, {"main.tf": PROVIDER + calls, "store/main.tf": MODULE}, row(2, file="store/main.tf")
        )
        assert [one.resource for one in found.findings] == ["arn:aws:s3:::phi-a"]
        assert (found.rows, len(found.unlocated)) == (1, 1)
        assert "known only to Terraform" in found.unlocated[0].reason

    def test_code_that_changed_since_the_report(self, repo):
        files = {"main.tf": PROVIDER + BUCKET}
        found = locate(repo, files, row(address="aws_s3_bucket.gone"))
        assert reason(found).startswith("main.tf:4 is aws_s3_bucket.phi in the repository's commit, not")
        moved = locate(repo, files, row(300, "aws_s3_bucket.phi"))
        assert resources(moved) == ["arn:aws:s3:::phi-records"]

    def test_code_that_is_not_committed(self, repo):
        commit_tree(repo, {"main.tf": PROVIDER})
        (repo / "new.tf").write_text(BUCKET)
        where = Where(repo, account=ACCOUNT)
        found = Locators(folders_of(where, ()), where, wanted).locate([row(1, file="new.tf")])
        assert reason(found).startswith("new.tf is not in the repository's commit")

    def test_a_folder_without_code_is_refused(self, repo):
        with pytest.raises(InputError, match="no Terraform code in its commit"):
            locate(repo, {"README.md": "words"}, row())


FILES = {"infra/main.tf": PROVIDER + BUCKET, "main.tf": PROVIDER + BUCKET.replace("phi-records", "other")}


class TestNames:
    @pytest.mark.parametrize(
        "file",
        ["/somewhere/repo/infra/main.tf", "infra/main.tf", "/infra/main.tf", "..\\path\\infra\\main.tf"],
    )
    def test_a_file_of_another_machine_is_told_by_its_path_and_block(self, repo, file):
        found = locate(repo, FILES, row(address="aws_s3_bucket.phi", file=file), folder="infra")
        assert resources(found) == ["arn:aws:s3:::phi-records"]

    def test_a_whole_path_of_this_machine_is_certain(self, repo):
        here = row(files=(f"{repo}/infra/main.tf", "main.tf"))
        assert resources(locate(repo, FILES, here, folder="infra")) == ["arn:aws:s3:::phi-records"]
        above = row(files=(f"{repo}/main.tf",))
        assert "give its own folder with --repo" in reason(locate(repo, FILES, above, folder="infra"))

    def test_a_name_that_means_two_files_needs_the_block_to_tell(self, repo):
        found = locate(repo, FILES, row(file="main.tf"), folder="infra")
        assert reason(found).startswith("the name can mean infra/main.tf or main.tf;")

    def test_a_copy_of_the_code_for_another_environment_is_not_taken_for_it(self, repo):
        """The blocks stand at the same lines: only the path says which account the finding is about."""
        files = {
            f"envs/{env}/main.tf": PROVIDER + BUCKET.replace("phi-", f"{env}-") for env in ("dev", "prod")
        }
        for name in ("dev/main.tf", "/build/envs/dev/main.tf", "../dev/main.tf", "/x/main.tf"):
            found = locate(repo, files, row(address="aws_s3_bucket.phi", file=name), folder="envs/prod")
            assert found.findings == (), name
        ci = row(address="aws_s3_bucket.phi", files=("/build/envs/dev/main.tf", "/main.tf"))
        assert "give its own folder with --repo" in reason(locate(repo, files, ci, folder="envs/prod"))
        assert resources(locate(repo, files, ci, folder="envs/dev")) == ["arn:aws:s3:::dev-records"]
        found = locate(repo, files, row(address="aws_s3_bucket.phi", file="dev/main.tf"), folder="envs/dev")
        assert resources(found) == ["arn:aws:s3:::dev-records"]

    @pytest.mark.parametrize(
        "file",
        ["../../../../etc/main.tf", "/etc/passwd.tf", "../outside.tf", ".git/x.tf", "[red]x[/red].tf"],
    )
    def test_a_file_that_is_not_the_repositorys_is_refused(self, repo, file):
        found = locate(repo, {"main.tf": PROVIDER + BUCKET}, row(file=file))
        assert "repository" in reason(found)

    def test_a_copy_elsewhere_counts_only_where_its_block_is_the_same(self, repo):
        files = {"main.tf": PROVIDER + BUCKET}
        assert "unless it is main.tf" in reason(locate(repo, files, row(file="/elsewhere/main.tf")))
        other = row(address="aws_s3_bucket.phi", line=90, file="/elsewhere/main.tf")
        assert "unless it is main.tf" in reason(locate(repo, files, other))

    def test_a_link_is_not_followed(self, repo, tmp_path):
        outside = tmp_path / "outside.tf"
        outside.write_text(PROVIDER + BUCKET)
        commit_tree(repo, {"main.tf": PROVIDER + BUCKET})
        (repo / "sub").mkdir()
        (repo / "sub" / "link.tf").symlink_to(outside)
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "link")
        assert "symbolic link" in reason(locate(repo, {}, row(file="sub/link.tf")))


def test_a_file_in_json_has_its_blocks_too(repo):
    text = json.dumps({"resource": {"aws_s3_bucket": {"phi": {"bucket": "phi-records"}}}}, indent=2)
    files = {"main.tf": PROVIDER, "b.tf.json": text}
    found = locate(repo, files, row(5, "aws_s3_bucket.phi", file="b.tf.json"))
    assert resources(found) == ["arn:aws:s3:::phi-records"]


def test_a_module_of_two_configured_folders_is_found_in_both(repo):
    files = {
        f"{env}/main.tf": PROVIDER + f'module "s" {{\n  source = "../store"\n  name   = "phi-{env}"\n}}\n'
        for env in ("dev", "prod")
    }
    commit_tree(repo, files | {"store/main.tf": MODULE})
    configured = [TerraformCode(repo / env, accounts=(ACCOUNT,)) for env in ("dev", "prod")]
    where = Where()
    found = Locators(folders_of(where, configured), where, wanted).locate(
        [row(2, file="store/main.tf"), row(4, file="dev/main.tf", address="aws_s3_bucket.none")]
    )
    assert [one.resource for one in found.findings] == ["arn:aws:s3:::phi-dev", "arn:aws:s3:::phi-prod"]
    assert (found.rows, len(found.unlocated)) == (1, 1)


def test_a_name_that_is_a_file_in_two_configured_folders_is_neither(repo):
    files = {f"{env}/main.tf": PROVIDER + BUCKET.replace("phi-", f"{env}-") for env in ("dev", "prod")}
    commit_tree(repo, files)
    configured = [TerraformCode(repo / env, accounts=(ACCOUNT,)) for env in ("dev", "prod")]
    found = Locators(configured, Where(), wanted).locate([row(address="aws_s3_bucket.phi")])
    assert "give the scanned one with --repo" in reason(found)
    assert found.unlocated[0].candidates == (f"{repo}/dev/main.tf", f"{repo}/prod/main.tf")
    told = row(address="aws_s3_bucket.phi", files=("/build/prod/main.tf", "/main.tf"))
    assert resources(Locators(configured, Where(), wanted).locate([told])) == ["arn:aws:s3:::prod-records"]


def test_without_any_folder_the_sentence_names_repo():
    with pytest.raises(InputError, match="--repo DIR"):
        folders_of(Where(), ())
