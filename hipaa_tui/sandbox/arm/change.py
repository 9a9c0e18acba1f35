"""The write that is under way, as the rules of each service see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hipaa_tui.sandbox.arm.estate import Estate
from hipaa_tui.support.json_value import Json


@dataclass(slots=True)
class Change:
    """`old` is the kept body (None on creation), `new` what it becomes, `sent` the cleaned request body.

    A rule may alter `new`, raise ArmError, or write other resources of the estate. `conditional` says
    whether the request carried If-Match; `oid` is the caller's object id.
    """

    estate: Estate
    id: str
    type: str
    old: dict[str, Json] | None
    new: dict[str, Json]
    sent: dict[str, Json]
    oid: str = ""
    conditional: bool = False

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of `new`, made where they are missing."""
        found: dict[str, Any] = self.new.setdefault("properties", {})
        return found

    @property
    def parent(self) -> str:
        """The id of the resource that this one is nested in."""
        return self.id.rsplit("/", 2)[0]

    @property
    def name(self) -> str:
        return self.id.rpartition("/")[2]
