"""rds:ModifyDBCluster with its log exports and its login by IAM, and where Enhanced Monitoring of an instance writes to."""

from __future__ import annotations

from typing import Any

from moto.rds.models import DBInstance, RDSBackend


def _stream(instance: Any) -> str | None:
    """The log stream's ARN, which AWS tells of an instance that is monitored."""
    if not instance.monitoring_interval:
        return None
    where = f"arn:{instance.partition}:logs:{instance.region}:{instance.account_id}"
    return f"{where}:log-group:RDSOSMetrics:log-stream:{instance.dbi_resource_id}"


def install() -> None:
    """Teach moto's RDS these."""
    others = RDSBackend.modify_db_cluster

    def modify_db_cluster(backend: Any, kwargs: dict[str, Any]) -> Any:
        asked = kwargs.pop("cloudwatch_logs_export_configuration", None) or {}
        login = kwargs.get("enable_iam_database_authentication")
        answer = others(backend, kwargs)
        cluster = backend.clusters[answer.db_cluster_identifier]
        if login is not None:
            cluster.iam_auth = login
        if asked:
            left = set(cluster.enabled_cloudwatch_logs_exports) - set(asked.get("DisableLogTypes") or [])
            cluster.enabled_cloudwatch_logs_exports = sorted(left | set(asked.get("EnableLogTypes") or []))
        return answer

    setattr(RDSBackend, "modify_db_cluster", modify_db_cluster)  # noqa: B010 - a method of a typed class
    setattr(DBInstance, "enhanced_monitoring_resource_arn", property(_stream))  # noqa: B010
