"""Every check leads to parts of the rule that exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hipaa_tui.controls.citations import Citation, all_citations, citation, controls_of
from hipaa_tui.controls.tables import table

SCAN = Path(__file__).parents[1] / "data" / "prowler" / "prowler.ocsf.json"


def test_the_rule_is_complete():
    citations = all_citations()
    assert len(citations) == 78
    assert [c.id for c in citations.values()] == list(citations)
    for entry in citations.values():
        assert entry.title
        assert entry.summary.endswith(".")
        assert entry.kind in {"standard", "specification", "breach-notification"}
        assert entry.required or entry.kind == "specification", "a standard is never addressable"


def test_a_citation_is_found_by_its_number():
    assert citation("164.312(a)(2)(iv)") == Citation(
        id="164.312(a)(2)(iv)",
        title="Encryption and decryption",
        required=False,
        kind="specification",
        summary="Stored ePHI can be encrypted and decrypted.",
    )
    assert citation("164.312(b)").required
    with pytest.raises(KeyError):
        citation("164_312_b")


def test_nobody_can_change_the_rule():
    with pytest.raises(TypeError):
        all_citations()["x"] = citation("164.312(b)")  # type: ignore[index]


@pytest.mark.parametrize(
    ("check", "one_of_them"),
    [
        ("s3_bucket_secure_transport_policy", "164.312(e)(1)"),
        ("storage_secure_transfer_required_is_enabled", "164.312(e)(1)"),
        ("S3.5", "164.312(e)(1)"),
        ("s3.5", "164.312(e)(1)"),
        ("s3-bucket-ssl-requests-only", "164.312(e)(1)"),
        ("vpc_flow_logs_enabled", "164.312(b)"),
    ],
)
def test_a_check_of_any_tool_leads_to_the_rule(check, one_of_them):
    assert one_of_them in controls_of(check)


def test_an_unknown_check_leads_nowhere():
    assert controls_of("nobody_knows_this") == ()
    assert controls_of("") == ()


def test_every_mapped_citation_exists_and_stands_in_the_order_of_the_rule():
    checks = table("checks")
    order = list(all_citations())
    for mapping in (*checks["prowler"].values(), checks["securityhub"], checks["config"]):
        for check, found in mapping.items():
            assert controls_of(check) == tuple(found)
            assert found == sorted(set(found), key=order.index)
            assert found


def test_the_tables_say_where_they_come_from():
    for name in ("citations", "checks", "words"):
        assert len(table(name)["_source"]) > 40


def test_the_citations_of_a_scan_are_the_ones_the_scanner_printed():
    for row in json.loads(SCAN.read_text()):
        printed = row["unmapped"]["compliance"]["HIPAA"]
        ours = {
            name.lower().replace(")(", "_").replace("(", "_").strip(")").replace(".", "_")
            for name in controls_of(row["metadata"]["event_code"])
        }
        assert ours == set(printed)
