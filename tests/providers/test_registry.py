"""The registry finds what every service declares, and refuses a declaration that would be lost silently."""

from types import ModuleType

import pytest

from hipaa_tui.providers import registry


@pytest.fixture
def declaring(monkeypatch):
    """Lets the registry find one module with these members, and nothing else."""

    def declare(**members):
        module = ModuleType("hipaa_tui.aws.made_up.guards")
        for name, value in members.items():
            setattr(module, name, value)
        monkeypatch.setattr(registry, "service_modules", lambda *, guards: [module])
        registry.guards.cache_clear()

    yield declare
    registry.guards.cache_clear()


def test_a_guard_that_blocks_where_it_cannot_look_has_to_be_one_of_the_module(declaring):
    declaring(GUARDS={"key-kept": print}, BLOCK_ON_ERROR=("key-kpet",))
    with pytest.raises(ValueError, match="BLOCK_ON_ERROR names 'key-kpet'"):
        registry.guards()


def test_a_text_in_place_of_a_tuple_of_names_is_refused(declaring):
    """Its letters would be the names, and the guard would pass where it cannot look."""
    declaring(GUARDS={"key-kept": print}, BLOCK_ON_ERROR="key-kept")
    with pytest.raises(ValueError, match="BLOCK_ON_ERROR names 'k'"):
        registry.guards()


def test_every_service_of_both_clouds_is_found():
    declared = set(registry.settings())
    assert {"aws.s3.bucket-policy", "aws.lambda.policy", "azure.storage.transport"} <= declared
    assert all(setting.resource in registry.resource_types() for setting in registry.settings().values())
