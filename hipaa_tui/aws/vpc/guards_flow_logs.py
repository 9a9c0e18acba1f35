"""Estimates what a VPC's flow logs will cost in CloudWatch Logs, and says what the estimate is based on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import Interface, instance_of, interfaces
from hipaa_tui.aws.vpc.flow_logs import others
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.json_value import Json

FLOW_LOG: Final = "aws.ec2.vpc-flow-log"
FLOWS: Final = 200
"""Assumed flows per network interface in ten minutes: our own estimate for a busy server."""
BYTES_OF_A_FLOW: Final = 20_000
"""Assumed traffic per flow record in bytes: our own estimate, one response of a web server or a few of a database."""
RECORD_BYTES: Final = 140
"""Size of a record in the default format (about 114 bytes) plus the 26 that CloudWatch Logs adds to each event."""
PRICE: Final = 0.50
"""USD per GB of vended logs to CloudWatch Logs in us-east-1, first 10 TB of a month
(Amazon CloudWatch pricing, "Vended logs"); other regions cost more."""
PRICED: Final = "January 2025"
WORTH_A_WARNING: Final = 50.0
"""USD a month from which the guard warns."""
_DAYS: Final = 14
_MONTH: Final = 30
_MOST_QUERIES: Final = 500
"""Maximum of one GetMetricData call."""
_INSTANCE: Final = ("NetworkIn", "NetworkOut")
_NAT: Final = ("BytesInFromSource", "BytesInFromDestination", "BytesOutToSource", "BytesOutToDestination")


def flow_log_cost(context: GuardContext) -> Verdict:
    """Returns the estimated monthly cost and its basis; warns from 50 USD a month."""
    network_interfaces = interfaces(context, "vpc-id", context.target.name)
    if not network_interfaces:
        return Outcome.PASS, "the VPC has no network interfaces, so its flow logs stay empty"
    traffic = _traffic(context, network_interfaces)
    if traffic:
        gigabytes = traffic / BYTES_OF_A_FLOW * RECORD_BYTES / _DAYS * _MONTH / 1e9
        basis = (
            f"the {traffic / 1e9:.1f} GB that CloudWatch counted on its instances and NAT gateways in {_DAYS} days, "
            f"at {BYTES_OF_A_FLOW // 1000} kB per record,"
        )
    else:
        gigabytes = len(network_interfaces) * FLOWS * RECORD_BYTES * 6 * 24 * _MONTH / 1e9
        basis = f"{len(network_interfaces)} network interfaces with {FLOWS} flows each in ten minutes"
    price = gigabytes * PRICE
    reason = (
        f"{basis} produce about {gigabytes:.1f} GB ({price:.0f} USD) of flow logs a month at {PRICE:.2f} USD per GB "
        f"(us-east-1, {PRICED}); a busy VPC can produce many times that"
    )
    existing = [
        flow_log
        for draft in context.changes
        if draft.setting == FLOW_LOG
        for flow_log in others(draft.before)
    ]
    if existing:
        kinds = ", ".join(sorted({str(flow_log.get("TrafficType")) for flow_log in existing}))
        reason += f". The existing flow log for {kinds} stays, so that traffic is logged twice"
    return (Outcome.WARN if price >= WORTH_A_WARNING else Outcome.PASS), reason


def _traffic(context: GuardContext, network_interfaces: Sequence[Interface]) -> float:
    """Bytes that CloudWatch counted on the interfaces' instances and NAT gateways; 0 when it has no metrics."""
    metrics = list(_metrics(network_interfaces))[:_MOST_QUERIES]
    if not metrics:
        return 0.0
    now = datetime.now(UTC)
    queries: list[Json] = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": space,
                    "MetricName": name,
                    "Dimensions": [{"Name": dimension, "Value": value}],
                },
                "Period": 86_400,
                "Stat": "Sum",
            },
        }
        for number, (space, name, dimension, value) in enumerate(metrics)
    ]
    request: dict[str, Json] = {
        "MetricDataQueries": queries,
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
    }
    try:
        results = context.cloud.pages(
            Call("aws", "cloudwatch", "GetMetricData", request, context.target.region), "MetricDataResults"
        )
    except CloudError:
        return 0.0  # the estimate then uses the number of interfaces
    return sum(float(value) for result in results for value in result.get("Values") or [])


def _metrics(network_interfaces: Sequence[Interface]) -> Iterable[tuple[str, str, str, str]]:
    """(namespace, metric, dimension, value) of the traffic metrics."""
    for instance in sorted({instance_of(interface) for interface in network_interfaces} - {""}):
        for name in _INSTANCE:
            yield "AWS/EC2", name, "InstanceId", instance
    for gateway in sorted({_gateway(interface) for interface in network_interfaces} - {""}):
        for name in _NAT:
            yield "AWS/NATGateway", name, "NatGatewayId", gateway


def _gateway(interface: Any) -> str:
    """The id of the NAT gateway that owns the interface, or "": EC2 calls it "Interface for NAT Gateway nat-…"."""
    start, _, id = str(interface.get("Description", "")).rpartition("NAT Gateway ")
    return str(id) if start and str(id).startswith("nat-") else ""


GUARDS = {"flow-log-cost": flow_log_cost}
