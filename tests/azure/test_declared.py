"""Every declared setting of Azure fits the sandbox's types and Azure's published ones, offline."""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from hipaa_tui.azure.declared import Declared
from hipaa_tui.providers.registry import settings
from hipaa_tui.sandbox.arm import catalogue

DECLARED = 13
"""Settings of which nothing but single steps is code. It may grow; a setting that goes back to code needs a reason."""
PUBLISHED = json.loads(Path(__file__).with_name("published_types.json").read_text("utf-8"))["types"]
AZURE = {id: setting for id, setting in settings().items() if setting.provider == "azure"}
SETTINGS = {id: setting for id, setting in AZURE.items() if isinstance(setting, Declared)}


def type_of(setting):
    """The type of the resource that holds the value."""
    return setting.resource + "".join(f"/{kind}" for kind in setting.below.split("/")[1::2])


def members_of(setting):
    return setting.members or tuple(setting.unset)


def wrong(setting):
    """What of a declared setting does not fit."""
    name = type_of(setting)
    kind = catalogue.find(name)
    published = PUBLISHED.get(f"{name}@{setting.version}")
    if not kind.known or published is None:
        return [f"there is no type {name} in {setting.version}"]
    found = [] if setting.place in published else [f"{name} has no {setting.place}"]
    for member in members_of(setting):
        rights = published.get(setting.place, {}).get(member)
        if rights != "writable":
            found.append(f"{setting.place}.{member} is {rights or 'no member'} of {name}")
    methods = {setting.method, setting.removal} - {""}
    if "PUT" in methods and not kind.puttable:
        found.append(f"{name} takes no PUT")
    if "DELETE" in methods and not kind.deletable:
        found.append(f"{name} takes no DELETE")
    if "PATCH" in methods and kind.patch is not None and setting.place not in kind.patch:
        found.append(f"{name} takes no PATCH of {setting.place}")
    node = kind.body
    for step in setting.place.split("."):
        node = node.below.get(step, catalogue.Property())
    found += [
        f"the sandbox keeps {setting.place}.{member} as it is"
        for member in members_of(setting)
        if member in node.below and node.below[member].read_only
    ]
    if node.closed:
        found += [f"the sandbox's {name} has no {m}" for m in members_of(setting) if m not in node.below]
    return found


@pytest.mark.parametrize("id", SETTINGS)
def test_a_declared_setting_fits_its_type(id):
    assert wrong(SETTINGS[id]) == []


def test_the_number_of_declared_settings_does_not_shrink():
    steps = (Declared.read, Declared.write)
    whole = [id for id, one in SETTINGS.items() if (type(one).read, type(one).write) == steps]
    print(
        f"{len(whole)} of {len(AZURE)} Azure settings are declared whole, {len(SETTINGS) - len(whole)} in part"
    )
    assert len(whole) >= DECLARED


class Right(Declared):
    id = "azure.keyvault.right"
    resource = "Microsoft.KeyVault/vaults"
    version = "2024-11-01"
    unset: ClassVar = {"enableRbacAuthorization": False}


class OtherType(Right):
    resource = "Microsoft.KeyVault/vault"


class OtherVersion(Right):
    version = "2019-11-01"


class OtherPlace(Right):
    place = "property"


class OtherMember(Right):
    unset: ClassVar = {"enableRbac": False}


class ReadOnlyMember(Right):
    members = ("privateEndpointConnections",)


class PatchOfPlan(Right):
    resource = "Microsoft.Security/pricings"
    version = "2024-01-01"
    members = ("pricingTier",)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (OtherType(), "no type"),
        (OtherVersion(), "no type"),
        (OtherPlace(), "has no property"),
        (OtherMember(), "is no member"),
        (ReadOnlyMember(), "is read-only"),
        (PatchOfPlan(), "takes no PATCH"),
    ],
)
def test_a_planted_mistake_is_found(planted, said):
    assert wrong(Right()) == []
    assert any(said in problem for problem in wrong(planted)), wrong(planted)
