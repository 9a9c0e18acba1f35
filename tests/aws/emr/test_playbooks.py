"""Clusters of EMR that only a person can put right."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.scan import Place, scan
from tests.aws.emr.estate import build
from tests.aws.guards import Answers
from tests.aws.runs import CATALOGUE, names_found
from tests.aws.server import ACCOUNT, REGION

PLACES = [Place("aws", ACCOUNT, REGION)]


@pytest.fixture
def estate(aws):
    return build(aws)


def test_a_primary_node_with_a_public_address_is_found(estate):
    node = {"Instances": [{"Id": "ci-1", "PublicIpAddress": "203.0.113.7"}, {"Id": "ci-2"}]}
    seen = scan(
        [CATALOGUE.get("aws.emr.master-address")], PLACES, {"aws": Answers(estate, ListInstances=node)}
    )
    (found,) = seen.findings
    assert "203.0.113.7" in found.detail


def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(estate):
    assert len(names_found("aws.emr.kerberos", estate)) == 1
    assert names_found("aws.emr.master-address", estate) == set()
