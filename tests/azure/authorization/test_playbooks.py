"""An Owner that is a program gets a narrower role first, and the last Owner stays."""

from __future__ import annotations

import pytest

from tests.azure.plans import plan_of
from tests.azure.server import (
    CONTRIBUTOR,
    assignment,
    azure,
)

PERSON = assignment(1, "33333333-0000-4000-8000-000000000001")
PROGRAM = assignment(2, "33333333-0000-4000-8000-000000000002", "ServicePrincipal")


@pytest.fixture
def cloud():
    with azure(PERSON, PROGRAM) as one:
        yield one


def test_the_narrow_role_comes_before_the_broad_one_goes(cloud):
    narrow, broad = plan_of(cloud, "azure.authorization.owner-narrowed", PROGRAM["id"]).changes
    assert narrow.after["roleDefinitionId"].endswith(CONTRIBUTOR)
    assert narrow.after["principalId"] == PROGRAM["properties"]["principalId"]
    assert narrow.after["principalType"] == "ServicePrincipal"
    assert (broad.target.id, broad.after) == (PROGRAM["id"], None)
    again = plan_of(cloud, "azure.authorization.owner-narrowed", PROGRAM["id"]).changes[0]
    assert again.target.id == narrow.target.id, "a retry finds what the first try made"


@pytest.mark.parametrize(
    "complying",
    [PERSON, assignment(9, "p", "Group", description="Break-glass admins")],
)
def test_people_and_emergency_accounts_may_be_owners(complying):
    with azure(PERSON, complying) as cloud:
        assert not plan_of(cloud, "azure.authorization.owner-narrowed", complying["id"]).changes


def test_the_last_owner_is_never_taken_away():
    with azure(PROGRAM) as cloud:
        plan = plan_of(cloud, "azure.authorization.owner-narrowed", PROGRAM["id"])
    assert len(plan.blocked) == 2
