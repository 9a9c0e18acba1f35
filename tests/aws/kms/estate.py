"""A key for enclaves whose policy asks for no attestation."""

from __future__ import annotations

from hipaa_tui.providers.model import Cloud
from tests.aws.guards import allow, do, text
from tests.aws.iam.estate_policies import role
from tests.aws.server import ACCOUNT

PLAYBOOKS = ()
# Nobody but an enclave's builder knows what it measures: test_playbooks.py follows it.
ONE_WAY = ("aws.kms.enclave-attestation",)


def build(cloud: Cloud) -> Cloud:
    """Build it in an empty account."""
    enclave_key(cloud)
    return cloud


def enclave_key(cloud: Cloud, **more: object) -> str:
    """A key for enclaves that everybody of the account may use by IAM, and a role by the key's own policy."""
    owner = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*", Sid="Owner")
    uses = ["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
    host = allow({"AWS": role(cloud, "host")}, "", "*", Sid="Host") | {"Action": uses}
    given = {"Policy": text(owner, host), "Description": "records in the enclave", **more}
    return str(do(cloud, "kms", "CreateKey", **given)["KeyMetadata"]["Arn"])
