"""A resource block of the code, and the result of searching for the block that manages a resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hipaa_tui.patches.code.instances import Instance
from hipaa_tui.patches.language.syntax import Declared, Traversal

Values = frozenset[str] | None
"""The strings that an expression can be; None where only Terraform can tell."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource block and where it stands: `scope` is the module's folder. `own` is one of the patch itself."""

    file: str
    block: Declared
    scope: str = ""
    own: bool = False

    @property
    def type(self) -> str:
        return self.block.labels[0]

    @property
    def address(self) -> str:
        return self.block.address

    @property
    def where(self) -> str:
        return f"{self.file}:{self.block.line} ({self.address})"

    @property
    def many(self) -> bool:
        """With count or for_each its address needs an index."""
        return any(self.block.value(name) is not None for name in ("count", "for_each"))

    @property
    def provider(self) -> str:
        """The alias after the dot, "" for the default provider."""
        found = self.block.value("provider")
        return ".".join(found.parts[1:]) if isinstance(found, Traversal) else ""


@dataclass(frozen=True, slots=True)
class Managed:
    """Where an object is managed already.

    `where` is "main.tf:12 (address)"; `address` can be referred to from the root module, "" where nothing can.
    `resource` is the block that manages it, None where it is only a part of another; `instances` are those of the
    block that are the object, none where the block stands for one thing. `inside` is a block of another type that
    holds the object as a part of its own.
    """

    where: str
    address: str = ""
    resource: Resource | None = None
    instances: tuple[Instance, ...] = ()
    inside: Resource | None = None


def alone(found: Sequence[Managed]) -> Managed:
    """The one that manages an object; where several may, none of them, and all are named."""
    if len(found) > 1:
        return Managed(" or ".join(one.where for one in found[:4]))
    (one,) = found
    if len(one.instances) > 1:
        several = " and ".join(each.address for each in one.instances[:4])
        return Managed(f"{one.where}, where {several} are the same object")
    return one
