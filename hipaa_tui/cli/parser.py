"""What the command line accepts. Building it imports nothing but argparse: `--help` must be instant."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

_EXIT_CODES = """exit codes:
  0  done and verified
  1  internal error; the details are in a log file
  2  invalid input or usage; nothing was changed
  3  refused by a guard, the policy, drift or read-only mode; nothing was changed
  4  not completed: applied in part, undone after a failure, or not verified"""

_START = """examples:
  hipaa-tui demo                                  try it on local clouds
  hipaa-tui load prowler.ocsf.json                load a scanner's report
  hipaa-tui findings                              list what to fix, most urgent first
  hipaa-tui plan --finding 4f2a -o plan.json      preview a fix; nothing is changed
  hipaa-tui apply plan.json                       apply it, after a confirmation
  hipaa-tui rollback RUN                          undo it

Use `hipaa-tui COMMAND --help` for the options of a command.
"""


class _Parser(argparse.ArgumentParser):
    """Strips control characters from the arguments that it quotes in errors: a file name can hold any."""

    def error(self, message: str) -> NoReturn:
        from hipaa_tui.support.sanitize import plain

        super().error(plain(message))


def build() -> argparse.ArgumentParser:  # noqa: PLR0915 - a list reads best as a list
    """The parser. Each command's name is the module below hipaa_tui.cli.commands that runs it."""
    parser = _Parser(
        prog="hipaa-tui",
        description="Fix HIPAA audit findings on AWS and Azure with previewed, reversible, recorded changes.\n\n"
        "Without a command, opens the full-screen interface.",
        epilog=f"{_START}\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version and exit")
    _access(parser)
    parser.set_defaults(command="")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    def add(
        name: str, help: str, more: str = "", *, examples: str = "", json: bool = False, cloud: bool = False
    ) -> argparse.ArgumentParser:
        description = help[0].upper() + help[1:] + "."
        command = commands.add_parser(
            name,
            help=help,
            description=f"{description}\n\n{more}" if more else description,
            epilog=f"examples:\n{examples}\n\n{_EXIT_CODES}" if examples else _EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if json:
            command.add_argument("--json", action="store_true", help="print JSON to stdout")
        if cloud:
            _access(command, again=True)
        return command

    demo = add(
        "demo",
        "try hipaa-tui on local clouds, without touching any account",
        "Starts a local AWS and a local Azure with a misconfigured health retailer in them,\n"
        "and opens the full-screen interface. Without a terminal, runs the same workflow\n"
        "and prints each step.",
    )
    demo.add_argument(
        "--headless", action="store_true", help="print each step instead of opening the interface"
    )
    demo.add_argument("--keep", action="store_true", help="keep the demo's folder and print its path")

    load = add(
        "load",
        "load findings from scanner reports",
        "Reads Prowler (OCSF JSON or CSV), Security Hub (ASFF JSON), Checkov, Trivy and KICS\n"
        "(JSON) and SARIF. Findings that several tools report are merged. Reports about\n"
        "Terraform code are mapped to the cloud resources that the code manages.",
        examples="  hipaa-tui load prowler.ocsf.json\n"
        "  hipaa-tui load checkov.json --repo ../infra --state ../infra/terraform.tfstate",
        json=True,
    )
    load.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a report to load")
    load.add_argument(
        "--repo",
        type=Path,
        metavar="DIR",
        help="Terraform folder that the Checkov, SARIF, Trivy or KICS reports are about "
        "(default: the `terraform` folders in config.toml)",
    )
    _code(load)
    load.add_argument(
        "--account",
        default="",
        dest="code_account",
        metavar="ID",
        help="account or subscription that the code deploys to, if neither the code nor a state names it",
    )
    load.add_argument(
        "--region",
        default="",
        dest="code_region",
        metavar="NAME",
        help="region that the code deploys to, if the provider block does not name it",
    )

    scan = add(
        "scan",
        "scan AWS and Azure for everything that a playbook can fix",
        "Reads the live configuration and writes nothing to a cloud. Findings that now comply\nare marked fixed.",
        examples="  hipaa-tui scan --region us-east-1\n  hipaa-tui scan --provider aws --all-regions",
        json=True,
        cloud=True,
    )
    scan.add_argument(
        "--provider", action="append", choices=("aws", "azure"), default=[], help="scan only this cloud"
    )
    scan.add_argument("--all-regions", action="store_true", help="scan every enabled AWS region")
    scan.add_argument(
        "--playbook", action="append", default=[], metavar="ID", help="check only this playbook (repeatable)"
    )

    findings = add(
        "findings",
        "list the findings, most urgent first",
        examples="  hipaa-tui findings s3 public\n  hipaa-tui findings --state open --json",
        json=True,
    )
    findings.add_argument(
        "words", nargs="*", metavar="WORD", help="list only findings that contain every word"
    )
    findings.add_argument(
        "--state",
        choices=("open", "fixed", "unverified", "attested", "excepted", "gone", "not reached"),
        default="",
        help="list only findings in this state",
    )

    show = add("show", "show a finding, why it matters and how its playbook fixes it", json=True)
    show.add_argument("finding", metavar="ID", help="a finding's ID, or its first characters")

    plan = add(
        "plan",
        "plan fixes from the live configuration, or show a saved plan",
        "Reads the live configuration and runs the guards. Writes nothing to a cloud.",
        examples="  hipaa-tui plan --finding 4f2a -o plan.json\n"
        "  hipaa-tui plan --playbook aws.s3.tls-only --set NAME=VALUE -o plan.json\n"
        "  hipaa-tui plan plan.json",
        json=True,
        cloud=True,
    )
    plan.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a saved plan to show")
    plan.add_argument(
        "--finding",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="plan fixes for these findings",
    )
    plan.add_argument(
        "--playbook",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="plan fixes for the open findings of these playbooks",
    )
    plan.add_argument("--all", action="store_true", help="plan fixes for every open finding")
    plan.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PLAYBOOK.NAME=VALUE",
        help="set a playbook's parameter; NAME=VALUE if one playbook has it, '*.NAME=VALUE' for all that do "
        "(repeatable)",
    )
    plan.add_argument(
        "--all-regions",
        action="store_true",
        help="apply per-region settings (such as EBS encryption by default) in every enabled region",
    )
    plan.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the plan to this file")
    plan.add_argument(
        "--skip-blocked",
        action="store_true",
        help="leave out fixes that a guard blocks; the result is a new plan with its own hash",
    )
    plan.add_argument(
        "--skip-irreversible",
        action="store_true",
        help="leave out fixes that cannot be undone; the result is a new plan with its own hash",
    )

    apply = add(
        "apply",
        "apply a plan and verify it",
        "Shows the plan and asks for confirmation. Every change is written to the journal,\n"
        "compared with the live value before it is made, and verified by a fresh read.\n"
        "A fix that fails part-way is undone.",
        examples="  hipaa-tui apply plan.json\n  hipaa-tui apply plan.json --yes --skip-blocked --json",
        json=True,
        cloud=True,
    )
    apply.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    _yes(apply)
    _policy(apply)
    apply.add_argument(
        "--skip-blocked", action="store_true", help="leave out fixes that a guard blocks; apply the rest"
    )

    verify = add(
        "verify",
        "verify that the changes of a run or a plan are in place",
        "Reads the live configuration and writes nothing to a cloud.",
        json=True,
        cloud=True,
    )
    verify.add_argument(
        "subject", nargs="?", metavar="RUN|PLAN", help="a run's ID or a plan file (default: the latest run)"
    )

    rollback = add(
        "rollback",
        "undo a run: restore the values from before it",
        "A rollback is a plan, too: it is previewed, confirmed, applied and verified.",
        examples="  hipaa-tui rollback 20261122-2315\n  hipaa-tui rollback 20261122-2315 -o rollback.json",
        json=True,
        cloud=True,
    )
    rollback.add_argument("run", metavar="RUN", help="the run to undo, as `hipaa-tui history` lists it")
    _yes(rollback)
    _policy(rollback)
    rollback.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the rollback plan to this file and apply nothing",
    )
    rollback.add_argument(
        "--skip-blocked",
        action="store_true",
        help="leave out changes that a guard blocks, such as values that were changed since the run",
    )

    resume = add(
        "resume",
        "resume an interrupted run",
        "Continues the same plan. Changes that already took effect are not made again.",
        json=True,
        cloud=True,
    )
    resume.add_argument("run", metavar="RUN", help="the run to resume, as `hipaa-tui history` lists it")
    resume.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    _approval(resume)

    patch = add(
        "patch",
        "commit a plan as Terraform on a new branch",
        "Edits the blocks that manage the plan's resources, or adds new ones. Your work tree,\n"
        "index and current branch stay as they are. Nothing in a cloud is changed.",
        examples="  hipaa-tui patch plan.json --repo ../infra --branch fix/tls --prove\n"
        "  hipaa-tui patch plan.json --repo ../infra --branch fix/tls --push --pr",
        json=True,
        cloud=True,
    )
    patch.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    patch.add_argument(
        "--repo",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="Terraform folder in a git repository (default: the current folder)",
    )
    patch.add_argument(
        "--branch", required=True, metavar="NAME", help="branch to create; it must not exist yet"
    )
    patch.add_argument(
        "--continue",
        nargs="?",
        const="own",
        default="",
        dest="continue_from",
        metavar="COMMIT",
        help="add a commit to the branch if it exists and hipaa-tui made its last commit, or if that is COMMIT",
    )
    patch.add_argument(
        "--per",
        choices=("playbook", "account"),
        help="create a branch NAME/… for each playbook or each account",
    )
    patch.add_argument(
        "--author",
        default="",
        metavar="WHO",
        help='"Your Name <you@example.org>" (default: git\'s user.name <user.email>)',
    )
    patch.add_argument(
        "--hooks",
        action="store_true",
        help="run the repository's pre-commit and commit-msg hooks (with --push, pre-push too)",
    )
    patch.add_argument(
        "--push", nargs="?", const="", metavar="REMOTE", help="push the branch with git, never by force"
    )
    patch.add_argument(
        "--pr",
        action="store_true",
        help="push, then open a pull request with gh or az; print its text where that is not possible",
    )
    patch.add_argument(
        "--records",
        type=Path,
        metavar="DIR",
        help="write the pull request's text and the ServiceNow and Jira records to this folder",
    )
    _code(patch)
    patch.add_argument(
        "--back",
        action="store_true",
        help="create the reverse patch, which undoes the plan's merged patch",
    )
    patch.add_argument(
        "--prove",
        action="store_true",
        help="run `terraform plan` with your credentials; fail if it would change anything else",
    )
    patch.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="CHANGE",
        help="allow this change (or `all`) to affect other resources that use the same block or variable "
        "(repeatable)",
    )

    record = add(
        "record",
        "print the change record of a plan or a run",
        examples="  hipaa-tui record plan.json --format servicenow -o change.json\n"
        "  hipaa-tui record 20261122-2315",
    )
    record.add_argument("subject", metavar="RUN|PLAN", help="a run's ID or a plan file")
    record.add_argument(
        "--format",
        choices=("pr", "servicenow", "jira", "commit"),
        default="pr",
        help="format of the record (default: pr, a pull request in Markdown)",
    )
    record.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to this file (default: stdout)"
    )

    history = add("history", "list the runs, or show one", json=True)
    history.add_argument("run", nargs="?", metavar="RUN", help="the run to show")

    journal = add(
        "journal",
        "verify or export the journal",
        "verify  check the hash chain of the journal or of exported files\n"
        "head    print a signed head of the journal, to keep elsewhere\n"
        "export  write the whole journal, or one run, with a signed head",
        examples="  hipaa-tui journal verify --head head.json\n"
        "  hipaa-tui journal head -o head.json\n"
        "  hipaa-tui journal export 20261122-2315 -o run.jsonl",
        json=True,
    )
    journal.add_argument("action", choices=("verify", "head", "export"), help="what to do")
    journal.add_argument(
        "subjects",
        nargs="*",
        metavar="FILE|RUN",
        help="verify: exported files (default: the journal); export: a run (default: the whole journal)",
    )
    journal.add_argument(
        "--head",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="verify: compare with this signed head (repeatable)",
    )
    journal.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="PUBLICKEY",
        help="verify: trust signatures by this key (repeatable)",
    )
    journal.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to this file (default: stdout)"
    )

    add(
        "identity",
        "print your name and public key",
        "Whoever maintains the team's policy lists this key there, so that your approvals count.",
        json=True,
    )

    approve = add(
        "approve",
        "approve a plan that a colleague will apply",
        "Signs the plan's hash with your key. You cannot approve a plan that you made.",
        examples='  hipaa-tui approve plan.json --comment "CHG-1042" -o approval.json',
        json=True,
    )
    approve.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    approve.add_argument("--comment", default="", metavar="TEXT", help="comment to record with the approval")
    approve.add_argument(
        "--days", type=int, default=7, metavar="N", help="days for which the approval is valid (default: 7)"
    )
    approve.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    approve.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the approval to this file, to send it"
    )

    approvals = add(
        "approvals", "show a plan's approvals and what the policy still requires", json=True, cloud=True
    )
    approvals.add_argument("plan", type=Path, metavar="PLAN", help="a plan file")
    approvals.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="import these approvals into the journal"
    )

    evidence = add(
        "evidence",
        "list or record evidence for the steps of a guided finding",
        examples="  hipaa-tui evidence 4f2a\n"
        '  hipaa-tui evidence 4f2a --step 1 --note "Hardware MFA device registered" --file mfa.png',
        json=True,
    )
    evidence.add_argument("finding", metavar="FINDING", help="a finding's ID, or its first characters")
    evidence.add_argument(
        "--step", type=int, metavar="N", help="step that the evidence proves, counted from 1"
    )
    evidence.add_argument("--note", metavar="TEXT", help="what was done, by whom, and where to see it")
    evidence.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="file that proves it; its name, size and SHA-256 are recorded, its content is not",
    )

    excepting = add(
        "except",
        "except a finding until a date, with an owner and a reason",
        "An excepted finding stays in the list and is left out of every plan. After the date it\nis open again.",
        examples='  hipaa-tui except 4f2a --owner "Ada Ito" --until 2027-06-30 --reason "Public by design"',
        json=True,
    )
    excepting.add_argument("finding", metavar="FINDING", help="a finding's ID, or its first characters")
    excepting.add_argument("--owner", required=True, metavar="NAME", help="person who accepts the risk")
    excepting.add_argument(
        "--until", required=True, metavar="YYYY-MM-DD", help="last day on which the exception is valid"
    )
    excepting.add_argument("--reason", required=True, metavar="TEXT", help="why the finding is left as it is")

    exceptions = add("exceptions", "list the exceptions, or end one", json=True)
    exceptions.add_argument("--end", default="", metavar="ID", help="end this exception now")

    playbooks = add(
        "playbooks",
        "list or check the playbooks, or start a new one",
        "list      list the playbooks (default)\n"
        "coverage  list the HIPAA checks of each scanner with the playbook that fixes them\n"
        "lint      check playbook files for errors\n"
        "new       create a playbook file to fill in\n"
        "schema    print the JSON Schema of playbooks",
        examples="  hipaa-tui playbooks coverage --source prowler\n"
        "  hipaa-tui playbooks new aws.s3.our-rule --setting aws.s3.logging",
        json=True,
    )
    playbooks.add_argument(
        "action",
        nargs="?",
        choices=("list", "coverage", "lint", "new", "schema"),
        default="list",
        help="what to do",
    )
    playbooks.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FILE|ID",
        help="lint: files or folders (default: every installed playbook); "
        "new: the playbook's id, such as aws.s3.tls-only",
    )
    playbooks.add_argument(
        "--resource", default="", metavar="TYPE", help="new: the resource type (default: the setting's)"
    )
    playbooks.add_argument("--setting", default="", metavar="ID", help="new: the setting that it changes")
    playbooks.add_argument(
        "--guided",
        action="store_true",
        help="new: a guided playbook, with manual steps for what no API can do",
    )
    playbooks.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="new: folder for the file (default: playbooks/ of this checkout, else your first folder in config.toml, "
        "else the current folder)",
    )
    playbooks.add_argument(
        "--source",
        choices=("prowler", "config", "securityhub"),
        help="coverage: only the checks of this tool (default: all three)",
    )

    remediate = add(
        "remediate",
        "fix one finding step by step, with prompts instead of a full screen",
        "For SSH sessions and screen readers.",
        cloud=True,
    )
    remediate.add_argument(
        "finding", nargs="?", metavar="ID", help="a finding's ID, or its first characters (default: ask)"
    )
    return parser


def _access(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    # The options are accepted before and after the command; the second parser must not reset the first one's values.
    default = argparse.SUPPRESS if again else None
    several: Any = argparse.SUPPRESS if again else []
    access = parser.add_argument_group("cloud access")
    access.add_argument(
        "--profile",
        action="append",
        default=several,
        metavar="NAME",
        help="AWS profile (repeatable, for several accounts)",
    )
    access.add_argument(
        "--role",
        default=default,
        metavar="NAME",
        help="AWS role to assume in every account of the organization, or in those of --account",
    )
    access.add_argument(
        "--account",
        action="append",
        default=several,
        metavar="ID",
        help="AWS account in which to assume --role (repeatable)",
    )
    access.add_argument(
        "--region",
        action="append",
        default=several,
        metavar="NAME",
        help="AWS region (repeatable)",
    )
    access.add_argument(
        "--subscription",
        action="append",
        default=several,
        metavar="ID",
        help="Azure subscription (repeatable)",
    )
    access.add_argument(
        "--read-only",
        action="store_true",
        default=argparse.SUPPRESS if again else False,
        help="refuse everything that writes to a cloud",
    )


def _policy(parser: argparse.ArgumentParser) -> None:
    _approval(parser)
    parser.add_argument(
        "--reach",
        type=int,
        metavar="N",
        help="confirm that the plan changes N resources, if that is above the limit",
    )


def _approval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--approval",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="a colleague's approval, as written by `hipaa-tui approve`",
    )


def _code(parser: argparse.ArgumentParser) -> None:
    """Options about a folder of Terraform code."""
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="Terraform state file, or the output of `terraform show -json`",
    )
    parser.add_argument(
        "--var-file",
        action="append",
        default=[],
        metavar="NAME",
        help=".tfvars file in the folder, as passed to terraform (repeatable)",
    )


def _yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="NAME",
        help="confirm a change that cannot be undone, by its resource's name (repeatable)",
    )
    parser.add_argument(
        "--skip-irreversible",
        action="store_true",
        help="leave out fixes that cannot be undone; apply the rest",
    )
