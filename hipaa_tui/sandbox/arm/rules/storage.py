"""Microsoft.Storage: what an account refuses, which services its kind has, and what it makes up."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError, bad_value
from hipaa_tui.sandbox.arm.estate import Estate, Resource
from hipaa_tui.sandbox.arm.paths import dig, same_text
from hipaa_tui.sandbox.arm.rules.keyvault import find_key, refuse_unusable
from hipaa_tui.support.json_value import Json

ACCOUNT: Final = "microsoft.storage/storageaccounts"
_SERVICES: Final[dict[str, tuple[str, ...]]] = {
    "BlobStorage": ("blob",),
    "BlockBlobStorage": ("blob",),
    "FileStorage": ("file",),
}
_ALL_SERVICES: Final = ("blob", "file", "queue", "table")
_MOST_IP_RULES: Final = 400
_LONGEST_PREFIX: Final = 30
"""/31 and /32 are refused: a single address is written without a prefix."""


def services(account: dict[str, Json]) -> tuple[str, ...]:
    """The services that an account of this kind has, of blob, file, queue and table."""
    return _SERVICES.get(str(account.get("kind")), _ALL_SERVICES)


def _check_account(change: Change) -> None:
    _check_name(change)
    for index, rule in enumerate(dig(change.new, "properties.networkAcls.ipRules") or ()):
        _check_ip(str(rule["value"]), f"properties.networkAcls.ipRules[{index}].value")
    if len(dig(change.new, "properties.networkAcls.ipRules") or ()) > _MOST_IP_RULES:
        raise bad_value(f"More than {_MOST_IP_RULES} IP rules.", "properties.networkAcls.ipRules")
    if dig(change.sent, "properties.encryption.keySource") == "Microsoft.Keyvault":
        _check_key(change)


def _check_name(change: Change) -> None:
    if change.old is not None:
        return
    for other in change.estate.of_type(ACCOUNT):
        if same_text(other.body["name"], change.name):
            raise ArmError(
                409,
                "StorageAccountAlreadyTaken",
                f"The storage account named {change.name} is already taken.",
            )


def _check_ip(text: str, at: str) -> None:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise bad_value(f"The value '{text}' at path '{at}' is not an IPv4 address or range.", at) from None
    single_with_prefix = "/" in text and network.prefixlen > _LONGEST_PREFIX
    if network.version != 4 or single_with_prefix or (network.is_private and not _documentation(network)):
        raise bad_value(
            f"The value '{text}' at path '{at}' is not allowed: only public IPv4 addresses, and ranges up to "
            f"/{_LONGEST_PREFIX}.",
            at,
        )


def _documentation(network: Any) -> bool:
    # Python counts the ranges of RFC 5737 as private; examples and tests stand in for public addresses with them.
    return any(
        network.subnet_of(ipaddress.ip_network(one))
        for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    )


def _check_key(change: Change) -> None:
    uri = str(dig(change.new, "properties.encryption.keyvaultproperties.keyvaulturi") or "")
    if not uri or not dig(change.new, "properties.encryption.keyvaultproperties.keyname"):
        at = "properties.encryption.keyvaultproperties"
        raise bad_value("A key vault's URI and a key's name are needed for keySource Microsoft.Keyvault.", at)
    vault = uri.removeprefix("https://").split(".")[0]
    for other in change.estate.of_type("microsoft.keyvault/vaults"):
        if same_text(other.body["name"], vault):
            if dig(other.body, "properties.enablePurgeProtection") is not True:
                raise ArmError(
                    400,
                    "KeyVaultPolicyError",
                    f"Key vault '{vault}' must have soft delete and purge protection enabled to hold this key.",
                )
            break
    key = find_key(
        change.estate, uri, str(dig(change.new, "properties.encryption.keyvaultproperties.keyname"))
    )
    if key is not None:
        user = str(dig(change.new, "properties.encryption.identity.userAssignedIdentity") or "")
        refuse_unusable(change, key, "KeyVaultAuthenticationFailure", user)


def _fill_account(change: Change) -> None:
    name, properties = change.name, change.properties
    location = change.new.get("location", "")
    properties.setdefault(
        "primaryEndpoints",
        {service: f"https://{name}.{service}.core.windows.net/" for service in services(change.new)},
    )
    properties.setdefault("primaryLocation", location)
    properties.setdefault("statusOfPrimary", "available")
    properties.setdefault("creationTime", change.estate.now())
    sku = change.new.get("sku")
    if isinstance(sku, dict) and "name" in sku:
        sku["tier"] = "Premium" if str(sku["name"]).startswith("Premium") else "Standard"
    for rule in dig(change.new, "properties.networkAcls.virtualNetworkRules") or ():
        rule.setdefault("action", "Allow")
        rule.setdefault("state", "Succeeded")
    for rule in dig(change.new, "properties.networkAcls.ipRules") or ():
        rule.setdefault("action", "Allow")


def _check_service(change: Change) -> None:
    account = change.estate.get(change.parent)
    service = change.type.rpartition("/")[2].removesuffix("Services").lower()
    if account is not None and service not in services(account.body):
        raise ArmError(
            400, "FeatureNotSupportedForAccount", f"{service.title()} is not supported for the account."
        )


def _check_blob_service(change: Change) -> None:
    _check_service(change)
    account = change.estate.get(change.parent)
    properties = change.properties
    if (
        account is not None
        and dig(account.body, "properties.isHnsEnabled")
        and properties.get("isVersioningEnabled")
    ):
        raise bad_value(
            "Versioning is not supported for accounts with hierarchical namespace.",
            "properties.isVersioningEnabled",
        )
    if properties.get("changeFeed", {}).get("enabled") is False:
        properties["changeFeed"].pop("retentionInDays", None)
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        policy = properties.get(name, {})
        if policy.get("enabled") and not policy.get("days"):
            raise bad_value("An enabled policy needs a number of days.", f"properties.{name}.days")
    restore = properties.get("restorePolicy", {})
    if restore.get("enabled"):
        kept = dig(change.new, "properties.deleteRetentionPolicy") or {}
        ready = properties.get("isVersioningEnabled") and dig(change.new, "properties.changeFeed.enabled")
        if not ready or not kept.get("enabled") or restore.get("days", 0) >= kept.get("days", 0):
            raise bad_value(
                "Point-in-time restore needs versioning, the change feed and a soft delete that keeps blobs longer.",
                "properties.restorePolicy",
            )


def _check_container(change: Change) -> None:
    account = change.estate.get(change.id.rsplit("/", 4)[0])
    level = change.properties.get("publicAccess", "None")
    asked = dig(change.sent, "properties.publicAccess") not in (None, "None")
    if account is not None and asked and dig(account.body, "properties.allowBlobPublicAccess") is False:
        raise ArmError(
            409,
            "PublicAccessNotPermitted",
            f"Public access level {level} is not permitted on this storage account.",
            target="properties.publicAccess",
        )


def _check_immutability(change: Change) -> None:
    if change.old is not None:
        if dig(change.old, "properties.state") == "Locked":
            raise ArmError(
                409, "ContainerImmutabilityPolicyLocked", "A locked immutability policy cannot be replaced."
            )
        if not change.conditional:
            raise ArmError(412, "PreconditionFailed", "If-Match is needed to update an immutability policy.")
    change.properties["state"] = "Unlocked"


def lock_immutability(change: Change) -> None:
    """POST …/lock: for good. ArmError 412 without If-Match."""
    if not change.conditional:
        raise ArmError(412, "PreconditionFailed", "If-Match is needed to lock an immutability policy.")
    change.properties["state"] = "Locked"


def extend_immutability(change: Change) -> None:
    """POST …/extend: a locked policy gets a longer period. ArmError where it is not locked or not longer."""
    if not change.conditional:
        raise ArmError(412, "PreconditionFailed", "If-Match is needed to extend an immutability policy.")
    if dig(change.old, "properties.state") != "Locked":
        raise ArmError(409, "ContainerImmutabilityPolicyNotLocked", "Only a locked policy is extended.")
    period = "immutabilityPeriodSinceCreationInDays"
    asked = dig(change.sent, f"properties.{period}")
    if not isinstance(asked, int) or asked < change.properties.get(period, 0):
        raise bad_value("The period of a locked policy can only be made longer.", f"properties.{period}")
    change.properties[period] = asked


def _keep_locked(estate: Estate, policy: Resource) -> None:
    if dig(policy.body, "properties.state") == "Locked":
        raise ArmError(
            409, "ContainerImmutabilityPolicyLocked", "A locked immutability policy cannot be deleted."
        )


def _check_lifecycle(change: Change) -> None:
    for index, rule in enumerate(dig(change.new, "properties.policy.rules") or ()):
        at = f"properties.policy.rules[{index}].definition"
        if not rule["definition"]["actions"]:
            raise bad_value("A rule needs at least one action.", f"{at}.actions")
        rule.setdefault("enabled", True)
    change.properties["lastModifiedTime"] = change.estate.now()


CHECK: Final = {
    ACCOUNT: _check_account,
    f"{ACCOUNT}/blobservices": _check_blob_service,
    f"{ACCOUNT}/fileservices": _check_service,
    f"{ACCOUNT}/queueservices": _check_service,
    f"{ACCOUNT}/tableservices": _check_service,
    f"{ACCOUNT}/blobservices/containers": _check_container,
    f"{ACCOUNT}/blobservices/containers/immutabilitypolicies": _check_immutability,
    f"{ACCOUNT}/managementpolicies": _check_lifecycle,
}
FILL: Final = {ACCOUNT: _fill_account}
GONE: Final = {f"{ACCOUNT}/blobservices/containers/immutabilitypolicies": _keep_locked}
