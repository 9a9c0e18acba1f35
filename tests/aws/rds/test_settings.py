"""Databases of RDS: ids, members of clusters, what waits for a window or a reboot, and what never comes back."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.providers.model import Call, CloudError, Reading
from hipaa_tui.providers.registry import builders, resource_type, setting, settings
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers, do
from tests.aws.rds import estate as rds
from tests.aws.runs import CATALOGUE
from tests.aws.runs import found as found_by
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import Closed

HERE = f"{REGION}:{ACCOUNT}"
INSTANCE, SNAPSHOT, CLUSTER = "AWS::RDS::DBInstance", "AWS::RDS::DBSnapshot", "AWS::RDS::DBCluster"
BACKUP, ZONES = "aws.rds.instance-backup-retention", "aws.rds.instance-multi-az"
TRANSPORT, SHARING = "aws.rds.instance-transport", "aws.rds.snapshot-sharing"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("name", "field", "argument"),
    [
        ("deletion-protection", "DeletionProtection", "DeletionProtection"),
        ("iam-login", "IAMDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication"),
        ("tag-copies", "CopyTagsToSnapshot", "CopyTagsToSnapshot"),
    ],
)
def test_what_a_cluster_decides_for_its_members_is_written_to_the_cluster(name, field, argument):
    one, where = setting(f"aws.rds.instance-{name}"), target(INSTANCE, "clinics-1")
    alone = Reading({field: False, "Engine": "mysql"})
    (call,) = one.calls(where, alone, {**alone.value, field: True})
    assert (call.operation, dict(call.arguments)) == (
        "ModifyDBInstance",
        {"DBInstanceIdentifier": "clinics-1", argument: True},
    )
    member = Reading({**alone.value, "Cluster": "clinics"})
    (call,) = one.calls(where, member, {**member.value, field: True})
    assert (call.operation, dict(call.arguments)) == (
        "ModifyDBCluster",
        {"DBClusterIdentifier": "clinics", argument: True},
    )


def test_a_member_gets_no_standby_of_its_own():
    member = Reading({"MultiAZ": False, "Engine": "aurora-mysql", "Cluster": "clinics"})
    with pytest.raises(ValueError, match="second member in another zone"):
        setting(ZONES).calls(target(INSTANCE, "clinics-1"), member, {**member.value, "MultiAZ": True})


# What waits ------------------------------------------------------------------------------------------


class Windowed:
    """A cloud on which RDS keeps a standby for the maintenance window, as AWS does and moto does not.

    Everything else is moto's: this stands between, since moto applies every change at once.
    """

    def __init__(self, cloud: Any) -> None:
        self.cloud, self.provider, self.waiting = cloud, "aws", {}

    def call(self, call: Call) -> dict[str, Any]:
        given = dict(call.arguments)
        if call.operation == "ModifyDBInstance" and "MultiAZ" in given and not given.get("ApplyImmediately"):
            now = self.cloud.call(Call("aws", "rds", "DescribeDBInstances", {}, call.region))["DBInstances"][
                0
            ]
            self.waiting = {} if given["MultiAZ"] == now["MultiAZ"] else {"MultiAZ": given["MultiAZ"]}
            return {}
        answer = dict(self.cloud.call(call))
        if call.operation == "DescribeDBInstances":
            answer["DBInstances"] = [
                {**one, "PendingModifiedValues": self.waiting} for one in answer["DBInstances"]
            ]
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cloud, name)


@pytest.fixture
def windowed(aws):
    login = {"MasterUsername": "root1", "MasterUserPassword": rds.SECRET}
    size = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    do(aws, "rds", "CreateDBInstance", DBInstanceIdentifier="phi-db", **size, **login)
    return Windowed(aws)


def test_a_change_that_waits_for_its_window_is_not_called_done(windowed, tmp_path):
    """Not verified while it waits, then verified or taken back; asking again says what it waits for."""
    clouds = {"aws": windowed}
    journal = Journal(open_store(tmp_path / "store.db"))
    wish = FixRequest(CATALOGUE.get("aws.rds.multi-az"), target(INSTANCE, "phi-db"), ("f",))
    plan = make_plan([wish], clouds, {})
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(run).state == "unverified"
    assert windowed.waiting == {"MultiAZ": True}

    again = make_plan([wish], clouds, {})
    assert again.changes == ()
    assert "waits for the maintenance window" in again.skipped[0].reason
    (hurried,) = make_plan([wish], clouds, {"apply_immediately": "true"}).changes
    assert hurried.calls[0].arguments["ApplyImmediately"] is True

    back = rollback_plan(journal, run, clouds)
    assert back.blocked == ()
    undone = Applying(back, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(undone).state == "done"
    assert windowed.waiting == {}, "nothing is left to be applied in the window"


def test_values_are_the_same_by_now_and_by_what_comes():
    one, where = setting(BACKUP), target(INSTANCE, "phi-db")
    none, week = ({"BackupRetentionPeriod": days, "Engine": "mysql"} for days in (0, 7))
    waiting = {**none, "Pending": 7}
    assert not one.same(waiting, none)
    assert not one.same(waiting, week)
    assert any(one.same(waiting, value) for value in one.between(where, none, week))
    assert one.same(week, {**week, "ApplyImmediately": True})


def test_days_are_only_ever_added():
    days = builders()["with_database_days"]
    asked = {"field": "BackupRetentionPeriod", "days": 7, "apply_immediately": False}
    assert days({"BackupRetentionPeriod": 20}, asked)["BackupRetentionPeriod"] == 20
    assert days({"BackupRetentionPeriod": 3}, asked)["BackupRetentionPeriod"] == 7


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        ({"Value": "1", "Status": "pending-reboot"}, "reboot-db-instance --db-instance-identifier phi-db"),
        ({"Cluster": "clinics"}, "DB cluster parameter group"),
        ({"Parameter": "", "Engine": "oracle-ee"}, "oracle-ee"),
    ],
)
def test_tls_says_what_is_left_to_a_person(current, reason):
    start = {
        "Engine": "mysql",
        "Group": "clinic",
        "Parameter": "require_secure_transport",
        "Value": "0",
        "Status": "in-sync",
        "Cluster": "",
    }
    with pytest.raises(ValueError, match=reason):
        builders()["with_tls"]({**start, **current}, {"name": "phi-db"})
    assert builders()["with_tls"](start, {"name": "phi-db"})["Group"] == "clinic"


def test_a_parameter_takes_effect_when_its_kind_allows_and_goes_back_to_the_engines_own():
    one, where = setting(TRANSPORT), target(INSTANCE, "phi-db")
    before = {"Group": "clinic", "Parameter": "rds.force_ssl", "Value": "", "ApplyType": "static"}
    (call,) = one.calls(where, Reading(before), {**before, "Value": "1"})
    assert call.operation == "ModifyDBParameterGroup"
    assert call.arguments["Parameters"][0]["ApplyMethod"] == "pending-reboot"
    now = {**before, "Value": "1", "ApplyType": "dynamic"}
    (call,) = one.calls(where, Reading(now), {**before, "ApplyType": "dynamic"})
    assert call.operation == "ResetDBParameterGroup"
    assert call.arguments["Parameters"] == [{"ParameterName": "rds.force_ssl", "ApplyMethod": "immediate"}]


@pytest.mark.parametrize(
    ("engine", "on"), [("aurora-mysql", "ON"), ("aurora-postgresql", "1"), ("mysql", "1"), ("postgres", "1")]
)
def test_a_cluster_counts_once_every_member_has_taken_its_group_over(aws, engine, on):
    members = [{"DBClusterParameterGroupStatus": status} for status in ("in-sync", "pending-reboot")]
    about = {"Engine": engine, "DBClusterParameterGroup": "default.x", "DBClusterMembers": members}
    cloud = Answers(
        aws,
        DescribeDBClusters={"DBClusters": [about]},
        DescribeDBClusterParameterGroups={"DBClusterParameterGroups": [{"DBParameterGroupFamily": "x"}]},
        DescribeDBClusterParameters={"Parameters": []},
    )
    one, where = setting("aws.rds.cluster-transport"), target(CLUSTER, "clinics")
    before = one.read(cloud, where)
    assert before.value["Status"] == "pending-reboot"
    wanted = builders()["with_database_cluster_tls"](before.value, {"name": "clinics"})
    assert (wanted["Group"], wanted["Value"]) == ("hipaa-tui-tls-clinics", on)
    (call,) = one.calls(where, before, wanted)
    assert call.arguments["DBClusterParameterGroupName"] == "hipaa-tui-tls-clinics"
    with pytest.raises(ValueError, match="reboot each member"):
        builders()["with_database_cluster_tls"]({**before.value, "Value": on}, {"name": "clinics"})


# Snapshots, logs, and what is only looked at ---------------------------------------------------------


def test_only_everybody_is_taken_off_a_snapshot(aws):
    rds.build(aws)
    for id in (f"arn:aws:rds:{HERE}:snapshot:phi-snap", f"arn:aws:rds:{HERE}:cluster-snapshot:clinics-snap"):
        one, where = setting(SHARING), target(SNAPSHOT, id)
        before = one.read(aws, where)
        after = builders()["without_everybody"](before.value, {})
        (call,) = one.calls(where, before, after)
        assert call.arguments["ValuesToRemove"] == ["all"]
        assert "ValuesToAdd" not in call.arguments
        aws.call(call)
        assert one.read(aws, where).value == {"Restore": [rds.FRIEND]}
        assert "keeps the copy" in one.cannot_be_undone(after, before.value)
        assert one.cannot_be_undone(before.value, after) == ""


@pytest.mark.parametrize(
    ("engine", "cluster", "types", "missing"),
    [
        ("mysql", "", ["error"], ["audit", "general", "slowquery"]),
        ("mysql", "clinics", ["error"], ["general", "slowquery"]),
        ("aurora-postgresql", "clinics", [], ["postgresql"]),
        ("sqlserver-ex", "", [], ["agent", "error"]),
        ("oracle-se2", "", ["oemagent"], ["alert", "audit", "listener", "trace"]),
        ("custom-oracle-ee", "", [], []),
    ],
)
def test_each_engine_is_asked_for_its_own_logs(aws, engine, cluster, types, missing):
    about = {"Engine": engine, "EnabledCloudwatchLogsExports": types}
    instance = {**about, **({"DBClusterIdentifier": cluster} if cluster else {})}
    cloud = Answers(
        aws, DescribeDBInstances={"DBInstances": [instance]}, DescribeDBClusters={"DBClusters": [about]}
    )
    value = setting("aws.rds.instance-logs").read(cloud, target(INSTANCE, "phi-db")).value
    assert value["Missing"] == missing
    if missing:
        wanted = builders()["with_database_logs"](value, {})
        assert wanted["Types"] == sorted([*types, *missing])


def test_databases_of_other_services_are_left_to_them(aws):
    listed = [
        {"DBInstanceIdentifier": "graph", "Engine": "neptune"},
        {"DBInstanceIdentifier": "papers", "Engine": "docdb"},
    ]
    cloud = Answers(aws, DescribeDBInstances={"DBInstances": listed})
    assert resource_type(INSTANCE).list(cloud, ACCOUNT, REGION, "aws") == []


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        (INSTANCE, f"arn:aws:rds:{HERE}:db:phi-db", "phi-db"),
        (INSTANCE, "PHI-db", "phi-db"),
        (INSTANCE, "db-M5ENSHXFPU6XHZ4G4ZEI5QIO2U", None),
        (INSTANCE, f"arn:aws:rds:{HERE}:cluster:clinics", None),
        (CLUSTER, f"arn:aws:rds:{HERE}:cluster:clinics", "clinics"),
        (CLUSTER, f"arn:aws:rds:{HERE}:cluster-snapshot:clinics", None),
        (SNAPSHOT, f"arn:aws:rds:{HERE}:snapshot:rds:phi-db-2026-01-01-00-00", "rds:phi-db-2026-01-01-00-00"),
        (SNAPSHOT, f"arn:aws:rds:{HERE}:cluster-snapshot:clinics-snap", "clinics-snap"),
        (SNAPSHOT, "phi-snap", "phi-snap"),
        (SNAPSHOT, f"arn:aws:rds:{HERE}:pg:clinic", None),
        ("AWS::RDS::DBParameterGroup", f"arn:aws:rds:{HERE}:pg:clinic", "clinic"),
    ],
)  # fmt: skip
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_what_is_not_there_is_absent_and_what_may_not_be_seen_is_not(aws):
    nobody = {kind: target(kind, "nobody") for kind in (INSTANCE, CLUSTER, SNAPSHOT)}
    nobody[SNAPSHOT + "s of clusters"] = target(SNAPSHOT, f"arn:aws:rds:{HERE}:cluster-snapshot:nobody")
    nobody["AWS::RDS::DBParameterGroup"] = target("AWS::RDS::DBParameterGroup", "nobody")
    asked = 0
    for one in settings().values():
        for where in nobody.values():
            if one.resource == where.type and one.id.startswith("aws.rds."):
                assert one.read(aws, where).value is ABSENT, one.id
                asked += 1
    assert asked > 10
    with pytest.raises(CloudError, match="AccessDenied"):
        setting(ZONES).read(Closed("AccessDenied"), nobody[INSTANCE])


def test_fewer_days_of_backups_are_a_loss_that_is_said():
    one = setting(BACKUP)
    none, week = ({"BackupRetentionPeriod": days} for days in (0, 7))
    assert one.cannot_be_undone(none, week) == ""
    assert "all automated backups" in one.cannot_be_undone(week, none)
    assert "older than 7 days" in one.cannot_be_undone({"BackupRetentionPeriod": 30}, week)


def test_a_scan_sees_what_only_a_person_can_move(aws):
    rds.build(aws)
    login = {"MasterUsername": "root1", "MasterUserPassword": rds.SECRET}
    do(aws, "rds", "CreateDBCluster", DBClusterIdentifier="alone", Engine="aurora-postgresql", **login)
    ids = ("storage-encryption", "snapshot-encryption", "cluster-multi-az")
    found = {id: found_by(CATALOGUE.get(f"aws.rds.{id}"), aws) for id in ids}
    assert all(found.values())
    assert "cluster-snapshot" in {one.split(":")[5] for one in found["snapshot-encryption"]}
