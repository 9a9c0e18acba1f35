"""Three formats of one scan say the same thing, and each row of them is accounted for."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hipaa_tui.findings.load import load_file, load_files, merge, recognise
from hipaa_tui.findings.readers.reader import Loaded

DATA = Path(__file__).parents[1] / "data" / "prowler"
SCAN = [DATA / "prowler.ocsf.json", DATA / "prowler.csv", DATA / "prowler.asff.json"]


def fingerprints(loaded: Loaded) -> set[str]:
    return {finding.fingerprint for finding in loaded.findings}


def adds_up(loaded: Loaded) -> bool:
    return loaded.read == len(loaded.findings) + sum(loaded.skipped.values()) + len(loaded.bad)


@pytest.fixture
def write(tmp_path):
    """Writes rows as JSON, or text as it is, to a file whose name tells nothing."""

    def write_file(content, name="export"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def ocsf_row():
    return next(r for r in json.loads(SCAN[0].read_text()) if r["status_code"] == "FAIL")


@pytest.fixture
def asff_row():
    rows = json.loads(SCAN[2].read_text())
    return next(r for r in rows if r["Compliance"]["Status"] == "FAILED")


@pytest.mark.parametrize(
    ("path", "name", "read", "skipped"),
    [
        (SCAN[0], "prowler-ocsf", 115, {"pass": 26, "manual": 2}),
        (SCAN[1], "prowler-csv", 115, {"pass": 26, "manual": 2}),
        (SCAN[2], "asff", 113, {"pass": 26}),  # Prowler leaves manual rows out of ASFF
    ],
)
def test_each_format_of_the_scan_holds_its_87_findings(path, name, read, skipped):
    loaded = load_file(path)
    assert (loaded.path, loaded.format, loaded.read) == (path, name, read)
    assert dict(loaded.skipped) == skipped
    assert loaded.bad == ()
    assert len(loaded.findings) == len(fingerprints(loaded)) == 87
    assert {finding.source for finding in loaded.findings} == {name}
    assert name == recognise(path).FORMAT


def test_the_formats_agree_on_every_finding():
    loaded = load_files(SCAN)
    assert fingerprints(loaded[0]) == fingerprints(loaded[1]) == fingerprints(loaded[2])
    told = [
        {f.fingerprint: (f.title, f.detail, f.severity, f.resource_type, f.partition) for f in file.findings}
        for file in loaded
    ]
    assert told[0] == told[1] == told[2]


def test_merged_they_are_87_findings_with_three_sources_each():
    loaded = load_files(SCAN)
    merged = merge([*loaded, *loaded])
    assert [m.finding for m in merged] == list(loaded[0].findings)
    assert {m.sources for m in merged} == {("prowler-ocsf", "prowler-csv", "asff")}


def test_azure_findings_are_read():
    loaded = load_file(DATA / "azure.ocsf.json")
    assert len(loaded.findings) == loaded.read == 5
    assert {(f.provider, f.region, f.partition) for f in loaded.findings} == {
        ("azure", "global", "AzureCloud")
    }


def test_progress_tells_the_rows_done():
    told = []
    load_files(SCAN[:2], lambda path, rows: told.append((path, rows)))
    assert told == [(SCAN[0], 0), (SCAN[0], 115), (SCAN[1], 0), (SCAN[1], 115)]


def test_rows_of_one_resource_and_check_keep_what_each_of_them_says(write, ocsf_row):
    """Prowler reports every inline policy of a user under the user's ARN."""
    other = json.loads(json.dumps(ocsf_row))
    ocsf_row["status_detail"], other["status_detail"] = "policy a", "policy b"
    loaded = load_file(write([ocsf_row, other, ocsf_row]))
    assert len(loaded.findings) == 3
    (merged,) = merge([loaded])
    assert merged.finding.detail == "policy a · policy b"


class TestOcsf:
    def test_json_lines_and_a_single_object_are_read(self, write, ocsf_row):
        assert len(load_file(write(ocsf_row)).findings) == 1
        lines = f"{json.dumps(ocsf_row)}\n\n{json.dumps(ocsf_row)}\n"
        assert len(load_file(write(lines)).findings) == 2

    def test_a_damaged_line_is_explained_and_the_others_are_kept(self, write, ocsf_row):
        line = json.dumps(ocsf_row)
        loaded = load_file(write(f"{line}\n{line[:500]}\n[1]\n{line}\n{line}"))
        assert len(loaded.findings) == 3
        assert [(bad.where, bad.reason) for bad in loaded.bad] == [
            ("line 2", "The line is not a complete JSON object."),
            ("line 3, row 1", "The row is not a JSON object."),
        ]
        assert adds_up(loaded)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"status_code": "PASS"}, "pass"),
            ({"status_code": "MANUAL"}, "manual"),
            ({"status": "Suppressed"}, "muted"),
            ({"status_code": "MUTED"}, "muted"),
            ({"cloud": {"provider": "gcp"}}, "other provider"),
            ({"status_code": "PASS", "resources": []}, "pass"),
        ],
    )
    def test_rows_that_are_no_findings_are_counted_by_reason(self, write, ocsf_row, change, reason):
        loaded = load_file(write([{**ocsf_row, **change}]))
        assert (loaded.findings, loaded.bad, dict(loaded.skipped)) == ((), (), {reason: 1})

    @pytest.mark.parametrize(
        ("path", "value", "reason"),
        [
            (("metadata",), {}, "The check id (metadata.event_code) is missing."),
            (("metadata", "event_code"), 7, "The check id (metadata.event_code) is not text."),
            (("cloud",), None, "The provider is missing."),
            (("cloud", "account", "uid"), " ", "The account id (cloud.account.uid) is missing."),
            (("status_code",), None, "The status (status_code) is missing."),
            (("status_code",), "BROKEN", "is not PASS, FAIL or MANUAL."),
            (("resources",), [], "The row has no resource (resources)."),
            (("resources",), "x", "The row has no resource (resources)."),
            (("resources", 0, "uid"), None, "The resource id (resources.uid) is missing."),
            (("resources", 0, "uid"), "a" * 2049, "is longer than 2048 characters."),
            (("resources", 0, "uid"), "arn:\x1b[2Jx", "control characters or invisible ones."),
            (("resources", 0, "uid"), "arn:\u202ex", "control characters or invisible ones."),
            (("resources", 0, "uid"), "arn:\ud800x", "control characters or invisible ones."),
            (("resources", 0, "region"), ["x"], "The region (resources.region) is not text."),
            (("finding_info", "title"), 5, "The title is not text."),
            (("severity",), {}, "The severity is not text."),
        ],
    )
    def test_a_bad_row_is_explained_and_the_good_ones_are_kept(self, write, ocsf_row, path, value, reason):
        bad = json.loads(json.dumps(ocsf_row))
        bad["unmapped"].pop("provider")
        at = bad
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        loaded = load_file(write([ocsf_row, bad, ocsf_row]))
        assert len(loaded.findings) == 2
        assert [row.where for row in loaded.bad] == ["row 2"]
        assert loaded.bad[0].reason.endswith(reason)

    def test_a_row_with_several_resources_counts_once_for_each(self, write, ocsf_row):
        first = ocsf_row["resources"][0]
        ocsf_row["resources"] = [first, {**first, "uid": "arn:aws:s3:::b"}, {}]
        loaded = load_file(write([ocsf_row]))
        assert [f.resource for f in loaded.findings] == [first["uid"], "arn:aws:s3:::b"]
        assert loaded.bad[0].where == "row 1, resource 3"
        assert loaded.read == 3

    def test_what_is_shown_is_cleaned_and_cut(self, write, ocsf_row):
        ocsf_row["finding_info"]["title"] = "\x1b[31mred\x1b[0m " * 200
        ocsf_row["status_detail"] = "a\u202eb\n" * 5000
        ocsf_row["resources"][0]["name"] = "[bold]n\x00"
        ocsf_row["resources"][0]["labels"] = ["Data:PHI\x07", 7, None, ""]
        (finding,) = load_file(write([ocsf_row])).findings
        assert finding.title.startswith("red red")
        assert (len(finding.title), len(finding.detail)) == (300, 2000)
        assert finding.detail.startswith("ab ab")
        assert finding.resource_name == "[bold]n"
        assert finding.tags == ("Data:PHI",)

    @pytest.mark.parametrize(
        ("reported", "kept"),
        [
            ("Critical", "critical"),
            ("HIGH", "high"),
            ("Fatal", "critical"),
            ("Informational", "informational"),
            ("info", "informational"),
            ("Unknown", "medium"),
            (None, "medium"),
        ],
    )
    def test_severities_have_one_spelling(self, write, ocsf_row, reported, kept):
        ocsf_row["severity"] = reported
        assert load_file(write([ocsf_row])).findings[0].severity == kept


class TestCsv:
    @pytest.fixture
    def rows(self):
        with SCAN[1].open(newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))[:3]

    @staticmethod
    def text(rows, delimiter=";", columns=None):
        out = io.StringIO()
        writer = csv.DictWriter(out, columns or rows[0], delimiter=delimiter, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue()

    @pytest.mark.parametrize("separator", [";", ",", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_what_a_spreadsheet_saved_again_is_read(self, write, rows, separator, encoding):
        loaded = load_file(write(self.text(rows, separator).encode(encoding)))
        assert fingerprints(loaded) <= fingerprints(load_file(SCAN[1]))
        assert (len(loaded.findings), loaded.bad) == (3, ())

    def test_columns_are_found_by_name(self, write, rows):
        needed = ["RESOURCE_UID", "STATUS", "CHECK_ID", "ACCOUNT_UID", "PROVIDER"]
        loaded = load_file(write(self.text(rows, columns=needed)))
        finding = loaded.findings[0]
        assert (finding.region, finding.severity, finding.partition) == ("global", "medium", "aws")
        assert finding.title == finding.check
        assert finding.resource_name == "1jwew51nct/stages/prod"

    def test_huge_and_multi_line_cells_are_read(self, write, rows):
        rows[0]["RISK"] = 'one\n"two";\n' * 50_000
        assert len(load_file(write(self.text(rows))).findings) == 3

    def test_muted_and_other_rows_are_counted(self, write, rows):
        rows[0]["MUTED"] = "True"
        rows[1]["PROVIDER"] = "kubernetes"
        rows[2]["STATUS"] = "MANUAL"
        loaded = load_file(write(self.text(rows)))
        assert dict(loaded.skipped) == {"muted": 1, "other provider": 1, "manual": 1}

    def test_bad_rows_are_explained_and_the_good_ones_are_kept(self, write, rows):
        rows[1]["CHECK_ID"] = ""
        text = self.text(rows)
        loaded = load_file(write(f'{text}a;b\r\n\r\n{text.splitlines()[1].split(";")[0]};"cut off'))
        assert len(loaded.findings) == 2
        assert [bad.where for bad in loaded.bad] == ["row 2", "row 4", "row 5"]
        assert loaded.bad[0].reason == "The check id (CHECK_ID) is missing."
        assert loaded.bad[1].reason == f"The row has 2 cells, the header {len(rows[0])}."
        assert "file ends in it" in loaded.bad[2].reason
        assert adds_up(loaded)

    def test_a_status_nobody_knows_makes_a_bad_row(self, write, rows):
        rows[0]["STATUS"] = "PERHAPS"
        assert "not PASS" in load_file(write(self.text(rows))).bad[0].reason

    def test_a_scan_without_rows_is_no_error(self, write, rows):
        loaded = load_file(write(self.text(rows).splitlines()[0]))
        assert (loaded.read, loaded.findings) == (0, ())


class TestAsff:
    @pytest.mark.parametrize("shape", ["list", "wrapped", "object", "lines", "wrapped lines"])
    def test_every_shape_is_read(self, write, asff_row, shape):
        content = {
            "list": [asff_row],
            "wrapped": {"Findings": [asff_row]},
            "object": asff_row,
            "lines": f"{json.dumps(asff_row)}\n{json.dumps(asff_row)}",
            "wrapped lines": "\n".join([json.dumps({"Findings": [asff_row]})] * 2),
        }[shape]
        assert len(load_file(write(content)).findings) == (2 if "lines" in shape else 1)

    def test_an_export_without_findings_is_no_error(self, write):
        loaded = load_file(write({"Findings": []}))
        assert (loaded.format, loaded.read) == ("asff", 0)

    @pytest.mark.parametrize(
        ("change", "check"),
        [
            ({"Compliance": {"Status": "FAILED", "SecurityControlId": "S3.5"}}, "S3.5"),
            ({"GeneratorId": "security-control/S3.5"}, "S3.5"),
            ({"GeneratorId": "aws-foundational-security-best-practices/v/1.0.0/EC2.19"}, "EC2.19"),
            ({"ProductFields": {"ControlId": "IAM.1"}}, "IAM.1"),
            (
                {"ProductFields": {"aws/config/ConfigRuleName": "s3-bucket-ssl-requests-only"}},
                "s3-bucket-ssl-requests-only",
            ),
            (
                {"ProductFields": {"aws/config/ConfigRuleName": "restricted-ssh-conformance-pack-ab12cd34e"}},
                "restricted-ssh",
            ),
            (
                {
                    "GeneratorId": "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/1.2",
                    "ProductFields": {
                        "RuleId": "1.2",
                        "RelatedAWSResources:0/type": "AWS::Config::ConfigRule",
                        "RelatedAWSResources:0/name": "securityhub-access-keys-rotated-1a2b3c4d",
                    },
                },
                "access-keys-rotated",
            ),
            ({"Id": "prowler-sns_topics_x-123456789012-eu-west-1-abc"}, "sns_topics_x"),
            ({"GeneratorId": "some-vendor/rule"}, "some-vendor/rule"),
        ],
    )
    def test_the_check_has_the_name_its_maker_gave_it(self, write, asff_row, change, check):
        native = {**asff_row, "Id": "arn:aws:x", "GeneratorId": "arn:aws:config:rule/config-rule-x"}
        (finding,) = load_file(write([{**native, **change}])).findings
        assert finding.check == check

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"Compliance": {"Status": "PASSED"}}, "pass"),
            ({"RecordState": "ARCHIVED"}, "archived"),
            ({"Workflow": {"Status": "SUPPRESSED"}}, "suppressed"),
            ({"Workflow": {"Status": "RESOLVED"}}, "resolved"),
            ({"Compliance": {"Status": "WARNING"}}, "muted"),
            ({"Compliance": {"Status": "NOT_AVAILABLE"}}, "manual"),
            ({"GeneratorId": "x", "Id": "x", "Compliance": {"Status": "WARNING"}}, "not evaluated"),
            ({"Compliance": None}, "not a configuration check"),
        ],
    )
    def test_rows_that_are_no_findings_are_counted_by_reason(self, write, asff_row, change, reason):
        loaded = load_file(write([{**asff_row, **change}]))
        assert (loaded.findings, loaded.bad, dict(loaded.skipped)) == ((), (), {reason: 1})

    @pytest.mark.parametrize("state", ["NEW", "NOTIFIED"])
    def test_open_rows_are_findings(self, write, asff_row, state):
        assert load_file(write([{**asff_row, "Workflow": {"Status": state}}])).findings

    @pytest.mark.parametrize(
        ("severity", "kept"),
        [
            ({"Label": "CRITICAL"}, "critical"),
            ({"Normalized": 90}, "critical"),
            ({"Normalized": 70}, "high"),
            ({"Normalized": 40}, "medium"),
            ({"Normalized": 1}, "low"),
            ({"Normalized": 0}, "informational"),
            ({}, "medium"),
            (None, "medium"),
        ],
    )
    def test_severity_comes_from_the_label_or_the_number(self, write, asff_row, severity, kept):
        assert load_file(write([{**asff_row, "Severity": severity}])).findings[0].severity == kept

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"AwsAccountId": None}, "The account id (AwsAccountId) is missing."),
            ({"Resources": []}, "The row has no resource (Resources)."),
            ({"Resources": [{"Type": "x"}]}, "The resource id (Resources.Id) is missing."),
            ({"GeneratorId": "", "Id": ""}, "The check (GeneratorId) is missing."),
            ({"Compliance": {"Status": 7}}, "is not defined by the format."),
        ],
    )
    def test_a_bad_row_is_explained(self, write, asff_row, change, reason):
        loaded = load_file(write([{**asff_row, **change}, asff_row]))
        assert len(loaded.findings) == 1
        assert loaded.bad[0].where == "row 1"
        assert loaded.bad[0].reason.endswith(reason)

    def test_tags_and_the_account_itself(self, write, asff_row):
        asff_row["Resources"] = [
            {"Id": "AWS::::Account:123456789012", "Type": "AwsAccount", "Tags": {"Data": "PHI"}}
        ]
        (finding,) = load_file(write([{**asff_row, "Region": "eu-west-1"}])).findings
        assert (finding.resource_name, finding.region) == ("123456789012", "eu-west-1")
        assert finding.tags == ("Data=PHI",)
