"""Instances, volumes and snapshots: ids, what is only looked at, and instances that are old, stopped or outside a VPC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipaa_tui.plans.scan import Place as Where
from hipaa_tui.plans.scan import scan
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import resource_type, setting, settings
from hipaa_tui.support.json_value import ABSENT
from tests.aws.ec2 import estate_instances as instances
from tests.aws.guards import Answers
from tests.aws.runs import CATALOGUE, found
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import Closed

HERE = f"{REGION}:{ACCOUNT}"
INSTANCE, VOLUME, SNAPSHOT = "AWS::EC2::Instance", "AWS::EC2::Volume", "AWS::EC2::Snapshot"
SWITCH = "AWS::EC2::SnapshotBlockPublicAccess"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


def answered(aws: Any, **about: Any) -> Any:
    instance = {"InstanceId": "i-0a", "State": {"Name": "running"}, "VpcId": "vpc-1", **about}
    return Answers(aws, DescribeInstances={"Reservations": [{"Instances": [instance]}]})


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        (VOLUME, f"arn:aws:ec2:{HERE}:volume/vol-0a1b", "vol-0a1b"),
        (VOLUME, "vol-0a1b", "vol-0a1b"),
        (VOLUME, f"arn:aws:ec2:{HERE}:snapshot/snap-0a1b", None),
        (SNAPSHOT, f"arn:aws:ec2:{HERE}:snapshot/snap-0a1b", "snap-0a1b"),
        (SNAPSHOT, "vol-0a1b", None),
        (SWITCH, ACCOUNT, f"Public sharing of EBS snapshots in {REGION}"),
        (SWITCH, f"arn:aws:ec2:{HERE}:account", f"Public sharing of EBS snapshots in {REGION}"),
        (SWITCH, f"arn:aws:ec2:{HERE}:volume/vol-0a1b", None),
    ],
)  # fmt: skip
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    "id",
    [
        "aws.ec2.volume-encryption",
        "aws.ec2.instance-lifetime",
        "aws.ec2.enclave-host-exposure",
        "aws.ec2.enclave-host-ingress",
    ],
)
def test_what_is_only_looked_at_is_never_written(id):
    assert setting(id).writes == ()
    with pytest.raises(ValueError, match=r"\w"):
        setting(id).write(target(INSTANCE, "i-0a"), Reading({}), {})


def ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat()


@pytest.mark.parametrize(
    ("check", "about", "found"),
    [
        ("old-instance", {"LaunchTime": ago(181)}, True),
        ("old-instance", {"LaunchTime": ago(180)}, False),
        ("old-instance", {"LaunchTime": ago(400), "State": {"Name": "stopped"}}, False),
        ("stopped-instance", {"LaunchTime": ago(400)}, False),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": ago(31)}, True),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": ago(400), "StateTransitionReason": f"User initiated ({ago(30)[:19].replace('T', ' ')} GMT)"}, False),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": ago(400), "StateTransitionReason": f"User initiated ({ago(31)[:19].replace('T', ' ')} GMT)"}, True),
        ("stopped-instance", {"State": {"Name": "stopped"}, "LaunchTime": "yesterday"}, True),
        ("instance-in-vpc", {}, False),
        ("instance-in-vpc", {"VpcId": ""}, True),
    ],
)  # fmt: skip
def test_an_instance_is_found_by_its_age_its_rest_and_its_network(aws, check, about, found):
    seen = scan(
        [CATALOGUE.get(f"aws.ec2.{check}")], [Where("aws", ACCOUNT, REGION)], {"aws": answered(aws, **about)}
    )
    assert seen.problems == ()
    assert bool(seen.findings) is found


def test_what_is_not_there_is_absent_and_what_may_not_be_seen_is_not(aws):
    nobody = {
        INSTANCE: target(INSTANCE, "i-0123456789abcdef0"),
        VOLUME: target(VOLUME, "vol-0123456789abcdef0"),
        SNAPSHOT: target(SNAPSHOT, "snap-0123456789abcdef0"),
    }
    for id in (
        *("aws.ec2.volume-encryption", "aws.ec2.snapshot-sharing", "aws.ec2.public-addresses"),
        *("aws.ec2.instance-profile", "aws.ec2.instance-lifetime"),
        *("aws.ec2.enclave-host-exposure", "aws.ec2.enclave-host-ingress"),
    ):
        one = settings()[id]
        assert one.read(aws, nobody[one.resource]).value is ABSENT, id
        with pytest.raises(CloudError, match="UnauthorizedOperation"):
            one.read(Closed("UnauthorizedOperation"), nobody[one.resource])
    with pytest.raises(CloudError, match="NotFound"):
        resource_type(VOLUME).tags(aws, nobody[VOLUME])


def test_a_scan_sees_plain_volumes(aws):
    instances.build(aws)
    volumes = found(CATALOGUE.get("aws.ec2.volume-encryption"), aws)
    assert len(volumes) == 4, "the encrypted one is not among them"
