"""The logs of blobs: sent to a workspace that is made or named, unless somebody sends them already."""

from __future__ import annotations

import pytest

from tests.azure.plans import plan_of
from tests.azure.server import (
    ACCOUNT,
    GROUP,
    WORKSPACE,
    azure,
    resource,
    storage_account,
)


@pytest.fixture
def cloud():
    with azure(storage_account()) as one:
        yield one


def test_blob_logs_make_a_workspace_beside_the_account(cloud):
    plan = plan_of(cloud, "azure.storage.blob-logs", ACCOUNT)
    workspace, logs = plan.changes
    assert workspace.target.id == WORKSPACE
    assert workspace.after == {"location": "eastus", "sku": "PerGB2018", "retentionInDays": 365}
    assert not workspace.reversible
    assert logs.after["settings"][0]["workspaceId"] == WORKSPACE
    assert "Microsoft.OperationalInsights/workspaces/sharedKeys/action" in logs.permissions


def test_blob_logs_go_to_a_workspace_of_ones_own(cloud):
    own = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/central"
    (logs,) = plan_of(cloud, "azure.storage.blob-logs", ACCOUNT, workspace_id=own).changes
    assert logs.after["settings"][0]["workspaceId"] == own


@pytest.mark.parametrize(
    ("logs", "complies"),
    [
        ([["StorageRead", "StorageWrite", "StorageDelete"]], True),
        ([["StorageRead"], ["StorageWrite", "StorageDelete"]], True),
        ([["StorageRead", "StorageWrite"]], False),
    ],
)
def test_logs_that_somebody_else_sends_comply(logs, complies):
    where = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
    there = [
        resource(
            f"{where}/n{number}",
            properties={
                "storageAccountId": ACCOUNT,
                "logs": [{"category": one, "enabled": True} for one in names],
            },
        )
        for number, names in enumerate(logs)
    ]
    with azure(storage_account(), *there) as cloud:
        assert bool(plan_of(cloud, "azure.storage.blob-logs", ACCOUNT).changes) is not complies
