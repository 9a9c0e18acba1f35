"""Settings that are brought to a value on a live server, at once or call by call, and a cloud that refuses to be read."""

from __future__ import annotations

from typing import Any

from hipaa_tui.providers.model import Call, Cloud, CloudError, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import OWN_ANSWER, Json, at, resolve


def bring(aws: Cloud, id: str, target: Target, value: Json) -> list[Call]:
    """Carry out the calls that bring a setting to the value; gives the calls."""
    one = setting(id)
    answers: dict[str, Any] = {}
    calls = one.calls(target, one.read(aws, target), value)
    for call in calls:
        ready = resolve(
            dict(call.arguments), lambda id, name: at(answers, name) if id == OWN_ANSWER else None
        )
        answers.update(aws.call(Call(call.provider, call.service, call.operation, ready, call.region)))
    return list(calls)


def write(aws: Cloud, id: str, target: Target, value: Json) -> Json:
    """Bring a setting to the value; gives what it is then."""
    bring(aws, id, target, value)
    return setting(id).read(aws, target).value


def walk(aws: Cloud, one: Any, target: Target, value: Json) -> None:
    """Carry the calls out one by one: what stands between them is what `between` says."""
    before = one.read(aws, target)
    calls = one.calls(target, before, value)
    stages = one.between(target, before.value, value)
    assert len(stages) == len(calls) - 1
    for call, stage in zip(calls, stages, strict=False):
        aws.call(call)
        half = one.read(aws, target)
        assert one.same(half.value, stage)
        # What is still to do from here is the rest of the plan.
        left = one.calls(target, half, value)
        assert [one.operation for one in left] == [c.operation for c in calls[calls.index(call) + 1 :]]
    aws.call(calls[-1])


class Closed:
    """A cloud that refuses every call with this code, or says why in this sentence."""

    provider = "aws"

    def __init__(self, code: str, sentence: str = "no") -> None:
        self.code, self.sentence = code, sentence

    def call(self, call: Call) -> dict[str, Any]:
        raise CloudError(self.code, self.sentence, status=403, call=call)

    def pages(self, call: Call, items: str) -> list[Any]:
        raise CloudError(self.code, self.sentence, status=403, call=call)
