"""Makes the company's Terraform repository, so that the demo has somewhere to put a patch.

It is a small one, in the middle of somebody's work: one file is edited and not committed. What makes a
patch has to leave that alone, and the demo shows that it does. Every repository made is the same, down
to the commit's hash: nobody's own git configuration counts.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from hipaa_tui.patches.git import command as git
from hipaa_tui.sandbox.estate_aws import RECORDS_BUCKET, REGION, VPC_CIDR
from hipaa_tui.sandbox.estate_azure import SUBSCRIPTION
from hipaa_tui.support.errors import InputError

BRANCH: Final = "main"
EDITED: Final = "variables.tf"
"""The file with the uncommitted edit."""
_AUTHOR: Final = "Priya Raman"
_EMAIL: Final = "priya.raman@meridian-health.example"
_WHEN: Final = "2026-01-05T09:00:00+00:00"

_VERSIONS_TF: Final = """\
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}
"""
_PROVIDERS_TF: Final = f"""\
# The endpoint comes from AWS_ENDPOINT_URL; these flags let the provider work with a local one.
provider "aws" {{
  region                      = var.region
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  s3_use_path_style           = true
}}

provider "azurerm" {{
  features {{}}
  subscription_id                 = "{SUBSCRIPTION}"
  resource_provider_registrations = "none"
}}
"""
_VARIABLES_TF: Final = f"""\
variable "region" {{
  description = "Where the patient portal and the pharmacy run."
  type        = string
  default     = "{REGION}"
}}

variable "vpc_cidr" {{
  description = "Address range of the production network."
  type        = string
  default     = "{VPC_CIDR}"
}}

locals {{
  company = "meridian"
}}
"""
_STORAGE_TF: Final = f"""\
# Patient records. Ask the records team before you change anything here.
resource "aws_s3_bucket" "records" {{
  bucket = "{RECORDS_BUCKET}"

  tags = {{
    "data-class" = "phi" # HIPAA: minimum necessary
    "team"       = "records"
  }}
}}
"""
_NETWORK_TF: Final = """\
resource "aws_vpc" "prod" {
  cidr_block = var.vpc_cidr

  tags = {
    Name = "${local.company}-prod"
  }
}

resource "aws_subnet" "portal" {
  for_each = {
    a = cidrsubnet(var.vpc_cidr, 8, 0)
    b = cidrsubnet(var.vpc_cidr, 8, 1)
  }

  vpc_id                  = aws_vpc.prod.id
  cidr_block              = each.value
  availability_zone       = "${var.region}${each.key}"
  map_public_ip_on_launch = each.key == "a"

  tags = {
    Name = "portal-${each.key}"
  }
}
"""
_LOGS_TF: Final = """\
resource "aws_cloudwatch_log_group" "claims_etl" {
  name              = "/meridian/claims/etl"
  retention_in_days = 30 # what the dashboard shows
}
"""
_README: Final = """\
# infrastructure

Terraform for Meridian Health Market: patient portal, pharmacy, claims.
Changes go through a branch and a review; `main` is what runs.
"""
_FILES: Final = {
    ".gitattributes": "*.tf text eol=lf\n",
    ".gitignore": ".terraform/\n*.tfstate\n*.tfstate.*\n*.tfplan\n",
    "README.md": _README,
    "logs.tf": _LOGS_TF,
    "network.tf": _NETWORK_TF,
    "providers.tf": _PROVIDERS_TF,
    "storage.tf": _STORAGE_TF,
    EDITED: _VARIABLES_TF,
    "versions.tf": _VERSIONS_TF,
}
_EDIT: Final = """
# WIP: staging gets a network of its own
variable "staging_cidr" {
  description = "Address range of the staging network."
  type        = string
  default     = "10.50.0.0/16"
}
"""


def make_repository(folder: Path) -> Path:
    """Make the repository in `folder`, which is made too, and return it. InputError where that is not possible."""
    if shutil.which("git") is None:
        raise InputError(git.MISSING)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder}: the folder is not empty; name a new one for the repository")
        for name, text in _FILES.items():
            _write(folder / name, text)
        _git(folder, "init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
        _git(folder, "add", "--all")
        _git(folder, "commit", "--quiet", "--no-verify", "--message=Bring what runs under Terraform")
        _write(folder / EDITED, _VARIABLES_TF + _EDIT)
    except OSError as error:
        raise InputError(f"cannot make a repository in {folder}: {error.strerror or error}") from None
    return folder


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _git(folder: Path, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": _AUTHOR,
        "GIT_AUTHOR_EMAIL": _EMAIL,
        "GIT_AUTHOR_DATE": _WHEN,
        "GIT_COMMITTER_NAME": _AUTHOR,
        "GIT_COMMITTER_EMAIL": _EMAIL,
        "GIT_COMMITTER_DATE": _WHEN,
    }
    code, said = git.run(folder, *arguments, env=kept | own)
    if code:
        said = " ".join(said.split()) or f"exit code {code}"
        raise InputError(f"git {arguments[0]} failed in {folder}: {said}")
