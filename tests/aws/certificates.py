"""Certificates of a load balancer or a distribution: issued by ACM, not in ACM, or not issued yet."""

from __future__ import annotations

from typing import Any

from tests.aws.server import REGION


def certificate(do: Any, name: str = "portal.example.org") -> str:
    """The ARN of a certificate of Certificate Manager, issued at once since a CA of the account's own signs it."""
    arn = f"arn:aws:acm-pca:{REGION}:123456789012:certificate-authority/1"
    return str(
        do("acm", "RequestCertificate", DomainName=name, CertificateAuthorityArn=arn)["CertificateArn"]
    )


def uploaded(do: Any) -> str:
    body = {"CertificateBody": "x", "PrivateKey": "y"}
    made = do("iam", "UploadServerCertificate", ServerCertificateName="old", **body)
    return str(made["ServerCertificateMetadata"]["Arn"])


def asked(do: Any, name: str = "portal.example.org") -> str:
    """A certificate that waits for its validation."""
    made = do("acm", "RequestCertificate", DomainName=name, ValidationMethod="DNS")
    return str(made["CertificateArn"])
