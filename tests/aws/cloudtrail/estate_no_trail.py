"""An account that nothing records: there is not one trail."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud

PLAYBOOKS = ("aws.cloudtrail.enabled",)


def build(cloud: AwsCloud) -> AwsCloud:
    """The empty account is that already."""
    return cloud
