"""How long a patch of a large repository takes beside the bare parse of its files: 5,000 blocks in 200 files.

Prints the seconds of locating, editing and committing one change and a hundred, and their ratio to parsing the same
files with tree-sitter alone. Azure's documents are held in memory, so that no cloud is waited for.

    python benchmarks/patch.py [BLOCKS FILES]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from hipaa_tui.patches.checks import terraform_validate
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.syntax import tree
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, Caller, CloudError, Denied, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import Json

SUBSCRIPTION = "0c1f0a5e-7a0b-4c55-9f3e-2d5b8c0f1a01"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic/providers/Microsoft.Storage/storageAccounts/"


class Accounts:
    """An Azure in which every storage account takes old TLS."""

    provider = "azure"

    def call(self, call: Call) -> dict[str, Json]:
        path = str(call.arguments["path"])
        if not path.startswith(GROUP) or "/" in path.removeprefix(GROUP):
            raise CloudError("ResourceNotFound", "no such thing", status=404, call=call)
        properties = {
            "supportsHttpsTrafficOnly": True,
            "minimumTlsVersion": "TLS1_0",
            "allowBlobPublicAccess": False,
        }
        return {
            "id": path, "name": path.removeprefix(GROUP), "location": "eastus", "kind": "StorageV2",
            "sku": {"name": "Standard_GRS", "tier": "Standard"}, "properties": properties,
        }  # fmt: skip

    def pages(self, call: Call, items: str) -> list[Json]:
        return []

    def caller(self) -> Caller:
        return Caller("azure", (SUBSCRIPTION,), "me", "AzureCloud")

    def denied(self, actions: Any, resource: Target) -> Denied:
        return Denied()


def block(number: int) -> str:
    return (
        f'# Account {number} of the clinics.\nresource "azurerm_storage_account" "a{number}" {{\n'
        f'  name                     = "clinic{number}"\n  resource_group_name      = var.group\n'
        '  location                 = "eastus"\n  account_tier             = "Standard"\n'
        '  account_replication_type = "GRS"\n  min_tls_version          = "TLS1_0" # old scanners\n'
        "  tags                     = local.tags\n}\n"
    )


def repository(folder: Path, blocks: int, files: int) -> list[bytes]:
    """The repository, and the texts of its files."""
    each = -(-blocks // files)
    for number in range(files):
        mine = range(number * each, min((number + 1) * each, blocks))
        (folder / f"accounts{number}.tf").write_text("\n".join(map(block, mine)))
    (folder / "main.tf").write_text('variable "group" {}\nlocals {\n  tags = { team = "records" }\n}\n')
    for command in (
        ["init", "-q"], ["config", "user.name", "bench"], ["config", "user.email", "bench@example.org"],
        ["add", "-A"], ["commit", "-q", "-m", "state"],
    ):  # fmt: skip
        subprocess.run(["git", *command], cwd=folder, check=True)
    return [path.read_bytes() for path in sorted(folder.glob("*.tf"))]


def plan(cloud: Accounts, numbers: range) -> Plan:
    playbook = load().get("azure.storage.secure-transfer")
    kind = resource_type("Microsoft.Storage/storageAccounts")
    targets = [kind.target(f"{GROUP}clinic{number}", SUBSCRIPTION, "eastus") for number in numbers]
    made = make_plan([FixRequest(playbook, one, ()) for one in targets if one], {"azure": cloud}, {})  # type: ignore[dict-item]
    return replace(made, changes=tuple(replace(change, guards=()) for change in made.changes))


def least(work: Any, times: int = 3) -> float:
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


def main() -> int:
    blocks, files = (int(one) for one in (sys.argv[1:] or ("5000", "200")))
    # What terraform itself takes is not ours to measure.
    terraform_validate.terraform_program = lambda: None
    cloud = Accounts()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        texts = repository(folder, blocks, files)
        bare = least(lambda: [tree(text) for text in texts])
        print(f"{blocks} blocks in {len(texts)} files, {sum(map(len, texts)) / 2**20:.1f} MB")
        print(f"bare parse                    {bare:6.2f} s")
        branch = iter(range(1000))
        for count in (1, 100):
            wanted = plan(cloud, range(0, blocks, max(1, blocks // count))[:count])
            took = least(
                lambda wanted=wanted: make_patch(wanted, folder, f"b{next(branch)}", {"azure": cloud})
            )
            print(f"locate, edit, commit {count:4} of them {took:4.2f} s  {took / bare:4.1f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
