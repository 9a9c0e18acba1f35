"""Says what a VPC's flow logs may cost, and on what that guess stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hipaa_tui.aws.ec2.lookups import Interface, instance_of, interfaces
from hipaa_tui.aws.vpc.flow_logs import others
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.json_value import Json

FLOW_LOG: Final = "aws.ec2.vpc-flow-log"
FLOWS: Final = 200
"""Flows that an interface is taken to have in each ten minutes: our own guess for a server at work."""
BYTES_OF_A_FLOW: Final = 20_000
"""Bytes of traffic to one record: our own guess, an answer of a web server or a few of a database's."""
RECORD_BYTES: Final = 140
"""Of a record in the default format, about 114, and the 26 that CloudWatch Logs counts for each event."""
PRICE: Final = 0.50
"""USD for a GB of vended logs into CloudWatch Logs in us-east-1, the first 10 TB of a month
(Amazon CloudWatch pricing, "Vended logs"); other regions cost more."""
PRICED: Final = "January 2025"
WORTH_A_WARNING: Final = 50.0
"""USD a month."""
_DAYS: Final = 14
_MONTH: Final = 30
_MOST_QUERIES: Final = 500
"""Of one GetMetricData."""
_INSTANCE: Final = ("NetworkIn", "NetworkOut")
_NAT: Final = ("BytesInFromSource", "BytesInFromDestination", "BytesOutToSource", "BytesOutToDestination")


def flow_log_cost(look: Look) -> Verdict:
    """Says what the logs may cost, and on what that guess stands; warns where it is worth a thought."""
    found = interfaces(look, "vpc-id", look.target.name)
    if not found:
        return Outcome.PASS, "nothing is in the VPC, so its flow logs stay empty"
    traffic = _traffic(look, found)
    if traffic:
        gigabytes = traffic / BYTES_OF_A_FLOW * RECORD_BYTES / _DAYS * _MONTH / 1e9
        basis = (
            f"the {traffic / 1e9:.1f} GB that CloudWatch counted on its instances and NAT gateways in {_DAYS} days, "
            f"at {BYTES_OF_A_FLOW // 1000} kB a record,"
        )
    else:
        gigabytes = len(found) * FLOWS * RECORD_BYTES * 6 * 24 * _MONTH / 1e9
        basis = f"{len(found)} network interfaces at {FLOWS} flows in ten minutes each"
    price = gigabytes * PRICE
    reason = (
        f"{basis} make about {gigabytes:.1f} GB ({price:.0f} USD) a month at {PRICE:.2f} USD a GB "
        f"(us-east-1, {PRICED}); busy ones make many times that"
    )
    have = [one for draft in look.changes if draft.setting == FLOW_LOG for one in others(draft.before)]
    if have:
        kinds = ", ".join(sorted({str(one.get("TrafficType")) for one in have}))
        reason += f". A flow log for {kinds} is there and stays, so that traffic is logged twice"
    return (Outcome.WARN if price >= WORTH_A_WARNING else Outcome.PASS), reason


def _traffic(look: Look, found: Sequence[Interface]) -> float:
    """Bytes that CloudWatch counted in the last days on what the interfaces belong to; 0 where it has no figures."""
    metrics = list(_metrics(found))[:_MOST_QUERIES]
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
    asked: dict[str, Json] = {
        "MetricDataQueries": queries,
        "StartTime": (now - timedelta(days=_DAYS)).isoformat(),
        "EndTime": now.isoformat(),
    }
    try:
        results = look.cloud.pages(
            Call("aws", "cloudwatch", "GetMetricData", asked, look.target.region), "MetricDataResults"
        )
    except CloudError:
        return 0.0  # the number of interfaces has to do
    return sum(float(value) for one in results for value in one.get("Values") or [])


def _metrics(found: Sequence[Interface]) -> Iterable[tuple[str, str, str, str]]:
    """(namespace, metric, dimension, value) of what counts the traffic."""
    for instance in sorted({instance_of(one) for one in found} - {""}):
        for name in _INSTANCE:
            yield "AWS/EC2", name, "InstanceId", instance
    for gateway in sorted({_gateway(one) for one in found} - {""}):
        for name in _NAT:
            yield "AWS/NATGateway", name, "NatGatewayId", gateway


def _gateway(interface: Any) -> str:
    """The NAT gateway whose interface it is: EC2 describes it as "Interface for NAT Gateway nat-…"."""
    start, _, id = str(interface.get("Description", "")).rpartition("NAT Gateway ")
    return str(id) if start and str(id).startswith("nat-") else ""


GUARDS = {"flow-log-cost": flow_log_cost}
