"""Looks who comes in through the rules that are to be narrowed, and what a VPC's flow logs may cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.plans.guards.model import Draft, Look, Outcome, Verdict
from hipaa_tui.settings.aws.ec2_ingress import ALL, Rule, opened, plain
from hipaa_tui.settings.aws.flow_logs import others
from hipaa_tui.settings.model import Call

INGRESS = "aws.ec2.security-group-ingress"
FLOW_LOG = "aws.ec2.vpc-flow-log"
_WEB: Final = (80, 443)
_MANAGEMENT: Final = (22, 3389, 5985, 5986)
_CONTROLLERS: Final = ("elbv2.k8s.aws/cluster", "ingress.k8s.aws/cluster")
_SHOWN: Final = 5

FLOWS: Final = 200
"""Flows that an interface is taken to have in each ten minutes: our own guess for a server at work."""
RECORD_BYTES: Final = 140
"""Of a record in the default format, about 114, and the 26 that CloudWatch Logs counts for each event."""
PRICE: Final = 0.50
"""USD for a GB of vended logs into CloudWatch Logs in us-east-1, the first 10 TB of a month
(Amazon CloudWatch pricing, "Vended logs"); other regions cost more."""
WORTH_A_WARNING: Final = 50.0
"""USD a month."""


def sg_operator_path(look: Look) -> Verdict:
    """Blocks where visitors of a load balancer would be cut off; warns of sessions that end."""
    drafts = [draft for draft in look.changes if draft.setting == INGRESS]
    if not drafts:
        return Outcome.PASS, "no rule changes"
    draft = drafts[0]
    keeper = _kept_by(look.read(INGRESS, draft.target).identity.get("Tags") or {})
    if keeper:
        return Outcome.BLOCK, f"{keeper} keeps this group's rules and would put them back: change them there"
    interfaces = _interfaces(look, "group-id", draft.target.name)
    if not interfaces:
        return Outcome.PASS, "nothing uses the group now"
    web = [port for port in _WEB if _lost(draft, port)]
    balancers = sorted({str(one.get("Description")) for one in interfaces if _of_load_balancer(one)})
    if web and balancers:
        return (
            Outcome.BLOCK,
            f"visitors of {_listed(balancers)} come in on {_ports(web)} by a rule that is to be narrowed: "
            "add rules for these ports by themselves first",
        )
    notes = []
    if web:
        notes.append(f"visitors from the Internet on {_ports(web)} are refused too: add rules for them first")
    closed = [port for port in _MANAGEMENT if _lost(draft, port)]
    if closed:
        notes.append(
            f"sessions on {_ports(closed)} to {_listed(_users(interfaces))} start only from "
            f"{', '.join(_allowed(draft)) or 'nowhere'}: make sure that you have that way in, or Session Manager"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"nobody's way to {_listed(_users(interfaces))} on a web or management port changes"


def _kept_by(tags: Mapping[str, str]) -> str:
    for key, value in tags.items():
        if key in _CONTROLLERS:
            return f"the load balancer controller of the Kubernetes cluster {value}"
        if key.startswith("kubernetes.io/cluster/") and value == "owned":
            return f"the Kubernetes cluster {key.rpartition('/')[2]}"
    return ""


def _interfaces(look: Look, name: str, value: str) -> list[dict[str, Any]]:
    request = {"Filters": [{"Name": name, "Values": [value]}]}
    return look.cloud.pages(
        Call("aws", "ec2", "DescribeNetworkInterfaces", request, look.target.region), "NetworkInterfaces"
    )


def _of_load_balancer(interface: Mapping[str, Any]) -> bool:
    # Elastic Load Balancing describes its own interfaces as "ELB app/NAME/ID", "ELB NAME" and so on.
    return str(interface.get("Description", "")).startswith("ELB ") or "load_balancer" in str(
        interface.get("InterfaceType", "")
    )


def _lost(draft: Draft, port: int) -> bool:
    """Is the port open to the Internet before the change, and not after it?"""
    return _lets(draft.before["rules"], port) and not _lets(draft.after["rules"], port)


def _lets(rules: Sequence[Mapping[str, Any]], port: int) -> bool:
    return any(opened(rule, (), [port]) for rule in rules)


def _allowed(draft: Draft) -> list[str]:
    """Who may use a management port after the change."""
    return sorted(
        {str(rule["source"]) for rule in map(plain, draft.after["rules"]) if _covers(rule, _MANAGEMENT)}
    )


def _covers(rule: Rule, ports: Sequence[int]) -> bool:
    if rule["protocol"] == ALL:
        return True
    first, last = rule.get("from", 0), rule.get("to", 65_535)
    return rule["protocol"] == "tcp" and any(first <= port <= last for port in ports)


def _users(interfaces: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the interfaces belong to: instances by their id, the rest by what the service calls it."""
    return sorted(
        {
            str(
                (one.get("Attachment") or {}).get("InstanceId")
                or one.get("Description")
                or one["NetworkInterfaceId"]
            )
            for one in interfaces
        }
    )


def _ports(ports: Sequence[int]) -> str:
    return ", ".join(map(str, ports))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def flow_log_cost(look: Look) -> Verdict:
    """Says what the logs may cost, and on what that guess stands; warns where it is worth a thought."""
    count = len(_interfaces(look, "vpc-id", look.target.name))
    gigabytes = count * FLOWS * RECORD_BYTES * 6 * 24 * 30 / 1e9
    price = gigabytes * PRICE
    basis = (
        f"{count} network interfaces at {FLOWS} flows in ten minutes each make about {gigabytes:.1f} GB "
        f"({price:.0f} USD) a month; busy ones make many times that"
    )
    have = [one for draft in look.changes if draft.setting == FLOW_LOG for one in others(draft.before)]
    if have:
        kinds = ", ".join(sorted({str(one.get("TrafficType")) for one in have}))
        basis += f". A flow log for {kinds} is there and stays, so that traffic is logged twice"
    if price >= WORTH_A_WARNING:
        return Outcome.WARN, basis
    return Outcome.PASS, basis if count else "nothing is in the VPC, so its flow logs stay empty"


GUARDS = {"sg-operator-path": sg_operator_path, "flow-log-cost": flow_log_cost}
CAUTIOUS = ("sg-operator-path",)
