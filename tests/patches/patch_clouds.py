"""An Azure of a few documents, and repositories of a few commits: what the patch tests stand on."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, Caller, Cloud, CloudError, Denied, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import Json

SUBSCRIPTION = "0c1f0a5e-7a0b-4c55-9f3e-2d5b8c0f1a01"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/patientfiles"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/front"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/hipaa-tui-audit"


class Documents:
    """Azure as a dict of id → document. PUT and PATCH change it as far as these tests need."""

    provider = "azure"

    def __init__(self, *documents: dict[str, Any]) -> None:
        self.documents = {document["id"].lower(): document for document in documents}
        self.writes: list[Call] = []

    def call(self, call: Call) -> dict[str, Json]:
        path = str(call.arguments["path"])
        if call.operation == "GET":
            if path.lower() not in self.documents:
                raise CloudError("ResourceNotFound", "no such thing", status=404, call=call)
            return self.documents[path.lower()]
        self.writes.append(call)
        body: dict[str, Any] = dict(call.arguments["body"])
        old = self.documents.get(path.lower(), {"id": path, "name": path.rpartition("/")[2]})
        if call.operation == "PATCH":
            body["properties"] = old["properties"] | body["properties"]
        self.documents[path.lower()] = old | body
        return self.documents[path.lower()]

    def pages(self, call: Call, items: str) -> list[Json]:
        start = str(call.arguments["path"]).lower() + "/"
        return [one for id, one in self.documents.items() if id.startswith(start)]

    def caller(self) -> Caller:
        theirs = {id.split("/")[2] for id in self.documents if id.startswith("/subscriptions/")}
        return Caller("azure", (SUBSCRIPTION, *sorted(theirs - {SUBSCRIPTION})), "me", "AzureCloud")

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        return Denied()


def account(name: str = "patientfiles", **properties: Any) -> dict[str, Any]:
    return {
        "id": ACCOUNT.replace("patientfiles", name),
        "name": name,
        "location": "eastus",
        "sku": {"name": "Standard_GRS", "tier": "Standard"},
        "kind": "StorageV2",
        "tags": {"team": "records"},
        "properties": {
            "supportsHttpsTrafficOnly": False,
            "minimumTlsVersion": "TLS1_0",
            "allowBlobPublicAccess": True,
            "accessTier": "Hot",
            **properties,
        },
    }


def target(id: str) -> Target:
    """The Azure resource of that id."""
    namespace, *pairs = id.rpartition("/providers/")[2].split("/")
    found = resource_type("/".join((namespace, *pairs[::2]))).target(id, SUBSCRIPTION, "eastus")
    assert found is not None
    return found


def plan_for(cloud: Cloud, *fix_requests: tuple[str, Target], **given: str) -> Plan:
    """The plan of real playbooks on targets, without the guards' verdicts: those are other tests' concern."""
    catalogue = load()
    wanted = [FixRequest(catalogue.get(playbook), one, ()) for playbook, one in fix_requests]
    plan = make_plan(wanted, {cloud.provider: cloud}, given)
    assert plan.changes, plan.skipped
    return replace(plan, changes=tuple(replace(change, guards=()) for change in plan.changes))


def apply(cloud: Documents, plan: Plan) -> None:
    for change in plan.changes:
        for call in change.calls:
            cloud.call(call)


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LC_ALL": "C"},
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, message: str = "state", **files: str) -> str:
    """Write files (`main_tf` is main.tf), commit everything, give the hash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_tf", ".tf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def commit_tree(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their paths and commit everything."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "state")


def photograph(folder: Path) -> dict[str, str]:
    """Everything of a repository that a patch must not touch, by content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        mine = "/objects/" in f"/{relative}/" or ("hipaa" in relative and "refs" in relative)
        if path.is_file() and not mine:
            found[relative] = hashlib.sha256(path.read_bytes()).hexdigest()
    found["branches"] = git(
        folder,
        "for-each-ref",
        "--format=%(refname) %(objectname)",
        "--exclude=refs/heads/hipaa*",
        check=False,
    )
    return found
