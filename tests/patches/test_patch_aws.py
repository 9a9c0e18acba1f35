"""AWS plans as Terraform, against a moto server: what is imported, what refers to what, what merges."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.patches.blocks.shapes import rule_blocks
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.schema import problems
from hipaa_tui.patches.language.syntax import Declared, Items, Traversal, parse
from hipaa_tui.patches.model import Patch
from hipaa_tui.plans.model import Plan
from hipaa_tui.providers.model import Call, Cloud, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import OWN_ANSWER, at, resolve
from tests.patches.patch_clouds import commit, git, plan_for

ACCOUNT, REGION = "123456789012", "us-east-1"


def aws_target(type: str, id: str, region: str = REGION) -> Target:
    found = resource_type(type).target(id, ACCOUNT, region)
    assert found is not None
    return found


def ask(cloud: Cloud, service: str, operation: str, region: str = REGION, **arguments: object) -> dict:
    return cloud.call(Call("aws", service, operation, arguments, region))


def run(cloud: Cloud, plan: Plan) -> None:
    identities: dict[str, dict] = {}
    for change in plan.changes:
        identities[OWN_ANSWER] = {}
        for call in change.calls:
            arguments = resolve(dict(call.arguments), lambda made, name: at(identities[made], name))
            identities[OWN_ANSWER] |= cloud.call(dataclasses.replace(call, arguments=arguments))
        identities[change.id] = dict(fresh({"aws": cloud}, change.setting, change.target).identity)


def patched(
    plan: Plan, repo: Path, cloud: Cloud, branch: str = "hipaa/fix"
) -> tuple[Patch, dict[str, Declared]]:
    patch = make_patch(plan, repo, branch, {"aws": cloud})
    found: dict[str, Declared] = {}
    for path in patch.files:
        for block in parse(git(repo, "show", f"{branch}:{path}") + "\n").blocks:
            to = next((one.text for one in block.attributes if one.name == "to"), "")
            found[f"import {to}" if to else block.address] = block
    return patch, found


def bucket(cloud: Cloud, name: str, region: str = REGION) -> Target:
    where = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    ask(cloud, "s3", "CreateBucket", region, Bucket=name, **where)
    return aws_target("AWS::S3::Bucket", f"arn:aws:s3:::{name}", region)


def traversal(text: str) -> Traversal:
    value = parse(f"a = {text}\n").attributes[0].value
    assert isinstance(value, Traversal)
    return value


@pytest.mark.parametrize("applied", [False, True])
def test_what_a_plan_makes_is_referred_to_by_address(repo: Path, aws: Cloud, applied: bool) -> None:
    plan = plan_for(aws, ("aws.s3.default-encryption", bucket(aws, "phi-records")))
    if applied:
        run(aws, plan)
    patch, found = patched(plan, repo, aws)
    assert patch.left_out == ()
    rule = next(found["aws_s3_bucket_server_side_encryption_configuration.phi_records"].inner("rule"))
    default = next(rule.inner("apply_server_side_encryption_by_default"))
    assert default.value("kms_master_key_id") == traversal("aws_kms_key.hipaa_tui_phi.arn")
    assert found["aws_kms_alias.hipaa_tui_phi"].value("target_key_id") == traversal(
        "aws_kms_key.hipaa_tui_phi.key_id"
    )
    tags = found["aws_kms_key.hipaa_tui_phi"].value("tags")
    assert isinstance(tags, Items)
    assert tags.values == ("alias/hipaa-tui-phi",)
    assert ("import aws_kms_key.hipaa_tui_phi" in found) is applied
    assert ("import aws_kms_alias.hipaa_tui_phi" in found) is applied


def test_a_bucket_of_the_repository_is_referred_to(repo: Path, aws: Cloud) -> None:
    commit(repo, main_tf='resource "aws_s3_bucket" "phi" {\n  bucket = "phi-records"\n}\n')
    plan = plan_for(aws, ("aws.s3.tls-only", bucket(aws, "phi-records")))
    _, found = patched(plan, repo, aws)
    block = found["aws_s3_bucket_policy.phi"]
    assert block.value("bucket") == traversal("aws_s3_bucket.phi.id")
    policy = next(one.text for one in block.attributes if one.name == "policy")
    assert "aws_s3_bucket.phi.arn,\n" in policy or "[aws_s3_bucket.phi.arn," in policy
    assert '"${aws_s3_bucket.phi.arn}/*"' in policy
    assert "import aws_s3_bucket_policy.phi" not in found


def test_what_is_there_is_imported_and_what_is_not_is_not(repo: Path, aws: Cloud) -> None:
    one, two = bucket(aws, "one-records"), bucket(aws, "two-records")
    document = {"Version": "2012-10-17", "Statement": []}
    allow = {"Sid": "Team", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    document["Statement"] = [
        {**allow, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one-records/${aws:username}"}
    ]
    ask(aws, "s3", "PutBucketPolicy", Bucket="one-records", Policy=json.dumps(document))
    plan = plan_for(aws, ("aws.s3.tls-only", one), ("aws.s3.tls-only", two))
    _, found = patched(plan, repo, aws)
    assert found["import aws_s3_bucket_policy.one_records"].value("id") == "one-records"
    assert "import aws_s3_bucket_policy.two_records" not in found
    policy = next(a.text for a in found["aws_s3_bucket_policy.one_records"].attributes if a.name == "policy")
    assert '"arn:aws:s3:::one-records/$${aws:username}"' in policy


def test_two_playbooks_that_extend_one_policy_make_one_block(repo: Path, aws: Cloud) -> None:
    source = bucket(aws, "phi-records")
    logs = bucket(aws, f"hipaa-tui-logs-{ACCOUNT}-{REGION}")
    plan = plan_for(aws, ("aws.s3.tls-only", logs), ("aws.s3.access-logging", source))
    assert sum(one.setting == "aws.s3.bucket-policy" for one in plan.changes) == 2
    for branch in ("hipaa/before", "hipaa/after"):
        patch, found = patched(plan, repo, aws, branch)
        assert patch.left_out == ()
        (name,) = (one for one in found if one.startswith("aws_s3_bucket_policy."))
        policy = next(one.text for one in found[name].attributes if one.name == "policy")
        assert "S3ServerAccessLogs" in policy
        assert "DenyInsecureTransport" in policy
        logging = found["aws_s3_bucket_logging.phi_records"]
        assert next(one.text for one in logging.attributes if one.name == "depends_on") == f"[{name}]"
        if branch == "hipaa/before":
            policies = tuple(one for one in plan.changes if one.setting == "aws.s3.bucket-policy")
            run(aws, dataclasses.replace(plan, changes=policies))


def test_rotation_keeps_what_else_a_key_has(repo: Path, aws: Cloud) -> None:
    made = ask(
        aws, "kms", "CreateKey", Description="phi %{x}", Tags=[{"TagKey": "team", "TagValue": "${y}"}]
    )["KeyMetadata"]
    plan = plan_for(aws, ("aws.kms.rotation", aws_target("AWS::KMS::Key", made["Arn"])))
    patch, found = patched(plan, repo, aws)
    (address,) = patch.addresses
    assert address == f"aws_kms_key.key_{made['KeyId'][:8]}"
    block = found[address]
    assert block.value("enable_key_rotation") is True
    assert block.value("description") == "phi %{x}"
    assert block.value("tags") == Items(("${y}",), ("team",))
    assert found[f"import {address}"].value("id") == made["KeyId"]


@pytest.mark.parametrize("applied", [False, True])
def test_a_security_group_stands_whole_in_its_block(repo: Path, aws: Cloud, applied: bool) -> None:
    vpc = ask(aws, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ask(aws, "ec2", "CreateSecurityGroup", GroupName="Wide open", Description="d", VpcId=vpc)[
        "GroupId"
    ]
    world = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    itself = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}
    ask(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[world, itself])
    plan = plan_for(aws, ("aws.ec2.security-group-open", aws_target("AWS::EC2::SecurityGroup", group)))
    if applied:
        run(aws, plan)
    _, found = patched(plan, repo, aws)
    block = found["aws_security_group.wide_open"]
    rules = {(one.value("from_port"), one.value("self")) for one in block.inner("ingress")}
    assert rules == {(22, None), (0, True)}
    assert "0.0.0.0/0" not in str([one.value("cidr_blocks") for one in block.inner("ingress")])
    assert len(list(block.inner("egress"))) == 1
    assert found["import aws_security_group.wide_open"].value("id") == group


@pytest.mark.parametrize("applied", [False, True])
def test_a_default_group_is_taken_over_without_rules(repo: Path, aws: Cloud, applied: bool) -> None:
    vpc = ask(aws, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    group = ask(aws, "ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"][0]["GroupId"]
    plan = plan_for(aws, ("aws.ec2.default-security-group", aws_target("AWS::EC2::SecurityGroup", group)))
    if applied:
        run(aws, plan)
    _, found = patched(plan, repo, aws)
    address = f"aws_default_security_group.{vpc.replace('-', '_')}"
    block = found[address]
    assert block.value("vpc_id") == vpc
    assert list(block.inner("ingress", "egress")) == []
    assert (block.value("ingress").values, block.value("egress").values) == ((), ())
    assert found[f"import {address}"].value("id") == group


@pytest.mark.parametrize("applied", [False, True])
def test_an_instance_keeps_what_it_is_and_requires_tokens(repo: Path, aws: Cloud, applied: bool) -> None:
    made = ask(
        aws, "ec2", "RunInstances", ImageId="ami-12c6146b", InstanceType="t3.micro", MinCount=1, MaxCount=1
    )
    id = made["Instances"][0]["InstanceId"]
    tags = [{"Key": "Name", "Value": "Ward 3"}]
    ask(aws, "ec2", "CreateTags", Resources=[id], Tags=tags)
    plan = plan_for(aws, ("aws.ec2.instance-metadata", aws_target("AWS::EC2::Instance", id)), hop_limit="2")
    if applied:
        run(aws, plan)
    _, found = patched(plan, repo, aws)
    block = found["aws_instance.ward_3"]
    assert (block.value("ami"), block.value("instance_type")) == ("ami-12c6146b", "t3.micro")
    (options,) = block.inner("metadata_options")
    assert options.value("http_tokens") == "required"
    assert options.value("http_put_response_hop_limit") == 2
    assert block.value("tags").values == ("Ward 3",)
    assert found["import aws_instance.ward_3"].value("id") == id


@pytest.mark.parametrize("applied", [False, True])
def test_a_flow_log_comes_with_its_group_role_and_key(repo: Path, aws: Cloud, applied: bool) -> None:
    vpc = ask(aws, "ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    plan = plan_for(aws, ("aws.ec2.vpc-flow-logs", aws_target("AWS::EC2::VPC", vpc)))
    if applied:
        run(aws, plan)
    patch, found = patched(plan, repo, aws)
    assert patch.left_out == ()
    log = found[f"aws_flow_log.{vpc.replace('-', '_')}"]
    assert log.value("iam_role_arn") == traversal("aws_iam_role.hipaa_tui_vpc_flow_logs.arn")
    destination = log.value("log_group_name") if applied else log.value("log_destination")
    assert isinstance(destination, Traversal)
    assert destination.parts[0] == "aws_cloudwatch_log_group"
    assert len([one for one in found if one.startswith("import")]) == (len(patch.addresses) if applied else 0)


def test_a_trail_keeps_its_selectors_and_its_bucket(repo: Path, aws: Cloud) -> None:
    bucket(aws, "trail-logs")
    service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*"}
    document = {
        "Version": "2012-10-17",
        "Statement": [{**service, "Resource": ["arn:aws:s3:::trail-logs/*"]}],
    }
    ask(aws, "s3", "PutBucketPolicy", Bucket="trail-logs", Policy=json.dumps(document))
    arn = ask(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-logs")["TrailARN"]
    wanted = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []}]
    ask(aws, "cloudtrail", "PutEventSelectors", TrailName="main", EventSelectors=wanted)
    plan = plan_for(aws, ("aws.cloudtrail.multi-region", aws_target("AWS::CloudTrail::Trail", arn)))
    _, found = patched(plan, repo, aws)
    block = found["aws_cloudtrail.main"]
    assert block.value("is_multi_region_trail") is True
    assert block.value("s3_bucket_name") == "trail-logs"
    assert [one.value("read_write_type") for one in block.inner("event_selector")] == ["WriteOnly"]
    assert found["import aws_cloudtrail.main"].value("id") == arn


def test_another_region_needs_a_provider_of_its_own(repo: Path, aws: Cloud) -> None:
    near, far = bucket(aws, "near-records"), bucket(aws, "far-records", "eu-west-1")
    also = bucket(aws, "also-records")
    fix_requests = [("aws.s3.public-access-block", one) for one in (near, also, far)]
    plan = plan_for(aws, *fix_requests)
    patch, _ = patched(plan, repo, aws)
    (left,) = patch.left_out
    assert 'provider "aws" { alias = "eu_west_1", region = "eu-west-1" }' in left.reason
    commit(repo, main_tf='provider "aws" {\n  alias = "ireland"\n  region = "eu-west-1"\n}\n')
    patch, found = patched(plan, repo, aws, "hipaa/both")
    assert patch.left_out == ()
    block = found["aws_s3_bucket_public_access_block.far_records"]
    assert block.value("provider") == traversal("aws.ireland")
    assert found["aws_s3_bucket_public_access_block.near_records"].value("provider") is None
    commit(repo, main_tf='provider "aws" {\n  region = "eu-west-1"\n}\n')
    patch, _ = patched(plan, repo, aws, "hipaa/ireland")
    assert len(patch.left_out) == 2


def test_the_same_switch_in_two_regions_makes_two_blocks(repo: Path, aws: Cloud) -> None:
    commit(repo, main_tf='provider "aws" {\n  alias = "eu_west_1"\n}\n')
    type = "AWS::EC2::EBSEncryptionByDefault"
    targets = [resource_type(type).list(aws, ACCOUNT, region, "aws")[0] for region in (REGION, "eu-west-1")]
    plan = plan_for(aws, *(("aws.ec2.ebs-default-encryption", one) for one in targets))
    patch, found = patched(plan, repo, aws)
    assert patch.addresses == ("aws_ebs_encryption_by_default.this", "aws_ebs_encryption_by_default.this_2")
    assert found["aws_ebs_encryption_by_default.this_2"].value("provider") == traversal("aws.eu_west_1")


def test_rules_of_one_kind_share_a_block() -> None:
    ssh = {"protocol": "tcp", "from": 22, "to": 22}
    rules = [
        {**ssh, "source": "10.0.0.0/8"},
        {**ssh, "source": "fd00::/8"},
        {**ssh, "source": "10.1.0.0/16", "description": "office"},
        {"protocol": "-1", "source": "sg-1"},
        {"protocol": "-1", "source": "sg-2/210987654321"},
        {"protocol": "-1", "source": "pl-3"},
    ]
    blocks = rule_blocks(rules, "sg-1")
    assert blocks == [
        {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["10.0.0.0/8"], "ipv6_cidr_blocks": ["fd00::/8"]},
        {"protocol": "tcp", "from_port": 22, "to_port": 22, "description": "office", "cidr_blocks": ["10.1.0.0/16"]},
        {"protocol": "-1", "from_port": 0, "to_port": 0, "self": True, "security_groups": ["210987654321/sg-2"], "prefix_list_ids": ["pl-3"]},
    ]  # fmt: skip
    written = tuple(Block("ingress", (), tuple((key, "1") for key in one)) for one in blocks)
    assert problems(Block("resource", ("aws_security_group", "x"), (), written)) == []


REGISTRY = (
    'module "records" {\n  source  = "terraform-aws-modules/s3-bucket/aws"\n  version = "4.1.0"\n\n'
    '  bucket = "phi-records"\n}\n'
)
INPUTS = "".join(
    f'variable "{name}" {{\n  default = {default}\n}}\n'
    for name, default in {
        "bucket": "null", "versioning": "{}", "server_side_encryption_configuration": "{}",
        "block_public_acls": "false", "block_public_policy": "false", "ignore_public_acls": "false",
        "restrict_public_buckets": "false",
    }.items()
)  # fmt: skip


@pytest.mark.parametrize(
    ("playbook", "added"),
    [
        ("aws.s3.versioning", "  versioning = { enabled = true }\n"),
        (
            "aws.s3.public-access-block",
            "\n  block_public_acls       = true\n  block_public_policy     = true\n"
            "  ignore_public_acls      = true\n  restrict_public_buckets = true\n",
        ),
    ],
)
def test_a_bucket_of_the_registrys_module_is_set_by_its_inputs(
    repo: Path, aws: Cloud, playbook: str, added: str
) -> None:
    folder = repo / ".terraform" / "modules" / "records"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(INPUTS + 'resource "aws_s3_bucket" "this" {\n  bucket = var.bucket\n}\n')
    rows = [{"Key": "records", "Dir": ".terraform/modules/records"}]
    (folder.parent / "modules.json").write_text(json.dumps({"Modules": rows}))
    (repo / ".gitignore").write_text(".terraform\n")
    commit(repo, main_tf=REGISTRY)
    patch, _ = patched(plan_for(aws, (playbook, bucket(aws, "phi-records"))), repo, aws)
    assert patch.files == ("main.tf",)
    now = git(repo, "show", "hipaa/fix:main.tf") + "\n"
    assert now == REGISTRY.replace('"phi-records"\n', f'"phi-records"\n{added}').replace(
        '  bucket = "phi-records"\n  versioning = ', '  bucket = "phi-records"\n\n  versioning = '
    )


def test_one_remedy_on_many_resources_is_explained_once(repo: Path, aws: Cloud) -> None:
    names = ["one-records", "two-records", "three-records"]
    plan = plan_for(aws, *(("aws.s3.versioning", bucket(aws, name)) for name in names))
    patch = make_patch(plan, repo, "hipaa/fix", {"aws": aws})
    for text in (patch.message, patch.body):
        assert text.count("aws.s3.versioning") == 1
        assert all(f"arn:aws:s3:::{name}" in text for name in names)
    assert "Versioning of one-records, two-records, three-records" in patch.message
