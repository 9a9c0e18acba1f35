"""A region without a configuration recorder."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud

PLAYBOOKS = ("aws.config.recorder",)


def build(cloud: AwsCloud) -> AwsCloud:
    """The empty account is that already."""
    return cloud
