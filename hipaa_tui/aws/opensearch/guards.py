"""Checks an OpenSearch domain before it changes: encryption support, pending changes, HTTP clients and log limits."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.logs.policy import MOST_POLICIES, policies
from hipaa_tui.aws.opensearch.settings import domain_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT, at

_ENGINE: Final = re.compile(r"(OpenSearch|Elasticsearch)_(\d+)\.(\d+)")
_OLDEST: Final = (6, 7)
"""First Elasticsearch version whose existing domains can be encrypted (OpenSearch Service, "Encryption at rest")."""
_UNENCRYPTED_TYPES: Final = ("m3.", "r3.", "t2.")
"""Instance types without encryption at rest (OpenSearch Service, "Supported instance types")."""
_FEW_LEFT: Final = 2


def domain_can_encrypt(context: GuardContext) -> Verdict:
    """Blocks when OpenSearch would refuse encryption at rest: old engine or instance type, UltraWarm, cold storage.

    Warns when the domain has a single node.
    """
    domain = domain_of(context.cloud, context.target)
    version = str(domain.get("EngineVersion") or "")
    engine = _ENGINE.fullmatch(version)
    if engine and engine[1] == "Elasticsearch" and (int(engine[2]), int(engine[3])) < _OLDEST:
        return (
            Outcome.BLOCK,
            f"an existing {version} domain cannot be encrypted: upgrade it to Elasticsearch 6.7 or later first",
        )
    if not engine:
        return Outcome.BLOCK, f"hipaa-tui does not know the engine version {version or '(none reported)'}"
    encrypted = bool(at(domain, "EncryptionAtRestOptions.Enabled"))
    cluster = domain.get("ClusterConfig") or {}
    if not encrypted and (cluster.get("WarmEnabled") or at(cluster, "ColdStorageOptions.Enabled")):
        return (
            Outcome.BLOCK,
            "UltraWarm or cold storage is on: move its indexes to hot storage, disable it, enable encryption, then "
            "enable it again",
        )
    instance_types = (cluster.get("InstanceType"), cluster.get("DedicatedMasterType"))
    unsupported = sorted(
        {
            str(instance_type)
            for instance_type in instance_types
            if str(instance_type or "").startswith(_UNENCRYPTED_TYPES)
        }
    )
    if not encrypted and unsupported:
        return (
            Outcome.BLOCK,
            f"{', '.join(unsupported)} does not support encryption at rest: change the instance type first",
        )
    if int(cluster.get("InstanceCount") or 1) == 1:
        return (
            Outcome.WARN,
            "the domain has one node: take a manual snapshot before the blue/green deployment",
        )
    return Outcome.PASS, f"an existing {version} domain can be encrypted in place"


def domain_settled(context: GuardContext) -> Verdict:
    """Blocks while the domain is being deleted or is processing another change: OpenSearch takes one at a time."""
    domain = domain_of(context.cloud, context.target)
    if domain.get("Deleted"):
        return Outcome.BLOCK, "the domain is being deleted"
    if domain.get("Processing") or domain.get("UpgradeProcessing"):
        return (
            Outcome.BLOCK,
            "the domain is still processing another change: wait until it is active, then plan again",
        )
    return Outcome.PASS, "the domain is not processing another change"


def plain_search_clients(context: GuardContext) -> Verdict:
    """Warns that clients without HTTPS or TLS 1.2 will be refused: no AWS API lists them."""
    draft = next((change for change in context.changes if change.setting == "aws.opensearch.endpoint"), None)
    if draft is None:
        return Outcome.PASS, "the endpoint options do not change"
    if at(draft.before, "EnforceHTTPS") and str(at(draft.before, "TLSSecurityPolicy")).startswith(
        "Policy-Min-TLS-1-2"
    ):
        return Outcome.PASS, "the domain already requires HTTPS and TLS 1.2"
    if at(draft.before, "EnforceHTTPS"):
        return (
            Outcome.WARN,
            "clients limited to TLS 1.0 or 1.1 will be refused: check old Java and Logstash versions first",
        )
    return (
        Outcome.WARN,
        "clients that connect by http:// will be refused, and AWS does not report who they are: check the "
        "configuration of your applications first (endpoint URL, Logstash, Beats)",
    )


def log_policy_room(context: GuardContext) -> Verdict:
    """Blocks when the region has reached its quota of CloudWatch Logs resource policies; warns when few are left."""
    new = [
        draft
        for draft in context.changes
        if draft.setting == "aws.logs.resource-policy" and draft.before is ABSENT
    ]
    if not new:
        return Outcome.PASS, "no CloudWatch Logs resource policy is added"
    existing = policies(context.cloud, context.target.region)
    if len(existing) >= MOST_POLICIES:
        return (
            Outcome.BLOCK,
            f"the region has {len(existing)} CloudWatch Logs resource policies and the quota is {MOST_POLICIES}: "
            f"merge two of them first ({', '.join(sorted(existing)[:5])} …)",
        )
    left = MOST_POLICIES - len(existing) - 1
    if left < _FEW_LEFT:
        return (
            Outcome.WARN,
            f"the region can take {left} more CloudWatch Logs resource policies after this one",
        )
    return Outcome.PASS, f"{len(existing)} of {MOST_POLICIES} CloudWatch Logs resource policies are in use"


def slow_logs_hold_queries(context: GuardContext) -> Verdict:
    """Warns when a slow log is enabled: it contains the text of queries and documents, which can be PHI."""
    draft = next((change for change in context.changes if change.setting == "aws.opensearch.logs"), None)
    kinds = [kind for kind in (draft.after if draft else {}) if "SLOW" in kind]
    added = [kind for kind in kinds if not at((draft.before if draft else None) or {}, f"{kind}.Enabled")]
    if not added:
        return Outcome.PASS, "no slow log is enabled"
    return (
        Outcome.WARN,
        "slow logs contain the text of queries and documents, so anyone who can read the log group can read PHI: "
        "restrict read access to the log group as tightly as to the domain",
    )


GUARDS = {
    "domain-can-encrypt": domain_can_encrypt,
    "domain-settled": domain_settled,
    "plain-search-clients": plain_search_clients,
    "log-policy-room": log_policy_room,
    "slow-logs-hold-queries": slow_logs_hold_queries,
}
BLOCK_ON_ERROR = ("domain-can-encrypt", "domain-settled")
