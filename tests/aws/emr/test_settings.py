"""EMR's block of public access, and the ids by which scanners report clusters."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_types, setting
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("type", "id", "name"),
    [
        ("AWS::EMR::Cluster", "arn:aws:elasticmapreduce:eu-west-1:1:cluster/j-ABC123", "j-ABC123"),
        ("AWS::EMR::Cluster", "j-ABC123", "j-ABC123"),
        ("AWS::EMR::Cluster", "../x", None),
    ],
)
def test_scanners_names_are_understood_and_others_refused(type, id, name):
    found = resource_types()[type].target(id, ACCOUNT, REGION)
    assert (found.name if found else None) == name
    if found and id.startswith("arn:"):
        assert found.id == id


def test_a_regions_switch_of_emr_is_found_by_an_account_or_a_cluster_without_name(aws):
    kind = resource_types()["AWS::EMR::BlockPublicAccess"]
    for id in (ACCOUNT, f"AWS::::Account:{ACCOUNT}", f"arn:aws:iam::{ACCOUNT}:root"):
        assert kind.target(id, ACCOUNT, REGION).region == REGION
    assert kind.target("arn:aws:s3:::b", ACCOUNT, REGION) is None
    do(aws, "emr", "PutBlockPublicAccessConfiguration", BlockPublicAccessConfiguration={
        "BlockPublicSecurityGroupRules": True, "PermittedPublicSecurityGroupRuleRanges": [{"MinRange": 22}]})  # fmt: skip
    found = setting("aws.emr.block-public-access").read(aws, kind.target(ACCOUNT, ACCOUNT, REGION)).value
    assert found["PermittedPublicSecurityGroupRuleRanges"] == [{"MinRange": 22, "MaxRange": 22}]
