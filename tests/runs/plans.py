"""Plans made by hand, for tests of what keeps plans rather than of what makes them."""

from hipaa_tui.plans.model import Change, Group, Plan
from hipaa_tui.providers.guard import GuardResult, Outcome
from hipaa_tui.providers.model import Call, Target

SUBSCRIPTION = "8f0c1d2e-0000-4000-8000-000000000001"


def account(name="phistore"):
    id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/{name}"
    return Target(
        "azure", "Microsoft.Storage/storageAccounts", SUBSCRIPTION, "eastus", id, name, "AzureCloud"
    )


def change(id="c1", name="phistore", outcome=Outcome.PASS, irreversible=""):
    target = account(name)
    body = {"properties": {"allowBlobPublicAccess": False}}
    return Change(
        id=id,
        group="g" + id[1:],
        playbook="azure.storage.blob-public-access",
        setting="azure.storage.blob-public-access",
        target=target,
        findings=("f" + id,),
        before={"allowBlobPublicAccess": True},
        after={"allowBlobPublicAccess": False},
        identity={},
        complies=None,
        calls=(
            Call(
                "azure",
                "Microsoft.Storage",
                "PATCH",
                {"path": target.id, "api_version": "2025-08-01", "body": body},
            ),
        ),
        permissions=("Microsoft.Storage/storageAccounts/write",),
        rollback_permissions=("Microsoft.Storage/storageAccounts/write",),
        guards=(GuardResult("a-guard", outcome, "for a reason"),),
        reversible=not irreversible,
        reversal="a rollback restores the earlier value",
        irreversible=irreversible,
    )


def plan(*changes, of_run="", kind="apply"):
    changes = changes or (change(),)
    groups = tuple(
        Group(c.group, c.playbook, "Close it", "why", c.target.id, (), c.findings, {}, {"risk": "low"}, ())
        for c in changes
    )
    return Plan(kind, "2026-11-22T00:00:00+00:00", tuple(changes), groups, (), of_run)
