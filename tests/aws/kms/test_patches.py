"""The policy of a key for enclaves as Terraform."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.providers.model import Cloud
from tests.aws.kms.estate import enclave_key
from tests.aws.patches import patched

IMAGE = "ab" * 48


def test_the_key_of_an_enclave_gets_its_conditions(aws: Cloud, repo: Path) -> None:
    arn = enclave_key(aws)
    written, patch = patched(aws, repo, "aws.kms.enclave-attestation", arn, images=IMAGE)
    assert patch.left_out == ()
    assert "kms:RecipientAttestation:ImageSha384" in written
    assert IMAGE in written
    assert 'description = "records in the enclave"' in written
