"""Finds the AWS accounts that the credentials reach: by several profiles, or by a role of one name in each.

AWS Organizations makes OrganizationAccountAccessRole in every account that it creates
(https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html); what a team
names its own does not matter here.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from hipaa_tui.aws.cloud import AwsCloud, connect
from hipaa_tui.providers.model import Call, Cloud, CloudError
from hipaa_tui.support.errors import InputError

if TYPE_CHECKING:
    from hipaa_tui.providers.access import Access

WORKERS: Final = 8
_ACCOUNT: Final = re.compile(r"\d{12}")
_ROLE: Final = re.compile(r"[\w+=,.@/-]{1,512}")
"""A role's name, with its path where it has one."""


def find_accounts(own: Cloud, access: Access) -> tuple[dict[str, Cloud], tuple[str, ...]]:
    """(cloud by account, a sentence for each account that cannot be reached). Raises CloudError, InputError.

    Asked of the session's own account: STS for who it is, and Organizations where no account is named.
    """
    if not access.role:
        return _by_profiles(access)
    if not _ROLE.fullmatch(access.role) or access.role.startswith("arn:"):
        raise InputError(
            f"{access.role!r} is not the name of a role: give the name alone, without arn: and account"
        )
    wrong = [account for account in access.accounts if not _ACCOUNT.fullmatch(account)]
    if wrong:
        raise InputError(f"{wrong[0]!r} is not an account: give its 12 digits")
    caller = own.caller()
    mine = caller.accounts[0]
    found: dict[str, Cloud] = {}
    unreached: list[str] = []
    wanted = access.accounts or tuple(_of_organization(own))
    with ThreadPoolExecutor(WORKERS) as pool:
        tried = pool.map(lambda one: _assumed(access, caller.partition, mine, own, one), wanted)
        for account, answer in zip(wanted, tried, strict=True):
            if isinstance(answer, CloudError):
                unreached.append(f"aws {account}: the role {access.role} cannot be assumed: {answer}")
            else:
                found[account] = answer
    return found, tuple(unreached)


def _assumed(access: Access, partition: str, mine: str, own: Cloud, account: str) -> Cloud | CloudError:
    if account == mine:
        return own
    role = f"arn:{partition}:iam::{account}:role/{access.role}"
    cloud = connect(access.profile, access.region, role)
    return _tried(cloud)


def _tried(cloud: AwsCloud) -> AwsCloud | CloudError:
    try:
        cloud.caller()
    except CloudError as error:
        return error
    return cloud


def _of_organization(own: Cloud) -> list[str]:
    try:
        listed = own.pages(Call("aws", "organizations", "ListAccounts", {}, "us-east-1"), "Accounts")
    except CloudError as error:
        raise CloudError(
            error.code,
            f"the organization's accounts cannot be listed ({error}): name them with --account, or use the "
            "credentials of the management account or of a delegated administrator",
            status=error.status,
            sent=False,
        ) from None
    active = [str(one["Id"]) for one in listed if one.get("State", one.get("Status")) == "ACTIVE"]
    if not active:
        raise CloudError("NoAccounts", "the organization lists no active account: name them with --account")
    return active


def _by_profiles(access: Access) -> tuple[dict[str, Cloud], tuple[str, ...]]:
    found: dict[str, Cloud] = {}
    unreached: list[str] = []
    clouds = [connect(profile, access.region) for profile in access.profiles]
    with ThreadPoolExecutor(WORKERS) as pool:
        for profile, answer in zip(access.profiles, pool.map(_tried, clouds), strict=True):
            if isinstance(answer, CloudError):
                unreached.append(f"aws profile {profile}: {answer}")
            else:
                found.setdefault(answer.caller().accounts[0], answer)
    return found, tuple(unreached)
