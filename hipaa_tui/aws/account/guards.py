"""Checks who administers a security service for the organization before it is enabled for one account.

A service with a delegated administrator is enabled there: settings made in a member account would conflict.
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_TITLES: Final = {
    "guardduty": "GuardDuty",
    "securityhub": "Security Hub",
    "macie2": "Macie",
    "inspector2": "Inspector",
}
_ADMINISTRATORS: Final = {
    # service → (operation that lists the administrators, field of the list, field of the account id)
    "guardduty": ("ListOrganizationAdminAccounts", "AdminAccounts", "AdminAccountId"),
    "securityhub": ("ListOrganizationAdminAccounts", "AdminAccounts", "AccountId"),
    "macie2": ("ListOrganizationAdminAccounts", "adminAccounts", "accountId"),
    "inspector2": ("ListDelegatedAdminAccounts", "delegatedAdminAccounts", "accountId"),
}


def central_administrator(context: GuardContext) -> Verdict:
    """Blocks where another account administers the service for the organization; warns where that is unknown."""
    service = str(context.arguments["service"])
    title, own_account = _TITLES[service], context.target.account
    operation, items, field = _ADMINISTRATORS[service]
    try:
        administrators = (
            context.cloud.call(Call("aws", service, operation, {}, context.target.region)).get(items) or []
        )
    except CloudError as error:
        # Only the organization's management account and the administrator itself may call this.
        return _organization(context, title, error)
    others = sorted(
        str(administrator[field])
        for administrator in administrators
        if str(administrator.get(field)) != own_account
    )
    if others:
        return (
            Outcome.BLOCK,
            f"account {', '.join(others)} administers {title} for the organization: enable it there for "
            f"{context.target.region} of {own_account}",
        )
    if administrators:
        return Outcome.PASS, f"this account itself is the administrator of {title} for the organization"
    return Outcome.PASS, f"no account administers {title} for the organization"


def _organization(context: GuardContext, title: str, refusal: CloudError) -> Verdict:
    """Returns the verdict from the organization alone, where the service does not name its administrator."""
    key = f"organization|{context.target.account}"
    if key not in context.memory:
        try:
            request = Call("aws", "organizations", "DescribeOrganization", {}, context.target.region)
            details = context.cloud.call(request)["Organization"]
            context.memory[key] = [str(details["Id"]), str(details.get("MasterAccountId") or "")]
        except CloudError as error:
            if error.code != "AWSOrganizationsNotInUseException":
                raise
            context.memory[key] = []
    if not context.memory[key]:
        return Outcome.PASS, "the account belongs to no organization"
    organization, management = context.memory[key]
    return (
        Outcome.WARN,
        f"the account belongs to the organization {organization}, and the administrator of {title} there cannot be "
        f"read from this account ({refusal.code}): ask account {management} first",
    )


GUARDS = {"central-administrator": central_administrator}
