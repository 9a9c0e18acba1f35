"""What moto does otherwise than SQS: attributes that are not named in a call stay, the queue's policy among them."""

from __future__ import annotations

from typing import Any

from moto.sqs.models import Queue

_set_attributes = Queue._set_attributes


def set_attributes(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    """sqs:SetQueueAttributes leaves the policy alone that nobody speaks of."""
    named = dict(attributes)
    if "Policy" not in named and "_policy_json" in vars(self):
        named["Policy"] = self.policy
    _set_attributes(self, named, now)


def install() -> None:
    """Teach moto."""
    Queue._set_attributes = set_attributes  # type: ignore[method-assign]
