"""Finds the changes of a plan that depend on a failed one, so that the others can go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from hipaa_tui.plans.model import Change
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import references


@dataclass
class Lost:
    """The failed changes and those that depend on them."""

    groups: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    count: int = 0

    def __bool__(self) -> bool:
        return bool(self.ids)

    @classmethod
    def of(cls, change: Change) -> Lost:
        """The dependents if only this change had failed."""
        lost = cls()
        lost.add(change)
        return lost

    def add(self, change: Change) -> None:
        """A change failed: the rest of its group and whatever uses its setting or its new resource are lost."""
        self.count += 1
        self._lose(change)

    def takes(self, change: Change) -> bool:
        """Does the change depend on a lost one? Then it is lost, too."""
        builds = (
            change.group in self.groups
            or bool(self.touched & {change.target.key, f"{change.setting} {change.target.key}"})
            or any(id in self.ids for id, _ in references(change.after))
        )
        if builds:
            self._lose(change)
        return builds

    def _lose(self, change: Change) -> None:
        self.groups.add(change.group)
        self.ids.add(change.id)
        self.touched.add(f"{change.setting} {change.target.key}")
        if change.verb == "create" and setting(change.setting).creates_resource:
            self.touched.add(change.target.key)
