"""What moto lacks of the services of an account: GuardDuty's findings, Security Hub's standards, IAM's name for AWS Config's role."""

from __future__ import annotations

import json
from typing import Any, Final

from moto.config.responses import ConfigResponse
from moto.guardduty import urls as guardduty_urls
from moto.guardduty.responses import GuardDutyResponse
from moto.iam import models as iam_models
from moto.securityhub import urls as securityhub_urls
from moto.securityhub.exceptions import SecurityHubClientError
from moto.securityhub.responses import SecurityHubResponse

_GUARDDUTY: Final = ("{0}/detector/(?P<detector_id>[^/]+)/findings$",)
_SECURITYHUB: Final = (
    *("{0}/standards/get$", "{0}/standards/register$", "{0}/standards/deregister$"),
    *("{0}/productSubscriptions$", "{0}/organization/admin$"),
)


def list_findings(response: Any) -> str:
    """guardduty:ListFindings of what a test put on the detector; severity and archived are looked at."""
    detector = response.guardduty_backend.get_detector(response.path.split("/")[-2])
    least = 0.0
    for name, test in (json.loads(response.body).get("findingCriteria") or {}).get("criterion", {}).items():
        if name == "severity":
            named = [float(one) for one in test.get("eq") or test.get("equals") or []]
            least = float(test.get("greaterThanOrEqual") or test.get("gte") or min(named, default=0))
    found = [id for id, severity in getattr(detector, "open_findings", {}).items() if severity >= least]
    return json.dumps({"findingIds": found})


def create_sample_findings(response: Any) -> str:
    """guardduty:CreateSampleFindings: one of high severity."""
    detector = response.guardduty_backend.get_detector(response.path.split("/")[-3])
    detector.open_findings = {**getattr(detector, "open_findings", {}), "sample-1": 8.0}
    return "{}"


def archive_findings(response: Any) -> str:
    """guardduty:ArchiveFindings."""
    detector = response.guardduty_backend.get_detector(response.path.split("/")[-3])
    gone = set(json.loads(response.body)["findingIds"])
    held = getattr(detector, "open_findings", {})
    detector.open_findings = {id: severity for id, severity in held.items() if id not in gone}
    return "{}"


def _subscribed(response: Any) -> dict[str, str]:
    """The region's standards → their subscriptions. They go with the hub."""
    backend = response.securityhub_backend
    if not backend.enabled:
        raise SecurityHubClientError(
            "InvalidAccessException", "Account is not subscribed to AWS Security Hub"
        )
    if getattr(backend, "standards_of", None) != backend.enabled_at:
        backend.standards, backend.standards_of = {}, backend.enabled_at
    held: dict[str, str] = backend.standards
    return held


def _said(standards: dict[str, str]) -> str:
    found = [
        {
            "StandardsArn": arn,
            "StandardsSubscriptionArn": subscription,
            "StandardsInput": {},
            "StandardsStatus": "READY",
        }
        for arn, subscription in standards.items()
    ]
    return json.dumps({"StandardsSubscriptions": found})


def get_enabled_standards(response: Any) -> str:
    """securityhub:GetEnabledStandards."""
    return _said(_subscribed(response))


def batch_enable_standards(response: Any) -> str:
    """securityhub:BatchEnableStandards. A standard is ready at once."""
    held, added = _subscribed(response), {}
    where = f"arn:aws:securityhub:{response.region}:{response.current_account}:subscription"
    for one in json.loads(response.body)["StandardsSubscriptionRequests"]:
        arn = one["StandardsArn"]
        added[arn] = f"{where}/{arn.partition('standards/')[2] or arn.partition('ruleset/')[2]}"
    held.update(added)
    return _said(added)


def batch_disable_standards(response: Any) -> str:
    """securityhub:BatchDisableStandards."""
    held = _subscribed(response)
    gone = set(json.loads(response.body)["StandardsSubscriptionArns"])
    taken = {arn: subscription for arn, subscription in held.items() if subscription in gone}
    for arn in taken:
        del held[arn]
    return _said(taken)


def update_security_hub_configuration(response: Any) -> str:
    """securityhub:UpdateSecurityHubConfiguration: what moto's hub always says of itself is taken, nothing else."""
    _subscribed(response)
    asked = json.loads(response.body or "{}")
    if (
        not asked.get("AutoEnableControls", True)
        or asked.get("ControlFindingGenerator") == "STANDARD_CONTROL"
    ):
        raise SecurityHubClientError(
            "InvalidInputException", "the sandbox keeps the defaults of Security Hub"
        )
    return "{}"


def list_enabled_products_for_import(response: Any) -> str:
    """securityhub:ListEnabledProductsForImport: no product sends findings here."""
    _subscribed(response)
    return json.dumps({"ProductSubscriptions": []})


def list_organization_admin_accounts(response: Any) -> str:
    """securityhub:ListOrganizationAdminAccounts: the account that the organization named."""
    try:
        named = response.securityhub_backend._get_org_config()["admin_account_id"]
    except Exception:  # no organization: moto says it by an exception that its REST services cannot
        named = None
    found = [{"AccountId": named, "Status": "ENABLED"}] if named else []
    return json.dumps({"AdminAccounts": found})


def put_conformance_pack(response: Any) -> str:
    """config:PutConformancePack. A pack is complete at once, and has no rules."""
    name = response._get_param("ConformancePackName")
    arn = f"arn:aws:config:{response.region}:{response.current_account}:conformance-pack/{name}/x"
    about = {"ConformancePackName": name, "ConformancePackArn": arn, "ConformancePackId": "x"}
    vars(response.config_backend).setdefault("packs", {})[name] = about
    return json.dumps({"ConformancePackArn": arn})


def describe_conformance_packs(response: Any) -> str:
    """config:DescribeConformancePacks."""
    held = vars(response.config_backend).get("packs", {})
    return json.dumps({"ConformancePackDetails": list(held.values())})


def install() -> None:
    """Teach moto the operations."""
    for one in (list_findings, create_sample_findings, archive_findings):
        setattr(GuardDutyResponse, one.__name__, one)
    for path in (*_GUARDDUTY, f"{_GUARDDUTY[0][:-1]}/create$", f"{_GUARDDUTY[0][:-1]}/archive$"):
        guardduty_urls.url_paths[path] = GuardDutyResponse.dispatch
    for one in (
        *(get_enabled_standards, batch_enable_standards, batch_disable_standards),
        *(list_enabled_products_for_import, list_organization_admin_accounts),
        update_security_hub_configuration,
    ):
        setattr(SecurityHubResponse, one.__name__, one)
    for path in _SECURITYHUB:
        securityhub_urls.url_paths[path] = SecurityHubResponse.dispatch
    for one in (put_conformance_pack, describe_conformance_packs):
        setattr(ConfigResponse, one.__name__, one)
    iam_models.SERVICE_NAME_CONVERSION.setdefault("config", "Config")
