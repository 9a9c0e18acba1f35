"""A call says by itself which permissions it needs and which command does the same."""

from __future__ import annotations

import shlex

import pytest

from hipaa_tui.azure.cli_commands import command
from hipaa_tui.azure.permissions import for_call
from hipaa_tui.azure.resource_types import request
from hipaa_tui.support.json_value import reference
from tests.azure.server import ACCOUNT, GROUP, NSG, SCOPE, WORKSPACE

DIAGNOSTIC = f"{ACCOUNT}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/x"


@pytest.mark.parametrize(
    ("method", "path", "body", "actions"),
    [
        ("GET", ACCOUNT, None, ["Microsoft.Storage/storageAccounts/read"]),
        ("PATCH", ACCOUNT, {"properties": {}}, ["Microsoft.Storage/storageAccounts/write"]),
        ("POST", f"{ACCOUNT}/listKeys", None, ["Microsoft.Storage/storageAccounts/listKeys/action"]),
        (
            "GET",
            f"{SCOPE}/providers/Microsoft.Storage/storageAccounts",
            None,
            ["Microsoft.Storage/storageAccounts/read"],
        ),
        (
            "PUT",
            f"{NSG}/securityRules/a",
            {},
            ["Microsoft.Network/networkSecurityGroups/securityRules/write"],
        ),
        (
            "DELETE",
            f"{NSG}/securityRules/a",
            None,
            ["Microsoft.Network/networkSecurityGroups/securityRules/delete"],
        ),
        ("PUT", GROUP, {}, ["Microsoft.Resources/subscriptions/resourceGroups/write"]),
        ("GET", "/subscriptions", None, ["Microsoft.Resources/subscriptions/read"]),
        (
            "PUT",
            DIAGNOSTIC,
            {"properties": {"workspaceId": WORKSPACE, "storageAccountId": ACCOUNT}},
            [
                "Microsoft.Insights/diagnosticSettings/write",
                "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
                "Microsoft.Storage/storageAccounts/listKeys/action",
            ],
        ),
        ("DELETE", DIAGNOSTIC, None, ["Microsoft.Insights/diagnosticSettings/delete"]),
    ],
)
def test_permissions_follow_from_the_call(method, path, body, actions):
    assert list(for_call(request(method, path, "2025-01-01", body))) == actions


def test_the_command_is_the_request():
    words = shlex.split(command(request("PATCH", ACCOUNT, "2025-08-01", {"properties": {"a": "it's"}})))
    assert words == [
        "az", "rest", "--method", "patch",
        "--url", f"https://management.azure.com{ACCOUNT}?api-version=2025-08-01",
        "--body", '{"properties":{"a":"it\'s"}}',
    ]  # fmt: skip


def test_what_is_not_known_yet_is_shown_as_such():
    call = request(
        "PUT", DIAGNOSTIC, "1", {"properties": {"workspaceId": reference("c1", "id")}}, if_match='W/"1"'
    )
    line = command(call)
    assert '"workspaceId":"<c1.id>"' in line
    assert "--headers 'If-Match=W/\"1\"'" in line
