"""What it takes to answer one request: bundled, so that no step of it is called with seven arguments."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_tui.sandbox.arm import catalogue
from hipaa_tui.sandbox.arm.address import Address
from hipaa_tui.sandbox.arm.catalogue import Type
from hipaa_tui.sandbox.arm.estate import Estate
from hipaa_tui.sandbox.arm.messages import Request
from hipaa_tui.sandbox.arm.operations import Operations


@dataclass(frozen=True, slots=True)
class Context:
    """`oid` is the caller's object id, "" where the token names none."""

    estate: Estate
    operations: Operations
    request: Request
    at: Address
    oid: str

    @property
    def kind(self) -> Type:
        """The type that the address names."""
        return catalogue.find(self.at.type)

    @property
    def conditional(self) -> bool:
        """Does the request carry If-Match?"""
        return "if-match" in self.request.headers

    def filter(self) -> str:
        """The $filter of a list, "" for none."""
        return self.request.query.get("$filter", "")
