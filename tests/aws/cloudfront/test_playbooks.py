"""Distributions there and back: a write hands the whole configuration back, and no plan or journal ever holds it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipaa_tui.clouds import call_description
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.cloudfront.estate import SECRET, distribution
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
HTTPS, ROOT, LOGS = (f"aws.cloudfront.{one}" for one in ("https", "root-object", "logs"))


@pytest.fixture
def do(aws):
    return lambda service, operation, **arguments: do_by_hand(aws, service, operation, **arguments)


@pytest.fixture
def estate(do):
    """A distribution as it was first set up, with a page in its bucket, and one that is as it should be."""
    do("s3", "CreateBucket", Bucket="pages")
    do("s3", "PutObject", Bucket="pages", Key="index.html", Body="")
    distribution(do, "kept", "https-only", DefaultRootObject="index.html")
    return distribution(do, "site")


def config(do: Any, id: str) -> dict[str, Any]:
    return dict(do("cloudfront", "GetDistributionConfig", Id=id)["DistributionConfig"])


def wrong(aws, id):
    seen = scan([CATALOGUE.get(id)], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert seen.problems == ()
    return [one.resource for one in seen.findings]


def test_a_distribution_is_changed_in_two_places_by_one_plan_and_changed_back(aws, do, estate, tmp_path):
    """Everything else of the configuration, secrets included, comes back as it was."""
    before = config(do, estate)
    arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{estate}"
    assert wrong(aws, HTTPS) == wrong(aws, ROOT) == [arn]
    target = resource_types()["AWS::CloudFront::Distribution"].target(arn, ACCOUNT, REGION)
    plan = make_plan(
        [FixRequest(CATALOGUE.get(id), target, ("x",)) for id in (HTTPS, ROOT)], {"aws": aws}, {}
    )
    assert plan.skipped == plan.blocked == ()

    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    assert wrong(aws, HTTPS) == wrong(aws, ROOT) == []
    after = config(do, estate)
    assert after["DefaultRootObject"] == "index.html"
    assert after["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert after["CacheBehaviors"]["Items"][0]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert after["Origins"] == before["Origins"]

    back = rollback_plan(journal, run, {"aws": aws})
    undone = Applying(back, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(undone).state, journal.row(undone).note) == ("done", "")
    assert config(do, estate) == before

    kept = "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "home").iterdir())
    assert arn in kept
    assert SECRET not in kept
    assert SECRET not in json.dumps([plan.as_json(), back.as_json()])


def test_the_preview_says_that_the_configuration_is_handed_back(aws, estate):
    target = resource_types()["AWS::CloudFront::Distribution"].target(estate, ACCOUNT, REGION)
    plan = make_plan([FixRequest(CATALOGUE.get(HTTPS), target, ("x",))], {"aws": aws}, {})
    read, update = plan.changes[0].calls
    assert (read.operation, update.operation) == ("GetDistributionConfig", "UpdateDistribution")
    assert call_description.command(update).startswith("aws cloudfront update-distribution")
    assert set(plan.changes[0].permissions) == {
        "cloudfront:GetDistributionConfig",
        "cloudfront:UpdateDistribution",
    }


def test_a_distribution_without_logs_is_found_and_any_kind_of_log_is_enough(aws, do, estate):
    found = wrong(aws, LOGS)
    assert len(found) == 2
    logs = {"Enabled": True, "IncludeCookies": False, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""}
    distribution(do, "logged", Logging=logs)
    assert wrong(aws, LOGS) == found
