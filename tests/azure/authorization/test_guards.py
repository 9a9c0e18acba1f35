"""The guard of role assignments: an Owner remains, and no emergency account loses its role."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from tests.azure.server import GROUP, assignment, azure, resource, target, verdict

ROLE = "azure.authorization.role-assignment"
PRINCIPAL = "22222222-0000-4000-8000-00000000000{}"
MANAGEMENT = "/providers/Microsoft.Management/managementGroups/root"
PROGRAM = assignment(1, PRINCIPAL.format(1), "ServicePrincipal")
GROUP_OWNER = assignment(2, PRINCIPAL.format(2), "Group")
PERSON = assignment(3, PRINCIPAL.format(3))
BELOW = assignment(4, PRINCIPAL.format(4), scope=GROUP)
ABOVE = assignment(5, PRINCIPAL.format(5), scope=MANAGEMENT)


@pytest.mark.parametrize(
    ("there", "removed", "outcome", "words"),
    [
        ([PROGRAM, PERSON], [PROGRAM], Outcome.PASS, "1 other Owner"),
        ([PROGRAM], [PROGRAM], Outcome.BLOCK, "last Owner"),
        ([PROGRAM, BELOW], [PROGRAM], Outcome.BLOCK, "last Owner"),
        ([BELOW, PERSON], [BELOW], Outcome.PASS, "1 other"),
        (
            [PROGRAM, assignment(6, PRINCIPAL.format(6), "ServicePrincipal")],
            [PROGRAM],
            Outcome.BLOCK,
            "only service principals",
        ),
        ([GROUP_OWNER, PERSON], [GROUP_OWNER], Outcome.WARN, "group"),
        ([GROUP_OWNER, PROGRAM], [PROGRAM, GROUP_OWNER], Outcome.BLOCK, "last Owner"),
        (
            [assignment(7, SANDBOX_PRINCIPAL), PERSON],
            [assignment(7, SANDBOX_PRINCIPAL)],
            Outcome.BLOCK,
            "your own",
        ),
        (
            [assignment(8, PRINCIPAL.format(8), "Group", description="Break-glass access"), PERSON],
            [assignment(8, "x")],
            Outcome.BLOCK,
            "emergency (break-glass) account",
        ),
        ([ABOVE, PERSON], [ABOVE], Outcome.BLOCK, "inherited"),
    ],
)
def test_somebody_stays_in_charge(there, removed, outcome, words):
    found = verdict("owners-remaining", *there, drafts=[(ROLE, one["id"], None) for one in removed])
    assert found[0] is outcome, found
    assert words in found[1]


def owners(*there, removed, groups=None, **arguments):
    """What the guard says where the caller is a member of these groups."""
    with azure(*there, groups=groups) as cloud:
        live = SettingReader({"azure": cloud})
        where = target(removed["id"])
        draft = PlannedChange(ROLE, where, live(ROLE, where).value, None)
        return guards()[0]["owners-remaining"](GuardContext(cloud, where, [draft], {}, arguments, live))


def test_what_the_caller_has_through_a_group_is_not_taken():
    group = GROUP_OWNER["properties"]["principalId"]
    mine = {group: [SANDBOX_PRINCIPAL]}
    found = owners(GROUP_OWNER, PERSON, removed=GROUP_OWNER, groups=mine)
    assert found[0] is Outcome.BLOCK
    assert "through this group" in found[1]
    others = {group: ["44444444-0000-4000-8000-000000000001"]}
    assert owners(GROUP_OWNER, PERSON, removed=GROUP_OWNER, groups=others)[0] is Outcome.WARN


def test_an_emergency_account_that_is_named_keeps_its_role():
    whose = PROGRAM["properties"]["principalId"]
    found = owners(PROGRAM, PERSON, removed=PROGRAM, break_glass=f"x, {whose.upper()}")
    assert found[0] is Outcome.BLOCK
    assert owners(PROGRAM, PERSON, removed=PROGRAM, break_glass="")[0] is Outcome.PASS


@pytest.mark.parametrize(
    ("name", "tags", "outcome"),
    [
        ("break-glass-deploy", {}, Outcome.BLOCK),
        ("deploy", {"purpose": "Emergency access"}, Outcome.BLOCK),
        ("deploy", {"team": "records"}, Outcome.PASS),
    ],
)
def test_an_identity_that_says_it_is_for_emergencies_keeps_its_role(name, tags, outcome):
    identity = resource(
        f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
        location="eastus",
        tags=tags,
        properties={"principalId": PROGRAM["properties"]["principalId"]},
    )
    assert owners(PROGRAM, PERSON, identity, removed=PROGRAM)[0] is outcome


def test_an_owner_that_the_plan_removed_already_does_not_remain():
    with azure(PROGRAM, PERSON) as cloud:
        live = SettingReader({"azure": cloud})

        def read(setting_id, where):
            reading = live(setting_id, where)
            return type(reading)(None) if where.id == PERSON["id"] else reading

        draft = PlannedChange(ROLE, target(PROGRAM["id"]), live(ROLE, target(PROGRAM["id"])).value, None)
        look = GuardContext(cloud, draft.target, [draft], {}, {}, read)
        assert guards()[0]["owners-remaining"](look)[0] is Outcome.BLOCK


def test_guards_that_must_see_to_pass():
    assert "owners-remaining" in guards()[1]
