"""Looks at a distribution before viewers are sent to HTTPS, or its root is given a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hipaa_tui.aws.acm.guards import trouble_of
from hipaa_tui.aws.cloudfront.settings import configuration
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError

_ROOT: Final = "aws.cloudfront.root-object"
_SHOWN: Final = 3


def distribution_https_ready(look: Look) -> Verdict:
    """Blocks where viewers who are sent to HTTPS would meet no certificate for the name that they asked for."""
    config = configuration(look.cloud, look.target)
    if not config:
        return Outcome.BLOCK, "the distribution is not there any more: scan again"
    names = sorted(str(one) for one in (config.get("Aliases") or {}).get("Items") or [])
    certificate: Mapping[str, Any] = config.get("ViewerCertificate") or {}
    own = str(certificate.get("ACMCertificateArn") or "")
    if names and not own and not certificate.get("IAMCertificateId"):
        return (
            Outcome.BLOCK,
            f"{', '.join(names[:_SHOWN])} would be answered with CloudFront's own certificate: give the distribution one of "
            "Certificate Manager for these names first",
        )
    if own:
        # CloudFront takes certificates of one region alone, and so does the look at them.
        trouble, _ = trouble_of(replace(look, target=replace(look.target, region=own.split(":")[3])), own)
        if trouble:
            return Outcome.BLOCK, f"the certificate of the distribution {trouble}"
    if config.get("ContinuousDeploymentPolicyId") or config.get("Staging"):
        return (
            Outcome.WARN,
            "a staging distribution is tied to it by a continuous deployment: change both, or the next promotion takes "
            "this back",
        )
    if names and not own:
        return (
            Outcome.WARN,
            f"its certificate is one of IAM's: make sure that it is for {', '.join(names[:_SHOWN])}",
        )
    return Outcome.PASS, f"HTTPS works for {', '.join(names[:_SHOWN]) or 'the name that CloudFront gave it'}"


def root_object_there(look: Look) -> Verdict:
    """Blocks a page for the root that its bucket does not hold: visitors would get an error where they got a page."""
    draft = next((one for one in look.changes if one.setting == _ROOT), None)
    if draft is None:
        return Outcome.PASS, "the root does not change"
    bucket, name = str(draft.after["Bucket"]), str(draft.after["DefaultRootObject"])
    if name.startswith("/"):
        return Outcome.BLOCK, f"{name}: CloudFront wants the name without a slash before it"
    if not bucket:
        return Outcome.WARN, "the root comes from a server or a folder: make sure that it knows the page"
    try:
        look.cloud.call(Call("aws", "s3", "HeadObject", {"Bucket": bucket, "Key": name}, look.target.region))
    except CloudError as error:
        if error.status == 404:
            return Outcome.BLOCK, f"{bucket} has no object {name}: put it there, or name another one"
        raise
    return Outcome.PASS, f"{bucket} has {name}"


GUARDS = {
    "distribution-https-ready": distribution_https_ready,
    "root-object-there": root_object_there,
}
CAUTIOUS = ("distribution-https-ready",)
