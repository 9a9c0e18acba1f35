"""Every Azure playbook plans, carries out, verifies and goes back on a live server."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.predicates import check, holds
from hipaa_tui.providers.registry import resource_types, setting, settings
from hipaa_tui.support.json_value import resolve
from tests.azure.plans import plan_of
from tests.azure.server import (
    ACCOUNT,
    NSG,
    SUBSCRIPTION,
    assignment,
    azure,
    nsg,
    resource,
    rule,
    storage_account,
)
from tests.azure.vaults import RECOVERY, VAULT, recovery_vault, vault

CATALOGUE = load()
AZURE = [one for one in CATALOGUE.playbooks.values() if one.id.startswith("azure.")]
PERSON = assignment(1, "33333333-0000-4000-8000-000000000001")
PROGRAM = assignment(2, "33333333-0000-4000-8000-000000000002", "ServicePrincipal")
OPEN = rule("ssh", ["22", "443"], "Internet")
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/audit-logs"
TIDY = {"name": "tidy", "type": "Lifecycle", "definition": {"actions": {"baseBlob": {"delete": {}}}}}
TIDY["definition"]["actions"]["baseBlob"]["delete"]["daysAfterModificationGreaterThan"] = 30
TIDIED = (
    storage_account(),
    resource(CONTAINER, properties={}),
    resource(f"{ACCOUNT}/managementPolicies/default", properties={"policy": {"rules": [TIDY]}}),
)
PLAN = resource(
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security/pricings/Arm",
    properties={"pricingTier": "Free"},
)


@pytest.fixture
def cloud():
    with azure(*TIDIED, *nsg(OPEN), PERSON, PROGRAM, vault(), recovery_vault(), PLAN) as one:
        yield one


def carry_out(cloud, plan):
    """What a run does, in short: each call, and then a fresh look."""
    made = {}
    for change in plan.changes:
        for call in change.calls:
            arguments = resolve(dict(call.arguments), lambda one, field: made[one][field])
            cloud.call(Call(call.provider, call.service, call.operation, arguments))
        one = setting(change.setting)
        reading = one.read(cloud, change.target)
        made[change.id] = reading.identity
        if change.complies is not None:
            assert holds(change.complies, reading.value)
        else:
            assert one.same(reading.value, change.after)


def roll_back(cloud, plan):
    for change in reversed(plan.changes):
        one = setting(change.setting)
        if change.before is None and one.kept_on_rollback:
            continue
        for call in one.calls(change.target, one.read(cloud, change.target), change.before):
            cloud.call(call)
        assert one.same(one.read(cloud, change.target).value, change.before)


def test_there_are_fifteen():
    assert len(AZURE) == 15


@pytest.mark.parametrize("playbook", AZURE, ids=lambda one: one.id)
def test_a_playbook_names_what_there_is(playbook):
    assert playbook.resource in resource_types()
    for change in playbook.changes:
        assert change.setting in settings()
        if change.target is None:
            assert setting(change.setting).resource == playbook.resource
        if change.complies is not None:
            check(change.complies)


@pytest.mark.parametrize(
    ("playbook", "id"),
    [
        ("azure.storage.secure-transfer", ACCOUNT),
        ("azure.storage.blob-public-access", ACCOUNT),
        ("azure.storage.blob-logs", ACCOUNT),
        ("azure.authorization.owner-narrowed", PROGRAM["id"]),
        ("azure.network.nsg-open-to-internet", NSG),
    ],
)
def test_a_plan_fixes_it_once_and_goes_back(cloud, playbook, id):
    plan = plan_of(cloud, playbook, id)
    assert plan.changes, plan.skipped
    assert not plan.blocked
    for change in plan.changes:
        assert change.permissions
        assert all(command.startswith("az rest --method ") for command in change.commands())
    carry_out(cloud, plan)
    (skipped,) = plan_of(cloud, playbook, id).skipped
    assert "already complies" in skipped.reason
    roll_back(cloud, plan)
    assert plan_of(cloud, playbook, id).changes


def test_a_scan_finds_all_of_it(cloud):
    seen = scan(AZURE, [Place("azure", SUBSCRIPTION, "", "AzureCloud")], {"azure": cloud})
    assert seen.problems == ()
    assert {one.check for one in seen.findings} == {one.id for one in AZURE}
    where = {ACCOUNT, CONTAINER, NSG, PROGRAM["id"], VAULT, RECOVERY, PLAN["id"]}
    assert {one.resource for one in seen.findings} == where
