"""Warehouses of Redshift: ids, snapshots, and parameter groups that wait for a reboot."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.providers.registry import resource_type, setting, settings
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers
from tests.aws.redshift import estate as redshift
from tests.aws.runs import CATALOGUE
from tests.aws.server import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"
WAREHOUSE = "AWS::Redshift::Cluster"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        (WAREHOUSE, f"arn:aws:redshift:{HERE}:cluster:dw", "dw"),
        (WAREHOUSE, f"arn:aws:redshift:{HERE}:snapshot:dw/one", None),
    ],
)  # fmt: skip
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_a_warehouse_whose_group_waits_for_a_reboot_does_not_comply(aws):
    redshift.build(aws)
    where = target(WAREHOUSE, "kept")
    group = [{"ParameterGroupName": "clinic", "ParameterApplyStatus": "pending-reboot"}]
    parameter = [{"ParameterName": "require_ssl", "ParameterValue": "true"}]
    cloud = Answers(
        aws,
        DescribeClusters={"Clusters": [{"ClusterIdentifier": "kept", "ClusterParameterGroups": group}]},
        DescribeClusterParameters={"Parameters": parameter},
    )
    plan = make_plan([FixRequest(CATALOGUE.get("aws.redshift.tls-only"), where, ())], {"aws": cloud}, {})
    assert plan.changes == ()
    assert "aws redshift reboot-cluster --cluster-identifier kept" in plan.skipped[0].reason


def test_what_is_not_there_is_absent(aws):
    group = "AWS::Redshift::ClusterParameterGroup"
    nobody = {kind: target(kind, "nobody") for kind in (WAREHOUSE, group)}
    asked = 0
    for one in settings().values():
        for where in nobody.values():
            if one.resource == where.type and one.id.startswith("aws.redshift."):
                assert one.read(aws, where).value is ABSENT, one.id
                asked += 1
    assert asked > 5


def test_fewer_days_of_backups_are_a_loss_that_is_said():
    kept = "AutomatedSnapshotRetentionPeriod"
    snapshots = setting("aws.redshift.snapshot-retention")
    assert "older than 1 days" in snapshots.cannot_be_undone({kept: 7}, {kept: 1})
    assert snapshots.cannot_be_undone({kept: 1}, {kept: 7}) == ""
