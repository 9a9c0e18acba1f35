"""The two small clouds and the plan on which a run is killed: several changes, some of several calls."""

from __future__ import annotations

import json
import urllib.request

from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, Clouds
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.sandbox.clouds import Sandbox
from tests.azure.server import ACCOUNT as STORAGE
from tests.azure.server import GROUP, NSG, SUBSCRIPTION, nsg, rule, storage_account

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKET = "phi-records"
AZURE = {
    "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "clinic"}],
    "resources": [
        {"id": GROUP, "location": "eastus"},
        storage_account(),
        *nsg(rule("ssh", "22"), rule("web", ["22", "443"], priority=110)),
    ],
}
WISHES = (
    ("aws.s3.default-encryption", f"arn:aws:s3:::{BUCKET}"),
    ("aws.ec2.security-group-open", "{group}"),
    ("azure.storage.secure-transfer", STORAGE),
    ("azure.network.nsg-open-to-internet", NSG),
)


def build(sandbox: Sandbox, clouds: Clouds) -> str:
    """Empty both clouds and build the estate again, under the very same ids. Returns the group's."""
    _post(f"{sandbox.aws_url}/moto-api/reset")
    _post(f"{sandbox.aws_url}/moto-api/seed?a=42")  # the ids that moto assigns are the same each time
    _post(f"{sandbox.arm_url}/_sandbox/state", AZURE, "PUT")
    aws = clouds["aws"]

    def call(service: str, operation: str, **arguments: object) -> dict[str, object]:
        return aws.call(Call("aws", service, operation, arguments, REGION))

    call("s3", "CreateBucket", Bucket=BUCKET)
    made = str(call("ec2", "CreateSecurityGroup", GroupName="front", Description="d")["GroupId"])
    rules = [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        for port in (22, 443)
    ]
    call("ec2", "AuthorizeSecurityGroupIngress", GroupId=made, IpPermissions=rules)
    return made


def plan_for(clouds: Clouds, group: str) -> Plan:
    """The plan on the estate as it was just built."""
    catalogue = load()
    fix_requests = []
    for playbook_id, id in WISHES:
        playbook = catalogue.get(playbook_id)
        account, region = (ACCOUNT, REGION) if playbook_id.startswith("aws.") else (SUBSCRIPTION, "eastus")
        partition = "aws" if playbook_id.startswith("aws.") else "AzureCloud"
        target = resource_types()[playbook.resource].target(
            id.format(group=group), account, region, partition
        )
        assert target is not None, id
        fix_requests.append(FixRequest(playbook, target, ()))
    return make_plan(fix_requests, clouds, {"*.allowed_cidrs": "10.0.0.0/8"})


def _post(url: str, body: object = None, method: str = "POST") -> None:
    data = json.dumps(body).encode() if body is not None else b""
    request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 - our own servers
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request).close()  # noqa: S310
