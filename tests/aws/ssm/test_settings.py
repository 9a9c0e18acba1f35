"""What Systems Manager sees of instances, and with whom documents are shared."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, text
from tests.aws.server import ACCOUNT, REGION
from tests.aws.ssm import estate as ssm

CATALOGUE = load()
ANY = {"Effect": "Allow", "Action": "ssm:UpdateInstanceInformation", "Resource": "*"}
SHARING = setting("aws.ssm.document-sharing")


def wrong(aws, id):
    found = scan([CATALOGUE.get(id)], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert found.problems == ()
    return {one.resource_name for one in found.findings}


@pytest.fixture
def instances(aws):
    """(id of one that runs, id of one that is stopped)"""
    made = do(aws, "ec2", "RunInstances", ImageId="ami-12c6146b", MinCount=2, MaxCount=2)["Instances"]
    ids = [one["InstanceId"] for one in made]
    do(aws, "ec2", "StopInstances", InstanceIds=[ids[1]])
    return ids


def test_a_running_instance_is_found_until_systems_manager_sees_it(aws, instances):
    """Which instances an agent reports is an addition of ours to moto."""
    assert wrong(aws, "aws.ssm.managed-instance") == {instances[0]}
    role = "/ssm/managed-instance/default-ec2-instance-management-role"
    do(aws, "ssm", "UpdateServiceSetting", SettingId=role, SettingValue="hosts")
    assert wrong(aws, "aws.ssm.managed-instance") == set()


def test_an_instance_whose_own_role_lets_the_agent_in_is_managed(aws, instances):
    """As above. The policy bears the name of AWS's own, which this server does not hold."""
    do(aws, "iam", "CreateRole", RoleName="app", AssumeRolePolicyDocument=text())
    core = "AmazonSSMManagedInstanceCore"
    arn = do(aws, "iam", "CreatePolicy", PolicyName=core, PolicyDocument=text(ANY))["Policy"]["Arn"]
    do(aws, "iam", "CreateInstanceProfile", InstanceProfileName="app")
    do(aws, "iam", "AddRoleToInstanceProfile", InstanceProfileName="app", RoleName="app")
    profile = {"Name": "app"}
    do(aws, "ec2", "AssociateIamInstanceProfile", InstanceId=instances[0], IamInstanceProfile=profile)
    assert wrong(aws, "aws.ssm.managed-instance") == {instances[0]}
    do(aws, "iam", "AttachRolePolicy", RoleName="app", PolicyArn=arn)
    assert wrong(aws, "aws.ssm.managed-instance") == set()


def test_missing_patches_are_found_and_unscanned_instances_are_not(aws, instances):
    """moto holds no compliance: the answer is in the service's own form."""
    target = resource_type("AWS::EC2::Instance").target(instances[0], ACCOUNT, REGION)
    compliance = setting("aws.ssm.compliance")
    assert compliance.read(aws, target).absent
    assert wrong(aws, "aws.ssm.patching") == set()
    items = [
        {"ComplianceType": "Patch", "Id": "CVE-1", "Title": "openssl", "Status": "NON_COMPLIANT"},
        {"ComplianceType": "Association", "Id": "a-1", "Status": "COMPLIANT"},
    ]
    bad = Answers(aws, ListComplianceItems={"ComplianceItems": items})
    found = compliance.read(bad, target).value
    assert found == {"Looked": 2, "NonCompliant": [{"ComplianceType": "Patch", "Title": "openssl"}]}
    assert wrong(bad, "aws.ssm.patching") == set(instances)


def test_a_documents_readers_are_changed_in_steps_that_a_cut_run_can_tell(aws):
    ssm.build(aws)
    target = resource_type("AWS::SSM::Document").target("restart-portal", ACCOUNT, REGION)
    before = SHARING.read(aws, target)
    assert before.value == {"AccountIds": ["all"]}
    after = {"AccountIds": [f"{number:012}" for number in range(1, 26)]}
    calls = SHARING.write(target, before, after)
    assert [len(c.arguments.get("AccountIdsToAdd") or []) for c in calls] == [0, 20, 5]
    between = SHARING.between(target, before.value, after)
    assert [len(value["AccountIds"]) for value in between] == [0, 20]
    for call in calls:
        aws.call(call)
    assert SHARING.same(SHARING.read(aws, target).value, after)


def test_a_document_that_is_gone_is_absent(aws):
    target = resource_type("AWS::SSM::Document").target("nothing", ACCOUNT, REGION)
    assert SHARING.read(aws, target).absent
