"""Checks a distribution's certificate before viewers are redirected to HTTPS, and its default root object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hipaa_tui.aws.acm.guards import trouble_of
from hipaa_tui.aws.cloudfront.settings import configuration
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_ROOT: Final = "aws.cloudfront.root-object"
_SHOWN: Final = 3


def distribution_https_ready(context: GuardContext) -> Verdict:
    """Blocks where viewers redirected to HTTPS would get no valid certificate for the name that they asked for.

    Warns of a staging distribution and of a certificate whose names cannot be read (IAM).
    """
    config = configuration(context.cloud, context.target)
    if not config:
        return Outcome.BLOCK, "the distribution no longer exists: scan again"
    names = sorted(str(alias) for alias in (config.get("Aliases") or {}).get("Items") or [])
    certificate: Mapping[str, Any] = config.get("ViewerCertificate") or {}
    acm_certificate = str(certificate.get("ACMCertificateArn") or "")
    if names and not acm_certificate and not certificate.get("IAMCertificateId"):
        return (
            Outcome.BLOCK,
            f"the distribution has no certificate for {', '.join(names[:_SHOWN])}: over HTTPS viewers would get "
            "CloudFront's default certificate, so attach an ACM certificate for these names first",
        )
    if acm_certificate:
        # CloudFront takes certificates of one region only: the certificate is checked in its own region.
        trouble, _ = trouble_of(
            replace(context, target=replace(context.target, region=acm_certificate.split(":")[3])),
            acm_certificate,
        )
        if trouble:
            return Outcome.BLOCK, f"the distribution's certificate {trouble}"
    if config.get("ContinuousDeploymentPolicyId") or config.get("Staging"):
        return (
            Outcome.WARN,
            "a staging distribution is linked to it by continuous deployment: change both, or the next promotion "
            "reverts this change",
        )
    if names and not acm_certificate:
        return (
            Outcome.WARN,
            f"the distribution uses an IAM server certificate: make sure that it covers {', '.join(names[:_SHOWN])}",
        )
    return Outcome.PASS, f"HTTPS works for {', '.join(names[:_SHOWN]) or 'its cloudfront.net name'}"


def root_object_there(context: GuardContext) -> Verdict:
    """Blocks a default root object that the bucket does not hold: viewers of the root would get an error.

    Warns where the origin is not a bucket, so that the object cannot be checked.
    """
    draft = next((change for change in context.changes if change.setting == _ROOT), None)
    if draft is None:
        return Outcome.PASS, "the default root object does not change"
    bucket, name = str(draft.after["Bucket"]), str(draft.after["DefaultRootObject"])
    if name.startswith("/"):
        return (
            Outcome.BLOCK,
            f"{name} starts with a slash: give the name of the default root object without it",
        )
    if not bucket:
        return (
            Outcome.WARN,
            "the root is served by a server or from an origin path, which is not checked here: make sure that the "
            "page exists there",
        )
    try:
        context.cloud.call(
            Call("aws", "s3", "HeadObject", {"Bucket": bucket, "Key": name}, context.target.region)
        )
    except CloudError as error:
        if error.status == 404:
            return (
                Outcome.BLOCK,
                f"{bucket} has no object {name}, so the root would return an error: upload it, or name another "
                "object",
            )
        raise
    return Outcome.PASS, f"{bucket} has the object {name}"


GUARDS = {
    "distribution-https-ready": distribution_https_ready,
    "root-object-there": root_object_there,
}
BLOCK_ON_ERROR = ("distribution-https-ready",)
