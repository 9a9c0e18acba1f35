"""The guard of diagnostic settings: the resource has room for one more, and the workspace takes its logs."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.insights.settings import with_diagnostic_setting
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.support.json_value import reference
from tests.azure.server import ACCOUNT, SCOPE, WORKSPACE, resource, storage_account, verdict
from tests.azure.vaults import role

DIAGNOSTIC = "azure.insights.diagnostic-setting"
SETTINGS = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
LOGS = [{"category": "StorageRead", "enabled": True}]


def diagnostics(count, sink=ACCOUNT, category="StorageRead"):
    properties = {"workspaceId": sink, "logs": [{"category": category, "enabled": True}]}
    return [resource(f"{SETTINGS}/n{number}", properties=properties) for number in range(count)]


@pytest.mark.parametrize(
    ("there", "workspace", "outcome", "words"),
    [
        ([], WORKSPACE, Outcome.PASS, "room"),
        (diagnostics(4), WORKSPACE, Outcome.PASS, "room"),
        (diagnostics(5), WORKSPACE, Outcome.BLOCK, "5 diagnostic"),
        (diagnostics(1, WORKSPACE.upper()), WORKSPACE, Outcome.BLOCK, "n0 already sends StorageRead"),
        (diagnostics(1, WORKSPACE, "StorageWrite"), WORKSPACE, Outcome.PASS, "room"),
        (diagnostics(1, WORKSPACE), reference("c1", "id"), Outcome.PASS, "room"),
    ],
)
def test_room_for_a_diagnostic_setting(there, workspace, outcome, words):
    found = verdict(
        "diagnostic-settings-room",
        storage_account(),
        resource(WORKSPACE, location="westeurope", properties={}),
        *there,
        drafts=[
            (
                DIAGNOSTIC,
                ACCOUNT,
                lambda now: with_diagnostic_setting(now, {"workspaceId": workspace, "logs": LOGS}),
            )
        ],
    )
    assert found[0] is outcome
    assert words in found[1]


@pytest.mark.parametrize(
    ("there", "workspace", "words"),
    [
        ([], WORKSPACE, "the workspace hipaa-tui-audit does not exist"),
        ([], ACCOUNT, "not the id of a Log Analytics workspace"),
        (
            [
                resource(WORKSPACE, location="eastus", properties={}),
                role(READER, 1, SANDBOX_PRINCIPAL, scope=SCOPE),
            ],
            WORKSPACE,
            "sharedKeys/action on it",
        ),
    ],
)
def test_a_workspace_that_would_not_take_the_logs_blocks(there, workspace, words):
    wanted = {"workspaceId": workspace, "logs": LOGS}
    found = verdict(
        "diagnostic-settings-room",
        storage_account(),
        *there,
        drafts=[(DIAGNOSTIC, ACCOUNT, lambda now: with_diagnostic_setting(now, wanted))],
    )
    assert found[0] is Outcome.BLOCK, found
    assert words in found[1]
