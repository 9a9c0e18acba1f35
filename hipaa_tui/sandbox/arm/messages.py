"""The requests and responses that pass between the wire and the resource model, free of sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa_tui.support.json_value import Json


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    `path` is percent-encoded and without the query; `query` and `headers` have lower-case names.
    `body` is the parsed JSON, None for none. `base` is the server's URL without a path.
    """

    method: str
    path: str
    base: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    raw_query: str = ""

    @property
    def api_version(self) -> str:
        return self.query.get("api-version", "")

    @property
    def target(self) -> str:
        """Path and query, as they were sent."""
        return f"{self.path}?{self.raw_query}" if self.raw_query else self.path


@dataclass(slots=True)
class Response:
    """One HTTP response; `body` is JSON, None for an empty one."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
