"""Listeners of application and network load balancers: redirects to HTTPS, and the TLS that they speak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.elb import settings as elb
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import Json, canonical_bytes

_KEPT: Final = {
    "Protocol": "#{protocol}",
    "Port": "#{port}",
    "Host": "#{host}",
    "Path": "/#{path}",
    "Query": "#{query}",
}
"""What a redirect keeps of the request where nothing else is said."""


class HttpRedirect(Setting):
    """{"Listeners": [{"ListenerArn", "Port", "Actions": […], "Rules": [{"RuleArn", "Actions": […]}], "Redirects": bool}]}

    of those that speak HTTP. "Redirects" says whether no request is answered in the clear: for predicates, never
    compared or written.
    """

    id = "aws.elbv2.http-redirect"
    title = "What is done with unencrypted requests"
    resource = elb.NEWER_TYPE
    reads = (Operation("elbv2", "DescribeListeners"), Operation("elbv2", "DescribeRules"))
    writes = (Operation("elbv2", "ModifyListener"), Operation("elbv2", "ModifyRule"))
    terraform = ("aws_lb_listener", "aws_alb_listener")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        listeners = []
        for one in elb.listeners_of(cloud, target):
            if one.get("Protocol") != "HTTP":
                continue
            asked = elb.newer(target, "DescribeRules", ListenerArn=one["ListenerArn"])
            rules = [
                {"RuleArn": str(rule["RuleArn"]), "Actions": list(rule.get("Actions") or [])}
                for rule in cloud.pages(asked, "Rules")
                if not rule.get("IsDefault")
            ]
            listeners.append(
                _judged(
                    {
                        "ListenerArn": str(one["ListenerArn"]),
                        "Port": int(one["Port"]),
                        "Actions": list(one.get("DefaultActions") or []),
                        "Rules": sorted(rules, key=lambda rule: str(rule["RuleArn"])),
                    }
                )
            )
        return Reading({"Listeners": listeners}, {"Arn": target.id, "Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """The calls, each with the value that stands after it: the rules first, as they are asked first."""
        now: dict[str, dict[str, Any]] = {one["ListenerArn"]: dict(one) for one in before["Listeners"]}
        steps: list[tuple[Call, Json]] = []

        def step(request: Call) -> None:
            steps.append((request, {"Listeners": list(now.values())}))

        for one in after["Listeners"]:
            here = now.get(one["ListenerArn"])
            if here is None:
                continue  # a listener that is gone since
            have = {rule["RuleArn"]: rule for rule in here["Rules"]}
            for rule in one["Rules"]:
                known = have.get(rule["RuleArn"])
                if known is None or _plain(known["Actions"]) == _plain(rule["Actions"]):
                    continue
                have[rule["RuleArn"]] = rule
                here = {**here, "Rules": [have[arn] for arn in sorted(have)]}
                now[one["ListenerArn"]] = here
                step(elb.newer(target, "ModifyRule", RuleArn=rule["RuleArn"], Actions=rule["Actions"]))
            if _plain(here["Actions"]) != _plain(one["Actions"]):
                now[one["ListenerArn"]] = {**here, "Actions": one["Actions"]}
                listener = {"ListenerArn": one["ListenerArn"], "DefaultActions": one["Actions"]}
                step(elb.newer(target, "ModifyListener", **listener))
        return steps

    def canonical(self, value: Json) -> Json:
        return [
            {
                "listener": one["ListenerArn"],
                "actions": _plain(one["Actions"]),
                "rules": {rule["RuleArn"]: _plain(rule["Actions"]) for rule in one["Rules"]},
            }
            for one in value["Listeners"]
        ]


class TlsPolicy(Setting):
    """{"Listeners": [{"ListenerArn", "Port", "Protocol", "SslPolicy"}]} of those that encrypt."""

    id = "aws.elbv2.tls-policy"
    title = "TLS policy of the listeners"
    resource = elb.NEWER_TYPE
    reads = (Operation("elbv2", "DescribeListeners"),)
    writes = (Operation("elbv2", "ModifyListener"),)
    terraform = ("aws_lb_listener", "aws_alb_listener")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        listeners = [
            {
                "ListenerArn": str(one["ListenerArn"]),
                "Port": int(one["Port"]),
                "Protocol": str(one["Protocol"]),
                "SslPolicy": str(one.get("SslPolicy") or ""),
            }
            for one in elb.listeners_of(cloud, target)
            if one.get("Protocol") in {"HTTPS", "TLS"}
        ]
        return Reading({"Listeners": listeners}, {"Arn": target.id, "Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        now = {one["ListenerArn"]: one for one in before["Listeners"]}
        steps: list[tuple[Call, Json]] = []
        for one in after["Listeners"]:
            arn = one["ListenerArn"]
            if arn in now and now[arn]["SslPolicy"] != one["SslPolicy"]:
                now[arn] = one
                request = elb.newer(target, "ModifyListener", ListenerArn=arn, SslPolicy=one["SslPolicy"])
                steps.append((request, {"Listeners": list(now.values())}))
        return steps


def redirects(actions: list[Mapping[str, Any]]) -> bool:
    """Do the actions send every request on to HTTPS?"""
    return any(
        one.get("Type") == "redirect" and (one.get("RedirectConfig") or {}).get("Protocol") == "HTTPS"
        for one in actions
    )


def in_the_clear(actions: list[Mapping[str, Any]]) -> bool:
    """Does what is behind the load balancer get the request as it came?"""
    return any(one.get("Type") == "forward" for one in actions)


def _judged(listener: dict[str, Any]) -> dict[str, Any]:
    safe = redirects(listener["Actions"]) and not any(
        in_the_clear(rule["Actions"]) for rule in listener["Rules"]
    )
    return {**listener, "Redirects": safe}


def _plain(actions: list[Mapping[str, Any]]) -> list[str]:
    """One form for actions that do the same: a lone target group is said in two ways, a redirect's defaults in none."""
    found = []
    for one in actions:
        plain = {key: item for key, item in one.items() if key not in {"Order", "TargetGroupArn"} and item}
        if one.get("Type") == "forward":
            groups = (one.get("ForwardConfig") or {}).get("TargetGroups")
            groups = groups or [{"TargetGroupArn": one.get("TargetGroupArn")}]
            sticky = ((one.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {}).get(
                "Enabled"
            )
            alone = len(groups) == 1
            to = [(str(g["TargetGroupArn"]), 1 if alone else g.get("Weight", 1)) for g in groups]
            plain["ForwardConfig"] = {"groups": sorted(map(list, to)), "sticky": bool(sticky)}
        if one.get("Type") == "redirect":
            plain["RedirectConfig"] = {**_KEPT, **(one.get("RedirectConfig") or {})}
        found.append(canonical_bytes(plain).decode())
    return found


def with_https_redirect(current: Json, wanted: Json) -> Json:
    """Every HTTP listener, and every rule of it that forwards, sending requests on to HTTPS.

    `wanted` is {"port", "status"}: the port of the HTTPS listener, and HTTP_301 or HTTP_302.
    """
    action = {
        "Type": "redirect",
        "RedirectConfig": {
            **_KEPT,
            "Protocol": "HTTPS",
            "Port": str(wanted["port"]),
            "StatusCode": str(wanted["status"]),
        },
    }
    listeners = [
        _judged(
            {
                **one,
                "Actions": one["Actions"] if redirects(one["Actions"]) else [action],
                "Rules": [
                    {**rule, "Actions": [action]} if in_the_clear(rule["Actions"]) else rule
                    for rule in one["Rules"]
                ],
            }
        )
        for one in current["Listeners"]
    ]
    return {**current, "Listeners": listeners}


def with_tls_policy(current: Json, wanted: Json) -> Json:
    """`wanted["policy"]` where a listener has none of `wanted["good"]`, beginnings of policies' names."""
    good = tuple(wanted["good"])
    return {
        **current,
        "Listeners": [
            one if str(one["SslPolicy"]).startswith(good) else {**one, "SslPolicy": wanted["policy"]}
            for one in current["Listeners"]
        ],
    }


SETTINGS = (HttpRedirect(), TlsPolicy())
BUILDERS = {"with_https_redirect": with_https_redirect, "with_tls_policy": with_tls_policy}
