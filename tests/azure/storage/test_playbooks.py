"""The playbooks of storage networks, retention and Defender plans, carried out and put back by the real engine."""

from __future__ import annotations

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, SCOPE, SUBSCRIPTION, azure, raw, resource, storage_account, target
from tests.runs.engine import Engine

NETWORK = ("azure.storage.network-default-deny", "azure.storage.network-rules")
KEEP = ("azure.storage.container-immutability", "azure.storage.container-immutability")
RETAIN = ("azure.storage.lifecycle-retention", "azure.storage.lifecycle")
DEFEND = ("azure.security.defender-plan", "azure.security.pricing")
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/audit-logs"
LOGS = resource(CONTAINER, properties={})
SCANS = resource(f"{ACCOUNT}/blobServices/default/containers/scans", properties={})
PLAN = f"{SCOPE}/providers/Microsoft.Security/pricings/KeyVaults"
FREE = resource(PLAN, properties={"pricingTier": "Free"})
RETIRED = resource(f"{SCOPE}/providers/Microsoft.Security/pricings/Dns", properties={"pricingTier": "Free"})
RULES = resource(
    f"{ACCOUNT}/managementPolicies/default",
    properties={
        "policy": {
            "rules": [
                {
                    "name": "tidy",
                    "enabled": True,
                    "type": "Lifecycle",
                    "definition": {
                        "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}}},
                        "filters": {"blobTypes": ["blockBlob"]},
                    },
                }
            ]
        }
    },
)
CASES = [
    (NETWORK, ACCOUNT, {"allowed_cidrs": "203.0.113.0/24"}),
    (KEEP, CONTAINER, {}),
    (RETAIN, ACCOUNT, {}),
    (DEFEND, PLAN, {}),
]


@pytest.fixture
def cloud():
    with azure(storage_account(), LOGS, SCANS, RULES, FREE, RETIRED) as one:
        yield one


def value(cloud, id, where):
    return fresh({"azure": cloud}, id, target(where)).value


@pytest.mark.parametrize(("what", "where", "given"), CASES, ids=[case[0][0] for case in CASES])
def test_it_is_fixed_once_and_goes_back(tmp_path, cloud, what, where, given):
    playbook, id = what
    engine = Engine(tmp_path, cloud)
    before = value(cloud, id, where)
    plan = engine.plan((playbook, where), **given)
    (change,) = plan.changes
    assert not plan.blocked, change.guards
    assert change.reversible
    assert change.permissions
    assert change.rollback_permissions
    assert {one.guard for one in change.guards} >= {"resource-locks", "policy-deny"}
    run = engine.apply(plan)
    assert run.state == "done", run
    (skipped,) = engine.plan((playbook, where), **given).skipped
    assert "already complies" in skipped.reason
    back = engine.rollback_plan(run.run)
    assert engine.apply(back).state == "done"
    assert setting(id).same(value(cloud, id, where), before)


def test_a_network_without_a_way_in_is_not_closed(tmp_path, cloud):
    plan = Engine(tmp_path, cloud).plan((NETWORK[0], ACCOUNT))
    assert plan.blocked


@pytest.mark.parametrize(
    ("properties", "complies"),
    [
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "Logging, AzureServices"}}, True),
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "None"}}, False),
        ({"publicNetworkAccess": "Disabled"}, True),
        ({"networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices"}}, False),
    ],
)
def test_which_networks_comply(tmp_path, properties, complies):
    with azure(storage_account(**properties)) as cloud:
        plan = Engine(tmp_path, cloud).plan((NETWORK[0], ACCOUNT), allowed_cidrs="203.0.113.0/24")
    assert bool(plan.changes) is not complies


def test_a_lock_is_marked_made_in_two_steps_and_stays(tmp_path, cloud):
    engine = Engine(tmp_path, cloud)
    plan = engine.plan((KEEP[0], CONTAINER), days="7", lock="true")
    (change,) = plan.changes
    assert "7 days" in change.irreversible
    assert not change.reversible
    assert [call.operation for call in change.calls] == ["PUT", "POST"]
    assert any(one.endswith("immutabilityPolicies/lock/action") for one in change.permissions)
    assert any("If-Match=<self.etag>" in command for command in change.commands())
    run = engine.apply(plan)
    assert run.state == "done", run
    assert value(cloud, KEEP[1], CONTAINER)["state"] == "Locked"
    back = engine.rollback_plan(run.run)
    assert back.changes == ()
    assert any("cannot be removed" in one.reason for one in back.skipped)


def test_a_run_that_died_between_policy_and_lock_goes_on(tmp_path, cloud):
    engine = Engine(tmp_path, cloud)
    plan = engine.plan((KEEP[0], CONTAINER), days="7", lock="true")
    engine.fault(method="POST", path_contains="immutabilityPolicies", status=503, code="ServerBusy", times=1)
    run = engine.apply(plan)
    assert run.state == "done", run
    assert value(cloud, KEEP[1], CONTAINER)["state"] == "Locked"


def test_a_rollback_of_retention_says_that_it_deletes_again(tmp_path, cloud):
    engine = Engine(tmp_path, cloud)
    run = engine.apply(engine.plan((RETAIN[0], ACCOUNT)))
    (change,) = engine.rollback_plan(run.run).changes
    assert "deletes blobs after 30 days" in change.irreversible


def test_a_plan_that_is_turned_on_says_what_it_costs(tmp_path, cloud):
    vault = resource(
        f"{SCOPE}/resourceGroups/clinic/providers/Microsoft.KeyVault/vaults/v",
        location="eastus",
        properties={},
    )
    with azure(FREE, vault) as one:
        plan = Engine(tmp_path, one).plan((DEFEND[0], PLAN))
        assert any("about $0.25 a month: 1 key vaults" in guard.reason for guard in plan.changes[0].guards)
    run_cloud = cloud
    engine = Engine(tmp_path / "two", run_cloud)
    engine.apply(engine.plan((DEFEND[0], PLAN)))
    assert raw(cloud, PLAN, "2024-01-01")["properties"]["subPlan"] == "PerKeyVault"


def test_a_scan_finds_these_and_leaves_others_alone(cloud):
    playbooks = [load().get(one[0]) for one, _, _ in CASES]
    seen = scan(playbooks, [Place("azure", SUBSCRIPTION, "", "AzureCloud")], {"azure": cloud})
    assert seen.problems == ()
    assert {(one.check, one.resource) for one in seen.findings} == {
        (NETWORK[0], ACCOUNT),
        (KEEP[0], CONTAINER),
        (RETAIN[0], ACCOUNT),
        (DEFEND[0], PLAN),
    }
