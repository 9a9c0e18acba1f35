"""What Checkov, SARIF, Trivy and KICS say of Terraform code is read, row for row, whatever stands in it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.findings.load import load_document
from hipaa_tui.findings.readers.open_report import parse_document
from hipaa_tui.findings.readers.reader import InCode, Loaded
from hipaa_tui.support.errors import InputError
from tests.patches.code_reports import (
    checkov,
    checkov_row,
    kics,
    kics_row,
    sarif,
    sarif_row,
    trivy,
    trivy_row,
)


def load(report: Any) -> Loaded:
    found = load_document(parse_document(Path("any"), json.dumps(report).encode()))
    rows = len(found.findings) + len(found.in_code) + sum(found.skipped.values()) + len(found.bad)
    assert found.read == rows
    assert found.findings == ()
    return found


def only(report: Any) -> InCode:
    found = load(report)
    assert (found.skipped, found.bad) == ({}, ())
    (row,) = found.in_code
    return row


EVERY = {
    "checkov": checkov(checkov_row()),
    "sarif": sarif(sarif_row()),
    "trivy": trivy(trivy_row()),
    "kics": kics(kics_row()),
}


@pytest.mark.parametrize("format", EVERY)
def test_each_format_is_told_by_its_content(format):
    found = load(EVERY[format])
    assert found.format == format
    (row,) = found.in_code
    assert row.source == format
    assert row.line == 4
    assert row.files[-1].endswith("main.tf")


@pytest.mark.parametrize(
    ("empty", "format"),
    [
        ({"passed": 0, "failed": 0, "resource_count": 0, "checkov_version": "3.2.0"}, "checkov"),
        (sarif(), "sarif"),
        ({"SchemaVersion": 2, "ArtifactName": "."}, "trivy"),
        ({"kics_version": "v2", "files_scanned": 0, "queries": []}, "kics"),
    ],
)
def test_a_report_without_rows_is_none_of_an_unknown_format(empty, format):
    found = load(empty)
    assert (found.format, found.read) == (format, 0)


class TestCheckov:
    def test_a_failed_row_names_its_files_the_surest_first_and_its_instance(self):
        row = only(checkov(checkov_row(resource='module.a["x"].aws_s3_bucket.this')))
        assert row.files == ("/build/infra/main.tf", "/main.tf")
        assert row.address == 'module.a["x"].aws_s3_bucket.this'
        assert (row.check, row.severity) == ("CKV_AWS_18", "medium")

    def test_several_kinds_of_code_are_a_list_of_which_terraform_counts(self):
        found = load([checkov(checkov_row(), kind="dockerfile"), checkov(checkov_row())])
        assert dict(found.skipped) == {"not Terraform": 1}
        assert len(found.in_code) == 1

    def test_what_passed_or_is_suppressed_is_counted_and_what_was_not_read_is_said(self):
        passed = checkov_row(check_result={"result": "PASSED"})
        hidden = checkov_row(check_result={"result": "SKIPPED", "suppress_comment": "known"})
        report = checkov(passed_checks=[passed], skipped_checks=[hidden], parsing_errors=["/broken.tf"])
        found = load(report)
        assert dict(found.skipped) == {"pass": 1, "suppressed": 1}
        assert [bad.reason for bad in found.bad] == [
            "Checkov could not read /broken.tf, so nothing in it was checked."
        ]

    def test_a_row_of_a_plan_has_its_address_alone(self):
        planned = {
            "file_path": "/tfplan.json",
            "repo_file_path": "/tfplan.json",
            "file_abs_path": "/x/tfplan.json",
        }
        row = only(
            checkov(checkov_row(**planned, resource_address="aws_s3_bucket.b[0]"), kind="terraform_plan")
        )
        assert (row.files, row.address) == ((), "aws_s3_bucket.b[0]")

    def test_another_providers_resource_is_none_of_ours(self):
        found = load(checkov(checkov_row(resource="google_storage_bucket.b")))
        assert dict(found.skipped) == {"other provider": 1}

    @pytest.mark.parametrize(
        "damage",
        [
            {"check_id": None},
            {"check_id": "CKV\u202e_1"},
            {"check_result": None},
            {"check_result": {"result": "MAYBE"}},
            {"file_path": 7},
            {"check_name": ["x"]},
        ],
    )
    def test_a_damaged_row_is_named_with_its_place(self, damage):
        found = load(checkov(checkov_row(), checkov_row(**damage)))
        (bad,) = found.bad
        assert bad.where == "row 1, failed_checks row 2"
        assert len(found.in_code) == 1


class TestSarif:
    def test_the_level_is_the_results_else_its_rules(self):
        rules = [
            {"id": "R", "defaultConfiguration": {"level": "note"}, "shortDescription": {"text": "Short"}}
        ]
        plain = sarif_row("R", ruleIndex=0)
        del plain["level"]
        row = only(sarif(plain, rules=rules))
        assert (row.severity, row.title) == ("low", "Short")
        assert only(sarif(sarif_row("R", level="warning"), rules=rules)).severity == "medium"
        assert only(sarif(sarif_row("R"))).severity == "high"

    def test_a_rules_score_counts_more_than_its_level(self):
        rules = [{"id": "R", "properties": {"security-severity": "9.5"}}]
        assert only(sarif(sarif_row("R", level="note"), rules=rules)).severity == "critical"

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            ({"kind": "pass"}, "pass"),
            ({"kind": "review"}, "manual"),
            ({"baselineState": "absent"}, "resolved"),
            ({"suppressions": [{"kind": "inSource"}]}, "suppressed"),
            ({"suppressions": [{"kind": "external", "status": "accepted"}]}, "suppressed"),
            ({"locations": []}, "without a place"),
        ],
    )
    def test_a_result_that_is_no_open_failure_is_counted_by_its_reason(self, said, reason):
        assert dict(load(sarif(sarif_row(**said))).skipped) == {reason: 1}

    @pytest.mark.parametrize("status", ["underReview", "rejected"])
    def test_a_suppression_that_nobody_accepted_hides_nothing(self, status):
        only(sarif(sarif_row(suppressions=[{"kind": "external", "status": status}])))

    def test_the_base_of_a_uri_is_followed(self):
        bases = {"SRC": {"uri": "infra/", "uriBaseId": "ROOT"}, "ROOT": {"uri": "file:///build/repo/"}}
        row = sarif_row()
        row["locations"][0]["physicalLocation"]["artifactLocation"] = {"uri": "a%20b.tf", "uriBaseId": "SRC"}
        assert only(sarif(row, originalUriBaseIds=bases)).files == ("/build/repo/infra/a b.tf", "a b.tf")

    def test_bases_in_a_circle_come_to_an_end(self):
        bases = {"A": {"uri": "a/", "uriBaseId": "B"}, "B": {"uri": "b/", "uriBaseId": "A"}}
        row = sarif_row()
        row["locations"][0]["physicalLocation"]["artifactLocation"] = {"uri": "main.tf", "uriBaseId": "A"}
        assert only(sarif(row, originalUriBaseIds=bases)).files == ("main.tf",)

    def test_an_artifact_may_be_named_by_its_number(self):
        row = sarif_row()
        row["locations"][0]["physicalLocation"]["artifactLocation"] = {"index": 1}
        artifacts = [{"location": {"uri": "x.py"}}, {"location": {"uri": "file:///r/main.tf"}}]
        assert only(sarif(row, artifacts=artifacts)).files == ("/r/main.tf",)

    def test_a_logical_location_is_an_address(self):
        row = sarif_row()
        row["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": "aws_s3_bucket.phi"}]
        assert only(sarif(row)).address == "aws_s3_bucket.phi"

    def test_other_languages_results_are_counted(self):
        assert dict(load(sarif(sarif_row(uri="app/main.py"))).skipped) == {"not Terraform": 1}


class TestTrivy:
    def test_newer_and_older_ids_are_one_check(self):
        assert only(trivy(trivy_row("AWS-0089", AVDID=""))).check == "AVD-AWS-0089"
        assert only(sarif(sarif_row("AWS-0089"), tool="Trivy")).check == "AVD-AWS-0089"
        assert only(trivy(trivy_row())).check == "AVD-AWS-0089"

    def test_statuses_and_other_scanners_rows_are_counted(self):
        report = trivy(trivy_row(Status="PASS"), trivy_row(Status="EXCEPTION"), Vulnerabilities=[{}, {}])
        counted = {"pass": 1, "suppressed": 1, "not a configuration check": 2}
        assert dict(load(report).skipped) == counted

    def test_other_clouds_and_other_code_are_counted(self):
        report = trivy(trivy_row(cause={"Provider": "Google", "Resource": "google_x.y"}))
        assert dict(load(report).skipped) == {"other provider": 1}
        assert dict(load(trivy(trivy_row(), Type="dockerfile", Target="Dockerfile")).skipped) == {
            "not Terraform": 1
        }

    def test_a_plan_gives_addresses(self):
        row = only(trivy(trivy_row(), Type="terraformplan", Target="tfplan.json"))
        assert (row.files, row.address) == ((), "aws_s3_bucket.phi")

    def test_a_cause_that_is_no_address_is_left_to_the_line(self):
        row = only(trivy(trivy_row(cause={"Resource": "main.tf:4-6"})))
        assert (row.address, row.line) == ("", 4)


class TestKics:
    def test_the_address_is_the_label_and_never_the_clouds_name(self):
        row = only(kics(kics_row()))
        assert row.address == "aws_s3_bucket.phi"
        assert row.check == "568a4d22-3517-44a6-a7ad-6a7eed88722c"
        assert row.detail == "'versioning' is undefined"
        assert (
            only(kics(kics_row(search_key="aws_s3_bucket[{{phi}}].versioning"))).address
            == "aws_s3_bucket.phi"
        )
        assert only(kics(kics_row(search_key="module[s3].versioning"))).address == ""

    def test_inventories_other_platforms_and_clouds_are_counted(self):
        assert dict(load(kics(kics_row(), severity="TRACE")).skipped) == {"inventory": 1}
        assert dict(load(kics(kics_row(), platform="Kubernetes")).skipped) == {"not Terraform": 1}
        assert dict(load(kics(kics_row(), cloud_provider="GCP")).skipped) == {"other provider": 1}

    def test_a_line_that_nobody_knows_is_none(self):
        assert only(kics(kics_row(line=-1))).line == 0


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=12)
    | st.sampled_from(
        ["main.tf", "../../../etc/passwd.tf", "[red]x[/].tf", "file:///a.tf", "FAIL", "aws_s3_bucket.b[0]"]
    )
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damaged(draw):
    """A report of which some parts, at any depth, are replaced or taken away."""
    report = json.loads(json.dumps(draw(st.sampled_from(list(EVERY.values())))))
    for _ in range(draw(st.integers(1, 4))):
        parent: Any = report
        key: Any = draw(st.sampled_from(sorted(parent)))
        while isinstance(parent[key], dict | list) and parent[key] and draw(st.integers(0, 3)):
            parent = parent[key]
            keys = sorted(parent) if isinstance(parent, dict) else range(len(parent))
            key = draw(st.sampled_from(keys))
        if isinstance(parent, dict) and len(parent) > 1 and draw(st.booleans()):
            del parent[key]
        else:
            parent[key] = draw(ANY_JSON)
    return report


@settings(deadline=None, max_examples=150)
@given(damaged())
def test_whatever_stands_in_a_report_each_row_is_accounted_for(report):
    try:
        found = load_document(parse_document(Path("any"), json.dumps(report).encode()))
    except InputError as error:
        assert str(error).isprintable()
        return
    rows = len(found.findings) + len(found.in_code) + sum(found.skipped.values()) + len(found.bad)
    assert found.read == rows
    for row in found.in_code:
        assert row.check
        assert row.files or row.address
        for one in fields(row):
            value = getattr(row, one.name)
            for text in value if isinstance(value, tuple) else (str(value),):
                assert not {unicodedata.category(sign) for sign in text} & {"Cc", "Cf", "Cs"}
    for bad in found.bad:
        assert bad.where
        assert bad.reason.endswith(".")
