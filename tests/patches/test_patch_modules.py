"""What a module, a count or a for_each makes is found, and edited where a reviewer expects it."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.model import PatchOptions
from hipaa_tui.support.errors import InputError, RefusedError
from tests.patches.patch_clouds import ACCOUNT, Documents, account, commit_tree, git, plan_for, target

TLS = "azure.storage.secure-transfer"
NAMES = ("patientfiles", "labresults")
MODULE = """\
variable "name" {}
variable "tls" {
  default = "TLS1_0"
}

resource "azurerm_storage_account" "this" {
  name                       = var.name
  https_traffic_only_enabled = true
  min_tls_version            = var.tls
}
"""
"""A module of the company: what it makes of a name."""


@pytest.fixture
def azure():
    """Two storage accounts that take old TLS."""
    both = [account(name, supportsHttpsTrafficOnly=True) for name in NAMES]
    return Documents(*both)


def make(repo, azure, files, *names, folder="", **options):
    commit_tree(repo, files)
    plan = plan_for(azure, *((TLS, target(ACCOUNT.replace("patientfiles", one))) for one in names))
    return make_patch(plan, repo / folder, "hipaa/fix", {"azure": azure}, options=PatchOptions(**options))


def now(repo, path):
    return git(repo, "show", f"hipaa/fix:{path}") + "\n"


def untouched(repo, patch, *paths):
    assert set(patch.files).isdisjoint(paths)


CALL = 'module "files" {\n  source = "./modules/account"\n  name   = "patientfiles" # ours\n}\n'


def test_a_value_is_set_at_the_call_of_the_module(repo, azure):
    patch = make(repo, azure, {"main.tf": CALL, "modules/account/main.tf": MODULE}, NAMES[0])
    assert patch.files == ("main.tf",)
    assert now(repo, "main.tf") == CALL.replace("ours\n", 'ours\n  tls    = "TLS1_2"\n')
    assert patch.addresses == ("module.files.azurerm_storage_account.this",)


def test_a_value_at_the_call_is_changed_there(repo, azure):
    call = CALL.replace("}\n", '  tls    = "TLS1_1" # old scanners\n}\n')
    make(repo, azure, {"main.tf": call, "modules/account/main.tf": MODULE}, NAMES[0])
    assert now(repo, "main.tf") == call.replace("TLS1_1", "TLS1_2")


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"terraform.tfvars": '# tls\ntls  = "TLS1_0"\nname = "patientfiles"\n'}, "terraform.tfvars"),
        ({"terraform.tfvars": 'tls = "TLS1_1"\n', "z.auto.tfvars": 'tls = "TLS1_0"\n'}, "z.auto.tfvars"),
        ({}, "vars.tf"),
    ],
)
def test_a_value_is_followed_to_where_it_is_set(repo, azure, given, where):
    files = {
        "main.tf": CALL.replace("}\n", "  tls    = local.tls\n}\n"),
        "vars.tf": 'locals {\n  tls = var.tls\n}\nvariable "tls" {\n  default = "TLS1_0"\n}\nvariable "name" {\n  default = ""\n}\n',
        "modules/account/main.tf": MODULE,
        **given,
    }
    patch = make(repo, azure, files, NAMES[0])
    assert patch.files == (where,)
    assert now(repo, where) == files[where].replace("TLS1_0", "TLS1_2")


EACH = """\
locals {
  accounts = { for one in ["patientfiles", "labresults"] : one => lower(one) }
}

module "files" {
  source   = "../modules/account"
  for_each = local.accounts
  name     = each.value
}
"""


def test_a_block_for_many_is_edited_once_all_of_them_are_planned(repo, azure):
    files = {"prod/main.tf": EACH, "modules/account/main.tf": MODULE}
    patch = make(repo, azure, files, *NAMES, folder="prod")
    assert patch.files == ("prod/main.tf",)
    assert now(repo, "prod/main.tf") == EACH.replace("each.value\n", 'each.value\n  tls      = "TLS1_2"\n')
    assert set(patch.addresses) == {
        'module.files["patientfiles"].azurerm_storage_account.this',
        'module.files["labresults"].azurerm_storage_account.this',
    }


def test_who_else_would_get_it_is_said_and_asked_for(repo, azure):
    files = {"prod/main.tf": EACH, "modules/account/main.tf": MODULE}
    with pytest.raises(RefusedError, match=r'labresults"\].*would be changed, too.*--shared'):
        make(repo, azure, files, NAMES[0], folder="prod")
    patch = make(repo, azure, {}, NAMES[0], folder="prod", shared=("all",))
    assert patch.files == ("prod/main.tf",)


def test_a_literal_in_a_module_is_edited_there_while_nobody_else_calls_it(repo, azure):
    module = MODULE.replace("var.tls", '"TLS1_0"')
    files = {"prod/main.tf": EACH, "modules/account/main.tf": module}
    patch = make(repo, azure, files, *NAMES, folder="prod")
    assert patch.files == ("modules/account/main.tf",)
    assert now(repo, "modules/account/main.tf").splitlines()[8] == '  min_tls_version            = "TLS1_2"'


def test_another_environment_that_calls_the_module_is_named(repo, azure):
    files = {
        "prod/main.tf": EACH,
        "dev/main.tf": EACH.replace("patientfiles", "devfiles"),
        "modules/account/main.tf": MODULE.replace("var.tls", '"TLS1_0"'),
    }
    with pytest.raises(RefusedError, match=r"dev \(calls ../modules/account\) would be changed, too"):
        make(repo, azure, files, *NAMES, folder="prod")


def test_a_variable_that_others_read_is_not_changed_under_them(repo, azure):
    files = {
        "main.tf": CALL.replace("}\n", "  tls    = var.tls\n}\n")
        + 'resource "azurerm_storage_account" "legacy" {\n  name            = "faxes"\n  min_tls_version = var.tls\n}\n'
        + 'variable "tls" {\n  default = "TLS1_0"\n}\n',
        "modules/account/main.tf": MODULE,
    }
    with pytest.raises(RefusedError, match=r"azurerm_storage_account.legacy would be changed, too"):
        make(repo, azure, files, NAMES[0])


def test_the_environments_file_is_asked_for(repo, azure):
    files = {
        "main.tf": CALL.replace("}\n", "  tls    = var.tls\n}\n") + 'variable "tls" {}\n',
        "dev.tfvars": 'tls = "TLS1_1"\n',
        "prod.tfvars": 'tls = "TLS1_0"\n',
        "modules/account/main.tf": MODULE,
    }
    with pytest.raises(
        RefusedError, match=r"var.tls is set in dev.tfvars, prod.tfvars: select the file of this account"
    ):
        make(repo, azure, files, NAMES[0])
    with pytest.raises(InputError, match=r"nowhere\.tfvars: no such \.tfvars file"):
        make(repo, azure, {}, NAMES[0], var_files=("nowhere.tfvars",))
    patch = make(repo, azure, {}, NAMES[0], var_files=("prod.tfvars",))
    assert patch.files == ("prod.tfvars",)


def test_a_state_tells_what_no_file_does(repo, azure, tmp_path):
    module = MODULE.replace("var.name", "random_pet.name.id")
    files = {"main.tf": CALL, "modules/account/main.tf": module}
    state = tmp_path / "state.json"
    instance = {"attributes": {"id": ACCOUNT, "name": NAMES[0], "primary_access_key": "hunter2"}}
    resource = {
        "mode": "managed", "type": "azurerm_storage_account", "name": "this", "module": "module.files",
        "instances": [instance],
    }  # fmt: skip
    state.write_text(json.dumps({"version": 4, "resources": [resource]}))
    patch = make(repo, azure, files, NAMES[0], state=state)
    assert patch.files == ("main.tf",)
    assert "hunter2" not in patch.message + patch.diff


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 3, "resources": []}', "not json", '{"values": 1}']
)
def test_what_is_no_state_is_refused(repo, azure, tmp_path, text):
    state = tmp_path / "state.json"
    state.write_text(text)
    with pytest.raises(InputError, match="neither a Terraform state"):
        make(repo, azure, {"main.tf": CALL, "modules/account/main.tf": MODULE}, NAMES[0], state=state)


def test_what_cannot_be_evaluated_is_a_note(repo, azure):
    files = {"main.tf": CALL + 'module "far" {\n  source = "git::https://example.org/x.git"\n}\n'}
    patch = make(repo, azure, files, NAMES[1])
    assert "main.tf:5 (module.far) was not read: git::https://example.org/x.git" in patch.message
    assert "main.tf:1 (module.files) was not read" in patch.message


FAR = (
    'module "far" {\n  source  = "corp/account/azurerm"\n  version = "2.0.0"\n  name    = "patientfiles"\n}\n'
)


def installed(repo, module):
    """As `terraform init` leaves it in the work tree."""
    folder = repo / ".terraform" / "modules" / "far"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(module)
    keys = [{"Key": "", "Dir": "."}, {"Key": "far", "Dir": ".terraform/modules/far"}]
    (folder.parent / "modules.json").write_text(json.dumps({"Modules": keys}))


def test_an_installed_module_is_set_at_its_call(repo, azure):
    installed(repo, MODULE)
    patch = make(repo, azure, {"main.tf": FAR, ".gitignore": ".terraform\n"}, NAMES[0])
    assert patch.files == ("main.tf",)
    assert now(repo, "main.tf") == FAR.replace('files"\n', 'files"\n  tls     = "TLS1_2"\n')
    assert patch.addresses == ("module.far.azurerm_storage_account.this",)


def test_the_code_of_an_installed_module_is_not_edited(repo, azure):
    installed(repo, MODULE.replace("var.tls", '"TLS1_0"'))
    with pytest.raises(
        RefusedError, match=r"the code of corp/account/azurerm, which is not in this repository"
    ):
        make(repo, azure, {"main.tf": FAR, ".gitignore": ".terraform\n"}, NAMES[0])
    assert "TLS1_0" in (repo / ".terraform" / "modules" / "far" / "main.tf").read_text()


def test_what_a_module_from_elsewhere_seems_to_manage_gets_no_second_block(repo, azure):
    with pytest.raises(
        RefusedError, match=r"seems, by the inputs, to be managed by main.tf:1 \(module.far\)"
    ):
        make(repo, azure, {"main.tf": FAR}, NAMES[0])


def test_a_state_tells_which_module_from_elsewhere_manages_it(repo, azure, tmp_path):
    state = tmp_path / "state.json"
    values = {"id": ACCOUNT, "name": NAMES[0]}
    child = {
        "address": "module.far.azurerm_storage_account.x", "mode": "managed",
        "type": "azurerm_storage_account", "name": "x", "values": values,
    }  # fmt: skip
    state.write_text(json.dumps({"values": {"root_module": {"child_modules": [{"resources": [child]}]}}}))
    with pytest.raises(RefusedError, match=r"is managed by main.tf:1 \(module.far\)"):
        make(repo, azure, {"main.tf": FAR.replace("patientfiles", "x")}, NAMES[0], state=state)


def test_an_installed_module_that_is_a_link_is_not_read(repo, azure, tmp_path):
    installed(repo, MODULE)
    far = repo / ".terraform" / "modules" / "far"
    (tmp_path / "private").mkdir()
    (far / "main.tf").rename(tmp_path / "private" / "main.tf")
    far.rmdir()
    far.symlink_to(tmp_path / "private")
    with pytest.raises(RefusedError, match="to be managed"):
        make(repo, azure, {"main.tf": FAR, ".gitignore": ".terraform\n"}, NAMES[0])


def as_json(blocks):
    return json.dumps(blocks, indent=2) + "\n"


def test_json_configurations_are_followed_like_others(repo, azure):
    """A value of a .tf.json block is set in the local, the variable or the module's call that has it."""
    inside = {"name": "patientfiles", "https_traffic_only_enabled": True, "min_tls_version": "${local.tls}"}
    main = {
        "locals": {"tls": "${var.tls}"},
        "variable": {"tls": {"default": "TLS1_0"}},
        "resource": {"azurerm_storage_account": {"this": inside}},
    }
    patch = make(repo, azure, {"main.tf.json": as_json(main)}, NAMES[0])
    assert (patch.files, patch.left_out) == (("main.tf.json",), ())
    assert now(repo, "main.tf.json") == as_json(main).replace("TLS1_0", "TLS1_2")


@pytest.mark.parametrize("more", [{}, {"tls": "TLS1_1"}])
def test_a_module_that_is_called_from_json(repo, azure, more):
    call = {"module": {"files": {"source": "./modules/account", "name": "patientfiles", **more}}}
    patch = make(repo, azure, {"main.tf.json": as_json(call), "modules/account/main.tf": MODULE}, NAMES[0])
    assert patch.files == ("main.tf.json",)
    call["module"]["files"]["tls"] = "TLS1_2"
    assert now(repo, "main.tf.json") == as_json(call)


def test_a_for_each_in_json_is_found_by_its_instances(repo, azure):
    inside = {
        "for_each": '${toset(["patientfiles", "labresults"])}',
        "name": "${each.key}",
        "https_traffic_only_enabled": True,
        "min_tls_version": "TLS1_0",
    }
    text = as_json({"resource": {"azurerm_storage_account": {"this": inside}}})
    with pytest.raises(RefusedError, match=r"labresults.* would be changed, too"):
        make(repo, azure, {"main.tf.json": text}, NAMES[0])
    plan = plan_for(azure, *((TLS, target(ACCOUNT.replace("patientfiles", one))) for one in NAMES))
    patch = make_patch(plan, repo, "hipaa/fix", {"azure": azure})
    assert len(patch.addresses) == 2
    assert now(repo, "main.tf.json") == text.replace("TLS1_0", "TLS1_2")


def test_a_local_of_a_module_reaches_every_call_of_it(repo, azure):
    module = MODULE.replace("var.tls", "local.tls") + 'locals {\n  tls = "TLS1_0"\n}\n'
    calls = CALL + CALL.replace("patientfiles", "labresults").replace("files", "labs")
    with pytest.raises(RefusedError, match=r"module\.labs\..* would be changed, too"):
        make(repo, azure, {"main.tf": calls, "modules/account/main.tf": module}, NAMES[0])


def test_a_broken_json_configuration_is_named(repo, azure):
    with pytest.raises(InputError, match=r"main\.tf\.json:3: not JSON"):
        make(repo, azure, {"main.tf.json": '{\n  "resource": \n}\n'}, NAMES[0])
