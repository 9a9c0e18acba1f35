"""Encryption of a cluster's secrets, which EKS keeps for good."""

from __future__ import annotations

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.eks.estate import build
from tests.aws.guards import key
from tests.aws.runs import CATALOGUE
from tests.aws.server import ACCOUNT, REGION

PLACES = [Place("aws", ACCOUNT, REGION)]


@pytest.fixture
def estate(aws):
    return build(aws)


def test_a_clusters_key_is_for_good_and_the_rollback_says_so(estate, tmp_path):
    clouds, playbook = {"aws": estate}, CATALOGUE.get("aws.eks.secrets-encryption")
    target = resource_types()[playbook.resource].target("phi", ACCOUNT, REGION)
    plan = make_plan([FixRequest(playbook, target, ())], clouds, {})
    assert not plan.blocked
    change = plan.changes[-1]
    assert change.irreversible
    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    run = Applying(plan, clouds, journal, sleep=lambda _: None).start()
    assert journal.row(run).state == "done"
    assert scan([playbook], PLACES, clouds).findings == ()
    back = rollback_plan(journal, run, clouds)
    assert [one.subject for one in back.skipped if "cluster" in one.resource] == [change.id]


def test_a_second_key_is_refused(estate):
    one = setting("aws.eks.secrets-encryption")
    target = resource_types()[one.resource].target("phi", ACCOUNT, REGION)
    for call in one.write(target, one.read(estate, target), {"keyArn": key(estate)}):
        estate.call(call)
    with pytest.raises(ValueError, match="never takes another key"):
        one.write(target, one.read(estate, target), {"keyArn": key(estate)})
