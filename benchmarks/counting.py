"""Counts and times the calls that reach a cloud, for the benchmarks."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence

from hipaa_tui.providers.model import Call, Caller, Cloud, Denied, Target
from hipaa_tui.support.json_value import Json


class Counting:
    """A cloud that counts what passes through it; `seconds` is the time spent in calls, over all threads."""

    def __init__(self, cloud: Cloud) -> None:
        self.provider = cloud.provider
        self._cloud = cloud
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.seconds = 0.0

    def call(self, call: Call) -> dict[str, Json]:
        started = time.perf_counter()
        try:
            return self._cloud.call(call)
        finally:
            self._count(call, started)

    def pages(self, call: Call, items: str) -> list[Json]:
        started = time.perf_counter()
        try:
            return self._cloud.pages(call, items)
        finally:
            self._count(call, started)

    def caller(self) -> Caller:
        return self._cloud.caller()

    def scan_regions(self, *, everywhere: bool = False) -> list[str]:
        return self._cloud.scan_regions(everywhere=everywhere)

    def denied(self, actions: Sequence[str], resource: Target) -> Denied:
        return self._cloud.denied(actions, resource)

    def _count(self, call: Call, started: float) -> None:
        with self._lock:
            self.calls[f"{call.service}:{call.operation}"] += 1
            self.seconds += time.perf_counter() - started
