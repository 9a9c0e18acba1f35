"""Finds clients that still use plain HTTP in a bucket's server access logs.

A request over plain HTTP is logged with - as its cipher suite
(Amazon S3 User Guide, "Amazon S3 server access log format").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.aws.cloud import LONGEST_BODY
from hipaa_tui.aws.s3.guards import public_statements, website
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.json_value import ABSENT, Json, at

_FIELD: Final = re.compile(r'\[[^\]]*\]|"[^"]*"|\S+')
_BUCKET, _FROM, _OPERATION, _CIPHER = 1, 3, 6, 20
_DAYS = 3
"""Days of log files that are read."""
_FILES = 5
_SHOWN = 3


def no_plain_http_clients(context: GuardContext) -> Verdict:
    """Blocks when the bucket serves a website over HTTP; warns of HTTP clients, or when the logs cannot tell.

    Passes when the logs of the last days show HTTPS requests only.
    """
    if website(context):
        return (
            Outcome.BLOCK,
            "the bucket hosts a static website, which S3 serves over HTTP only: put CloudFront in front of it first",
        )
    if statements := public_statements(context):
        return (
            Outcome.WARN,
            f"anyone may read the bucket ({statements}), and http:// links to it will stop working",
        )
    logging = context.read("aws.s3.bucket-logging", context.target).value
    if logging is ABSENT:
        return (
            Outcome.WARN,
            "the bucket has no website and no public readers, but also no server access logs: whether a client uses "
            "plain HTTP is unknown",
        )
    where = f"s3://{logging['TargetBucket']}/{logging.get('TargetPrefix', '')}"
    try:
        requests, plain, files = _count_requests(context, logging)
    except CloudError as error:
        return (
            Outcome.WARN,
            f"the access logs in {where} could not be read ({error.code}): search them for cipher suite -, which "
            "means plain HTTP",
        )
    if plain:
        addresses = ", ".join(f"{ip} ({count})" for ip, count in plain.most_common(_SHOWN))
        return (
            Outcome.WARN,
            f"{sum(plain.values())} of {requests} logged requests used plain HTTP, from {addresses}: they would get "
            "403, so move those clients to HTTPS first",
        )
    if not requests:
        return (
            Outcome.WARN,
            f"whether a client uses plain HTTP is unknown: {where} has no requests from the last {_DAYS} days",
        )
    return (
        Outcome.PASS,
        f"none of {requests} requests in {files} log files of the last {_DAYS} days used plain HTTP",
    )


def _count_requests(context: GuardContext, logging: Json) -> tuple[int, Counter[str], int]:
    """(requests to the bucket, plain HTTP requests by address, files) in the newest log files."""
    requests, files = 0, 0
    plain: Counter[str] = Counter()
    for key in _newest_keys(context, logging):
        request = {"Bucket": logging["TargetBucket"], "Key": key, "Range": f"bytes=0-{LONGEST_BODY - 1}"}
        text = context.cloud.call(Call("aws", "s3", "GetObject", request, context.target.region)).get("Body")
        files += 1
        for line in str(text or "").splitlines():
            fields = _FIELD.findall(line)
            if len(fields) <= _CIPHER or fields[_BUCKET] != context.target.name:
                continue
            if not fields[_OPERATION].startswith(("REST.", "WEBSITE.")):
                continue  # S3's own operations: lifecycle, replication, copies
            requests += 1
            if fields[_CIPHER] == "-":
                plain[fields[_FROM]] += 1
    return requests, plain, files


def _newest_keys(context: GuardContext, logging: Json) -> list[str]:
    keys: list[str] = []
    for prefix, after in _prefixes(context, logging):
        request: dict[str, Json] = {"Bucket": logging["TargetBucket"], "Prefix": prefix, "MaxKeys": 1000}
        if after:
            request["StartAfter"] = after
        page = context.cloud.call(Call("aws", "s3", "ListObjectsV2", request, context.target.region))
        keys += [str(item["Key"]) for item in page.get("Contents") or []]
    return keys[-_FILES:]


def _prefixes(context: GuardContext, logging: Json) -> Iterator[tuple[str, str]]:
    """(prefix, key to start after) of the last days' log files, according to the key format."""
    prefix, target = str(logging.get("TargetPrefix") or ""), context.target
    today = datetime.now(UTC)
    if at(logging, "TargetObjectKeyFormat.PartitionedPrefix") is None:
        yield prefix, f"{prefix}{(today - timedelta(_DAYS)):%Y-%m-%d}"
        return
    for back in range(_DAYS, -1, -1):
        day = f"{(today - timedelta(back)):%Y/%m/%d}"
        yield f"{prefix}{target.account}/{target.region}/{target.name}/{day}/", ""


GUARDS = {"no-plain-http-clients": no_plain_http_clients}
