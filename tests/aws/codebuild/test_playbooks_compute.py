"""What EKS keeps for good, and what only a person can put right: seen, told apart, and seen when it is done."""

import json

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_types, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.codebuild.estate_compute import build
from tests.aws.guards import Answers, do, key, verdict
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
PLACES = [Place("aws", ACCOUNT, REGION)]
GUIDED = {
    "aws.sagemaker.notebook-encryption": {"nb"},
    "aws.sagemaker.notebook-internet": {"nb"},
    "aws.sagemaker.endpoint-encryption": {"risk"},
    "aws.ecs.readonly-root": {"web:2"},
    "aws.ecs.host-network": {"web:2"},
    "aws.codebuild.plaintext-credentials": {"portal"},
    "aws.codebuild.source-credentials": {"portal"},
    "aws.emr.kerberos": None,
    "aws.emr.master-address": set(),
}


@pytest.fixture
def estate(aws):
    return build(aws)


def test_what_only_a_person_can_put_right_is_found_where_it_is_wrong(estate):
    for id, expected in GUIDED.items():
        seen = scan([CATALOGUE.get(id)], PLACES, {"aws": estate})
        assert seen.problems == (), id
        names = {one.resource_name for one in seen.findings}
        assert len(names) == 1 if expected is None else names == expected, id


def test_no_secret_of_a_build_is_ever_read(estate):
    seen = scan(
        [one for one in CATALOGUE.playbooks.values() if one.id.startswith("aws.codebuild.")],
        PLACES,
        {"aws": estate},
    )
    told = json.dumps([[one.title, one.detail] for one in seen.findings])
    assert "hunter2" not in told
    assert "AKIAIOSFODNN7EXAMPLE" not in told
    assert "AWS_ACCESS_KEY_ID" in told


def test_a_primary_node_with_a_public_address_is_found(estate):
    node = {"Instances": [{"Id": "ci-1", "PublicIpAddress": "203.0.113.7"}, {"Id": "ci-2"}]}
    seen = scan(
        [CATALOGUE.get("aws.emr.master-address")], PLACES, {"aws": Answers(estate, ListInstances=node)}
    )
    (found,) = seen.findings
    assert "203.0.113.7" in found.detail


def test_a_clusters_key_is_for_good_and_the_rollback_says_so(estate, tmp_path):
    clouds, playbook = {"aws": estate}, CATALOGUE.get("aws.eks.secrets-encryption")
    target = resource_types()[playbook.resource].target("phi", ACCOUNT, REGION)
    plan = make_plan([Wish(playbook, target, ())], clouds, {})
    assert not plan.blocked
    change = plan.changes[-1]
    assert change.irreversible
    journal = Journal(open_store(tmp_path / "home" / "store.db"))
    run = Applying(plan, clouds, journal, sleep=lambda _: None).start()
    assert journal.row(run).state == "done"
    assert scan([playbook], PLACES, clouds).findings == ()
    back = rollback_plan(journal, run, clouds)
    assert [one.subject for one in back.skipped if "cluster" in one.resource] == [change.id]


def test_a_second_key_is_refused(estate):
    one = setting("aws.eks.secrets-encryption")
    target = resource_types()[one.resource].target("phi", ACCOUNT, REGION)
    for call in one.write(target, one.read(estate, target), {"keyArn": key(estate)}):
        estate.call(call)
    with pytest.raises(ValueError, match="never takes another key"):
        one.write(target, one.read(estate, target), {"keyArn": key(estate)})


@pytest.mark.parametrize(
    ("about", "outcome"),
    [
        ({"Status": "Ready", "Health": "Green"}, Outcome.PASS),
        ({"Status": "Ready", "Health": "Red"}, Outcome.WARN),
        ({"Status": "Updating", "Health": "Grey"}, Outcome.BLOCK),
        (None, Outcome.BLOCK),
    ],
)
def test_an_environment_that_is_busy_is_left_alone(aws, about, outcome):
    target = resource_types()["AWS::ElasticBeanstalk::Environment"].target("app/portal", ACCOUNT, REGION)
    cloud = Answers(aws, DescribeEnvironments={"Environments": [about] if about else []})
    assert verdict(cloud, "beanstalk-settled", target)[0] is outcome


@pytest.mark.parametrize(
    ("type", "id", "name"),
    [
        ("AWS::SageMaker::NotebookInstance", "arn:aws:sagemaker:eu-west-1:1:notebook-instance/nb", "nb"),
        ("AWS::EMR::Cluster", "arn:aws:elasticmapreduce:eu-west-1:1:cluster/j-ABC123", "j-ABC123"),
        ("AWS::EMR::Cluster", "j-ABC123", "j-ABC123"),
        ("AWS::EKS::Cluster", "phi", "phi"),
        ("AWS::ECS::TaskDefinition", "arn:aws:ecs:eu-west-1:1:task-definition/web:7", "web:7"),
        ("AWS::CodeBuild::Project", "arn:aws-us-gov:codebuild:us-gov-west-1:1:project/p1", "p1"),
        (
            "AWS::ElasticBeanstalk::Environment",
            "arn:aws:elasticbeanstalk:eu-west-1:1:environment/app/prod",
            "app/prod",
        ),
        ("AWS::EKS::Cluster", "arn:aws:ecs:eu-west-1:1:cluster/phi", None),
        ("AWS::EMR::Cluster", "../x", None),
        ("AWS::CodeBuild::Project", "arn:aws:codebuild:eu-west-1:1:report-group/p", None),
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
