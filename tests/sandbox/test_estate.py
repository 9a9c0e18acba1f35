"""The estate is built without a refusal, and what the demo tells about it is true in the clouds."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from hipaa_tui.aws.cloud import connect as connect_aws
from hipaa_tui.azure.cloud import connect as connect_azure
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, Cancelled, CloudError
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.sandbox import estate_aws, estate_azure
from hipaa_tui.sandbox.estate_aws import (
    ACCOUNT,
    CLAIMS_BUCKET,
    IMAGING_BUCKET,
    PORTAL_BUCKET,
    RECORDS_BUCKET,
    REGION,
)
from hipaa_tui.sandbox.estate_azure import LEGACY_DEPLOY, NETWORK, PORTAL_STORAGE, SCOPE, SUBSCRIPTION
from hipaa_tui.sandbox.repository import EDITED, make_repository
from hipaa_tui.sandbox.seed import seed_all
from hipaa_tui.support.errors import InputError
from tests import aws_cli, azure_cli


class Steps:
    def __init__(self):
        self.heard = []

    def step(self, done, total, what):
        self.heard.append((done, total, what))


@pytest.fixture(scope="module")
def seeded(sandbox):
    """Both estates, built once, and what progress heard."""
    sandbox.activate()
    try:
        clouds = {"aws": connect_aws(), "azure": connect_azure()}
        steps, started = Steps(), time.monotonic()
        seed_all(clouds, steps)
        print(f"seeded in {time.monotonic() - started:.1f} s")
        yield clouds, steps.heard
    finally:
        sandbox.deactivate()


@pytest.fixture
def aws(seeded):
    cloud = seeded[0]["aws"]
    return lambda service, operation, **arguments: cloud.call(
        Call("aws", service, operation, arguments, REGION)
    )


@pytest.fixture
def azure(seeded):
    def get(path, version="2025-08-01"):
        return seeded[0]["azure"].call(Call("azure", "any", "GET", {"path": path, "api_version": version}))

    return get


def test_progress_counts_every_part_once(seeded):
    done, totals, words = zip(*seeded[1], strict=True)
    parts = [name for name, _ in (*estate_aws.PARTS, *estate_azure.PARTS)]
    assert set(totals) == {len(parts)}
    assert list(done) == list(range(len(parts) + 1))
    assert sorted(words[:-1]) == sorted(parts)


def test_buckets_hold_what_must_survive_a_fix(aws):
    names = {one["Name"] for one in aws("s3", "ListBuckets")["Buckets"]}
    assert len(names) == 7
    policy = json.loads(aws("s3", "GetBucketPolicy", Bucket=CLAIMS_BUCKET)["Policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["EtlWrites", "ClearinghouseFetches"]
    assert estate_aws.CLEARINGHOUSE in policy["Statement"][1]["Principal"]["AWS"]
    assert {"Key": "data-class", "Value": "phi"} in aws("s3", "GetBucketTagging", Bucket=RECORDS_BUCKET)[
        "TagSet"
    ]
    assert aws("s3", "GetBucketWebsite", Bucket=PORTAL_BUCKET)["IndexDocument"]
    public = json.loads(aws("s3", "GetBucketPolicy", Bucket=IMAGING_BUCKET)["Policy"])
    assert public["Statement"][0]["Principal"] == "*"


def test_encryption_is_nobodys_default_but_one(aws):
    with pytest.raises(CloudError, match="ServerSideEncryptionConfigurationNotFoundError"):
        aws("s3", "GetBucketEncryption", Bucket=RECORDS_BUCKET)
    rules = aws("s3", "GetBucketEncryption", Bucket=estate_aws.EVIDENCE_BUCKET)
    default = rules["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    assert aws("ec2", "GetEbsEncryptionByDefault")["EbsEncryptionByDefault"] is False


def test_keys_in_every_state(aws):
    found = {}
    for one in aws("kms", "ListAliases")["Aliases"]:
        if one["AliasName"].startswith("alias/meridian"):
            key = aws("kms", "DescribeKey", KeyId=one["TargetKeyId"])["KeyMetadata"]
            rotates = None
            if key["KeyState"] == "Enabled":
                rotates = aws("kms", "GetKeyRotationStatus", KeyId=one["TargetKeyId"])["KeyRotationEnabled"]
            found[one["AliasName"].removeprefix("alias/")] = (key["KeyState"], rotates)
    assert found == {
        "meridian-phi": ("Enabled", False),
        "meridian-claims": ("Enabled", False),
        "meridian-evidence": ("Enabled", True),
        "meridian-rx-2019": ("PendingDeletion", None),
    }


def test_the_network_has_a_fix_that_is_half_done(aws):
    logs = aws("ec2", "DescribeFlowLogs")["FlowLogs"]
    vpcs = {
        tag["Value"]: vpc["VpcId"]
        for vpc in aws("ec2", "DescribeVpcs")["Vpcs"]
        for tag in vpc.get("Tags", [])
    }
    assert [(one["ResourceId"], one["TrafficType"]) for one in logs] == [(vpcs["meridian-stores"], "REJECT")]
    groups = {
        one["GroupName"]: one
        for one in aws("ec2", "DescribeSecurityGroups")["SecurityGroups"]
        if one["VpcId"] == vpcs["meridian-prod"]
    }
    open_ports = {
        name: sorted(
            rule.get("FromPort", -1)
            for rule in group["IpPermissions"]
            if any(source["CidrIp"] == "0.0.0.0/0" for source in rule["IpRanges"])
        )
        for name, group in groups.items()
    }
    assert open_ports == {
        "default": [],
        "portal-lb": [80, 443],
        "portal-app": [],
        "admin-legacy": [22, 3389],
        "claims-db": [5432],
        "imaging-vendor": [-1],
        "pharmacy-internal": [],
    }
    assert (
        groups["portal-app"]["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"]
        == groups["portal-lb"]["GroupId"]
    )
    assert groups["claims-db"]["IpPermissions"][0]["Ipv6Ranges"][0]["CidrIpv6"] == "::/0"


def test_the_trail_logs_and_is_not_finished(aws):
    (trail,) = aws("cloudtrail", "DescribeTrails")["trailList"]
    assert (trail["Name"], trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (
        "main",
        False,
        False,
    )
    assert aws("cloudtrail", "GetTrailStatus", Name="main")["IsLogging"] is True
    kept = {
        one["logGroupName"]: one.get("retentionInDays")
        for one in aws("logs", "DescribeLogGroups")["logGroups"]
    }
    assert kept["/meridian/portal/api"] is None
    assert kept["/meridian/audit"] == 2192


def test_storage_on_azure(azure):
    portal = azure(PORTAL_STORAGE)["properties"]
    assert (portal["supportsHttpsTrafficOnly"], portal["minimumTlsVersion"]) == (False, "TLS1_0")
    flyers = azure(f"{PORTAL_STORAGE}/blobServices/default/containers/store-flyers")
    assert flyers["properties"]["publicAccess"] == "Blob"
    audit = azure(estate_azure.AUDIT_STORAGE)["properties"]
    assert (audit["allowBlobPublicAccess"], audit["minimumTlsVersion"]) == (False, "TLS1_2")
    logs = (
        f"{estate_azure.AUDIT_STORAGE}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings"
    )
    assert len(azure(logs, "2021-05-01-preview")["value"]) == 1
    assert "enablePurgeProtection" not in azure(estate_azure.VAULT, "2024-11-01")["properties"]


def test_security_groups_on_azure(azure):
    found = azure(f"{SCOPE}/providers/Microsoft.Network/networkSecurityGroups", "2025-07-01")["value"]
    sources = {
        group["name"]: [
            (rule["properties"].get("destinationPortRange"), rule["properties"]["sourceAddressPrefix"])
            for rule in group["properties"]["securityRules"]
        ]
        for group in found
    }
    assert sources["nsg-jumpbox"][:2] == [("22", "*"), ("3389", "Internet")]
    assert sources["nsg-claims-db"][0] == ("1433", "0.0.0.0/0")
    assert sources["nsg-portal-web"] == [(None, "Internet")]
    used = azure(f"{NETWORK}/networkSecurityGroups/nsg-jumpbox", "2025-07-01")["properties"]
    assert used["subnets"]
    assert used["networkInterfaces"]


def test_owners_on_azure(seeded, azure):
    path = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments"
    found = [one["properties"] for one in azure(path, "2022-04-01")["value"]]
    owners = [
        one for one in found if one["roleDefinitionId"].endswith("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
    ]
    assert sum(one["principalType"] == "User" for one in owners) == 2
    assert any("Break-glass" in one["description"] for one in owners)
    assert {one["principalId"] for one in owners if one["principalType"] == "ServicePrincipal"} == {
        LEGACY_DEPLOY,
        seeded[0]["azure"].caller().principal,
    }


class Stopping:
    def step(self, done, total, what):
        raise Cancelled


class Refusing:
    """A cloud that says no to everything."""

    provider = "aws"

    def call(self, call):
        raise CloudError("Refused", "no", call=call)


class Waiting:
    """A cloud that says yes to everything, slowly."""

    provider = "azure"

    def __init__(self):
        self.calls = 0

    def call(self, call):
        self.calls += 1
        time.sleep(0.02)
        return {}

    def caller(self):
        raise AssertionError("the last part was reached")


def test_seeding_can_be_stopped():
    with pytest.raises(Cancelled):
        seed_all({"aws": Waiting(), "azure": Waiting()}, Stopping())


def test_a_refusal_stops_the_other_half_and_is_what_is_told():
    other = Waiting()
    with pytest.raises(CloudError, match="Refused"):
        seed_all({"aws": Refusing(), "azure": other})
    assert other.calls < 20


def test_the_repository_is_clean_but_for_one_edit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    first = make_repository(tmp_path / "one")
    second = make_repository(tmp_path / "two")
    monkeypatch.delenv("GIT_DIR")

    def git(folder, *arguments):
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert git(first, "log", "--format=%an|%cn") == "Priya Raman|Priya Raman"
    assert git(first, "rev-parse", "HEAD") == git(second, "rev-parse", "HEAD")
    assert git(first, "status", "--porcelain") == f"M {EDITED}"
    assert git(first, "branch", "--show-current") == "main"
    assert f'bucket = "{RECORDS_BUCKET}"' in (first / "storage.tf").read_text()
    assert "staging_cidr" not in git(first, "show", f"HEAD:{EDITED}")


def test_a_folder_in_use_is_not_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        make_repository(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


def test_a_missing_git_is_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="git is not on PATH"):
        make_repository(tmp_path / "one")


@pytest.mark.slow
def test_every_command_of_the_demo_makes_its_call(seeded):
    """ "Same as": the AWS CLI understands the line as this very call, and az rest sends this very request."""
    clouds = seeded[0]
    playbooks = [one for one in load().playbooks.values() if not one.guided]
    places = [Place("aws", ACCOUNT, REGION), Place("azure", SUBSCRIPTION, "", "AzureCloud")]
    by_id = {one.id: one for one in playbooks}
    fix_requests = []
    for one in scan(playbooks, places, clouds).findings:
        kind = resource_types()[by_id[one.check].resource]
        if target := kind.target(one.resource, one.account, one.region):
            fix_requests.append(FixRequest(by_id[one.check], target, (one.fingerprint,)))
    plan = make_plan(fix_requests, clouds, {})
    calls = [call for change in plan.changes for call in change.calls]
    assert len(calls) > 100
    for call in calls:
        (aws_cli if call.provider == "aws" else azure_cli).check(call)
