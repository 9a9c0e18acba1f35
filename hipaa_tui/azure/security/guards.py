"""Estimates what a Defender plan will cost: it charges for every resource that it covers from the first hour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from hipaa_tui.azure.lookups import counted
from hipaa_tui.azure.policy.assignments import deploying, effective
from hipaa_tui.azure.security.settings import enabled, is_on
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.support.json_value import ABSENT, Json

SETTING: Final = "azure.security.pricing"
BASIS: Final = "list prices in US dollars of November 2026"
"""Authoritative: https://azure.microsoft.com/pricing/details/defender-for-cloud/."""


@dataclass(frozen=True, slots=True)
class _Price:
    """The monthly price per unit of a plan. `types` are the resource types that it counts, in lower case."""

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
        "busy accounts cost more, per transaction",
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
_BY_USAGE: Final = {
    # Charged by usage, which the guard cannot read.
    "Containers": ("microsoft.containerservice/managedclusters", "clusters", "about $7 for each vCore"),
    "CosmosDbs": ("microsoft.documentdb/databaseaccounts", "accounts", "by the provisioned throughput"),
}
_SUBSCRIPTION_PRICE: Final = 5.0


def defender_cost(context: GuardContext) -> Verdict:
    """Warns with a monthly estimate, and when a sub-plan or its extensions change or an Azure Policy sets the plan too.

    Passes while there is nothing to charge for.
    """
    drafts = [draft for draft in context.changes if draft.setting == SETTING and _changes_plan(draft)]
    if not drafts:
        return Outcome.PASS, "no Defender plan is turned on or changed"
    draft = drafts[0]
    notes = []
    old, new = _sub(draft.before), _sub(draft.after)
    if is_on(draft.before) and is_on(draft.after) and old != new:
        notes.append(
            f"the sub-plan changes from {old or 'the full plan'} to {new or 'the full plan'}: features of the old "
            "one only stop immediately, and its extensions start over"
        )
    lost = sorted(set(enabled(draft.before)) - set(enabled(draft.after)))
    if is_on(draft.before) and lost:
        notes.append(f"the extensions {', '.join(lost)} will be turned off")
    cost, charged = _estimate(draft, counted(context, draft.target.account))
    if charged or notes:
        notes.append(cost)
    policies, _ = effective(context, draft.target.account)
    setting_policies = deploying(policies, "microsoft.security/pricings", draft.target.name, draft.target.id)
    if setting_policies:
        notes.append(
            f"the policy {setting_policies[0].words} sets this plan too and may revert the change: change the policy"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, cost


def _changes_plan(draft: PlannedChange) -> bool:
    if draft.after is ABSENT or not is_on(draft.after):
        return False
    return (
        not is_on(draft.before)
        or _sub(draft.before) != _sub(draft.after)
        or (enabled(draft.before) != enabled(draft.after))
    )


def _sub(value: Json) -> str:
    return str((value or {}).get("subPlan") or "")


def _estimate(draft: PlannedChange, count: Counter[str]) -> tuple[str, bool]:
    """(the cost as a clause, whether it costs anything today)."""
    plan, sub = draft.target.name, _sub(draft.after)
    if plan == "Arm":
        return f"about ${_SUBSCRIPTION_PRICE:.0f} a month for the subscription ({BASIS})", True
    if plan in _BY_USAGE:
        kind, unit, basis = _BY_USAGE[plan]
        if not count[kind]:
            return f"there are no {unit} now, so the plan costs nothing until there are", False
        return (
            f"{count[kind]} {unit}, charged {basis} a month, which the guard cannot read ({BASIS})",
            True,
        )
    price = _PRICES.get(f"{plan}/{sub}" if sub else plan) or _PRICES.get(plan)
    if price is None:
        return f"hipaa-tui does not know the price of {plan} {sub}: check it before you approve", True
    number = sum(count[kind] for kind in price.types)
    if not number:
        return f"there are no {price.unit} now, so the plan costs nothing until there are", False
    more = f"; {price.more}" if price.more else ""
    scanning = (
        "; malware scanning of uploads about $0.15 per GB"
        if "OnUploadMalwareScanning" in enabled(draft.after)
        else ""
    )
    return (
        f"about ${number * price.each:,.2f} a month: {number} {price.unit} at ${price.each:g} "
        f"({BASIS}{more}{scanning})",
        True,
    )


GUARDS = {"defender-cost": defender_cost}
