"""Whatever stands in a file, it is refused as a whole or every row of it is accounted for."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import fields
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.findings.load import load_document, merge
from hipaa_tui.findings.model import PROVIDERS, SEVERITIES
from hipaa_tui.findings.readers.open_report import parse_document
from hipaa_tui.support.errors import InputError

DATA = Path(__file__).parents[1] / "data" / "prowler"
OCSF = json.loads((DATA / "prowler.ocsf.json").read_text())[:3]
ASFF = json.loads((DATA / "prowler.asff.json").read_text())[:3]
CSV = (DATA / "prowler.csv").read_text().partition("\n")[0].split(";")

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["FAIL", "FAILED", "aws", "azure", "PASS", "arn:aws:s3:::b", "123456789012"])
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
CELL = st.sampled_from(["FAIL", "aws", "arn:aws:s3:::b", "x", "", '"', "a\nb", '"a"b', ";"]) | st.text(
    st.characters(blacklist_categories=("Cs",)), max_size=8
)


@st.composite
def damaged(draw, rows):
    """A real row with some of its parts, at any depth, replaced or taken away."""
    row = json.loads(json.dumps(draw(st.sampled_from(rows))))
    for _ in range(draw(st.integers(1, 4))):
        parent = row
        key = draw(st.sampled_from(sorted(parent)))
        while isinstance(parent[key], dict | list) and parent[key] and draw(st.booleans()):
            parent = parent[key]
            key = (
                draw(st.sampled_from(sorted(parent)))
                if isinstance(parent, dict)
                else draw(st.integers(0, len(parent) - 1))
            )
        if isinstance(parent, dict) and len(parent) > 1 and draw(st.booleans()):
            del parent[key]
        else:
            parent[key] = draw(ANY_JSON)
    return row


def check(data: bytes) -> None:
    try:
        loaded = load_document(parse_document(Path("any"), data))
    except InputError as error:
        assert str(error).isprintable()
        return
    counted = len(loaded.findings) + sum(loaded.skipped.values()) + len(loaded.bad)
    assert loaded.read == counted
    for finding in loaded.findings:
        assert finding.provider in PROVIDERS
        assert finding.severity in SEVERITIES
        assert finding.check
        assert finding.resource
        assert len(finding.fingerprint) == 12
        for field in fields(finding):
            value = getattr(finding, field.name)
            for text in value if isinstance(value, tuple) else (value,):
                assert not {unicodedata.category(c) for c in text} & {"Cc", "Cf", "Cs"}
    for bad in loaded.bad:
        assert bad.where
        assert bad.reason.endswith(".")
    merged = merge([loaded, loaded])
    assert len(merged) == len({f.fingerprint for f in loaded.findings})


@given(ANY_JSON)
def test_any_json(value):
    check(json.dumps(value).encode())


@settings(deadline=None)
@given(st.lists(damaged(OCSF) | ANY_JSON, min_size=1, max_size=4), st.booleans())
def test_damaged_ocsf(rows, lines):
    check(("\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)).encode())


@settings(deadline=None)
@given(st.lists(damaged(ASFF) | ANY_JSON, min_size=1, max_size=4), st.booleans())
def test_damaged_asff(rows, wrapped):
    check(json.dumps({"Findings": rows} if wrapped else rows).encode())


@given(st.lists(st.lists(CELL, max_size=8).map(";".join) | CELL, max_size=5))
def test_damaged_csv(lines):
    columns = ["PROVIDER", "ACCOUNT_UID", "CHECK_ID", "STATUS", "RESOURCE_UID"]
    check("\n".join([";".join(columns), *lines]).encode())


@given(st.dictionaries(st.sampled_from(CSV), CELL))
def test_a_csv_row_with_any_cells(cells):
    quoted = ('"{}"'.format(cells.get(column, "aws").replace('"', '""')) for column in CSV)
    check(f"{';'.join(CSV)}\n{';'.join(quoted)}\n".encode())


@given(st.binary(max_size=200))
def test_any_bytes(data):
    check(data)


@given(st.integers(0, 4000))
def test_a_file_that_was_cut_off_anywhere(length):
    check(json.dumps(OCSF).encode()[:length])
