"""Checks who administers a security service for the organization, before it is switched on for one account.

A service that a delegated administrator runs for all accounts is switched on there, or the two quarrel.
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_SAID: Final = {
    "guardduty": "GuardDuty",
    "securityhub": "Security Hub",
    "macie2": "Macie",
    "inspector2": "Inspector",
}
_LISTED: Final = {
    # service → the operation that names the administrators, where they stand, what they are called
    "guardduty": ("ListOrganizationAdminAccounts", "AdminAccounts", "AdminAccountId"),
    "securityhub": ("ListOrganizationAdminAccounts", "AdminAccounts", "AccountId"),
    "macie2": ("ListOrganizationAdminAccounts", "adminAccounts", "accountId"),
    "inspector2": ("ListDelegatedAdminAccounts", "delegatedAdminAccounts", "accountId"),
}


def central_administrator(look: Look) -> Verdict:
    """Blocks where another account administers the service for the organization, warns where that cannot be told."""
    service = str(look.arguments["service"])
    said, mine = _SAID[service], look.target.account
    operation, items, field = _LISTED[service]
    try:
        found = look.cloud.call(Call("aws", service, operation, {}, look.target.region)).get(items) or []
    except CloudError as error:
        # Only the organization's management account and the administrator itself may ask.
        return _organization(look, said, error)
    others = sorted(str(one[field]) for one in found if str(one.get(field)) != mine)
    if others:
        return (
            Outcome.BLOCK,
            f"account {', '.join(others)} administers {said} for the organization: switch {look.target.region} of "
            f"{mine} on there",
        )
    if found:
        return Outcome.PASS, f"this account itself administers {said} for the organization"
    return Outcome.PASS, f"nobody administers {said} for the organization"


def _organization(look: Look, said: str, asked: CloudError) -> Verdict:
    """What can be told by the organization alone, where the service does not say who administers it."""
    where = f"organization|{look.target.account}"
    if where not in look.memory:
        try:
            request = Call("aws", "organizations", "DescribeOrganization", {}, look.target.region)
            found = look.cloud.call(request)["Organization"]
            look.memory[where] = [str(found["Id"]), str(found.get("MasterAccountId") or "")]
        except CloudError as error:
            if error.code != "AWSOrganizationsNotInUseException":
                raise
            look.memory[where] = []
    if not look.memory[where]:
        return Outcome.PASS, "the account belongs to no organization"
    organization, management = look.memory[where]
    return (
        Outcome.WARN,
        f"the account belongs to the organization {organization}, and who administers {said} there cannot be seen "
        f"from here ({asked.code}): ask account {management} first",
    )


GUARDS = {"central-administrator": central_administrator}
