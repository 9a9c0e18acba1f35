"""Checks the publishers of an SNS topic before it is encrypted, and its subscribers before alarms are sent to it."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import services
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type

_SHOWN: Final = 5


def topic_publishers(context: GuardContext) -> Verdict:
    """Blocks a KMS key that publishing services may not use: alarms and events would be dropped silently.

    Otherwise warns: other accounts and applications that publish need the key too, and no API lists applications.
    """
    request = Call("aws", "sns", "GetTopicAttributes", {"TopicArn": context.target.id}, context.target.region)
    policy = str((context.cloud.call(request).get("Attributes") or {}).get("Policy") or "")
    principals = sorted(set(services(policy)))
    alarms = _alarms(context)
    publishers = sorted({*principals, *(["cloudwatch.amazonaws.com"] if alarms else [])})
    key = str(context.arguments.get("key") or "")
    if key and publishers:
        key_request = {"KeyId": key, "PolicyName": "default"}
        refused = [publisher for publisher in publishers if publisher not in _may_use(context, key_request)]
        if refused:
            return (
                Outcome.BLOCK,
                f"{', '.join(refused[:_SHOWN])} may publish to the topic, but the key policy does not grant them the "
                "key: grant it, or leave the key answer empty",
            )
    outsiders = _outsiders(policy, context.target.account)
    if outsiders:
        return (
            Outcome.WARN,
            f"{', '.join(outsiders[:_SHOWN])} may publish to the topic: grant them the KMS key first",
        )
    return (
        Outcome.WARN,
        "applications that publish need kms:GenerateDataKey and kms:Decrypt on the key: check their roles first",
    )


def _may_use(context: GuardContext, request: dict[str, str]) -> set[str]:
    policy = context.cloud.call(Call("aws", "kms", "GetKeyPolicy", dict(request), context.target.region))[
        "Policy"
    ]
    return set(services(str(policy)))


def _alarms(context: GuardContext) -> list[str]:
    alarms = context.cloud.pages(
        Call("aws", "cloudwatch", "DescribeAlarms", {}, context.target.region), "MetricAlarms"
    )
    return [
        str(alarm["AlarmName"]) for alarm in alarms if context.target.id in (alarm.get("AlarmActions") or [])
    ]


def _outsiders(policy: str, account: str) -> list[str]:
    outsiders = set()
    for statement in documents.statements(policy) if policy else []:
        principal = documents.meaning(statement).get("Principal")
        for name in (principal.get("AWS") or []) if isinstance(principal, dict) else []:
            if name not in {"*", account} and f":{account}:" not in name:
                outsiders.add(str(name))
    return sorted(outsiders)


def alarm_is_heard(context: GuardContext) -> Verdict:
    """Blocks a topic that does not exist or is in another region; warns when it has no confirmed subscription."""
    topic = str(context.arguments["topic"])
    target = resource_type("AWS::SNS::Topic").target(topic, context.target.account, context.target.region)
    if target is None:
        return Outcome.BLOCK, f"{topic} is not the ARN of an SNS topic"
    if target.region != context.target.region:
        return (
            Outcome.BLOCK,
            f"the topic is in {target.region}, and alarms in {context.target.region} can only notify a topic of their "
            "own region",
        )
    if context.read("aws.sns.topic", target).value is None:
        return Outcome.BLOCK, f"the topic {target.name} does not exist: create it, or leave the answer empty"
    try:
        request = Call("aws", "sns", "ListSubscriptionsByTopic", {"TopicArn": topic}, context.target.region)
        subscriptions = context.cloud.pages(request, "Subscriptions")
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
BLOCK_ON_ERROR: Final = ("topic-publishers",)
