"""Checks the publishers of an SNS topic before it is encrypted, and its subscribers before alarms are sent to it."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import services
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type

_SHOWN: Final = 5


def topic_publishers(look: Look) -> Verdict:
    """Blocks a KMS key that publishing services may not use: alarms and events would be dropped silently.

    Otherwise warns: other accounts and applications that publish need the key too, and no API lists applications.
    """
    request = Call("aws", "sns", "GetTopicAttributes", {"TopicArn": look.target.id}, look.target.region)
    policy = str((look.cloud.call(request).get("Attributes") or {}).get("Policy") or "")
    principals = sorted(set(services(policy)))
    alarms = _alarms(look)
    publishers = sorted({*principals, *(["cloudwatch.amazonaws.com"] if alarms else [])})
    key = str(look.arguments.get("key") or "")
    if key and publishers:
        key_request = {"KeyId": key, "PolicyName": "default"}
        refused = [publisher for publisher in publishers if publisher not in _may_use(look, key_request)]
        if refused:
            return (
                Outcome.BLOCK,
                f"{', '.join(refused[:_SHOWN])} may publish to the topic, but the key policy does not grant them the "
                "key: grant it, or leave the key answer empty",
            )
    outsiders = _outsiders(policy, look.target.account)
    if outsiders:
        return (
            Outcome.WARN,
            f"{', '.join(outsiders[:_SHOWN])} may publish to the topic: grant them the KMS key first",
        )
    return (
        Outcome.WARN,
        "applications that publish need kms:GenerateDataKey and kms:Decrypt on the key: check their roles first",
    )


def _may_use(look: Look, request: dict[str, str]) -> set[str]:
    policy = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", dict(request), look.target.region))["Policy"]
    return set(services(str(policy)))


def _alarms(look: Look) -> list[str]:
    alarms = look.cloud.pages(
        Call("aws", "cloudwatch", "DescribeAlarms", {}, look.target.region), "MetricAlarms"
    )
    return [
        str(alarm["AlarmName"]) for alarm in alarms if look.target.id in (alarm.get("AlarmActions") or [])
    ]


def _outsiders(policy: str, account: str) -> list[str]:
    outsiders = set()
    for statement in documents.statements(policy) if policy else []:
        principal = documents.meaning(statement).get("Principal")
        for name in (principal.get("AWS") or []) if isinstance(principal, dict) else []:
            if name not in {"*", account} and f":{account}:" not in name:
                outsiders.add(str(name))
    return sorted(outsiders)


def alarm_is_heard(look: Look) -> Verdict:
    """Blocks a topic that does not exist or is in another region; warns when it has no confirmed subscription."""
    topic = str(look.arguments["topic"])
    target = resource_type("AWS::SNS::Topic").target(topic, look.target.account, look.target.region)
    if target is None:
        return Outcome.BLOCK, f"{topic} is not the ARN of an SNS topic"
    if target.region != look.target.region:
        return (
            Outcome.BLOCK,
            f"the topic is in {target.region}, and alarms in {look.target.region} can only notify a topic of their "
            "own region",
        )
    if look.read("aws.sns.topic", target).value is None:
        return Outcome.BLOCK, f"the topic {target.name} does not exist: create it, or leave the answer empty"
    try:
        request = Call("aws", "sns", "ListSubscriptionsByTopic", {"TopicArn": topic}, look.target.region)
        subscriptions = look.cloud.pages(request, "Subscriptions")
    except CloudError:  # a topic that this plan creates
        subscriptions = []
    confirmed = [
        subscription
        for subscription in subscriptions
        if str(subscription.get("SubscriptionArn")) != "PendingConfirmation"
    ]
    if not confirmed:
        return (
            Outcome.WARN,
            f"{target.name} has no confirmed subscription: add one with `aws sns subscribe` and have it confirmed",
        )
    return Outcome.PASS, f"{target.name} has {len(confirmed)} confirmed subscriptions"


GUARDS: Final = {"topic-publishers": topic_publishers, "alarm-is-heard": alarm_is_heard}
CAUTIOUS: Final = ("topic-publishers",)
