"""Certificates that a load balancer or a distribution cannot rely on: not in ACM, or not issued yet."""

from __future__ import annotations

from typing import Any


def uploaded(do: Any) -> str:
    body = {"CertificateBody": "x", "PrivateKey": "y"}
    made = do("iam", "UploadServerCertificate", ServerCertificateName="old", **body)
    return str(made["ServerCertificateMetadata"]["Arn"])


def asked(do: Any, name: str = "portal.example.org") -> str:
    """A certificate that waits for its validation."""
    made = do("acm", "RequestCertificate", DomainName=name, ValidationMethod="DNS")
    return str(made["CertificateArn"])
