"""AWS throttles, is busy, or does not know yet what was just made: the real SDK over HTTP, and a run that waits."""

import botocore.session
import pytest

from hipaa_tui.aws.cloud import connect
from hipaa_tui.aws.retryable_errors import RETRYABLE
from hipaa_tui.azure import retryable_errors as azure_errors
from hipaa_tui.journal.journal import Journal
from hipaa_tui.journal.states import RunState
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.providers.retryable import find
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.model import ChangeState
from hipaa_tui.runs.views import view
from hipaa_tui.store.database import open_store
from tests.aws.faulty import Fault, faulty, json, query, s3
from tests.aws.server import ACCOUNT, REGION

FLOW_LOGS, ENCRYPTION = "aws.ec2.vpc-flow-logs", "aws.s3.default-encryption"


@pytest.fixture
def proxied(aws, moto, monkeypatch):
    """(AWS through a proxy, the proxy)."""
    with faulty(moto) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield connect(region=REGION), proxy


class Run:
    """A plan for one resource, applied with a clock that does not wait."""

    def __init__(self, cloud, tmp_path, playbook, target):
        self.clouds = {"aws": cloud}
        self.plan = make_plan([FixRequest(load().get(playbook), target, ())], self.clouds, {})
        self.journal = Journal(open_store(tmp_path / "home" / "store.db"))
        self.waited, self.said = 0.0, []

    def step(self, done, total, what):
        if what.startswith("waiting"):
            self.said.append(what)

    def sleep(self, seconds):
        self.waited += seconds

    def apply(self):
        run = Applying(self.plan, self.clouds, self.journal, self, sleep=self.sleep).start()
        return view(self.journal, self.journal.row(run))


@pytest.fixture
def bucket(proxied, tmp_path):
    cloud, proxy = proxied
    cloud.call(Call("aws", "s3", "CreateBucket", {"Bucket": "phi-records"}, REGION))
    target = resource_type("AWS::S3::Bucket").target("arn:aws:s3:::phi-records", ACCOUNT, REGION)
    return Run(cloud, tmp_path, ENCRYPTION, target), proxy


@pytest.fixture
def network(proxied, tmp_path):
    cloud, proxy = proxied
    made = cloud.call(Call("aws", "ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}, REGION))["Vpc"]["VpcId"]
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{made}"
    return Run(cloud, tmp_path, FLOW_LOGS, resource_type("AWS::EC2::VPC").target(arn, ACCOUNT, REGION)), proxy


@pytest.mark.parametrize(
    ("headers", "low", "high"),
    [({"Retry-After": "60"}, 60, 62), ({"x-amz-retry-after": "7000"}, 7, 9), ({}, 0, 5)],
)
def test_throttling_is_waited_out_for_as_long_as_aws_asks(bucket, headers, low, high):
    run, proxy = bucket
    proxy.faults = [
        Fault(r"PUT /phi-records\?encryption", 503, s3("SlowDown", "Reduce your request rate."), 1, headers)
    ]
    assert run.apply().state is RunState.DONE
    assert low <= run.waited < high
    assert proxy.given == 1
    if headers:
        assert run.said[0] == f"waiting {low} s: requested by AWS"


def test_a_busy_bucket_is_waited_for_and_shown(bucket):
    run, proxy = bucket
    message = "A conflicting conditional operation is currently in progress against this resource. Please try again."
    proxy.faults = [Fault(r"PUT /phi-records\?encryption", 409, s3("OperationAborted", message), 9)]
    assert run.apply().state is RunState.DONE
    assert 30 < run.waited < 600
    assert "another operation on the bucket is in progress" in run.said[-1]


def test_a_role_that_iam_does_not_know_everywhere_yet_is_waited_for(network):
    run, proxy = network
    message = "The role with name hipaa-tui-vpc-flow-logs cannot be found."
    proxy.faults = [Fault(r"Action=PutRolePolicy", 404, query("NoSuchEntity", message), 6)]
    assert run.apply().state is RunState.DONE
    assert proxy.given == 6
    assert "IAM does not know everywhere yet what this run just created" in run.said[0]
    calls = [
        c["operation"] for r in run.journal.of(run.journal.rows()[0].id) for c in r.body.get("calls", [])
    ]
    assert calls.count("CreateRole") == 1


def test_a_role_that_this_run_did_not_create_is_not_waited_for(network):
    run, proxy = network
    role = next(change for change in run.plan.changes if change.setting == "aws.iam.service-role")
    cloud, vpc = run.clouds["aws"], run.plan.changes[-1].target
    arguments = {
        "RoleName": role.target.name,
        "AssumeRolePolicyDocument": role.after["AssumeRolePolicyDocument"],
    }
    cloud.call(Call("aws", "iam", "CreateRole", arguments, REGION))
    run.plan = make_plan([FixRequest(load().get(FLOW_LOGS), vpc, ())], run.clouds, {})
    proxy.faults = [Fault(r"Action=PutRolePolicy", 404, query("NoSuchEntity", "It cannot be found."), 99)]
    done = run.apply()
    states = {change.setting: change.state for change in done.changes}
    assert states["aws.iam.service-role"] is ChangeState.FAILED
    assert run.waited < 1


BUSY = [
    ("rds", "ModifyDBInstance", {"DBInstanceIdentifier": "d"}, 400, query("InvalidDBInstanceState", "Database instance is not in available state.")),
    ("rds", "ModifyDBCluster", {"DBClusterIdentifier": "d"}, 400, query("InvalidDBClusterStateFault", "DB cluster d is not in the available state (modifying).")),
    ("redshift", "ModifyCluster", {"ClusterIdentifier": "d"}, 400, query("InvalidClusterState", "There is an operation running on the Cluster.")),
    ("elasticache", "ModifyReplicationGroup", {"ReplicationGroupId": "d"}, 400, query("InvalidReplicationGroupState", "Replication group must be in available state to modify.")),
    ("iam", "AttachRolePolicy", {"RoleName": "abc", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, 409, query("ConcurrentModification", "Concurrently modified.")),
    ("opensearch", "UpdateDomainConfig", {"DomainName": "phi"}, 400, json("ValidationException", "A change/update is in progress. Please wait for it to complete before requesting another change.")),
    ("eks", "UpdateClusterConfig", {"name": "phi"}, 409, json("ResourceInUseException", "Cannot LoggingUpdate because cluster phi currently has update 1 in progress")),
    ("lambda", "UpdateFunctionConfiguration", {"FunctionName": "f"}, 409, json("ResourceConflictException", "The operation cannot be performed at this time. An update is in progress for resource: f")),
    ("lambda", "UpdateFunctionConfiguration", {"FunctionName": "f"}, 409, json("ResourceConflictException", "The function is currently in the following state: Pending")),
    ("kms", "EnableKeyRotation", {"KeyId": "k"}, 400, json("KMSInvalidStateException", "arn:aws:kms:k is Creating.")),
    ("ssm", "UpdateAssociation", {"AssociationId": "0b1c2d3e-0000-4000-8000-000000000000"}, 400, json("TooManyUpdates", "There are concurrent updates.")),
    ("dynamodb", "UpdateTable", {"TableName": "phi"}, 400, json("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being updated: phi")),
    ("logs", "PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": 30}, 400, json("OperationAbortedException", "Multiple concurrent requests.")),
    ("elasticbeanstalk", "UpdateEnvironment", {"EnvironmentName": "phi-app"}, 400, query("InvalidParameterValue", "Environment named phi is in an invalid state for this operation. Must be Ready.")),
]  # fmt: skip


@pytest.mark.parametrize("known", BUSY, ids=lambda known: f"{known[0]}-{known[1]}")
def test_what_a_busy_service_answers_is_known_in_its_own_words(aws, monkeypatch, known):
    service, operation, arguments, status, body = known
    with faulty() as server:
        server.faults = [Fault("", status, body, 99)]
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(CloudError) as caught:
            connect(region=REGION).call(Call("aws", service, operation, arguments, REGION))
    error = caught.value
    assert error.retryable is not None, error
    assert (error.transient, error.without_effect, server.given) == (True, True, 1)


@pytest.mark.parametrize(
    ("service", "code", "message"),
    [
        ("rds", "InvalidDBInstanceState", "Instance phi cannot be modified in its current state: stopped"),
        ("rds", "DBInstanceAlreadyExists", "DB instance already exists"),
        ("eks", "ResourceInUseException", "Cluster already exists with name: phi"),
        ("dynamodb", "ResourceInUseException", "Table already exists: phi"),
        ("lambda", "ResourceConflictException", "Function already exist: f"),
        ("opensearch", "ValidationException", "1 validation error detected: Value null at 'domainName'"),
        ("kms", "KMSInvalidStateException", "arn:aws:kms:k is pending deletion."),
        ("s3", "BucketAlreadyExists", "The requested bucket name is not available."),
        ("iam", "EntityAlreadyExists", "Role with name r already exists."),
        ("kms", "MalformedPolicyDocumentException", "Policy contains a statement with no principal."),
    ],
)  # fmt: skip
def test_what_a_person_has_to_mend_is_in_no_table(service, code, message):
    assert find(RETRYABLE, service, code, message) is None


def test_lambda_says_in_the_error_itself_how_long_to_wait(aws, monkeypatch):
    with faulty() as server:
        body = '{"__type": "TooManyRequestsException", "retryAfterSeconds": "12", "message": "Rate exceeded"}'
        server.faults = [Fault("", 429, body, 9, {"x-amzn-ErrorType": "TooManyRequestsException"})]
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(CloudError) as caught:
            connect(region=REGION).call(
                Call(
                    "aws",
                    "lambda",
                    "PutFunctionConcurrency",
                    {"FunctionName": "f", "ReservedConcurrentExecutions": 1},
                    REGION,
                )
            )
    assert caught.value.throttled


NOT_MODELED = {
    "OperationAborted", "InvalidParameterValue", "MalformedPolicy", "InvalidPolicyDocument", "ConcurrentModificationFault",
    "OperationInProgress", "AWS.SimpleQueueService.QueueDeletedRecently",
}  # fmt: skip
"""Codes that services answer and their models do not list."""


def test_the_codes_stand_in_the_services_own_models():
    session = botocore.session.get_session()
    known: dict[str, set[str]] = {}
    wanted = {code for entry in RETRYABLE for code in entry.codes} - NOT_MODELED
    services = {entry.service for entry in RETRYABLE if entry.service}
    for name in services | {"route53", "iam", "cloudformation", "rds"}:
        model = session.get_service_model(name)
        known[name] = {
            str(code)
            for shape in map(model.shape_for, model.shape_names)
            if shape.metadata.get("exception") or shape.metadata.get("error")
            for code in (shape.name, shape.metadata.get("error", {}).get("code"))
            if code
        }
    everywhere = set().union(*known.values())
    assert sorted(wanted - everywhere) == []
    for entry in RETRYABLE:
        if entry.service and not set(entry.codes) & NOT_MODELED:
            assert set(entry.codes) & known[entry.service], entry


@pytest.mark.parametrize("entry", [*RETRYABLE, *azure_errors.RETRYABLE], ids=lambda entry: entry.codes[0])
def test_each_says_what_is_waited_for_and_where_that_is_written(entry):
    assert entry.source.startswith("https://")
    assert entry.why
    assert entry.why == entry.why.rstrip(".")
