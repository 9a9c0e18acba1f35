"""Looks for clients that still speak plain HTTP to a bucket: only its access logs can tell.

A request over plain HTTP has - as its cipher suite (Amazon S3 User Guide, "Amazon S3 server access log format").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.aws.cloud import LONGEST_BODY
from hipaa_tui.aws.s3.guards import public_statements, website
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.json_value import ABSENT, Json, at

_FIELD: Final = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')
_BUCKET, _FROM, _OPERATION, _CIPHER = 1, 3, 6, 20
_DAYS = 3
"""How many days back files are looked for."""
_FILES = 5
_SHOWN = 3


def no_plain_http_clients(look: Look) -> Verdict:
    """Blocks where a web site needs plain HTTP, warns of clients that use it, and where nobody can know."""
    if website(look):
        return Outcome.BLOCK, "S3 serves web sites over plain HTTP only: put CloudFront before it first"
    if found := public_statements(look):
        return (
            Outcome.WARN,
            f"everybody may read it ({found}), and links that begin with http:// stop working",
        )
    logging = look.read("aws.s3.bucket-logging", look.target).value
    if logging is ABSENT:
        return (
            Outcome.WARN,
            "no web site and no public readers; whether a client uses plain HTTP cannot be known, since the "
            "bucket keeps no access logs",
        )
    where = f"s3://{logging['TargetBucket']}/{logging.get('TargetPrefix', '')}"
    try:
        requests, plain, files = _counted(look, logging)
    except CloudError as error:
        return (
            Outcome.WARN,
            f"whether a client uses plain HTTP could not be read from {where} ({error.code}): look for cipher suite -",
        )
    if plain:
        seen = ", ".join(f"{ip} ({count})" for ip, count in plain.most_common(_SHOWN))
        return (
            Outcome.WARN,
            f"{sum(plain.values())} of {requests} logged requests came over plain HTTP, from {seen}: they will "
            "get 403, so move those clients to HTTPS first",
        )
    if not requests:
        return (
            Outcome.WARN,
            f"whether a client uses plain HTTP cannot be known: {where} has no request of the last {_DAYS} days",
        )
    return (
        Outcome.PASS,
        f"none of {requests} requests in {files} log files of the last {_DAYS} days used plain HTTP",
    )


def _counted(look: Look, logging: Json) -> tuple[int, Counter[str], int]:
    """(requests to the bucket, those over plain HTTP by address, files) in the newest of the logs."""
    requests, files = 0, 0
    plain: Counter[str] = Counter()
    for key in _newest(look, logging):
        given = {"Bucket": logging["TargetBucket"], "Key": key, "Range": f"bytes=0-{LONGEST_BODY - 1}"}
        text = look.cloud.call(Call("aws", "s3", "GetObject", given, look.target.region)).get("Body")
        files += 1
        for line in str(text or "").splitlines():
            parts = _FIELD.findall(line)
            if len(parts) <= _CIPHER or parts[_BUCKET] != look.target.name:
                continue
            if not parts[_OPERATION].startswith(("REST.", "WEBSITE.")):
                continue  # S3's own work: lifecycle, replication, copies
            requests += 1
            if parts[_CIPHER] == "-":
                plain[parts[_FROM]] += 1
    return requests, plain, files


def _newest(look: Look, logging: Json) -> list[str]:
    found: list[str] = []
    for prefix, after in _places(look, logging):
        given: dict[str, Json] = {"Bucket": logging["TargetBucket"], "Prefix": prefix, "MaxKeys": 1000}
        if after:
            given["StartAfter"] = after
        listed = look.cloud.call(Call("aws", "s3", "ListObjectsV2", given, look.target.region))
        found += [str(one["Key"]) for one in listed.get("Contents") or []]
    return found[-_FILES:]


def _places(look: Look, logging: Json) -> Iterator[tuple[str, str]]:
    """(prefix, key to begin after) of the last days' log files, by the form of their names."""
    prefix, target = str(logging.get("TargetPrefix") or ""), look.target
    today = datetime.now(UTC)
    if at(logging, "TargetObjectKeyFormat.PartitionedPrefix") is None:
        yield prefix, f"{prefix}{(today - timedelta(_DAYS)):%Y-%m-%d}"
        return
    for back in range(_DAYS, -1, -1):
        day = f"{(today - timedelta(back)):%Y/%m/%d}"
        yield f"{prefix}{target.account}/{target.region}/{target.name}/{day}/", ""


GUARDS = {"no-plain-http-clients": no_plain_http_clients}
