"""The planned state: the live configuration with the changes planned so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.providers.registry import setting as registered
from hipaa_tui.support.json_value import ABSENT

Read = Callable[[str, Target], Reading]


@dataclass
class Overlay:
    """Reads from the planned changes, else from the layer below (another overlay or the cloud)."""

    below: Read
    planned: dict[tuple[str, str], tuple[str, Reading]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def __call__(self, setting: str, target: Target) -> Reading:
        found = self.planned.get((setting, target.key))
        if found is not None:
            return found[1]
        if target.key in self.made and not registered(setting).creates_resource:
            return Reading(ABSENT)  # of a resource that is not there yet nothing is set
        return self.below(setting, target)

    def plan(self, change: str, setting: str, target: Target, before: Reading, after: Reading) -> None:
        """Add a planned change."""
        self.planned[(setting, target.key)] = (change, after)
        if before.absent and not after.absent and registered(setting).creates_resource:
            self.made.add(target.key)

    def maker(self, setting: str, target: Target) -> tuple[str, Reading] | None:
        """(change id, planned reading) if a planned change is about this setting, else None."""
        return self.planned.get((setting, target.key))

    def take(self, other: Overlay) -> None:
        """Add the changes of another overlay."""
        self.planned.update(other.planned)
        self.made.update(other.made)
