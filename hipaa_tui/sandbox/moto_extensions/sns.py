"""What moto lacks of SNS: it keeps by which role a topic's deliveries are logged, and does not tell."""

from __future__ import annotations

from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sns.responses import SNSResponse

_PROTOCOLS = ("Application", "Firehose", "HTTP", "Lambda", "SQS")
_FIELDS = ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
_get_topic_attributes = SNSResponse.get_topic_attributes


def get_topic_attributes(self: Any) -> Any:
    """sns:GetTopicAttributes with the attributes of the log of deliveries that were set."""
    answer: Any = _get_topic_attributes(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    for name in (protocol + field for protocol in _PROTOCOLS for field in _FIELDS):
        if value := vars(topic).get(camelcase_to_underscores(name)):
            answer.result["Attributes"][name] = value
    return answer


def install() -> None:
    """Teach moto."""
    SNSResponse.get_topic_attributes = get_topic_attributes  # type: ignore[method-assign]
