"""Gives a failed check one shape and one identity, so that a row imported twice is one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipaa_tui.support.json_value import content_hash

SEVERITIES: Final = ("critical", "high", "medium", "low", "informational")
"""Every severity a finding can have, the worst first."""

PROVIDERS: Final = ("aws", "azure")
"""The clouds whose findings are read."""

FINGERPRINT_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check on one cloud resource, as a tool reported it. Never one that passed."""

    provider: str
    """One of PROVIDERS."""
    account: str
    """AWS account id (12 digits, leading zeros kept) or Azure subscription id."""
    region: str
    """As reported; "global" where the tool names none."""
    check: str
    """The tool's own id: a Prowler check, a Security Hub control ("S3.5"), an AWS Config rule."""
    resource: str
    """ARN or ARM id, word for word as the tool reported it."""
    resource_name: str
    resource_type: str
    title: str
    detail: str
    """What the tool says about this resource, on one line."""
    severity: str
    """One of SEVERITIES."""
    source: str
    """Who reported it: "prowler-ocsf", "prowler-csv", "asff", "scan" …"""
    partition: str = "aws"
    """AWS partition ("aws", "aws-us-gov" …) or Azure cloud ("AzureCloud")."""
    tags: tuple[str, ...] = ()
    """The resource's tags as the tool printed them: "key=value", in OCSF "key:value"."""
    known_as: str = ""
    """The fingerprint of the row as it was reported, where a secret was taken out of what is kept of it."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits, the same for the same row in every format that reports it.

        Taken over provider, account, region, check and resource. Azure ids are compared without
        case, since its own services spell one id in several ways.
        """
        if self.known_as:
            return self.known_as
        resource = self.resource.lower() if self.provider == "azure" else self.resource
        identity = [self.provider, self.account, self.region, self.check, resource]
        return content_hash(identity)[:FINGERPRINT_LENGTH]
