"""Says what a Defender plan will cost, since it charges for every resource of its kind from the first hour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from hipaa_tui.azure.lookups import counted
from hipaa_tui.azure.policy.assignments import deploying, effective
from hipaa_tui.azure.security.settings import enabled, is_on
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT, Json

SETTING: Final = "azure.security.pricing"
BASIS: Final = "list prices in US dollars, looked up in November 2026"
"""https://azure.microsoft.com/pricing/details/defender-for-cloud/ is what counts."""


@dataclass(frozen=True, slots=True)
class _Price:
    """What a plan charges a month for each of what it counts. `types` are resource types in lower case."""

    each: float
    unit: str
    types: tuple[str, ...]
    more: str = ""


_SERVERS: Final = (
    "microsoft.compute/virtualmachines",
    "microsoft.compute/virtualmachinescalesets",
    "microsoft.hybridcompute/machines",
)
_DATABASES: Final = tuple(
    f"microsoft.dbfor{kind}"
    for kind in ("postgresql/flexibleservers", "postgresql/servers", "mysql/flexibleservers", "mysql/servers")
)
_PRICES: Final = {
    "VirtualMachines/P1": _Price(5.0, "servers", _SERVERS),
    "VirtualMachines/P2": _Price(15.0, "servers", _SERVERS),
    "StorageAccounts/DefenderForStorageV2": _Price(
        10.0,
        "storage accounts",
        ("microsoft.storage/storageaccounts",),
        "busy accounts more, by the transaction",
    ),
    "KeyVaults/PerKeyVault": _Price(0.25, "key vaults", ("microsoft.keyvault/vaults",)),
    "AppServices": _Price(15.0, "instances of App Service plans", ("microsoft.web/serverfarms",)),
    "SqlServers": _Price(
        15.0, "SQL servers and managed instances", ("microsoft.sql/servers", "microsoft.sql/managedinstances")
    ),
    "SqlServerVirtualMachines": _Price(
        15.0, "SQL servers on machines", ("microsoft.sqlvirtualmachine/sqlvirtualmachines",)
    ),
    "OpenSourceRelationalDatabases": _Price(15.0, "database servers", _DATABASES),
}
_BY_USE: Final = {
    # Charged by what nobody can count from outside.
    "Containers": ("microsoft.containerservice/managedclusters", "clusters", "about $7 for each vCore"),
    "CosmosDbs": ("microsoft.documentdb/databaseaccounts", "accounts", "by the provisioned throughput"),
}
_SUBSCRIPTION_PRICE: Final = 5.0


def defender_cost(look: Look) -> Verdict:
    """Warns with a monthly estimate, of a sub-plan that is exchanged, and of a policy that decides instead."""
    drafts = [draft for draft in look.changes if draft.setting == SETTING and _turns(draft)]
    if not drafts:
        return Outcome.PASS, "no plan is turned on or exchanged"
    draft = drafts[0]
    notes = []
    old, new = _sub(draft.before), _sub(draft.after)
    if is_on(draft.before) and is_on(draft.after) and old != new:
        notes.append(
            f"the sub-plan goes from {old or 'the whole plan'} to {new or 'the whole plan'}: what only the old one "
            "does stops at once, and its extensions start anew"
        )
    lost = sorted(set(enabled(draft.before)) - set(enabled(draft.after)))
    if is_on(draft.before) and lost:
        notes.append(f"the extensions {', '.join(lost)} would be turned off")
    cost, charged = _estimate(draft, counted(look, draft.target.account))
    if charged or notes:
        notes.append(cost)
    policies, _ = effective(look, draft.target.account)
    deciding = deploying(policies, "microsoft.security/pricings", draft.target.name, draft.target.id)
    if deciding:
        notes.append(
            f"the policy {deciding[0].words} sets this plan too and may set it back: change it there"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, cost


def _turns(draft: Draft) -> bool:
    if draft.after is ABSENT or not is_on(draft.after):
        return False
    return (
        not is_on(draft.before)
        or _sub(draft.before) != _sub(draft.after)
        or (enabled(draft.before) != enabled(draft.after))
    )


def _sub(value: Json) -> str:
    return str((value or {}).get("subPlan") or "")


def _estimate(draft: Draft, count: Counter[str]) -> tuple[str, bool]:
    """(what it costs in words, whether it costs anything today)."""
    plan, sub = draft.target.name, _sub(draft.after)
    if plan == "Arm":
        return f"about ${_SUBSCRIPTION_PRICE:.0f} a month for the subscription ({BASIS})", True
    if plan in _BY_USE:
        kind, unit, how = _BY_USE[plan]
        if not count[kind]:
            return f"there are no {unit} now, so it costs nothing until there are", False
        return (
            f"{count[kind]} {unit}, charged {how} a month, which cannot be counted from here ({BASIS})",
            True,
        )
    price = _PRICES.get(f"{plan}/{sub}" if sub else plan) or _PRICES.get(plan)
    if price is None:
        return f"no price of {plan} {sub} is known here: look it up before you say yes", True
    number = sum(count[kind] for kind in price.types)
    if not number:
        return f"there are no {price.unit} now, so it costs nothing until there are", False
    more = f"; {price.more}" if price.more else ""
    scanning = (
        "; scanning of uploads about $0.15 a GB" if "OnUploadMalwareScanning" in enabled(draft.after) else ""
    )
    return (
        f"about ${number * price.each:,.2f} a month: {number} {price.unit} at ${price.each:g} "
        f"({BASIS}{more}{scanning})",
        True,
    )


GUARDS = {"defender-cost": defender_cost}
