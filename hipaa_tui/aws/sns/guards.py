"""Looks at who speaks to a topic and who listens, before it is encrypted or told of alarms."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import services
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type

_SHOWN: Final = 5


def topic_publishers(look: Look) -> Verdict:
    """Blocks a key that the services that publish may not use: alarms and events would be dropped without a word.

    Warns of other accounts that publish, and of programs, which nobody can list: each needs the key.
    """
    asked = Call("aws", "sns", "GetTopicAttributes", {"TopicArn": look.target.id}, look.target.region)
    text = str((look.cloud.call(asked).get("Attributes") or {}).get("Policy") or "")
    named = sorted(set(services(text)))
    alarms = _alarms(look)
    speakers = sorted({*named, *(["cloudwatch.amazonaws.com"] if alarms else [])})
    key = str(look.arguments.get("key") or "")
    if key and speakers:
        held = {"KeyId": key, "PolicyName": "default"}
        shut = [one for one in speakers if one not in _may_use(look, held)]
        if shut:
            return (
                Outcome.BLOCK,
                f"{', '.join(shut[:_SHOWN])} may publish and may not use the key: let them, or leave the key empty",
            )
    strangers = _strangers(text, look.target.account)
    if strangers:
        return Outcome.WARN, f"{', '.join(strangers[:_SHOWN])} may publish and need a right to the key first"
    return (
        Outcome.WARN,
        "programs that publish need kms:GenerateDataKey and kms:Decrypt on the key: look at their roles",
    )


def _may_use(look: Look, held: dict[str, str]) -> set[str]:
    text = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", dict(held), look.target.region))["Policy"]
    return set(services(str(text)))


def _alarms(look: Look) -> list[str]:
    found = look.cloud.pages(
        Call("aws", "cloudwatch", "DescribeAlarms", {}, look.target.region), "MetricAlarms"
    )
    return [str(one["AlarmName"]) for one in found if look.target.id in (one.get("AlarmActions") or [])]


def _strangers(text: str, account: str) -> list[str]:
    found = set()
    for one in documents.statements(text) if text else []:
        principal = documents.meaning(one).get("Principal")
        for name in (principal.get("AWS") or []) if isinstance(principal, dict) else []:
            if name not in {"*", account} and f":{account}:" not in name:
                found.add(str(name))
    return sorted(found)


def alarm_is_heard(look: Look) -> Verdict:
    """Warns where nobody has subscribed to the topic, or confirmed it: an alarm that nobody hears is none."""
    topic = str(look.arguments["topic"])
    target = resource_type("AWS::SNS::Topic").target(topic, look.target.account, look.target.region)
    if target is None:
        return Outcome.BLOCK, f"{topic} is no topic"
    if target.region != look.target.region:
        return (
            Outcome.BLOCK,
            f"the topic is in {target.region}, and alarms of {look.target.region} cannot reach it",
        )
    if look.read("aws.sns.topic", target).value is None:
        return Outcome.BLOCK, f"there is no topic {target.name}: make it, or leave the answer empty"
    try:
        asked = Call("aws", "sns", "ListSubscriptionsByTopic", {"TopicArn": topic}, look.target.region)
        listed = look.cloud.pages(asked, "Subscriptions")
    except CloudError:  # a topic that this plan makes
        listed = []
    heard = [one for one in listed if str(one.get("SubscriptionArn")) != "PendingConfirmation"]
    if not heard:
        return Outcome.WARN, f"nobody hears {target.name} yet: `aws sns subscribe`, and let them confirm it"
    return Outcome.PASS, f"{len(heard)} hear {target.name}"


GUARDS: Final = {"topic-publishers": topic_publishers, "alarm-is-heard": alarm_is_heard}
CAUTIOUS: Final = ("topic-publishers",)
