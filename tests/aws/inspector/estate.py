"""A region in which Inspector scans nothing."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud

PLAYBOOKS = ("aws.inspector.enabled",)


def build(cloud: AwsCloud) -> AwsCloud:
    """The empty account is that already."""
    return cloud
