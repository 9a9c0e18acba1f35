"""The `az rest` lines beside calls make the call, on the cloud that is worked on; the ARM actions that we name exist.

azure-cli is too heavy to be a dependency of the tests, so the lines are read by a parser of our own (azure_cli.py).
The plans of the Azure playbooks hold their calls against it where they are made.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hipaa_tui
from hipaa_tui.azure import permissions
from hipaa_tui.azure.cli_commands import command
from hipaa_tui.azure.endpoint import CLOUDS, ENDPOINT_VARIABLE
from hipaa_tui.plans.write_access import write_actions
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call
from tests import azure_cli
from tests.azure.server import ACCOUNT, GROUP
from tests.azure_operations import exists

ROOT = next(folder for folder in Path(__file__).parents if folder.name == "tests").parent
_ACTION = re.compile(r"(?i)\bmicrosoft\.[a-z]+(?:/[a-z]+)+/(?:read|write|delete|action)\b")


def patch(path=ACCOUNT, **more):
    arguments = {"path": path, "api_version": "2025-08-01", "body": {"properties": {}}, **more}
    return Call("azure", "Microsoft.Storage", "PATCH", arguments)


def named_in(text: str) -> set[str]:
    return set(_ACTION.findall(text))


@pytest.mark.parametrize("host", CLOUDS)
def test_a_line_is_about_the_cloud_that_is_worked_on(monkeypatch, host):
    monkeypatch.setenv(ENDPOINT_VARIABLE, f"https://{host}/")
    method, at, path, body = azure_cli.parsed(command(patch()))
    assert (method, at, path, body) == ("patch", host, f"{ACCOUNT}?2025-08-01", {"properties": {}})


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:8443", "https://evil.example"])
def test_else_it_is_about_the_public_cloud(monkeypatch, endpoint):
    monkeypatch.setenv(ENDPOINT_VARIABLE, endpoint)
    assert azure_cli.parsed(command(patch()))[1] == "management.azure.com"


def test_a_name_with_a_space_is_still_a_url():
    azure_cli.check(patch(f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phi files"))


@pytest.mark.parametrize(
    "line",
    [
        "az rest --method patch --url https://management.azure.com/subscriptions/1 --body {}",
        "az rest --method fetch --url 'https://management.azure.com/subscriptions?api-version=2022-12-01'",
        "az rest --method put --url 'https://management.azure.com/a b?api-version=2022-12-01' --body {}",
        "az rest --method put --url 'https://management.azure.com/a?api-version=2022-12-01' --body '{'",
        "az rest --method put --url 'https://example.com/a?api-version=2022-12-01' --body '{}'",
        "az rest --method put --url 'https://management.azure.com/a?api-version=2022-12-01' --bodi '{}'",
        "az storage account update --name a",
    ],
)
def test_a_line_that_makes_no_request_is_found(line):
    with pytest.raises(azure_cli.NotACommandError):
        azure_cli.parsed(line)


def test_every_arm_action_in_code_playbooks_and_snippets_exists():
    wrong = {}
    for folder in (Path(hipaa_tui.__file__).parent, ROOT / "playbooks", ROOT / "snippets"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".yaml", ".j2"} and "_content" not in path.parts:
                missing = sorted(one for one in named_in(path.read_text("utf-8")) if not exists(one))
                wrong |= {str(path): missing} if missing else {}
    assert wrong == {}


def test_the_actions_by_which_a_reader_is_known_exist():
    found = write_actions(load(), "azure")
    assert len(found) > 10
    assert [one for one in found if not exists(one)] == []


def test_a_misspelt_action_is_found(monkeypatch):
    assert named_in("needs `Microsoft.KeyVault/vault/write`") == {"Microsoft.KeyVault/vault/write"}
    assert not exists("Microsoft.KeyVault/vault/write")
    monkeypatch.setitem(permissions._VERBS, "PATCH", "update")
    with pytest.raises(AssertionError):
        azure_cli.check(patch())
