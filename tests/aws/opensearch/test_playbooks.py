"""Encryption of a domain, which OpenSearch keeps for good, and a move into a VPC."""

from __future__ import annotations

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.opensearch.estate import build
from tests.aws.runs import CATALOGUE, names_found
from tests.aws.server import ACCOUNT, REGION

PLACES = [Place("aws", ACCOUNT, REGION)]


def found(aws, *playbooks):
    seen = scan([CATALOGUE.get(id) for id in playbooks], PLACES, {"aws": aws})
    assert seen.problems == ()
    return sorted((one.check, one.resource_name) for one in seen.findings)


def test_a_domain_is_encrypted_for_good(aws, tmp_path):
    build(aws)
    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    playbook = CATALOGUE.get("aws.opensearch.encryption")
    assert found(aws, playbook.id) == [(playbook.id, "phi-search")]
    domain = resource_type(playbook.resource).target("phi-search", ACCOUNT, REGION)
    plan = make_plan([FixRequest(playbook, domain, (domain.id,))], {"aws": aws}, {})
    last = plan.changes[-1]
    assert "never turns encryption off" in last.irreversible
    assert not last.reversible
    assert not plan.blocked
    run = Applying(plan, {"aws": aws}, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    value = setting("aws.opensearch.encryption").read(aws, domain).value
    assert (value["AtRest"], value["NodeToNode"]) == (True, True)
    assert value["KmsKeyId"].startswith("arn:aws:kms:")
    assert found(aws, playbook.id) == []
    back = rollback_plan(journal, run, {"aws": aws})
    assert back.changes == ()
    assert any("never turns encryption off" in one.reason for one in back.skipped)


@pytest.mark.parametrize(
    "id",
    [
        "aws.opensearch.in-vpc",
    ],
)
def test_a_move_has_a_way_back_and_proof_of_each_step(id):
    playbook = CATALOGUE.get(id)
    assert playbook.guided
    assert any("roll back" in step.do.lower() for step in playbook.steps)
    assert all(step.evidence for step in playbook.steps)


def test_what_a_person_has_to_move_is_found(aws):
    build(aws)
    assert names_found("aws.opensearch.in-vpc", aws) == {"phi-search"}
