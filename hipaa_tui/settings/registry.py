"""Finds settings, resource types and builders by name, importing a service's module only when asked.

Service modules hold declarations and no SDK import, so looking a setting up is cheap; the SDKs load
when the first call is made (`hipaa_tui.settings.aws.cloud`, `hipaa_tui.settings.azure.cloud`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from hipaa_tui.errors import InputError
from hipaa_tui.settings.model import ResourceType, Setting


@cache
def _declared() -> tuple[Mapping[str, Setting], Mapping[str, ResourceType]]:
    settings: dict[str, Setting] = {}
    types: dict[str, ResourceType] = {}
    for provider in ("aws", "azure"):
        package = importlib.import_module(f"hipaa_tui.settings.{provider}")
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            for setting in getattr(module, "SETTINGS", ()):
                if setting.id in settings:
                    raise ValueError(f"setting {setting.id} is declared twice")
                settings[setting.id] = setting
            for resource_type in getattr(module, "RESOURCE_TYPES", ()):
                if resource_type.name in types:
                    raise ValueError(f"resource type {resource_type.name} is declared twice")
                types[resource_type.name] = resource_type
    return MappingProxyType(settings), MappingProxyType(types)


def settings() -> Mapping[str, Setting]:
    """Every setting by id."""
    return _declared()[0]


def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type by its provider's name."""
    return _declared()[1]


def setting(id: str) -> Setting:
    """The setting of that id. InputError where there is none."""
    try:
        return settings()[id]
    except KeyError:
        raise InputError(f"there is no setting {id!r}; `hipaa-tui playbooks lint` lists them") from None


def resource_type(name: str) -> ResourceType:
    """The resource type of that name. InputError where there is none."""
    try:
        return resource_types()[name]
    except KeyError:
        raise InputError(f"there is no resource type {name!r}") from None
