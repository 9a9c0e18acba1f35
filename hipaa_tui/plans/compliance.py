"""Decides whether a resource complies with a playbook, and computes the value that each change wants.

Scan, planning and verification all use this, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hipaa_tui.playbooks.model import ChangeSpec, Playbook
from hipaa_tui.playbooks.templating import fill, text
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import builders, setting
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import ABSENT, Json, at, reference, references
from hipaa_tui.support.package_data import content_folder

Read = Callable[[str, Target], Reading]


class _Lazily(Mapping[str, Any]):
    """`current["setting.id"]` in a template: read on demand, on the finding's own resource."""

    def __init__(self, look: Callable[[str], Json]) -> None:
        self._look = look

    def __getitem__(self, key: str) -> Json:
        return self._look(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class Scene:
    """One playbook on one resource with its parameters: what is needed to compute values."""

    playbook: Playbook
    target: Target
    parameters: Mapping[str, Json]
    read: Read
    assigned: Callable[[str], Json] = field(default=lambda what: reference("?", what))
    """Resolves {$from}. Outside of planning, what an earlier change creates is unknown."""

    def variables(self) -> dict[str, Any]:
        """The variables of templates."""
        parts = self.target.id.split("/")
        lowered = [part.lower() for part in parts]
        group = parts[lowered.index("resourcegroups") + 1] if "resourcegroups" in lowered[:-1] else ""
        return {
            "id": self.target.id,
            "arn": self.target.id,
            "name": self.target.name,
            "account": self.target.account,
            "region": self.target.region,
            "location": self.target.region,
            "partition": self.target.partition,
            "resource_group": group,
            "param": self.parameters,
            "current": _Lazily(lambda key: self.read(key, self.target).value),
            "identity": _Lazily(lambda key: self.read(key, self.target).identity),
        }

    def fill(self, value: Json) -> Json:
        """A value of the playbook, filled in. ValueError says what is wrong."""
        return fill(
            value,
            self.variables(),
            parameters=self.parameters,
            assigned=self.assigned,
            current=self._current,
        )

    def applies(self, spec: ChangeSpec) -> bool:
        """Is the change's `when` true for the parameters?"""
        if spec.when is None:
            return True
        value = self.parameters.get(str(spec.when["parameter"]))
        if "is_set" in spec.when:
            return (value not in ("", None, [])) is bool(spec.when["is_set"])
        return bool(value == spec.when.get("equals"))

    def target_of(self, spec: ChangeSpec) -> Target:
        """The resource that the change is about. ValueError says what is wrong."""
        if spec.target is None:
            return self.target
        variables = self.variables()
        id = text(spec.target["id"], variables)
        name = id if self.target.provider == "aws" else id.rsplit("/", 1)[-1]
        return Target(
            provider=self.target.provider,
            type=spec.target["type"],
            account=self.target.account,
            region=text(spec.target.get("region", "{{ region }}"), variables),
            id=id,
            name=name.rsplit(":::", 1)[-1],
            partition=self.target.partition,
        )

    def predicate(self, spec: ChangeSpec) -> Json | None:
        """The change's predicate, filled in, or None if it has none."""
        return None if spec.complies is None else self.fill(spec.complies)

    def wanted(self, spec: ChangeSpec, current: Json) -> Json:
        """The value that the change brings the setting to. ValueError says why it cannot."""
        return builders()[spec.builder](current, self.fill(spec.arguments))

    def complies(self, spec: ChangeSpec, value: Json) -> bool:
        """Does `value` comply with the change? ValueError if that cannot be decided."""
        predicate = self.predicate(spec)
        if predicate is not None:
            return holds(predicate, value)
        wanted = self.wanted(spec, value)
        if any(references(wanted)) and not any(references(value)):
            return False  # what an earlier change makes cannot be what stands there now
        return setting(spec.setting).same(value, wanted)

    def _current(self, path: str) -> Json:
        provider, service, rest = [*path.split(".", 2), "", ""][:3]
        what, _, inside = rest.partition(".")
        reading = self.read(f"{provider}.{service}.{what}", self.target)
        if reading.value is ABSENT:
            raise ValueError(f"{provider}.{service}.{what} is absent on {self.target.name}")
        return at(reading.value, inside)


class MisfitError(ValueError):
    """A team's playbook gives a setting, a builder or a guard values of the wrong shape."""


@contextmanager
def misfits(playbook: Playbook) -> Iterator[None]:
    """A context manager: turns errors of a team's playbook into MisfitError. In a shipped one they are a bug."""
    try:
        yield
    except (InputError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        if playbook.path.is_relative_to(content_folder("playbooks")):
            raise
        raise MisfitError(
            f"{playbook.path.name} contains values of the wrong shape ({type(error).__name__}: {error})"
        ) from None


def resource_complies(scene: Scene) -> bool:
    """Do all of the playbook's primary settings of the resource comply? Raises CloudError, ValueError."""
    return all(
        scene.complies(spec, scene.read(spec.setting, scene.target).value)
        for spec in scene.playbook.primary
        if scene.applies(spec)
    )
