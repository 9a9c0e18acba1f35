"""The guard that looks for clients that use plain HTTP: web sites, public links, and what access logs say."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError
from tests.aws.guards import Answers, allow, bucket, do, make_bucket, verdict

SITE = {"IndexDocument": {"Suffix": "index.html"}}
PHI = "arn:aws:s3:::phi-records/*"


def test_public_links_and_web_sites_may_need_plain_http(aws):
    target = make_bucket(aws, "phi-records", allow("*", "s3:GetObject", PHI))
    assert verdict(aws, "no-plain-http-clients", target)[0] is Outcome.WARN
    do(aws, "s3", "PutBucketWebsite", Bucket="phi-records", WebsiteConfiguration=SITE)
    assert verdict(aws, "no-plain-http-clients", target)[0] is Outcome.BLOCK


LOGGER = {"Service": "logging.s3.amazonaws.com"}
LINE = (
    "79a5 {bucket} [{day}:10:00:00 +0000] {ip} arn:aws:iam::123456789012:user/etl 3E57 REST.GET.OBJECT a/b "
    '"GET /a/b HTTP/1.1" 200 - 113 113 7 6 "-" "S3Console/0.4" - hostid= SigV4 {cipher} AuthHeader '
    "{bucket}.s3.us-east-1.amazonaws.com {tls} - -"
)


def logged(aws, *entries, form=None):
    """The bucket's verdict where its access log of today has lines of these (address, cipher suite).

    moto forgets the form of the log files' names, so it is told where it is not the simple one.
    """
    target = make_bucket(aws, "phi-records")
    make_bucket(aws, "logs-here", allow(LOGGER, "s3:PutObject", "arn:aws:s3:::logs-here/*"))
    where = {"LoggingEnabled": {"TargetBucket": "logs-here", "TargetPrefix": "p/"}}
    do(aws, "s3", "PutBucketLogging", Bucket="phi-records", BucketLoggingStatus=where)
    now = datetime.now(UTC)
    place = f"p/{target.account}/{target.region}/phi-records/{now:%Y/%m/%d}/" if form else "p/"
    lines = [
        LINE.format(bucket="phi-records", ip=ip, cipher=cipher, day=f"{now:%d/%b/%Y}", tls="TLSv1.3")
        for ip, cipher in entries
    ]
    if lines:
        body = base64.b64encode("\n".join(lines).encode()).decode()  # a blob is base64 in a Call
        do(aws, "s3", "PutObject", Bucket="logs-here", Key=f"{place}{now:%Y-%m-%d-%H-%M-%S}-0A", Body=body)
    if form:
        told = {"LoggingEnabled": {**where["LoggingEnabled"], "TargetObjectKeyFormat": form}}
        aws = Answers(aws, GetBucketLogging=told)
    return verdict(aws, "no-plain-http-clients", target)


def test_without_access_logs_nobody_knows_who_uses_plain_http(aws):
    outcome, reason = verdict(aws, "no-plain-http-clients", make_bucket(aws, "phi-records"))
    assert outcome is Outcome.WARN
    assert "is unknown" in reason


def test_access_logs_tell_who_uses_plain_http(aws):
    outcome, reason = logged(
        aws, ("10.0.0.7", "-"), ("10.0.0.8", "TLS_AES_128_GCM_SHA256"), ("10.0.0.7", "-")
    )
    assert outcome is Outcome.WARN
    assert "2 of 3" in reason
    assert "10.0.0.7 (2)" in reason


@pytest.mark.parametrize("form", [None, {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}])
def test_access_logs_without_plain_http_are_an_answer(aws, form):
    outcome, reason = logged(aws, ("10.0.0.8", "TLS_AES_128_GCM_SHA256"), form=form)
    assert outcome is Outcome.PASS, reason
    assert "none of 1 requests" in reason


def test_empty_access_logs_are_no_answer(aws):
    outcome, reason = logged(aws)
    assert outcome is Outcome.WARN
    assert "s3://logs-here/p/" in reason


def test_logs_that_may_not_be_read_are_no_answer(aws):
    class Closed(Answers):
        def call(self, call):
            if call.operation == "ListObjectsV2":
                raise CloudError("AccessDenied", "no", status=403, call=call)
            return super().call(call)

    logged(aws, ("10.0.0.8", "TLS_AES_128_GCM_SHA256"))
    outcome, reason = verdict(Closed(aws), "no-plain-http-clients", bucket("phi-records"))
    assert outcome is Outcome.WARN
    assert "AccessDenied" in reason
