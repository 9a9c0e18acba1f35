"""Finds settings, resource types, value builders and guards by name. Imports the services' modules at first use.

Each service is a package of `hipaa_tui.aws` or `hipaa_tui.azure`. Its modules declare SETTINGS, RESOURCE_TYPES and
BUILDERS; modules named `guards…` declare GUARDS and BLOCK_ON_ERROR. None of them imports an SDK, so looking up a setting is
cheap; an SDK is imported at the first call (`hipaa_tui.aws.cloud`, `hipaa_tui.azure.cloud`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Final

from hipaa_tui.providers.guard import Guard
from hipaa_tui.providers.model import ResourceType, Setting
from hipaa_tui.providers.value_builders import GENERAL, Builder
from hipaa_tui.support.errors import InputError

PROVIDERS: Final = ("aws", "azure")
_SDK: Final = "sdk"
"""The package of a provider that imports its SDK: it declares nothing and is skipped."""
_GUARDS: Final = "guards"


def service_modules(*, guards: bool) -> Iterator[ModuleType]:
    """Every module of the services and of the providers' shared packages: those with guards, or all others."""
    for provider in PROVIDERS:
        yield from _modules(importlib.import_module(f"hipaa_tui.{provider}"), guards)


def _modules(package: ModuleType, guards: bool) -> Iterator[ModuleType]:
    for entry in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{entry.name}"
        if entry.ispkg:
            if entry.name != _SDK:
                yield from _modules(importlib.import_module(name), guards)
        elif entry.name.startswith(_GUARDS) == guards:
            yield importlib.import_module(name)


@cache
def _declared() -> tuple[Mapping[str, Setting], Mapping[str, ResourceType]]:
    settings: dict[str, Setting] = {}
    types: dict[str, ResourceType] = {}
    for module in service_modules(guards=False):
        for setting in getattr(module, "SETTINGS", ()):
            if setting.id in settings:
                raise ValueError(f"setting {setting.id} is declared twice")
            settings[setting.id] = setting
        for resource_type in getattr(module, "RESOURCE_TYPES", ()):
            if resource_type.name in types:
                raise ValueError(f"resource type {resource_type.name} is declared twice")
            types[resource_type.name] = resource_type
    return MappingProxyType(settings), MappingProxyType(types)


@cache
def guards() -> tuple[Mapping[str, Guard], frozenset[str]]:
    """(the services' guards by name, the names of those that block if they cannot read what they need)."""
    found: dict[str, Guard] = {}
    cautious: set[str] = set()
    for module in service_modules(guards=True):
        own = getattr(module, "GUARDS", {})
        for name, guard in own.items():
            if name in found:
                raise ValueError(f"guard {name} is declared twice")
            found[name] = guard
        for name in getattr(module, "BLOCK_ON_ERROR", ()):
            # A misspelt name, or a text in place of a tuple, would let a guard pass that cannot look.
            if name not in own:
                raise ValueError(
                    f"{module.__name__}: BLOCK_ON_ERROR names {name!r}, which is not one of its guards"
                )
            cautious.add(name)
    return MappingProxyType(found), frozenset(cautious)


@cache
def builders() -> Mapping[str, Builder]:
    """Every value builder by its key in a playbook's change."""
    found = dict(GENERAL)
    for module in service_modules(guards=False):
        for name, builder in getattr(module, "BUILDERS", {}).items():
            if name in found:
                raise ValueError(f"builder {name} is declared twice")
            found[name] = builder
    return MappingProxyType(found)


def settings() -> Mapping[str, Setting]:
    """Every setting by id."""
    return _declared()[0]


def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type by its provider's name."""
    return _declared()[1]


def setting(id: str) -> Setting:
    """The setting with that id. InputError if there is none."""
    try:
        return settings()[id]
    except KeyError:
        raise InputError(f"there is no setting {id!r}; `hipaa-tui playbooks lint` lists them") from None


def resource_type(name: str) -> ResourceType:
    """The resource type with that name. InputError if there is none."""
    try:
        return resource_types()[name]
    except KeyError:
        raise InputError(f"there is no resource type {name!r}") from None
