"""Whether SNS writes down what became of each message that it delivered.

SNS does so for application, Firehose, HTTP, Lambda and SQS endpoints, each with a role that it writes with; for mail
and text messages a topic has no such attributes.
https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.sns.settings import Topics, attributes
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

PROTOCOLS: Final = ("Application", "Firehose", "HTTP", "Lambda", "SQS")
_FIELDS: Final = {
    "Failure": "FailureFeedbackRoleArn",
    "Success": "SuccessFeedbackRoleArn",
    "Rate": "SuccessFeedbackSampleRate",
}
_NOBODY: Final = {"Failure": "", "Success": "", "Rate": 0}


class DeliveryLogging(Setting):
    """{protocol: {"Failure": role's ARN or "", "Success": likewise, "Rate": percent of the successes}}

    ABSENT where there is no such topic.
    """

    id = "aws.sns.delivery-logging"
    title = "Log of deliveries"
    resource = Topics.name
    reads = (Operation("sns", "GetTopicAttributes"),)
    writes = (Operation("sns", "SetTopicAttributes", also=("iam:PassRole",)),)
    # A role that was made a moment ago is not known everywhere yet.
    retry_codes = ("InvalidParameter", "InvalidParameterException")
    terraform = ("aws_sns_topic",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = attributes(cloud, target)
        if about is None:
            return Reading(ABSENT)
        value = {
            protocol: {
                "Failure": str(about.get(protocol + _FIELDS["Failure"]) or ""),
                "Success": str(about.get(protocol + _FIELDS["Success"]) or ""),
                "Rate": int(about.get(protocol + _FIELDS["Rate"]) or 0),
            }
            for protocol in PROTOCOLS
        }
        return Reading(value, {"Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [
            Call(
                "aws",
                "sns",
                "SetTopicAttributes",
                {
                    "TopicArn": target.id,
                    "AttributeName": protocol + _FIELDS[field],
                    "AttributeValue": str(value) if field == "Rate" else value,
                },
                target.region,
            )
            for protocol, field, value in _steps(before.value, after)
        ]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        stages: list[Json] = []
        now = before
        for protocol, field, value in _steps(before, after):
            now = {**now, protocol: {**now[protocol], field: value}}
            stages.append(now)
        return stages[:-1]


def _steps(before: Json, after: Json) -> list[tuple[str, str, Any]]:
    """(protocol, field, value) of each attribute that changes: what a topic takes in one call."""
    return [
        (protocol, field, after[protocol][field])
        for protocol in PROTOCOLS
        for field in _FIELDS
        if before[protocol][field] != after[protocol][field]
    ]


def deliveries_logged(current: Json, wanted: Json) -> Json:
    """{"role", "rate"}: failures and successes of every kind of endpoint are logged; roles that are there stay.

    A sample rate stays where successes are logged already, since it is somebody's choice.
    """
    if current is ABSENT:
        raise ValueError("there is no such topic")
    return {
        protocol: {
            "Failure": found["Failure"] or wanted["role"],
            "Success": found["Success"] or wanted["role"],
            "Rate": found["Rate"] if found["Success"] else int(wanted["rate"]),
        }
        for protocol in PROTOCOLS
        for found in (current.get(protocol) or _NOBODY,)
    }


SETTINGS = (DeliveryLogging(),)
BUILDERS = {"deliveries_logged": deliveries_logged}
