"""A region in which Macie is off."""

from __future__ import annotations

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = ("aws.macie.enabled",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account, in which moto alone has Macie on."""
    cloud.call(Call("aws", "macie2", "DisableMacie", {}, REGION))
    return cloud
