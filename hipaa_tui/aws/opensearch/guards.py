"""Looks at a search domain before its configuration changes: what it can take, and who still comes in by HTTP."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.logs.policy import MOST_POLICIES, policies
from hipaa_tui.aws.opensearch.settings import domain_of
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT, at

_ENGINE: Final = re.compile(r"(OpenSearch|Elasticsearch)_(\d+)\.(\d+)")
_OLDEST: Final = (6, 7)
"""Elasticsearch from which on a domain that is there can be encrypted (OpenSearch Service, "Encryption at rest")."""
_UNENCRYPTED_TYPES: Final = ("m3.", "r3.", "t2.")
"""Instance types without encryption at rest (OpenSearch Service, "Supported instance types")."""
_FEW_LEFT: Final = 2


def domain_can_encrypt(look: Look) -> Verdict:
    """Blocks what OpenSearch would refuse: an old engine, UltraWarm or cold storage, old instance types."""
    about = domain_of(look.cloud, look.target)
    version = str(about.get("EngineVersion") or "")
    found = _ENGINE.fullmatch(version)
    if found and found[1] == "Elasticsearch" and (int(found[2]), int(found[3])) < _OLDEST:
        return (
            Outcome.BLOCK,
            f"{version} can only be encrypted when it is made: upgrade it to Elasticsearch 6.7 or later first",
        )
    if not found:
        return Outcome.BLOCK, f"the engine {version or 'without a version'} is not known here"
    has_key = bool(at(about, "EncryptionAtRestOptions.Enabled"))
    cluster = about.get("ClusterConfig") or {}
    if not has_key and (cluster.get("WarmEnabled") or at(cluster, "ColdStorageOptions.Enabled")):
        return (
            Outcome.BLOCK,
            "UltraWarm or cold storage is on: move its indexes to hot storage, turn it off, encrypt, and turn it on again",
        )
    types = (cluster.get("InstanceType"), cluster.get("DedicatedMasterType"))
    old = sorted({str(one) for one in types if str(one or "").startswith(_UNENCRYPTED_TYPES)})
    if not has_key and old:
        return Outcome.BLOCK, f"{', '.join(old)} has no encryption at rest: change the instance type first"
    if int(cluster.get("InstanceCount") or 1) == 1:
        return Outcome.WARN, "the domain has one node: take a manual snapshot before it is deployed anew"
    return Outcome.PASS, f"{version} can be encrypted where it is"


def domain_settled(look: Look) -> Verdict:
    """Blocks while the domain is being changed: OpenSearch takes one change after the other."""
    about = domain_of(look.cloud, look.target)
    if about.get("Deleted"):
        return Outcome.BLOCK, "the domain is being deleted"
    if about.get("Processing") or about.get("UpgradeProcessing"):
        return Outcome.BLOCK, "the domain is being changed already: wait until it is active, and plan again"
    return Outcome.PASS, "nothing else is being changed"


def plain_search_clients(look: Look) -> Verdict:
    """Warns of clients that nobody can see: those without HTTPS, or with TLS before 1.2."""
    draft = next((one for one in look.changes if one.setting == "aws.opensearch.endpoint"), None)
    if draft is None:
        return Outcome.PASS, "the endpoint does not change"
    if at(draft.before, "EnforceHTTPS") and str(at(draft.before, "TLSSecurityPolicy")).startswith(
        "Policy-Min-TLS-1-2"
    ):
        return Outcome.PASS, "clients with HTTPS and TLS 1.2 alone come in today"
    if at(draft.before, "EnforceHTTPS"):
        return Outcome.WARN, "clients with TLS 1.0 or 1.1 alone are refused: look for old Java and Logstash"
    return (
        Outcome.WARN,
        "AWS does not say who still connects by http://: look at the applications' settings first (the endpoint's address, "
        "Logstash, Beats), for they are refused",
    )


def log_policy_room(look: Look) -> Verdict:
    """Blocks one more log resource policy than a region takes."""
    new = [d for d in look.changes if d.setting == "aws.logs.resource-policy" and d.before is ABSENT]
    if not new:
        return Outcome.PASS, "no log resource policy is added"
    have = policies(look.cloud, look.target.region)
    if len(have) >= MOST_POLICIES:
        return (
            Outcome.BLOCK,
            f"the region has {len(have)} log resource policies and takes {MOST_POLICIES}: put two of them together first "
            f"({', '.join(sorted(have)[:5])} …)",
        )
    left = MOST_POLICIES - len(have) - 1
    if left < _FEW_LEFT:
        return Outcome.WARN, f"the region has room for {left} more log resource policies after this one"
    return Outcome.PASS, f"{len(have)} of {MOST_POLICIES} log resource policies are in use"


def slow_logs_hold_queries(look: Look) -> Verdict:
    """Warns that slow logs repeat what was searched for and written, which can be patients' data."""
    draft = next((one for one in look.changes if one.setting == "aws.opensearch.logs"), None)
    kinds = [kind for kind in (draft.after if draft else {}) if "SLOW" in kind]
    fresh = [kind for kind in kinds if not at((draft.before if draft else None) or {}, f"{kind}.Enabled")]
    if not fresh:
        return Outcome.PASS, "no slow log is added"
    return (
        Outcome.WARN,
        "slow logs repeat the text of queries and documents, so whoever may read the log group reads patients' data: "
        "let as few read it as the domain itself",
    )


GUARDS = {
    "domain-can-encrypt": domain_can_encrypt,
    "domain-settled": domain_settled,
    "plain-search-clients": plain_search_clients,
    "log-policy-room": log_policy_room,
    "slow-logs-hold-queries": slow_logs_hold_queries,
}
CAUTIOUS = ("domain-can-encrypt", "domain-settled")
