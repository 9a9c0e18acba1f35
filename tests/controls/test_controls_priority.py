"""The list starts where patients' data is most at risk."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.controls.citations import all_citations
from hipaa_tui.controls.priority import looks_phi, looks_public, priority
from hipaa_tui.findings.model import SEVERITIES

REQUIRED, ADDRESSABLE = "164.312(b)", "164.312(a)(2)(iv)"
CONTROLS = st.lists(st.sampled_from([*all_citations(), "unknown"]), max_size=4)
FLAGS = st.tuples(CONTROLS, st.booleans(), st.booleans(), st.booleans())


@given(st.sampled_from([*SEVERITIES, "unheard of"]), FLAGS)
def test_a_priority_is_between_0_and_100(severity, rest):
    assert 0 <= priority(severity, *rest) <= 100


@given(st.sampled_from(list(pairwise(SEVERITIES))), FLAGS, FLAGS)
def test_severity_dominates(severities, worse, milder):
    assert priority(severities[0], *worse) > priority(severities[1], *milder)


def test_each_circumstance_counts_and_the_order_among_them_is_the_documented_one():
    def score(controls=(), exposure=False, phi=False, automatic=False):
        return priority("medium", controls, exposure, phi, automatic)

    ranked = [
        score([REQUIRED], True, True, True),
        score([REQUIRED], True, True),
        score([REQUIRED], phi=True),
        score(exposure=True),
        score(phi=True),
        score([ADDRESSABLE, REQUIRED]),
        score([ADDRESSABLE]),
        score(automatic=True),
        score(["unknown"]),
    ]
    assert ranked == [59, 58, 50, 48, 46, 44, 42, 41, 40]


@given(st.sampled_from(SEVERITIES), FLAGS, FLAGS)
def test_what_can_be_fixed_automatically_only_breaks_ties(severity, left, right):
    slow, fast = priority(severity, *left[:3], False), priority(severity, *right[:3], True)
    assert (fast > slow) == (priority(severity, *right[:3], False) >= slow)


@pytest.mark.parametrize(
    "name",
    [
        "phi-records",
        "PhiDb",
        "myPHIBucket",
        "ePHI",
        "PHIRecords",
        "/app/phi-api",
        "patients",
        "patient_portal",
        "claims2024",
        "imaging-archive",
        "hl7-inbound",
        "hl7v2-feed",
        "fhir",
        "rx1",
        "EHR.prod",
        "svc/medical",
    ],
)
def test_names_of_patients_data(name):
    assert looks_phi(name)


@pytest.mark.parametrize(
    "name",
    [
        "dolphin",
        "graphite",
        "Philadelphia",
        "delphi",
        "emr-cluster",
        "x-ray",
        "non-phi",
        "noPHI",
        "hl7v2feed",
        "",
    ],
)
def test_names_that_only_contain_such_a_word(name):
    assert not looks_phi(name)


@pytest.mark.parametrize(
    ("tags", "phi"),
    [
        ({"DataClassification": "PHI"}, True),
        ({"contains-phi": "true"}, True),
        ({"contains-phi": "false"}, False),
        ({"phi": "no"}, False),
        (("data:phi",), True),
        (("phi=False",), False),
        (("phi:none",), False),
        (("aws:autoscaling:groupName:asg",), False),
        ((), False),
    ],
)
def test_tags_say_it_or_deny_it(tags, phi):
    assert looks_phi("bucket", tags) is phi


@pytest.mark.parametrize(
    "check",
    [
        "s3_bucket_public_access",
        "awslambda_function_not_publicly_accessible",
        "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
        "network_ssh_internet_access_restricted",
        "sqlserver_unrestricted_inbound_access",
        "storage_default_network_access_rule_is_denied",
        "S3.2",
        "s3-bucket-public-read-prohibited",
        "restricted-ssh",
    ],
)
def test_checks_of_what_the_internet_reaches(check):
    assert looks_public(check)


@pytest.mark.parametrize(
    "check", ["s3_bucket_default_encryption", "S3.5", "S3.20", "kms_cmk_rotation_enabled", ""]
)
def test_checks_of_other_things(check):
    assert not looks_public(check)
