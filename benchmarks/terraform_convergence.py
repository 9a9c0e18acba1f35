"""Shows that a patch and a run mean the same: whichever comes first, Terraform has nothing left to change.

For each AWS playbook, on a badly kept account in a local moto server:
    run first    the plan's calls, then the patch: `terraform plan` must hold imports and no-ops only
    patch first  the patch, then `terraform apply`: the resources must comply, and a second plan be empty
Needs `terraform` on PATH and the AWS provider where TF_CLI_CONFIG_FILE says (a filesystem mirror).

    python benchmarks/terraform_convergence.py [WORD …]    only playbooks whose id holds one of the words
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.patches.create import make_patch
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.providers.model import Call, Cloud
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.support.json_value import OWN_ANSWER, at, resolve

REGION, ACCOUNT = "us-east-1", "123456789012"
PROVIDER = f"""terraform {{
  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }}
  }}
}}

provider "aws" {{
  region                      = "{REGION}"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}}
"""


GIVEN: dict[str, dict[str, str]] = {
    "aws.s3.object-lock": {"mode": "GOVERNANCE", "days": "1"},
    "aws.s3.lifecycle": {"noncurrent_days": "2500"},
    "aws.s3.account-public-access-block": {"private_anyway": "phi-records"},
}
"""What a playbook has to be told, since it does nothing by itself or less than is to be measured."""
NOT_MEASURED = {
    ("aws.kms.scheduled-deletion", "run first"): "Terraform has no word for a key that is kept",
    ("aws.kms.scheduled-deletion", "patch first"): "Terraform has no word for a key that is kept",
    (
        "aws.s3.account-public-access-block",
        "run first",
    ): "S3 Control's host names lead nowhere on this machine",
    (
        "aws.s3.account-public-access-block",
        "patch first",
    ): "S3 Control's host names lead nowhere on this machine",
    (
        "aws.cloudtrail.data-events",
        "run first",
    ): "moto tells Terraform that no trail has selectors of its own",
}
"""(playbook, order) that the local server or Terraform itself leaves no way to compare."""


def estate() -> None:
    """A small account with something to find for every playbook."""
    import boto3

    def client(service: str) -> Any:
        return boto3.client(service, region_name=REGION)

    s3, kms, ec2, logs = client("s3"), client("kms"), client("ec2"), client("logs")
    for name in ("phi-records", "phi-imaging"):
        s3.create_bucket(Bucket=name)
    statement = {"Sid": "Team", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    statement |= {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::phi-records/*"}
    s3.put_bucket_policy(
        Bucket="phi-records", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    kms.create_key(
        Description='phi "${key}"',
        KeyUsage="ENCRYPT_DECRYPT",
        Tags=[{"TagKey": "team", "TagValue": "%{records}"}],
    )
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="wide-open", Description="open", VpcId=vpc)["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[{"Key": "team", "Value": "records"}])
    world = {
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    }
    for port in (22, 3389):
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **world}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    inside = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group, "Description": "itself"}]}
    web = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[inside, web])
    logs.create_log_group(logGroupName="/app/phi-api", tags={"team": "records"})
    s3.create_bucket(Bucket="trail-logs")
    trail = {"Service": "cloudtrail.amazonaws.com"}
    both = ["arn:aws:s3:::trail-logs", "arn:aws:s3:::trail-logs/*"]
    allow = {"Effect": "Allow", "Principal": trail, "Action": "s3:*", "Resource": both}
    s3.put_bucket_policy(
        Bucket="trail-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    )
    client("cloudtrail").create_trail(
        Name="main", S3BucketName="trail-logs", TagsList=[{"Key": "team", "Value": "records"}]
    )


def planned(playbook: Playbook, clouds: dict[str, Cloud]) -> Plan:
    """The plan for every resource of the playbook's type."""
    targets = resource_types()[playbook.resource].list(clouds["aws"], ACCOUNT, REGION, "aws")
    given = GIVEN.get(playbook.id, {})
    plan = make_plan([FixRequest(playbook, target, ()) for target in targets], clouds, given)
    for skipped in plan.skipped:
        if "complies" not in skipped.reason:
            print(f"            skipped: {skipped.resource}: {skipped.reason}")
    # Guards are another question than the one that is measured here, and a blocked change has no patch.
    return replace(plan, changes=tuple(replace(change, guards=()) for change in plan.changes))


def run(plan: Plan, clouds: dict[str, Cloud]) -> None:
    """The plan's calls in order, with what earlier ones made filled in."""
    identities: dict[str, Any] = {}

    def lookup(change: str, name: str) -> Any:
        return at(identities[change], name)

    for change in plan.changes:
        identities[OWN_ANSWER] = {}
        for call in change.calls:
            arguments = resolve(dict(call.arguments), lookup)
            answer = clouds["aws"].call(
                Call(call.provider, call.service, call.operation, arguments, call.region)
            )
            identities[OWN_ANSWER] |= answer
        identities[change.id] = dict(fresh(clouds, change.setting, change.target).identity)


def repository(folder: Path) -> Path:
    """A repository that has the provider and nothing else."""
    repo = folder / "repo"
    repo.mkdir()
    (repo / "provider.tf").write_text(PROVIDER)
    me = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*me, "commit", "-q", "-m", "provider"]):
        subprocess.run(["git", *command], cwd=repo, check=True)
    for key, value in (("user.name", "bench"), ("user.email", "bench@example.org")):
        subprocess.run(["git", "config", key, value], cwd=repo, check=True)
    return repo


def terraform(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"terraform {arguments[0]}: {' '.join((done.stderr or done.stdout).split())[:600]}"
        )
    return done.stdout


def unfinished(folder: Path) -> list[str]:
    """What `terraform plan` would still do, beyond importing."""
    terraform(folder, "plan", "-input=false", "-no-color", "-out", "plan")
    changes = json.loads(terraform(folder, "show", "-json", "plan")).get("resource_changes", [])
    return [
        f"{one['address']} {'+'.join(one['change']['actions'])} {_why(one['change'])}"
        for one in changes
        if one["change"]["actions"] != ["no-op"]
    ]


def _why(change: dict[str, Any]) -> str:
    before, after = change["before"] or {}, change["after"] or {}
    return "; ".join(
        f"{key}: {json.dumps(before.get(key))[:120]} → {json.dumps(after[key])[:120]}"
        for key in after
        if before.get(key) != after[key]
    )


def checked_out(repo: Path) -> Path:
    subprocess.run(["git", "checkout", "-q", "patch"], cwd=repo, check=True)
    terraform(repo, "init", "-input=false", "-no-color")
    return repo


def run_first(playbook: Playbook, clouds: dict[str, Cloud], repo: Path) -> list[str]:
    plan = planned(playbook, clouds)
    run(plan, clouds)
    patch = make_patch(plan, repo, "patch", clouds)
    return [*_claims(patch), *unfinished(checked_out(repo))]


def patch_first(playbook: Playbook, clouds: dict[str, Cloud], repo: Path) -> list[str]:
    patch = make_patch(planned(playbook, clouds), repo, "patch", clouds)
    folder = checked_out(repo)
    terraform(folder, "apply", "-auto-approve", "-input=false", "-no-color")
    # moto says that a flow log which names its log group by ARN fails to deliver; what EC2 takes, it cannot judge.
    again = [
        f"{one.target.name}: {one.setting} does not comply"
        for one in planned(playbook, clouds).changes
        if one.setting != "aws.ec2.vpc-flow-log" or one.before is None
    ]
    return [*_claims(patch), *again, *unfinished(folder)]


def _claims(patch: Any) -> list[str]:
    left = [f"{one.change} left out: {one.reason}" for one in patch.left_out]
    wrong = (
        []
        if patch.formatted and patch.validated == "valid"
        else [f"fmt {patch.formatted}, {patch.validated}"]
    )
    return left + wrong


ORDERS: dict[str, Callable[[Playbook, dict[str, Cloud], Path], list[str]]] = {
    "run first": run_first,
    "patch first": patch_first,
}


def lines(words: list[str], clouds: dict[str, Cloud], reset: Callable[[], None]) -> Iterator[bool]:
    """Print a line for each playbook and order; yield whether it converged."""
    for playbook in load().playbooks.values():
        if playbook.provider != "aws" or playbook.guided:
            continue
        if words and not any(word in playbook.id for word in words):
            continue
        for order, judge in ORDERS.items():
            if why := NOT_MEASURED.get((playbook.id, order)):
                print(f"left out  {order:11}          {playbook.id}  ({why})")
                continue
            reset()
            estate()
            started = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                try:
                    problems = judge(playbook, clouds, repository(Path(folder)))
                except Exception as error:  # one playbook's failure is a line, not the end
                    problems = [f"{type(error).__name__}: {error}"]
            settings = ", ".join(dict.fromkeys(change.setting for change in playbook.changes))
            verdict = "converges" if not problems else "DIFFERS"
            print(f"{verdict:9} {order:11} {time.monotonic() - started:5.1f} s  {playbook.id}  ({settings})")
            for problem in problems:
                print(f"            {problem}")
            yield not problems


def main() -> int:
    if shutil.which("terraform") is None or not os.environ.get("TF_CLI_CONFIG_FILE"):
        print(
            "not measured: needs terraform on PATH and TF_CLI_CONFIG_FILE naming a mirror that has hashicorp/aws",
            file=sys.stderr,
        )
        return 2
    from moto.server import ThreadedMotoServer

    os.environ |= {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "2",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    from hipaa_tui.aws.cloud import connect

    def reset() -> None:
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=30)  # noqa: S310

    try:
        verdicts = list(lines(sys.argv[1:], {"aws": connect(region=REGION)}, reset))
    finally:
        server.stop()
    print(f"{sum(verdicts)} of {len(verdicts)} converge")
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
