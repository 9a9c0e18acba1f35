"""S3's lists and policies: only what lets everybody in unconditionally goes."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import builders, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import do, make_bucket
from tests.aws.s3.estate_public import statement, text

OFFICE = {**statement("Office", "*", "b"), "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
REFUSED = {**statement("Tls", "*", "b"), "Effect": "Deny"}


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::1:root", "*"]}])
def test_only_unconditional_statements_for_everybody_go(principal):
    build = builders()["without_public_statements"]
    kept = [OFFICE, REFUSED, statement("Partner", {"AWS": "arn:aws:iam::444455556666:root"}, "b")]
    after = build(text(statement("Public", principal, "b"), *kept), {})
    assert statements(after) == kept


def test_a_policy_of_nothing_else_goes_whole_and_others_stay_word_for_word():
    build = builders()["without_public_statements"]
    assert build(text(statement("Public", "*", "b")), {}) is ABSENT
    odd = json.dumps({"Statement": [OFFICE], "Version": "2012-10-17"}, indent=4)
    assert build(odd, {}) is odd
    assert build(ABSENT, {}) is ABSENT


def test_grants_to_everybody_go_and_a_partners_stays():
    partner = {"Grantee": {"Type": "CanonicalUser", "ID": "p"}, "Permission": "READ"}
    groups = [
        {"Grantee": {"Type": "Group", "URI": f"http://acs.amazonaws.com/groups/{name}"}, "Permission": "READ"}
        for name in ("global/AllUsers", "global/AuthenticatedUsers", "s3/LogDelivery")
    ]
    acl = {"Owner": {"ID": "o"}, "Grants": [partner, *groups]}
    assert builders()["without_public_grants"](acl, {})["Grants"] == [partner, groups[2]]


def test_a_list_that_says_the_same_in_another_order_is_the_same(aws):
    target = make_bucket(aws, "phi-records")
    one = setting("aws.s3.acl")
    do(aws, "s3", "DeletePublicAccessBlock", Bucket="phi-records")
    do(aws, "s3", "PutBucketAcl", Bucket="phi-records", ACL="public-read")
    found = one.read(aws, target).value
    assert len(found["Grants"]) == 2
    assert one.same(found, {**found, "Grants": found["Grants"][::-1]})
    assert not one.same(found, {**found, "Grants": found["Grants"][:1]})


def test_what_a_person_decides_is_only_looked_at(aws):
    target = make_bucket(aws, "phi-records")
    assert setting("aws.s3.replication").read(aws, target).absent
    assert setting("aws.s3.mfa-delete").read(aws, target).value == {"MFADelete": "Disabled"}
    for name in ("aws.s3.replication", "aws.s3.mfa-delete"):
        with pytest.raises(ValueError):
            setting(name).calls(target, Reading(ABSENT), {})
