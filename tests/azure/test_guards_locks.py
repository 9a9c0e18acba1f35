"""The guard of resource locks: which lock refuses the change, or a deletion that its rollback needs."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.insights.settings import with_diagnostic_setting
from hipaa_tui.providers.guard import Outcome
from tests.azure.server import (
    ACCOUNT,
    GROUP,
    HTTPS,
    SCOPE,
    WORKSPACE,
    lock,
    resource,
    storage_account,
    verdict,
)

TRANSPORT = "azure.storage.transport"
DIAGNOSTIC = "azure.insights.diagnostic-setting"
SETTINGS = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
LOGS = [{"category": "StorageRead", "enabled": True}]


@pytest.mark.parametrize(
    ("locks", "outcome"),
    [
        ([], Outcome.PASS),
        ([lock(f"{ACCOUNT}2", "ReadOnly")], Outcome.PASS),
        ([lock(GROUP, "CanNotDelete")], Outcome.WARN),
        ([lock(GROUP, "CanNotDelete"), lock(SCOPE, "ReadOnly")], Outcome.BLOCK),
        ([lock(ACCOUNT, "ReadOnly")], Outcome.BLOCK),
        ([lock(f"{ACCOUNT}/blobServices/default", "ReadOnly")], Outcome.BLOCK),
    ],
)
def test_locks_refuse_what_azure_would_refuse(locks, outcome):
    ours = with_diagnostic_setting(None, {"workspaceId": WORKSPACE, "logs": LOGS})
    found = verdict("resource-locks", storage_account(), *locks, drafts=[(DIAGNOSTIC, ACCOUNT, ours)])
    assert found[0] is outcome


@pytest.mark.parametrize("scope", [SCOPE, GROUP, ACCOUNT, f"{ACCOUNT}/blobServices/default"])
def test_a_lock_at_any_scope_refuses_a_deletion(scope):
    ours = resource(f"{SETTINGS}/hipaa-tui-audit", properties={"workspaceId": WORKSPACE, "logs": LOGS})
    found = verdict(
        "resource-locks",
        storage_account(),
        ours,
        lock(scope, "CanNotDelete"),
        drafts=[(DIAGNOSTIC, ACCOUNT, None)],
    )
    assert found[0] is Outcome.BLOCK
    assert "refuses deletions" in found[1]


def test_a_change_that_can_be_written_back_needs_no_deletion():
    found = verdict(
        "resource-locks",
        storage_account(),
        lock(ACCOUNT, "CanNotDelete"),
        drafts=[(TRANSPORT, ACCOUNT, HTTPS)],
    )
    assert found[0] is Outcome.PASS
