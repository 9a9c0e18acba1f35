"""Plans of Defender for Cloud become Terraform that resets nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.azure.patches import blocks, inner, made
from tests.azure.server import SCOPE, azure, resource

DEFEND = "azure.security.defender-plan"


def test_a_plan_is_said_with_the_extensions_that_are_on(repo: Path) -> None:
    id = f"{SCOPE}/providers/Microsoft.Security/pricings/StorageAccounts"
    extensions = [
        {
            "name": "SensitiveDataDiscovery",
            "isEnabled": "True",
            "additionalExtensionProperties": {"a": "b"},
        },
        {"name": "OnUploadMalwareScanning", "isEnabled": "False"},
    ]
    with azure(resource(id, properties={"pricingTier": "Free", "extensions": extensions})) as cloud:
        patch = made(repo, cloud, (DEFEND, id))
    assert patch.left_out == ()
    found = blocks(repo, patch)
    block = found["azurerm_security_center_subscription_pricing.storageaccounts"]
    assert block.value("tier") == "Standard"
    assert block.value("resource_type") == "StorageAccounts"
    assert block.value("subplan") == "DefenderForStorageV2"
    assert inner(block, "extension").value("name") == "SensitiveDataDiscovery"
    assert found["import azurerm_security_center_subscription_pricing.storageaccounts"].value("id") == id
