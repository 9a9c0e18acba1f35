"""What strangers could write: texts that attack a terminal, a template or a path, and files that are no reports.

Everything is built here in code; nothing of it lies in the repository as a file.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Mapping
from typing import Any

ACCOUNT = "123456789012"
REGION = "us-east-1"
CHECK = "s3_bucket_secure_transport_policy"

TEXTS: Mapping[str, str] = {
    "clear the screen": "a\x1b[2J\x1b[Hb",
    "clipboard (OSC 52)": "a\x1b]52;c;cm0gLXJmIH4=\x07b",
    "link (OSC 8)": "a\x1b]8;;https://evil.example/\x1b\\click\x1b]8;;\x1b\\b",
    "title (OSC 0)": "a\x1b]0;pwned\x07b",
    "8-bit introducers": "a\x9b31mred\x9d0;x\x9cb",
    "device query": "a\x1b[6n\x1bP$qm\x1b\\b",
    "carriage return": "harmless\rEVIL    ",
    "newlines": "a\nhipaa-tui: done and verified\nb",
    "separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "right to left": "phi\u202egnp.exe\u2066\u2067",
    "zero width": "pa\u200bti\u200dents\ufeff\u2060",
    "bell, NUL, DEL": "a\x07b\x00c\x7fd\x08e",
    "Rich markup": "[bold red]x[/] [link=https://evil.example]y[/link] [/not-open] [@click=app.quit]z[/]",
    "Textual action": "[@click='app.bell']x[/] $primary [on red]",
    "Jinja value": "{{ 7*7 }}{{ config }}{{ ''.__class__.__mro__ }}",
    "Jinja statement": "{% for x in range(10**9) %}{{ x }}{% endfor %}{# gone #}",
    "HCL": '"\n}\nresource "null_resource" "x" {}\n${file("/etc/passwd")} %{ if true }y%{ endif }',
    "heredoc": 'x\nEOT\n}\nprovisioner "local-exec" { command = "id" }\n<<EOT',
    "path": "../../../../../../tmp/evil",
    "option": "--upload-pack=/bin/sh -x",
    "formats": "%s %n %(name)s {0} {0.__class__} ${HOME} $(id) `id`",
    "combining": "Z" + "\u0301" * 500,
    "wide": "漢" * 300 + "😀",
    "1 MB": "A" * 1_000_000,
    "1 MB of escapes": "\x1b[31m" * 200_000,
    "lone surrogate": "a\ud800b\udfffc",
}


def forbidden(text: str, kept: str = "\n") -> list[str]:
    """The characters of a text that no terminal should get from us."""
    return sorted({c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in kept})


def ocsf(text: str = "", **more: Any) -> dict[str, Any]:
    """A failed OCSF row; `text` stands wherever a report has free text."""
    return {
        "metadata": {"event_code": CHECK},
        "status_code": "FAIL",
        "status_detail": f"detail {text}",
        "severity": "High",
        "finding_info": {"title": f"title {text}"},
        "cloud": {"provider": "aws", "account": {"uid": ACCOUNT}, "region": REGION},
        "resources": [
            {
                "uid": "arn:aws:s3:::phi-records",
                "name": f"name {text}",
                "type": f"type {text}",
                "region": REGION,
                "labels": [f"tag={text}", text],
            }
        ],
        **more,
    }


def asff(text: str = "", **more: Any) -> dict[str, Any]:
    """A failed Security Hub row."""
    return {
        "AwsAccountId": ACCOUNT,
        "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub",
        "GeneratorId": "security-control/S3.5",
        "Compliance": {"Status": "FAILED", "SecurityControlId": "S3.5"},
        "Title": f"title {text}",
        "Description": f"detail {text}",
        "Severity": {"Label": "HIGH"},
        "Region": REGION,
        "Resources": [
            {
                "Id": "arn:aws:s3:::phi-records",
                "Type": "AwsS3Bucket",
                "Region": REGION,
                "Tags": {"t": text, text: "v"},
            }
        ],
        **more,
    }


COLUMNS = (
    *(
        "PROVIDER",
        "ACCOUNT_UID",
        "REGION",
        "CHECK_ID",
        "CHECK_TITLE",
        "STATUS",
        "STATUS_EXTENDED",
        "SEVERITY",
    ),
    *("RESOURCE_UID", "RESOURCE_NAME", "RESOURCE_TAGS"),
)


def csv_row(text: str = "", **more: str) -> str:
    """A failed row of Prowler's CSV, every cell quoted."""
    cells = {
        "PROVIDER": "aws",
        "ACCOUNT_UID": ACCOUNT,
        "REGION": REGION,
        "CHECK_ID": CHECK,
        "CHECK_TITLE": f"title {text}",
        "STATUS": "FAIL",
        "STATUS_EXTENDED": f"detail {text}",
        "SEVERITY": "high",
        "RESOURCE_UID": "arn:aws:s3:::phi-records",
        "RESOURCE_NAME": f"name {text}",
        "RESOURCE_TAGS": f"t={text}",
        **more,
    }
    return ";".join('"{}"'.format(cells[column].replace('"', '""')) for column in COLUMNS)


def csv_file(*rows: str) -> str:
    return "\n".join([";".join(COLUMNS), *rows]) + "\n"


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../evil.json", "[]")
    return file.getvalue()


GOOD = json.dumps(ocsf())

UNUSABLE: Mapping[str, bytes] = {
    "nothing": b"",
    "only a byte order mark": b"\xef\xbb\xbf",
    "gzip": gzip.compress(GOOD.encode(), mtime=0),
    "bzip2": bz2.compress(GOOD.encode()),
    "zip with a path that leaves": _zip(),
    "ELF": b"\x7fELF\x02\x01\x01\x00" + bytes(64),
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "latin-1": f"[{GOOD.replace('title', 'Zürich')}]".encode("latin-1", "replace"),
    "UTF-16 without a mark": f"[{GOOD}]".encode("utf-16-le"),
    "UTF-32": f"[{GOOD}]".encode("utf-32"),
    "a NUL in the middle": f"[{GOOD}]".encode().replace(b"detail", b"de\x00tail"),
    "100,000 brackets": b"[" * 100_000,
    "100,000 closed brackets": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "a row with 100,000 brackets inside": b'[{"finding_info": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    "a number of 10,000 digits": b'[{"finding_info": ' + b"9" * 10_000 + b"}]",
    "cut off": f"[{GOOD}"[:-30].encode(),
    "JSON in single quotes": b"[{'finding_info': 1}]",
    "YAML bomb": b"a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n",
    "XML entities": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "escape sequences": b"\x1b[2J\x1b]52;c;eA==\x07",
    "a header and nothing known": b"A;B;C\n1;2;3\n",
    "a header of 1 MB": b"PROVIDER;" * 120_000,
    "only numbers": b"[1, 2, 3]",
    "not a finding": b'{"Findings": "none"}',
}
"""Files that hold no report at all: exit code 2 and one sentence."""


def mixed_json() -> tuple[bytes, int]:
    """(a file of good rows and every kind of wrong one, how many are good)."""
    wrong = [
        *(None, 1, "x", [], {}, True, 1e308, [[]], {"finding_info": 1}),
        ocsf(metadata=None),
        ocsf(metadata={"event_code": {"a": 1}}),
        ocsf(metadata={"event_code": ["x"]}),
        ocsf(status_code=7),
        ocsf(status_code={}),
        ocsf(cloud="aws"),
        ocsf(cloud={"provider": ["aws"], "account": 1}),
        ocsf(cloud={"provider": "aws", "account": {"uid": 123456789012}, "region": REGION}),
        ocsf(resources="x"),
        ocsf(resources=[None]),
        ocsf(resources=[{"uid": "a\x1b[2Jb", "region": REGION}]),
        ocsf(resources=[{"uid": "x" * 3000, "region": REGION}]),
        ocsf(resources=[{"uid": ["x"], "region": {}}]),
        ocsf(finding_info={"title": 12}),
    ]
    rows = [ocsf(), *wrong, ocsf("second", metadata={"event_code": "another_check"})]
    text = json.dumps(rows)
    # Twice the same key, numbers beyond any float, what JavaScript and Python call numbers.
    extra = (
        GOOD.replace('"severity": "High"', '"severity": "Low", "severity": "High", "x": 1e400, "y": -1e400')
        .replace(CHECK, "third_check")
        .replace('"metadata"', '"n": NaN, "i": Infinity, "metadata"')
    )
    return f"{text[:-1]}, {extra}]".encode(), 3
