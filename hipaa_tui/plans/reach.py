"""Determines which accounts the credentials can reach, before anything is read.

An absent setting can count as compliant, and a resource of another account always looks absent: without this check, a
finding in an unreachable account would be called fixed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hipaa_tui.clouds.connections import accounts_of
from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.model import NOT_REACHED, Skipped
from hipaa_tui.providers.model import CloudError, Clouds


@dataclass
class Reach:
    """Decides for each account; queries each provider once."""

    clouds: Clouds
    _accounts: dict[str, frozenset[str] | CloudError] = field(default_factory=dict)

    def refusal(self, provider: str, account: str) -> str:
        """Why nothing in the account can be read, as a sentence; "" if the credentials can reach it."""
        if not account:
            return "not reached: the report names no account for the resource"
        reached = self._reached(provider)
        if isinstance(reached, CloudError):
            return f"not reached: the account of the credentials is unknown: {reached}"
        if account.lower() in reached:
            return ""
        theirs = ", ".join(sorted(reached)[:3]) or "no account"
        more = f" and {len(reached) - 3} more" if len(reached) > 3 else ""
        return f"not reached: it is in {account}, but the credentials can reach only {theirs}{more}"

    def _reached(self, provider: str) -> frozenset[str] | CloudError:
        if provider not in self._accounts:
            try:
                accounts, _ = accounts_of(self.clouds, provider)
            except CloudError as error:
                self._accounts[provider] = error
            else:
                self._accounts[provider] = frozenset(account.lower() for account in accounts)
        return self._accounts[provider]


def within_reach(findings: Iterable[Finding], reach: Reach) -> tuple[list[Finding], list[Skipped]]:
    """(the findings in accounts that the credentials can reach, the others with the reason)."""
    reached: list[Finding] = []
    skipped: list[Skipped] = []
    for finding in findings:
        refusal = reach.refusal(finding.provider, finding.account)
        if refusal:
            skipped.append(Skipped(finding.fingerprint, finding.resource, "", refusal, NOT_REACHED))
        else:
            reached.append(finding)
    return reached, skipped
