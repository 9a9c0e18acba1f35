"""A plan becomes Terraform that says what was approved, says it once, and leaves out what it must."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from pathlib import Path

import pytest

from hipaa_tui.patches.code.resource_identity import IDENTIFYING
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Declared, parse
from hipaa_tui.patches.model import Patch
from hipaa_tui.plans.model import Plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import GuardResult, Outcome
from hipaa_tui.providers.model import Cancelled
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.package_data import content_folder
from tests.patches.patch_clouds import (
    ACCOUNT,
    NSG,
    SUBSCRIPTION,
    WORKSPACE,
    Documents,
    account,
    apply,
    commit,
    git,
    plan_for,
    target,
)

TLS, PUBLIC, LOGS = (
    "azure.storage.secure-transfer",
    "azure.storage.blob-public-access",
    "azure.storage.blob-logs",
)
OPEN, OWNER = "azure.network.nsg-open-to-internet", "azure.authorization.owner-narrowed"
MANAGED = 'resource "azurerm_storage_account" "mine" {\n  name = "patientfiles"\n}\n'


def make(plan: Plan, repo: Path, cloud: Documents, branch: str = "hipaa/fix") -> Patch:
    return make_patch(plan, repo, branch, {"azure": cloud})


def blocks(repo: Path, patch: Patch) -> dict[str, Declared]:
    """Every block of the patch's files, by address ("import ADDRESS" for import blocks)."""
    found = {}
    for path in patch.files:
        parsed = parse(git(repo, "show", f"{patch.branch}:{path}") + "\n")
        assert parsed.broken == 0
        for block in parsed.blocks:
            to = next((one.text for one in block.attributes if one.name == "to"), "")
            found[f"import {to}" if to else block.address] = block
    return found


def rule(name: str, ports: str, source: str = "*") -> dict[str, object]:
    return {
        "name": name,
        "properties": {
            "priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
            "sourceAddressPrefix": source, "sourcePortRange": "*",
            "destinationAddressPrefix": "*", "destinationPortRange": ports,
        },
    }  # fmt: skip


def test_two_settings_of_one_account_make_one_block_with_both(repo: Path, azure: Documents) -> None:
    patch = make(plan_for(azure, (TLS, target(ACCOUNT)), (PUBLIC, target(ACCOUNT))), repo, azure)
    block = blocks(repo, patch)["azurerm_storage_account.patientfiles"]
    assert block.value("https_traffic_only_enabled") is True
    assert block.value("min_tls_version") == "TLS1_2"
    assert block.value("allow_nested_items_to_be_public") is False
    assert block.value("account_replication_type") == "GRS"
    assert patch.addresses == ("azurerm_storage_account.patientfiles",)
    assert patch.left_out == ()


@pytest.mark.parametrize("applied", [False, True])
def test_only_what_exists_is_imported(repo: Path, azure: Documents, applied: bool) -> None:
    plan = plan_for(azure, (LOGS, target(ACCOUNT)))
    if applied:
        apply(azure, plan)
    found = blocks(repo, make(plan, repo, azure))
    imports = {name for name in found if name.startswith("import")}
    made = (
        "azurerm_log_analytics_workspace.hipaa_tui_audit",
        "azurerm_monitor_diagnostic_setting.patientfiles_hipaa_tui_audit",
    )
    assert imports == ({f"import {name}" for name in made} if applied else set())
    assert (
        found[made[1]].value("log_analytics_workspace_id") == parse(f"a = {made[0]}.id\n").attributes[0].value
    )
    if applied:
        assert found[f"import {made[0]}"].value("id") == WORKSPACE
        assert found[f"import {made[1]}"].value("id") == f"{ACCOUNT}/blobServices/default|hipaa-tui-audit"


def test_the_patch_says_the_same_before_and_after_the_plan_was_applied(repo: Path, azure: Documents) -> None:
    plan = plan_for(azure, (TLS, target(ACCOUNT)), (PUBLIC, target(ACCOUNT)))
    before = make(plan, repo, azure, "hipaa/before")
    apply(azure, plan)
    assert make(plan, repo, azure, "hipaa/after").diff == before.diff


def test_drift_is_not_patched_over(repo: Path, azure: Documents) -> None:
    other = target(ACCOUNT.replace("patientfiles", "second"))
    azure.documents.update(Documents(account("second")).documents)
    plan = plan_for(azure, (TLS, target(ACCOUNT)), (TLS, other))
    azure.documents[ACCOUNT.lower()]["properties"]["minimumTlsVersion"] = "TLS1_1"
    patch = make(plan, repo, azure)
    assert [(one.change, "drifted" in one.reason) for one in patch.left_out] == [("c1", True)]
    assert patch.addresses == ("azurerm_storage_account.second",)
    assert "drifted" in patch.message
    azure.documents[other.id.lower()]["properties"]["minimumTlsVersion"] = "TLS1_1"
    with pytest.raises(RefusedError, match="drifted"):
        make(plan, repo, azure, "hipaa/again")


def test_a_group_stands_or_falls_together(repo: Path, azure: Documents) -> None:
    plan = plan_for(azure, (LOGS, target(ACCOUNT)))
    azure.documents[WORKSPACE.lower()] = {
        "id": WORKSPACE,
        "name": "x",
        "location": "westus",
        "properties": {},
    }
    with pytest.raises(RefusedError, match="the changes of a fix are made together"):
        make(plan, repo, azure)


def test_what_a_guard_blocks_stays_out(repo: Path, azure: Documents) -> None:
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    blocked = dataclasses.replace(
        plan.changes[0], guards=(GuardResult("resource-locks", Outcome.BLOCK, "locked"),)
    )
    with pytest.raises(RefusedError, match="the guard resource-locks blocks it: locked"):
        make(dataclasses.replace(plan, changes=(blocked,)), repo, azure)


def test_what_is_gone_cannot_be_read_and_stays_out(repo: Path, azure: Documents) -> None:
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    azure.documents.clear()
    with pytest.raises(RefusedError, match="could not be read"):
        make(plan, repo, azure)


def test_what_the_repository_manages_is_edited_there_and_nothing_else(repo: Path, azure: Documents) -> None:
    theirs = (
        "# ours since 2019\n"
        'resource "azurerm_storage_account" "mine" {\n'
        '  name                     = "patientfiles" # never rename\n'
        "  account_tier             = var.tier\n"
        "  account_replication_type = local.replication\n"
        '  min_tls_version          = "TLS1_0"\n'
        "}\n"
    )
    commit(repo, main_tf=theirs)
    plan = plan_for(azure, (TLS, target(ACCOUNT)), (LOGS, target(ACCOUNT)))
    patch = make(plan, repo, azure)
    assert patch.left_out == ()
    assert "azurerm_storage_account.mine" in patch.addresses
    now = git(repo, "show", f"{patch.branch}:main.tf") + "\n"
    expected = theirs.replace('"TLS1_0"\n', '"TLS1_2"\n').replace(
        "\n}\n", "\n\n  https_traffic_only_enabled = true\n}\n"
    )
    assert now.startswith(expected), "every byte that is not meant stays"
    setting = blocks(repo, patch)["azurerm_monitor_diagnostic_setting.patientfiles_hipaa_tui_audit"]
    assert '"${azurerm_storage_account.mine.id}/blobServices/default"' in {
        one.text for one in setting.attributes
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("  min_tls_version = var.tls\n", "var.tls is set outside of the repository"),
        (
            "  count = 2\n",
            "azurerm_storage_account.mine[0] and azurerm_storage_account.mine[1] are the same object",
        ),
    ],
)
def test_what_a_person_has_to_decide_is_left_out_with_what_to_set(
    repo: Path, azure: Documents, line: str, sentence: str
) -> None:
    commit(repo, main_tf=MANAGED.replace("}\n", f"{line}}}\n"))
    plan = plan_for(azure, (TLS, target(ACCOUNT)), (LOGS, target(ACCOUNT)))
    patch = make(plan, repo, azure)
    (left,) = patch.left_out
    assert sentence in left.reason
    assert "main.tf:1" in left.reason


def test_a_taken_address_is_not_taken_twice(repo: Path, azure: Documents) -> None:
    commit(
        repo,
        main_tf=MANAGED.replace('"mine"', '"patientfiles"').replace(
            'name = "patientfiles"', 'name = "another"'
        ),
    )
    patch = make(plan_for(azure, (TLS, target(ACCOUNT))), repo, azure)
    assert patch.addresses == ("azurerm_storage_account.patientfiles_2",)


def test_names_that_look_alike_get_labels_of_their_own(repo: Path) -> None:
    group = NSG.replace("front", "a-b")
    cloud = Documents(
        {
            "id": group,
            "location": "eastus",
            "properties": {"securityRules": [rule("x.y", "22"), rule("x-y", "22")]},
        }
    )
    patch = make(plan_for(cloud, (OPEN, target(group))), repo, cloud)
    assert patch.addresses == (
        "azurerm_network_security_rule.a_b_x_y",
        "azurerm_network_security_rule.a_b_x_y_2",
    )


def test_only_the_rules_that_change_are_rendered(repo: Path) -> None:
    cloud = Documents(
        {
            "id": NSG,
            "location": "eastus",
            "properties": {"securityRules": [rule("ssh", "22"), rule("web", "443")]},
        }
    )
    plan = plan_for(cloud, (OPEN, target(NSG)), allowed_cidrs="10.1.0.0/16")
    patch = make(plan, repo, cloud)
    assert patch.addresses == ("azurerm_network_security_rule.front_ssh",)
    assert (
        blocks(repo, patch)["azurerm_network_security_rule.front_ssh"].value("source_address_prefix")
        == "10.1.0.0/16"
    )
    commit(
        repo,
        main_tf='resource "azurerm_network_security_group" "f" {\n  name = "front"\n  security_rule {\n  }\n}\n',
    )
    with pytest.raises(
        RefusedError, match=r"main\.tf:1 \(azurerm_network_security_group\.f\), in its security_rule"
    ):
        make(plan, repo, cloud, "hipaa/inline")


def test_a_removal_is_left_to_a_person(repo: Path) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}"
    roles = f"{scope}/providers/Microsoft.Authorization"
    owners = [
        {
            "id": f"{roles}/roleAssignments/{n}1111111-1111-1111-1111-111111111111",
            "properties": {
                "scope": scope,
                "roleDefinitionId": f"{roles}/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
                "principalId": f"{n}2222222-2222-2222-2222-222222222222",
                "principalType": "ServicePrincipal" if n == 1 else "User",
            },
        }
        for n in (1, 2, 3)
    ]
    cloud = Documents(*owners)
    plan = plan_for(cloud, (OWNER, target(owners[0]["id"])))
    patch = make(plan, repo, cloud)
    assert [one.partition(".")[0] for one in patch.addresses] == ["azurerm_role_assignment"]
    (left,) = patch.left_out
    assert left.change == "c2"
    assert "Terraform cannot delete what it does not manage" in left.reason


def test_another_subscription_needs_a_provider_of_its_own(repo: Path, azure: Documents) -> None:
    other = "1" + SUBSCRIPTION[1:]
    elsewhere = account("far")
    elsewhere["id"] = elsewhere["id"].replace(SUBSCRIPTION, other)
    azure.documents.update(Documents(elsewhere).documents)
    near, far = (
        target(ACCOUNT),
        dataclasses.replace(target(ACCOUNT), id=elsewhere["id"], name="far", account=other),
    )
    plan = plan_for(azure, (TLS, near), (PUBLIC, near), (TLS, far))
    assert [
        (one.change, "no azurerm provider" in one.reason) for one in make(plan, repo, azure).left_out
    ] == [("c3", True)]
    commit(repo, main_tf=f'provider "azurerm" {{\n  alias = "far"\n  subscription_id = "{other}"\n}}\n')
    patch = make(plan, repo, azure, "hipaa/both")
    assert patch.left_out == ()
    assert "  provider                         = azurerm.far\n" in git(
        repo, "show", f"hipaa/both:{patch.files[0]}"
    )


def test_text_of_the_cloud_is_data_in_every_file(repo: Path, azure: Documents) -> None:
    wild = {
        '${file("/etc/passwd")}': '"\n}\nresource "x" "y" {\n',
        "\x1b[31mred\u202e": "%{if true}${1}",
        "line\n# two": "\\",
    }
    azure.documents[ACCOUNT.lower()]["tags"] = wild
    near = dataclasses.replace(target(ACCOUNT), name='bad\nresource "a" "b" {}\x1b[2J\u202e')
    patch = make(plan_for(azure, (TLS, near)), repo, azure)
    found = blocks(repo, patch)
    assert set(found) == {
        "azurerm_storage_account.patientfiles",
        "import azurerm_storage_account.patientfiles",
        "",
    }
    tags = found["azurerm_storage_account.patientfiles"].value("tags")
    assert dict(zip(tags.keys, tags.values, strict=True)) == wild
    for text in (patch.message, *(git(repo, "show", f"hipaa/fix:{path}") for path in patch.files)):
        assert not [char for char in text if unicodedata.category(char) in {"Cc", "Cf"} and char != "\n"]


def test_the_message_tells_the_auditor_what_and_the_operator_how_back(repo: Path, azure: Documents) -> None:
    plan = plan_for(azure, (LOGS, target(ACCOUNT)))
    findings = tuple(f"finding-{n}" for n in range(2))
    plan = dataclasses.replace(plan, groups=(dataclasses.replace(plan.groups[0], findings=findings),))
    message = make(plan, repo, azure).message
    subject, blank, *_ = message.splitlines()
    assert subject == "Enable blob diagnostic logs for the storage account (patientfiles)"
    assert len(subject) <= 72
    assert blank == ""
    for part in (
        plan.hash, "finding-0, finding-1", "164.312(b)", LOGS, ACCOUNT, "+ retentionInDays: 365", "Risk:      low",
        "Does not exist yet", "git revert", "a workspace that may hold audit logs is never deleted",
    ):  # fmt: skip
        assert part in message


def test_the_message_names_what_a_revert_would_destroy(repo: Path, azure: Documents) -> None:
    message = make(plan_for(azure, (TLS, target(ACCOUNT))), repo, azure).message
    assert "run `terraform state rm` before a revert:\n    azurerm_storage_account.patientfiles\n" in message


def test_modules_that_were_not_looked_into_are_named(repo: Path, azure: Documents) -> None:
    commit(repo, main_tf='module "vnet" {\n  source = "./vnet"\n}\n')
    assert (
        "main.tf:1 (module.vnet) was not read"
        in make(plan_for(azure, (TLS, target(ACCOUNT))), repo, azure).message
    )


def test_a_stop_leaves_no_branch(repo: Path, azure: Documents) -> None:
    class Stop:
        def step(self, done: int, total: int, what: str) -> None:
            if what == "terraform":
                raise Cancelled

    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    with pytest.raises(Cancelled):
        make_patch(plan, repo, "hipaa/fix", {"azure": azure}, progress=Stop())
    assert git(repo, "for-each-ref") == ""


def test_a_plan_cannot_choose_where_the_file_lands(repo: Path, azure: Documents) -> None:
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    evil = dataclasses.replace(
        plan, changes=(dataclasses.replace(plan.changes[0], playbook="../../etc/cron.d/x"),)
    )
    with pytest.raises(InputError, match="names an invalid playbook"):
        make(evil, repo, azure)


@pytest.mark.parametrize(
    ("snippet", "problem"),
    [
        ("{{ nothing }}", "cannot be rendered"),
        ("{{ value.__class__ }}", "cannot be rendered"),
        (
            'locals {\n  a = 1\n}\nresource "azurerm_storage_account" "x" {\n}',
            "may yield only resource blocks",
        ),
        ("not hcl {", "does not yield valid HCL"),
        ("", "yields no resource"),
        ('resource "azurerm_storage_account" "x" {\n  colour = 1\n}', "has no argument colour"),
        ('resource "null_resource" "x" {\n}', "not a resource type that hipaa-tui renders"),
        ("{% include '../../x' %}", "cannot be rendered"),
    ],
)
def test_a_bad_snippet_is_named_and_nothing_is_made(
    repo: Path, azure: Documents, tmp_path: Path, snippet: str, problem: str
) -> None:
    folder = tmp_path / "snippets"
    (folder / "terraform").mkdir(parents=True)
    (folder / "terraform" / "azure.storage.transport.tf.j2").write_text(snippet)
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    with pytest.raises(InputError, match=problem):
        make_patch(plan, repo, "hipaa/fix", {"azure": azure}, snippets_folder=folder)
    assert git(repo, "for-each-ref") == ""


def test_without_a_snippet_a_change_stays_out(repo: Path, azure: Documents, tmp_path: Path) -> None:
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    with pytest.raises(RefusedError, match=r"no Terraform snippet for azure\.storage\.transport"):
        make_patch(plan, repo, "hipaa/fix", {"azure": azure}, snippets_folder=tmp_path)


def test_the_schema_extract_holds_every_type_that_is_rendered() -> None:
    folder = content_folder("snippets") / "terraform"
    whole = "".join(path.read_text() for path in folder.rglob("*.j2") if path.parent.name != "edits")
    rendered = set(re.findall(r'resource "(\w+)"', whole))
    assert "azurerm_storage_account" in rendered
    assert rendered - set(IDENTIFYING) == set(), "what makes two of them the same object?"
    edited = set(re.findall(r'resource "(\w+)"', "".join(p.read_text() for p in folder.rglob("edits/*.j2"))))
    assert (rendered | edited) - schema.known_types() == set()
    for type in rendered | edited:
        assert schema.problems(Block("resource", (type, "x"), (("nonsense", "1"),)))


def test_nesting_and_required_arguments_are_checked() -> None:
    block = Block(
        "resource", ("azurerm_storage_account", "x"), (), (Block("identity"), Block("identity"), Block("zoo"))
    )
    problems = schema.problems(block)
    assert "azurerm_storage_account lacks name" in problems
    assert "azurerm_storage_account.identity lacks type" in problems
    assert "azurerm_storage_account has 2 blocks identity" in problems
    assert "azurerm_storage_account has no block zoo" in problems


def test_a_part_of_a_large_block_is_said_for_the_block_that_manages_it(
    repo: Path, azure: Documents, tmp_path: Path
) -> None:
    edits = tmp_path / "snippets" / "terraform" / "edits"
    edits.mkdir(parents=True)
    (edits / "azure.storage.transport.tf.j2").write_text(
        'resource "azurerm_storage_account" "edit" {\n'
        "  https_traffic_only_enabled = {{ value.supportsHttpsTrafficOnly | hcl }}\n"
        "  blob_properties { versioning_enabled = true }\n}\n"
    )
    plan = plan_for(azure, (TLS, target(ACCOUNT)))
    said = (
        r"set https_traffic_only_enabled = true; blob_properties { versioning_enabled = true } "
        r"in the azurerm_storage_account block that manages it"
    )
    with pytest.raises(RefusedError, match=said):
        make_patch(plan, repo, "hipaa/fix", {"azure": azure}, snippets_folder=tmp_path / "snippets")


def test_every_setting_that_a_playbook_changes_has_its_word_in_terraform() -> None:
    """A snippet of its own, one for a part of a large block, or the sentence why Terraform cannot say it."""
    snippets = content_folder("snippets") / "terraform"
    changed = {change.setting for playbook in load().playbooks.values() for change in playbook.changes}
    assert changed - {path.name.removesuffix(".tf.j2") for path in snippets.rglob("*.tf.j2")} == set()
