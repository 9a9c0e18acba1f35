"""A region without an external access analyzer."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud

PLAYBOOKS = ("aws.accessanalyzer.enabled",)


def build(cloud: AwsCloud) -> AwsCloud:
    """The empty account is that already."""
    return cloud
