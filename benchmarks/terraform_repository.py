"""Shows that run and patch mean the same on a whole repository: modules, for_each, count, .tfvars, a state.

A company's insecure Terraform of more than sixty resources is applied with the real AWS provider to a local moto
server. Then, from the same start each:
    run first    everything open is planned and applied by SDK, then the patch is made: `terraform plan` holds no-ops and imports
    patch first  the patch is made and merged, `terraform apply`: our own fresh look says that each fix of it stands
With checkov on PATH (or in CHECKOV), its verdicts before and after the patch: what moved, what vanished, what is new.

    python benchmarks/terraform_repository.py [--keep FOLDER]

Needs `terraform` on PATH and the AWS provider where TF_CLI_CONFIG_FILE says (a filesystem mirror).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hipaa_tui.patches.model import Patch, PatchOptions
from hipaa_tui.plans.model import Plan
from hipaa_tui.support.config import Home
from hipaa_tui.workbench import Workbench

REGION = "us-east-1"
NOT_MEASURED = {"aws.s3.account-public-access-block"}
"""S3 Control's host names lead nowhere on this machine, and Terraform waits for them."""
FILES = {
    "prod/versions.tf": """\
terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region                      = var.region
  max_retries                 = 2
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
}
""",
    "prod/variables.tf": """\
variable "region" {
  type = string
}

variable "env" {
  type    = string
  default = "dev"
}

variable "log_days" {
  description = "How long application logs are kept."
  type        = number
  default     = 30
}

variable "clinics" {
  type = map(object({ port = number }))
}

locals {
  prefix = lower("Meridian-${var.env}")
  tags = {
    company = "meridian"
    env     = var.env
  }
}
""",
    "prod/terraform.tfvars": """\
region = "us-east-1"
env    = "prod"

clinics = {
  north = { port = 8080 }
  south = { port = 8081 }
  west  = { port = 8082 }
}
""",
    "prod/storage.tf": """\
# One bucket for each kind of record.
module "records" {
  source   = "../modules/bucket"
  for_each = toset(["imaging", "lab", "claims", "pharmacy", "portal"])

  name = "${local.prefix}-${each.key}"
  tags = local.tags
}

module "archive" {
  source = "../modules/bucket"

  name       = "${local.prefix}-archive"
  versioning = "Suspended" # saves money
  tags       = local.tags
}

resource "aws_s3_bucket" "clinic" {
  for_each = var.clinics

  bucket = format("%s-clinic-%s", local.prefix, each.key)
  tags   = merge(local.tags, { clinic = each.key })
}

resource "aws_s3_bucket_public_access_block" "clinic" {
  for_each = aws_s3_bucket.clinic

  bucket              = each.value.id
  block_public_acls   = true
  block_public_policy = false # the portal of 2017 needed it
}

resource "aws_s3_bucket" "scratch" {
  bucket = "${local.prefix}-scratch"
  tags   = local.tags
}
""",
    "prod/keys.tf": """\
resource "aws_kms_key" "phi" {
  count = 2

  description         = "records ${count.index}"
  enable_key_rotation = false
  tags                = local.tags
}

resource "aws_kms_alias" "phi" {
  count = 2

  name          = "alias/${local.prefix}-${count.index}"
  target_key_id = aws_kms_key.phi[count.index].key_id
}

resource "aws_kms_key" "backup" {
  description = "backups"
  tags        = local.tags
}
""",
    "prod/network.tf": """\
resource "aws_vpc" "main" {
  cidr_block = "10.20.0.0/16"
  tags       = merge(local.tags, { Name = "main" })
}

resource "aws_subnet" "app" {
  count = 3

  vpc_id     = aws_vpc.main.id
  cidr_block = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  tags       = local.tags
}

resource "aws_security_group" "clinic" {
  for_each = var.clinics

  name        = "${local.prefix}-${each.key}"
  description = "Clinic ${each.key}"
  vpc_id      = aws_vpc.main.id
  tags        = local.tags

  ingress {
    description = "app"
    from_port   = each.value.port
    to_port     = each.value.port
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "jump" {
  name        = "${local.prefix}-jump"
  description = "Administrators"
  vpc_id      = aws_vpc.main.id
  tags        = local.tags

  ingress {
    description = "ssh"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
""",
    "prod/data.tf": """\
module "tables" {
  source   = "../modules/table"
  for_each = toset(["patients", "visits", "orders", "consents"])

  name = "${local.prefix}-${each.value}"
  tags = local.tags
}

resource "aws_sns_topic" "alerts" {
  for_each = toset(["ops", "security", "billing", "clinics", "vendors"])

  name = "${local.prefix}-${each.key}"
  tags = local.tags
}

resource "aws_ecr_repository" "app" {
  for_each = toset(["portal", "api", "worker", "viewer"])

  name = "${local.prefix}/${each.key}"
  tags = local.tags
}

resource "aws_kinesis_stream" "hl7" {
  name        = "${local.prefix}-hl7"
  shard_count = 1
  tags        = local.tags
}
""",
    "prod/logs.tf": """\
resource "aws_cloudwatch_log_group" "app" {
  for_each = toset(["portal", "api", "worker", "batch", "gateway", "audit"])

  name              = "/${local.prefix}/${each.key}"
  retention_in_days = var.log_days
  tags              = local.tags
}

resource "aws_s3_bucket" "trail" {
  bucket = "${local.prefix}-trail"
  tags   = local.tags
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = data.aws_iam_policy_document.trail.json
}

data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "trail" {
  statement {
    sid       = "Look"
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.trail.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
  statement {
    sid       = "Write"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.trail.arn}/AWSLogs/${data.aws_caller_identity.me.account_id}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_cloudtrail" "main" {
  name           = "${local.prefix}-trail"
  s3_bucket_name = aws_s3_bucket.trail.id
  tags           = local.tags
  depends_on     = [aws_s3_bucket_policy.trail]
}
""",
    "modules/bucket/main.tf": """\
variable "name" {
  type = string
}

variable "versioning" {
  type    = string
  default = "Suspended"
}

variable "tags" {
  type    = map(string)
  default = {}
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags   = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.versioning
  }
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

output "arn" {
  value = aws_s3_bucket.this.arn
}
""",
    "modules/table/main.tf": """\
variable "name" {
  type = string
}

variable "tags" {
  type = map(string)
}

variable "recovery" {
  type    = bool
  default = false
}

resource "aws_dynamodb_table" "this" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = var.recovery
  }
}
""",
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def terraform(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["terraform", *arguments, *(["-no-color"] if arguments[0] != "show" else [])],
        cwd=folder, capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(
            f"terraform {arguments[0]}: {' '.join((done.stderr or done.stdout).split())[:1500]}"
        )
    return done.stdout


def repository(folder: Path) -> Path:
    """The company's repository; gives the root module's folder."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / ".gitignore").write_text(".terraform*\n*.tfstate*\nplan\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "bench")
    git(folder, "config", "user.email", "bench@example.org")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it was found")
    return folder / "prod"


@contextmanager
def server() -> Iterator[str]:
    """A moto server with what the sandbox adds."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    environment = os.environ | {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "HIPAA_TUI_SANDBOX_REGIONS": REGION}
    process = subprocess.Popen(
        [sys.executable, "-m", "hipaa_tui.sandbox.moto_extensions", "-H", "127.0.0.1", "-p", str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()  # noqa: S310 - our own server
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def start(folder: Path) -> tuple[Path, int]:
    """The repository, applied; with the number of its resources."""
    root = repository(folder)
    terraform(root, "init", "-input=false")
    terraform(root, "apply", "-auto-approve", "-input=false")
    state = json.loads((root / "terraform.tfstate").read_text())
    return root, sum(len(one["instances"]) for one in state["resources"] if one["mode"] == "managed")


def planned(folder: Path) -> tuple[Workbench, Plan]:
    """A bench that has scanned the account, and the plan of all that it found and no guard blocks."""
    bench = Workbench(Home(folder / "home"))
    bench.scan(providers=("aws",))
    open_ones = [row for row in bench.queue(state="open") if row.playbook not in NOT_MEASURED]
    plan = bench.plan(findings=[row.id for row in open_ones])
    return bench, plan.without_blocked().without_irreversible()


def unfinished(root: Path) -> tuple[Counter[str], list[str]]:
    """(actions of `terraform plan`, what it would still do beyond importing)."""
    terraform(root, "plan", "-input=false", "-out", "plan")
    counted: Counter[str] = Counter()
    rest = []
    for one in json.loads(terraform(root, "show", "-json", "plan")).get("resource_changes", []):
        change = one["change"]
        actions = "+".join(change["actions"]) + (" with import" if change.get("importing") else "")
        counted[actions] += 1
        if change["actions"] not in (["no-op"], ["read"]):
            rest.append(f"{one['address']} {actions} {_why(change)}")
    return counted, rest


def _why(change: Mapping[str, Any]) -> str:
    before, after = change["before"] or {}, change["after"] or {}
    shown = [
        f"{key}: {json.dumps(before.get(key))[:160]} → {json.dumps(after[key])[:160]}"
        for key in after
        if before.get(key) != after[key]
    ]
    return "; ".join(shown)


def told(patch: Patch, plan: Plan) -> None:
    carried = len(plan.changes) - len(patch.left_out)
    print(
        f"  patch: {carried} of {len(plan.changes)} changes at {len(patch.addresses)} addresses in {len(patch.files)} files; fmt {patch.formatted}, {patch.validated}"
    )
    for reason, count in Counter(_short(one.reason) for one in patch.left_out).most_common():
        print(f"    left out {count}: {reason}")


def _short(reason: str) -> str:
    return " ".join(reason.split())[:230]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if shutil.which("terraform") is None or not os.environ.get("TF_CLI_CONFIG_FILE"):
        print(
            "not measured: needs terraform on PATH and TF_CLI_CONFIG_FILE naming a mirror that has hashicorp/aws",
            file=sys.stderr,
        )
        return 2
    bad = 0
    with tempfile.TemporaryDirectory() as scratch:
        top = options.keep or Path(scratch)
        for order in ("run first", "patch first"):
            with server() as url:
                os.environ |= {
                    "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
                    "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "2",
                }  # fmt: skip
                bad += _order(order, top / order.replace(" ", "-"))
    return 1 if bad else 0


def _order(order: str, folder: Path) -> int:
    print(f"\n{order}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    root, count = start(folder / "repo")
    print(f"  {count} resources applied in {time.monotonic() - began:.0f} s", flush=True)
    bench, plan = planned(folder)
    print(f"  {len(plan.changes)} changes for {len(plan.groups)} fixes planned", flush=True)
    if order == "run first":
        seen = bench.apply(plan, reach=10_000)
        print(f"  run: {seen.state}", dict(Counter(str(one.state) for one in seen.changes)), flush=True)
    began = time.monotonic()
    about = PatchOptions(state=root / "terraform.tfstate", shared=("all",))
    patch = bench.patches.create(plan, root, "fix", options=about)
    print(f"  made in {time.monotonic() - began:.1f} s")
    told(patch, plan)
    before = checkov(folder / "repo")
    git(folder / "repo", "merge", "-q", "fix")
    if order == "patch first":
        terraform(root, "init", "-input=false")
        try:
            terraform(root, "apply", "-auto-approve", "-input=false")
        except RuntimeError as error:
            # Where the local server lacks a call, the rest is applied all the same.
            for one in str(error).split("Error: ")[1:]:
                print(f"  terraform apply: {one[:200]}")
    counted, rest = unfinished(root)
    print(f"  terraform plan: {dict(counted)}")
    for one in rest:
        print(f"    {one}")
    bad = len(rest)
    if order == "patch first":
        bad += not_standing(bench, plan, patch)
        judged(before, checkov(folder / "repo"))
    return bad


def not_standing(bench: Workbench, plan: Plan, patch: Patch) -> int:
    """How many changes of the patch a fresh look does not confirm."""
    left = {one.change for one in patch.left_out}
    seen = [one for one in bench.verify(plan) if one.change not in left]
    wrong = [one for one in seen if not one.verified]
    print(f"  verified by us: {len(seen) - len(wrong)} of {len(seen)} changes that are in the patch")
    for one in wrong:
        print(f"    does not stand: {one.setting} of {one.resource}: {one.found}")
    return len(wrong)


# -- checkov


def checkov(repo: Path) -> dict[tuple[str, str], str]:
    """(check, resource) → "passed" or "failed"; nothing without checkov."""
    program = os.environ.get("CHECKOV") or shutil.which("checkov")
    if not program:
        return {}
    command = [program, "-d", str(repo), "--framework", "terraform", "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    found = json.loads(done.stdout)
    results = (found if isinstance(found, dict) else found[0])["results"]
    return {
        (one["check_id"], one["resource"]): word
        for word in ("passed", "failed")
        for one in results[f"{word}_checks"]
    }


def judged(before: Mapping[tuple[str, str], str], after: Mapping[tuple[str, str], str]) -> None:
    """What a patch has moved, and what it must not have."""
    if not before:
        print("  checkov: not measured, since it is not on PATH")
        return
    moved = [key for key, word in before.items() if word == "failed" and after.get(key) == "passed"]
    worse = [key for key, word in before.items() if word == "passed" and after.get(key) == "failed"]
    gone = [key for key in before if key not in after]
    there = {resource for _, resource in before}
    new = [key for key, word in after.items() if key not in before and word == "failed" and key[1] in there]
    fresh = Counter(
        check for (check, resource), word in after.items() if word == "failed" and resource not in there
    )
    print(
        f"  checkov: {len(moved)} pairs from failed to passed, {len(worse)} from passed to failed, {len(gone)} vanished, {len(new)} new on what was there"
    )
    for name, keys in (("worse", worse), ("vanished", gone), ("new", new)):
        for check, resource in keys:
            print(f"    {name}: {check} {resource}")
    if fresh:
        print(f"    failed on new blocks: {dict(fresh)}")


if __name__ == "__main__":
    sys.exit(main())
