"""What the command line accepts. Building it imports nothing but argparse: `--help` must be instant."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

_EXIT_CODES = """exit codes: 0 done and verified; 1 a bug of ours (with a log file); 2 bad input or usage;
3 refused (guard, approval, drift, read-only); 4 applied in part or not verified"""


class _Parser(argparse.ArgumentParser):
    """Repeats what it was given without the control characters of it: a file's name can be an argument."""

    def error(self, message: str) -> NoReturn:
        from hipaa_tui.support.sanitize import plain

        super().error(plain(message))


def build() -> argparse.ArgumentParser:  # noqa: PLR0915 - a list reads best as a list
    """The parser. Each command's name is the module below hipaa_tui.cli.commands that runs it."""
    parser = _Parser(
        prog="hipaa-tui",
        description="Turn HIPAA audit findings on AWS and Azure into previewed, reversible, recorded changes. "
        "Without a command it opens the full-screen interface.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version and end")
    _access(parser)
    parser.set_defaults(command="")
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    def add(name: str, help: str, *, json: bool = False, cloud: bool = False) -> argparse.ArgumentParser:
        one = commands.add_parser(
            name,
            help=help,
            description=help[0].upper() + help[1:] + ".",
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if json:
            one.add_argument("--json", action="store_true", help="print data as JSON on stdout")
        if cloud:
            _access(one, again=True)
        return one

    demo = add("demo", "walk the main job on embedded local clouds; no account is touched")
    demo.add_argument("--headless", action="store_true", help="print the walk instead of opening screens")
    demo.add_argument("--keep", action="store_true", help="keep the demo's folder and say where it is")

    load = add(
        "load",
        "read scanner reports (Prowler OCSF JSON or CSV, ASFF, Checkov, SARIF, Trivy and KICS JSON) into the queue",
        json=True,
    )
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument(
        "--repo",
        type=Path,
        metavar="DIR",
        help="the Terraform folder that Checkov, SARIF, Trivy and KICS reports are about; default: those of config.toml",
    )
    _code(load)
    load.add_argument(
        "--account",
        default="",
        dest="code_account",
        metavar="ID",
        help="the account or subscription that the folder's code is for, where neither it nor a state says so",
    )
    load.add_argument(
        "--region",
        default="",
        dest="code_region",
        metavar="NAME",
        help="the region, where the provider block does not name it",
    )

    scan = add(
        "scan", "look at the live clouds for everything that the playbooks cover", json=True, cloud=True
    )
    scan.add_argument(
        "--provider", action="append", choices=("aws", "azure"), default=[], help="only this cloud"
    )
    scan.add_argument("--all-regions", action="store_true", help="every enabled AWS region")
    scan.add_argument("--playbook", action="append", default=[], metavar="ID", help="only this playbook")

    findings = add("findings", "list the queue, most urgent first", json=True)
    findings.add_argument("words", nargs="*", metavar="WORD", help="only rows in which every word occurs")
    findings.add_argument(
        "--state",
        choices=("open", "fixed", "unverified", "attested", "excepted", "gone", "not reached"),
        default="",
        help="only this state",
    )

    show = add("show", "show one finding: why it matters and what its playbook asks", json=True)
    show.add_argument("finding", metavar="ID")

    plan = add(
        "plan", "make a plan from the live state and write it to a file, or show one", json=True, cloud=True
    )
    plan.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a plan file to show")
    plan.add_argument("--finding", nargs="+", action="extend", default=[], metavar="ID")
    plan.add_argument("--playbook", nargs="+", action="extend", default=[], metavar="ID")
    plan.add_argument("--all", action="store_true", help="every open finding")
    plan.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PLAYBOOK.NAME=VALUE",
        help="answer a playbook's question; NAME alone where one playbook asks it, '*.NAME' for all that do",
    )
    plan.add_argument(
        "--all-regions",
        action="store_true",
        help="plan what is a switch of each region (encryption by default, recorders, detectors) for every enabled one",
    )
    plan.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write the plan")
    plan.add_argument(
        "--skip-blocked", action="store_true", help="leave out what a guard blocks: a plan of its own"
    )
    plan.add_argument(
        "--skip-irreversible", action="store_true", help="leave out what cannot be undone: a plan of its own"
    )

    apply = add(
        "apply", "carry a plan out: journaled, compared before every write, verified", json=True, cloud=True
    )
    apply.add_argument("plan", type=Path, metavar="PLAN")
    _yes(apply)
    _policy(apply)
    apply.add_argument(
        "--skip-blocked", action="store_true", help="leave out what a guard blocks, apply the rest"
    )

    verify = add("verify", "take a fresh look at what a run or a plan changed", json=True, cloud=True)
    verify.add_argument("subject", nargs="?", metavar="RUN|PLAN", help="default: the latest run")

    rollback = add("rollback", "put back what a run changed, after a preview", json=True, cloud=True)
    rollback.add_argument("run", metavar="RUN")
    _yes(rollback)
    _policy(rollback)
    rollback.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the rollback plan, apply nothing"
    )
    rollback.add_argument("--skip-blocked", action="store_true", help="leave out what somebody changed since")

    resume = add("resume", "go on with a run whose process was killed", json=True, cloud=True)
    resume.add_argument("run", metavar="RUN")
    resume.add_argument("--yes", action="store_true", help="do not ask")
    _approval(resume)

    patch = add("patch", "commit a plan's Terraform on a new branch of a repository", json=True, cloud=True)
    patch.add_argument("plan", type=Path, metavar="PLAN")
    patch.add_argument("--repo", type=Path, default=Path(), metavar="DIR", help="default: this folder")
    patch.add_argument("--branch", required=True, metavar="NAME", help="a branch that does not exist yet")
    patch.add_argument(
        "--continue",
        nargs="?",
        const="own",
        default="",
        dest="going_on",
        metavar="COMMIT",
        help="build on the branch where it exists and hipaa-tui made its last commit, or on that commit of yours",
    )
    patch.add_argument("--per", choices=("playbook", "account"), help="a branch NAME/… for each")
    patch.add_argument(
        "--author", default="", metavar="WHO", help='"Your Name <you@example.org>"; default: who git knows'
    )
    patch.add_argument(
        "--hooks",
        action="store_true",
        help="have the repository's pre-commit and commit-msg hooks look at it (and pre-push, with --push)",
    )
    patch.add_argument(
        "--push", nargs="?", const="", metavar="REMOTE", help="push the branch by git, never by force"
    )
    patch.add_argument(
        "--pr", action="store_true", help="push, and open a pull request by gh or az, or print its text"
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
        help="the patch that takes the plan's merged patch back: what was, in place of what is",
    )
    patch.add_argument(
        "--prove",
        action="store_true",
        help="run `terraform plan` with your credentials; no branch where it would change anything else",
    )
    patch.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="CHANGE",
        help="a change (or `all`) that may reach others too, which share its block or variable (repeat)",
    )

    record = add("record", "print the change record of a plan, or of what a run did")
    record.add_argument("subject", metavar="RUN|PLAN")
    record.add_argument(
        "--format",
        choices=("pr", "servicenow", "jira", "commit"),
        default="pr",
        help="default: pr (Markdown)",
    )
    record.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write; default: stdout")

    history = add("history", "list the runs, or show one", json=True)
    history.add_argument("run", nargs="?", metavar="RUN")

    journal = add(
        "journal",
        "verify the journal (or an exported file), print a signed head of it, export it or one run",
        json=True,
    )
    journal.add_argument("action", choices=("verify", "head", "export"))
    journal.add_argument(
        "subjects", nargs="*", metavar="FILE|RUN", help="verify: exported files; export: the run"
    )
    journal.add_argument(
        "--head",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="compare with a head kept elsewhere",
    )
    journal.add_argument(
        "--key", action="append", default=[], metavar="PUBLICKEY", help="whose signature is trusted"
    )
    journal.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write; default: stdout")

    add("identity", "print this home's name and public key, for colleagues", json=True)

    approve = add("approve", "approve a plan that somebody else will apply, by signing its hash", json=True)
    approve.add_argument("plan", type=Path, metavar="PLAN")
    approve.add_argument("--comment", default="", metavar="TEXT", help="goes on record with the approval")
    approve.add_argument("--days", type=int, default=7, metavar="N", help="how long it counts (default: 7)")
    approve.add_argument("--yes", action="store_true", help="do not ask")
    approve.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the approval to a file, to be sent"
    )

    approvals = add("approvals", "show who approved a plan and what it still needs", json=True, cloud=True)
    approvals.add_argument("plan", type=Path, metavar="PLAN")
    approvals.add_argument("files", nargs="*", type=Path, metavar="FILE", help="take over these approvals")

    evidence = add(
        "evidence", "list what proves the steps of a guided finding, or record what proves one", json=True
    )
    evidence.add_argument("finding", metavar="FINDING")
    evidence.add_argument("--step", type=int, metavar="N", help="which step it proves, counted from 1")
    evidence.add_argument("--note", metavar="TEXT", help="what was done, where it can be seen, and by whom")
    evidence.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="the proof: its name, size and SHA-256 are kept, the file stays yours",
    )

    excepting = add("except", "leave a finding as it is until a day, with an owner and a reason", json=True)
    excepting.add_argument("finding", metavar="FINDING")
    excepting.add_argument("--owner", required=True, metavar="NAME", help="who answers for it")
    excepting.add_argument("--until", required=True, metavar="YYYY-MM-DD", help="the last day that it holds")
    excepting.add_argument("--reason", required=True, metavar="TEXT")

    exceptions = add("exceptions", "list the exceptions, or end one", json=True)
    exceptions.add_argument("--end", default="", metavar="ID", help="end this exception now")

    playbooks = add(
        "playbooks",
        "list the playbooks; `coverage` holds them against the checks of an audit, `lint` checks them, `new` begins one, `schema` prints their JSON Schema",
        json=True,
    )
    playbooks.add_argument(
        "action", nargs="?", choices=("list", "coverage", "lint", "new", "schema"), default="list"
    )
    playbooks.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="FILE|ID",
        help="lint: these files or folders; new: the playbook's id, such as aws.s3.tls-only",
    )
    playbooks.add_argument(
        "--resource", default="", metavar="TYPE", help="new: the type of resource; default: the setting's"
    )
    playbooks.add_argument("--setting", default="", metavar="ID", help="new: the setting that it changes")
    playbooks.add_argument(
        "--guided", action="store_true", help="new: steps for a person, since no API can do it"
    )
    playbooks.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="new: where to write; default: playbooks/ of this checkout, else your first folder in config.toml, else here",
    )
    playbooks.add_argument(
        "--source",
        choices=("prowler", "config", "securityhub"),
        help="coverage of the checks that a HIPAA audit with this tool runs (default: all three)",
    )

    remediate = add("remediate", "walk one finding by questions, without a full screen", cloud=True)
    remediate.add_argument("finding", nargs="?", metavar="ID")
    return parser


def _access(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    # The options stand before and after the command; the later one must not reset the earlier to its default.
    default = argparse.SUPPRESS if again else None
    several: Any = argparse.SUPPRESS if again else []
    parser.add_argument(
        "--profile",
        action="append",
        default=several,
        metavar="NAME",
        help="AWS profile; several reach several accounts",
    )
    parser.add_argument(
        "--role",
        default=default,
        metavar="NAME",
        help="AWS: assume the role of this name in each account of the organization, or in those of --account",
    )
    parser.add_argument(
        "--account",
        action="append",
        default=several,
        metavar="ID",
        help="AWS account in which --role is assumed",
    )
    parser.add_argument(
        "--region",
        action="append",
        default=several,
        metavar="NAME",
        help="AWS region",
    )
    parser.add_argument(
        "--subscription",
        action="append",
        default=several,
        metavar="ID",
        help="Azure subscription",
    )
    parser.add_argument(
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
        help="say how many resources the plan reaches, where that is above the cap",
    )


def _approval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--approval",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="FILE",
        help="an approval of another person, as `hipaa-tui approve` wrote it",
    )


def _code(parser: argparse.ArgumentParser) -> None:
    """What the user says about a folder of Terraform code."""
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="a Terraform state, or the output of `terraform show -json`: what manages which resource",
    )
    parser.add_argument(
        "--var-file",
        action="append",
        default=[],
        metavar="NAME",
        help="a .tfvars file of the folder, as given to terraform (repeat)",
    )


def _yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="approve without being asked")
    parser.add_argument(
        "--confirm",
        action="append",
        default=[],
        metavar="NAME",
        help="name a resource whose change cannot be undone",
    )
    parser.add_argument(
        "--skip-irreversible", action="store_true", help="leave out what cannot be undone, apply the rest"
    )
