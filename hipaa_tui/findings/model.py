"""The Finding: a failed check with a stable fingerprint, so that a row loaded twice is one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hipaa_tui.support.json_value import content_hash

SEVERITIES: Final = ("critical", "high", "medium", "low", "informational")
"""The severities, worst first."""

PROVIDERS: Final = ("aws", "azure")
"""The supported clouds."""

FINGERPRINT_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check on one cloud resource, as a tool reported it."""

    provider: str
    """One of PROVIDERS."""
    account: str
    """AWS account id (12 digits, leading zeros kept) or Azure subscription id."""
    region: str
    """As reported; "global" if the tool names none."""
    check: str
    """The tool's own id: a Prowler check, a Security Hub control ("S3.5"), an AWS Config rule."""
    resource: str
    """ARN or ARM id, verbatim as the tool reported it."""
    resource_name: str
    resource_type: str
    title: str
    detail: str
    """The tool's message about this resource, on one line."""
    severity: str
    """One of SEVERITIES."""
    source: str
    """The reporting format: "prowler-ocsf", "prowler-csv", "asff", "scan" …"""
    partition: str = "aws"
    """AWS partition ("aws", "aws-us-gov" …) or Azure cloud ("AzureCloud")."""
    tags: tuple[str, ...] = ()
    """The resource's tags as the tool printed them: "key=value", in OCSF "key:value"."""
    known_as: str = ""
    """The fingerprint of the row as reported, if a secret was removed from what is stored."""

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits over provider, account, region, check and resource: the same in every report format.

        The case of Azure ids is ignored, since Azure's own services differ in it.
        """
        if self.known_as:
            return self.known_as
        resource = self.resource.lower() if self.provider == "azure" else self.resource
        identity = [self.provider, self.account, self.region, self.check, resource]
        return content_hash(identity)[:FINGERPRINT_LENGTH]
