"""A region in which Security Hub is off."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud

PLAYBOOKS = ("aws.securityhub.enabled",)


def build(cloud: AwsCloud) -> AwsCloud:
    """The empty account is that already."""
    return cloud
