"""A finding that says "none of them does" is mended in one of them."""

import json

import pytest

from hipaa_tui.findings.load import load_files, merge
from hipaa_tui.plans.planner import fix_requests
from hipaa_tui.plans.unnamed_resources import with_unnamed_resources
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call

CATALOGUE = load()


@pytest.fixture
def finding(tmp_path):
    """Prowler's row where no trail records reads of objects."""
    row = {
        "metadata": {"event_code": "cloudtrail_s3_dataevents_read_enabled"},
        "finding_info": {"title": "No data events", "uid": "x"},
        "status_code": "FAIL", "severity": "Low", "unmapped": {},
        "cloud": {"provider": "aws", "account": {"uid": "123456789012"}, "region": "us-east-1"},
        "resources": [{"uid": "arn:aws:cloudtrail:us-east-1:123456789012:trail", "region": "us-east-1"}],
    }  # fmt: skip
    path = tmp_path / "report.ocsf.json"
    path.write_text(json.dumps([row]))
    (found,) = merge(load_files([path]))
    return found.finding


def asked(aws, service, operation, **arguments):
    return aws.call(Call("aws", service, operation, arguments, "us-east-1"))


def planned(aws, finding):
    wanted, skipped = fix_requests([finding], CATALOGUE)
    assert wanted == []
    return with_unnamed_resources(wanted, skipped, [finding], {"aws": aws}, CATALOGUE)


def test_the_accounts_own_trail_is_taken(aws, finding):
    asked(aws, "s3", "CreateBucket", Bucket="trails")
    asked(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trails")
    (wish,), left = planned(aws, finding)
    assert (wish.target.name, wish.findings) == ("main", (finding.fingerprint,))
    assert left == []


def test_without_a_trail_it_says_so(aws, finding):
    wanted, (left,) = planned(aws, finding)
    assert wanted == []
    assert left.reason == "the account has no trail in us-east-1: create one first"
