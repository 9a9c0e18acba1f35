"""The guard of a bucket's ACL: who has access by it alone and would lose it."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import Answers, do, make_bucket, verdict

ENFORCED = ("aws.s3.ownership", {"ObjectOwnership": "BucketOwnerEnforced"})
OWNER = {"Grantee": {"Type": "CanonicalUser", "ID": "o"}, "Permission": "FULL_CONTROL"}
PARTNER = {
    "Grantee": {"Type": "CanonicalUser", "ID": "p", "DisplayName": "imaging-inc"},
    "Permission": "READ",
}
DELIVERY = {
    "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"},
    "Permission": "WRITE",
}
EVERYBODY = {
    "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
    "Permission": "READ",
}


def test_an_empty_bucket_without_grants_loses_nobody(aws):
    target = make_bucket(aws, "phi-records")
    assert verdict(aws, "acl-in-use", target, ENFORCED)[0] is Outcome.PASS


def test_lists_of_objects_that_are_there_may_count(aws):
    target = make_bucket(aws, "phi-records")
    do(aws, "s3", "PutObject", Bucket="phi-records", Key="a", Body="")
    outcome, reason = verdict(aws, "acl-in-use", target, ENFORCED)
    assert outcome is Outcome.WARN
    assert "bucket-owner-full-control" in reason


@pytest.mark.parametrize(
    ("grant", "outcome", "word"),
    [
        (PARTNER, Outcome.BLOCK, "imaging-inc"),
        (DELIVERY, Outcome.BLOCK, "logging.s3.amazonaws.com"),
        (EVERYBODY, Outcome.PASS, "no other account"),
    ],
)
def test_grants_to_others_want_a_policy_first(aws, grant, outcome, word):
    """The grants are what S3 answers; those to everybody are taken away by the same playbook."""
    target = make_bucket(aws, "phi-records")
    cloud = Answers(aws, GetBucketAcl={"Owner": {"ID": "o"}, "Grants": [OWNER, grant]})
    found, reason = verdict(cloud, "acl-in-use", target, ENFORCED)
    assert found is outcome
    assert word in reason
