"""Terraform of changes on Azure: the patch of playbooks on resources, and its blocks."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.azure.cloud import AzureCloud
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.syntax import Declared, parse
from hipaa_tui.patches.model import Patch
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import resolve
from tests.azure.server import azure, storage_account, target
from tests.azure.vaults import KEY, key, ready_vault, recovery_vault
from tests.patches.patch_clouds import git, plan_for


def made(repo: Path, cloud: AzureCloud, *fix_requests: tuple[str, str], **given: str) -> Patch:
    """The patch of playbooks on resources, on the branch hipaa/fix."""
    plan = plan_for(cloud, *((playbook, target(id)) for playbook, id in fix_requests), **given)
    return make_patch(plan, repo, "hipaa/fix", {"azure": cloud})


def blocks(repo: Path, patch: Patch) -> dict[str, Declared]:
    """The blocks that a patch writes by their address; of imports by "import" and what they import to."""
    found = {}
    for path in patch.files:
        parsed = parse(git(repo, "show", f"{patch.branch}:{path}") + "\n")
        assert parsed.broken == 0
        for block in parsed.blocks:
            to = next((one.text for one in block.attributes if one.name == "to"), "")
            found[f"import {to}" if to else block.address] = block
    return found


def inner(block: Declared, *types: str) -> Declared:
    """The only block of the type in the block, and in that one the next."""
    for type in types:
        (block,) = [one for one in block.blocks if one.type == type]
    return block


def before_and_after(repo: Path, playbook: str, id: str) -> tuple[Patch, Patch]:
    """The patch of a plan that puts a key to use, made before the plan is applied and again afterwards."""
    with azure(storage_account(), recovery_vault(), ready_vault(), key()) as cloud:
        plan = plan_for(cloud, (playbook, target(id)), key_id=KEY)
        before = make_patch(plan, repo, "hipaa/before", {"azure": cloud})
        known = {}
        for change in plan.changes:
            for call in change.calls:
                arguments = resolve(dict(call.arguments), lambda one, name: known[one][name])
                cloud.call(Call(call.provider, call.service, call.operation, arguments))
            known[change.id] = setting(change.setting).read(cloud, change.target).identity
        after = make_patch(plan, repo, "hipaa/after", {"azure": cloud})
    return before, after


def same_resources(repo: Path, before: Patch, after: Patch) -> bool:
    """Do two patches write the same blocks but for imports, of which only the later one has that of the role?"""

    def resources(patch: Patch) -> dict[str, str]:
        text = "\n\n".join(git(repo, "show", f"{patch.branch}:{path}") for path in patch.files)
        return {
            one.split("\n")[0]: one
            for one in text.split("\n\n")
            if one.lstrip("# ").strip() and "import {" not in one
        }

    imported = {name for name in blocks(repo, after) if name.startswith("import azurerm_role_assignment")}
    assert len(imported) == 1
    assert not imported & blocks(repo, before).keys()
    return resources(before) == resources(after)
