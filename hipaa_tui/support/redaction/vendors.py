"""Shapes of tokens and webhooks that their vendors document: a prefix of their own, then random characters.

Each is looked for only where its hint stands in the text, begins with letters that it is found by, and takes characters of
one class, so that the time grows with the text alone.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final, NamedTuple

from hipaa_tui.support.redaction.words import marker


class Vendor(NamedTuple):
    """`hints` in lower case: without one of them the pattern matches nothing. The group "secret" is what is taken out, or
    all of it where there is no such group."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    source: str


_BEFORE: Final = r"(?<![A-Za-z0-9])"
_AFTER: Final = r"(?![A-Za-z0-9])"


def _token(hints: str, pattern: str, source: str, kind: str = "token") -> Vendor:
    return Vendor(kind, tuple(hints.split()), re.compile(_BEFORE + f"(?:{pattern})"), source)


def _webhook(hint: str, pattern: str, source: str) -> Vendor:
    return Vendor("webhook", (hint,), re.compile(f"(?i){pattern}"), source)


VENDORS: Final = (
    _token(
        "sk-",
        r"sk-(?:proj|svcacct|admin|service|ant|or)-[A-Za-z0-9_-]{20,}|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}",
        "https://platform.openai.com/docs/api-reference/authentication",
        "key",
    ),
    _token(
        "hvs. hvb. hvr.",
        r"hv[sbr]\.[A-Za-z0-9_-]{20,}",
        "https://developer.hashicorp.com/vault/docs/concepts/tokens",
    ),
    _token(
        "atlasv1.",
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens",
    ),
    _token(
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}",
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github",
    ),
    _token(
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- gr1348941",
        r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[A-Za-z0-9_.-]{16,}|GR1348941[A-Za-z0-9_-]{20}",
        "https://docs.gitlab.com/security/tokens/#token-prefixes",
    ),
    _token(
        "xoxa xoxb xoxe xoxo xoxp xoxr xoxs xapp-",
        r"xox[abeoprs][.-][A-Za-z0-9.-]{8,}|xapp-[0-9]-[A-Za-z0-9-]{8,}",
        "https://docs.slack.dev/authentication/tokens",
    ),
    _token("npm_", r"npm_[A-Za-z0-9]{30,}", "https://docs.npmjs.com/about-access-tokens"),
    _token("pypi-", r"pypi-[A-Za-z0-9_-]{40,}", "https://github.com/pypi/warehouse"),
    _token(
        "sg.",
        r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
    ),
    _token(
        "_live_ _test_ whsec_",
        r"[prs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}",
        "https://docs.stripe.com/keys",
        "key",
    ),
    _token(
        " ".join(f"sk{digit}" for digit in "0123456789abcdef"),
        r"SK[0-9a-f]{32}" + _AFTER,
        "https://www.twilio.com/docs/iam/api-keys",
        "key",
    ),
    _token(
        "dapi dkea dose",
        r"(?:dapi|dkea|dose)[0-9a-f]{32}(?:-[0-9]{1,2})?" + _AFTER,
        "https://docs.databricks.com/aws/en/dev-tools/auth/pat",
    ),
    _token("aiza", r"AIza[A-Za-z0-9_-]{35}", "https://cloud.google.com/docs/authentication/api-keys", "key"),
    _token("gocspx-", r"GOCSPX-[A-Za-z0-9_-]{20,}", "https://cloud.google.com/docs/authentication", "secret"),
    _token("ya29.", r"ya29\.[A-Za-z0-9_-]{20,}", "https://cloud.google.com/docs/authentication/token-types"),
    _token("hf_", r"hf_[A-Za-z0-9]{30,}", "https://huggingface.co/docs/hub/security-tokens"),
    _token(
        "dop_v1_ doo_v1_ dor_v1_",
        r"do[opr]_v1_[0-9a-f]{64}",
        "https://docs.digitalocean.com/reference/api/create-personal-access-token/",
    ),
    _token(
        "shpat_ shpca_ shppa_ shpss_",
        r"shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}",
        "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens",
    ),
    _token(
        "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", "https://docs.docker.com/security/access-tokens/"
    ),
    _token(
        "tskey-", r"tskey-[a-z]{2,12}-[A-Za-z0-9-]{16,}", "https://tailscale.com/kb/1085/auth-keys", "key"
    ),
    _token(
        "glsa_ glc_",
        r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}|glc_[A-Za-z0-9+/=]{32,}",
        "https://grafana.com/docs/grafana/latest/administration/service-accounts/",
    ),
    _token(
        "atatt3 atctt3 atbb",
        r"AT(?:ATT|CTT)3[A-Za-z0-9_=-]{30,}|ATBB[A-Za-z0-9]{32}",
        "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/",
    ),
    _token(
        "pmak-",
        r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
        "https://learning.postman.com/docs/developer/postman-api/authentication/",
        "key",
    ),
    _token(
        "nrak-",
        r"NRAK-[A-Z0-9]{27}",
        "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/",
        "key",
    ),
    _token(
        "pul-",
        r"pul-[0-9a-f]{40}",
        "https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/",
    ),
    _token("sntry", r"sntry[su]_[A-Za-z0-9+/=_-]{30,}", "https://docs.sentry.io/account/auth-tokens/"),
    _token(
        "age-secret-key-1",
        r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
        "https://github.com/FiloSottile/age",
        "key",
    ),
    _webhook(
        "hooks.slack",
        r"hooks\.slack(?:-gov)?\.com/(?P<secret>(?:services|workflows|triggers)/[A-Za-z0-9_/-]{16,})",
        "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    ),
    _webhook(
        ".office",
        r"(?:webhook|outlook)\.office(?:365)?\.com/(?P<secret>webhook(?:b2)?/[A-Za-z0-9@_/-]{16,})",
        "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
    ),
    _webhook(
        "/webhooks/",
        r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/(?P<secret>[0-9]{10,20}/[A-Za-z0-9_-]{16,})",
        "https://docs.discord.com/developers/resources/webhook",
    ),
    _webhook(
        "hooks.zapier",
        r"hooks\.zapier\.com/hooks/(?P<secret>catch/[A-Za-z0-9_/-]{8,})",
        "https://help.zapier.com/hc/en-us/articles/8496288690317",
    ),
)

_BASE64_PEM: Final = re.compile(r"(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/]{16,}={0,2}")
""" "-----BEGIN " in base64, as kubeconfig and Kubernetes secrets hold keys and certificates."""
_PEM_HINT: Final = "ls0tls1crudjti"

HINTS: Final = (*(hint for vendor in VENDORS for hint in vendor.hints), _PEM_HINT)


def without_tokens(text: str, lowered: str) -> str:
    """The text with a marker in the place of each such token."""
    for vendor in VENDORS:
        if any(hint in lowered for hint in vendor.hints):
            kind = vendor.kind
            text = vendor.pattern.sub(lambda found, kind=kind: _marked(found, kind), text)  # type: ignore[misc]
    if _PEM_HINT in lowered:
        text = _BASE64_PEM.sub(_key, text)
    return text


def _marked(found: re.Match[str], kind: str) -> str:
    if "secret" not in found.re.groupindex:
        return marker(kind)
    start, end = found.start("secret") - found.start(), found.end("secret") - found.start()
    return found[0][:start] + marker(kind) + found[0][end:]


def _key(found: re.Match[str]) -> str:
    """Certificates are kept: they are not secret."""
    try:
        head = base64.b64decode(found[0][:56])
    except (binascii.Error, ValueError):
        return found[0]
    return marker("private key") if b"PRIVATE KEY" in head else found[0]
