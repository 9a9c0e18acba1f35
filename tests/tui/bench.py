"""A stand-in for the workbench, so that the screens are tested without cloud, store or clock.

Plans, changes, guards, runs and patches are the real classes; only where they come from is made up.
The settings are declared here as well, so that a new setting elsewhere does not repaint a snapshot.
"""

from __future__ import annotations

import shlex
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

from hipaa_tui.journal.states import RunState
from hipaa_tui.patches.git.publish import Opened, Pushed
from hipaa_tui.patches.git.remotes import Hosted
from hipaa_tui.patches.model import Patch
from hipaa_tui.plans.model import Change, Group, Plan, Skipped, save
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.playbooks.model import ChangeSpec, Effects, Parameter, Playbook, Step
from hipaa_tui.playbooks.parameters import answers
from hipaa_tui.policy.decide import Decision
from hipaa_tui.providers.guard import GuardResult, Outcome
from hipaa_tui.providers.model import Call, Cancelled, Silent, Target
from hipaa_tui.records.model import LeftOut
from hipaa_tui.runs.model import ChangeState, ChangeView, RunView
from hipaa_tui.support.config import Config
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.json_value import compact, reference
from hipaa_tui.triage.evidence_service import Progress as Proven
from hipaa_tui.workbench import LoadReport, QueueRow, ScanReport

ACCOUNT = "123456789012"
WHEN = "2026-03-02T09:15:00+00:00"
TITLES = {
    "aws.s3.bucket-policy": "Bucket policy",
    "aws.s3.public-access-block": "Public access block",
    "aws.logs.log-group": "Log group",
    "aws.ec2.flow-log": "Flow log",
    "aws.ec2.ingress-rules": "Ingress rules",
    "aws.s3.object-lock": "Object lock",
    "azure.storage.secure-transfer": "Secure transfer",
}
FINAL_WORD = "Object lock cannot be switched off on this bucket again."


def setting(id: str):
    """What the screens need of a setting."""
    if id not in TITLES:
        raise InputError(f"there is no setting {id!r}")
    return SimpleNamespace(id=id, title=TITLES[id], display=lambda value: value)


def command(call: Call) -> str:
    words = [
        f"--{name} {shlex.quote(value if isinstance(value, str) else compact(value))}"
        for name, value in call.arguments.items()
    ]
    return " ".join([call.provider.replace("azure", "az"), call.service, call.operation, *words])


def _playbook(id: str, resource: str, title: str, why: str, **more) -> Playbook:
    settings = more.pop("settings", ())
    return Playbook(
        id=id,
        title=title,
        resource=resource,
        why=why,
        severity="high",
        controls=more.pop("controls", ("164.312(a)(1)",)),
        answers={"prowler": (f"check_{id}",)},
        parameters=more.pop("parameters", {}),
        changes=tuple(
            ChangeSpec(f"c{i}", name, None, "value", {}, None, None) for i, name in enumerate(settings)
        ),
        guards=(),
        effects=more.pop("effects", Effects("none", "none", "Clients that still use HTTP get 403.", "low")),
        steps=more.pop("steps", ()),
        links=more.pop("links", ()),
        path=Path("playbook.yaml"),
    )


PLAYBOOKS = {
    one.id: one
    for one in (
        _playbook(
            "aws.s3.tls-only",
            "AWS::S3::Bucket",
            "Require TLS in the bucket policy",
            "Anyone on the path can read PHI that travels over plain HTTP.",
            settings=("aws.s3.bucket-policy",),
            controls=("164.312(e)(1)", "164.312(e)(2)(i)"),
        ),
        _playbook(
            "aws.s3.public-access",
            "AWS::S3::Bucket",
            "Block public access to the bucket",
            "A public bucket discloses PHI to everyone who finds its name.",
            settings=("aws.s3.public-access-block",),
        ),
        _playbook(
            "aws.ec2.flow-logs",
            "AWS::EC2::VPC",
            "Record the network's traffic",
            "Without flow logs there is no record of who reached the systems that hold PHI.",
            settings=("aws.logs.log-group", "aws.ec2.flow-log"),
            controls=("164.312(b)",),
            parameters={
                "retention_days": Parameter(
                    "retention_days",
                    "Days that the records are kept",
                    "integer",
                    365,
                    minimum=90,
                    maximum=3653,
                ),
                "traffic": Parameter(
                    "traffic",
                    "Which traffic is recorded",
                    "string",
                    "ALL",
                    choices=("ALL", "ACCEPT", "REJECT"),
                ),
            },
            effects=Effects("none", "about 0.50 USD per GB recorded", "Adds one log group per VPC.", "low"),
        ),
        _playbook(
            "aws.ec2.ssh-closed",
            "AWS::EC2::SecurityGroup",
            "Close SSH to the internet",
            "An SSH port that the whole internet reaches is tried all day long.",
            settings=("aws.ec2.ingress-rules",),
            effects=Effects(
                "SSH sessions from elsewhere end", "none", "Use Session Manager instead.", "medium"
            ),
        ),
        _playbook(
            "aws.s3.object-lock",
            "AWS::S3::Bucket",
            "Keep audit records from being deleted",
            "An intruder's first step is to delete the trace.",
            settings=("aws.s3.object-lock",),
        ),
        _playbook(
            "azure.storage.secure-transfer",
            "Microsoft.Storage/storageAccounts",
            "Require secure transfer",
            "Plain HTTP exposes PHI on its way.",
            settings=("azure.storage.secure-transfer",),
        ),
        _playbook(
            "aws.iam.root-mfa",
            "AWS::IAM::User",
            "Enable hardware MFA for the root user",
            "No permission policy can restrict the root user.",
            steps=(
                Step("Sign in as the root user and open Security credentials.", "A picture of the page."),
                Step("Assign a hardware key.", "The serial number in the account summary."),
            ),
        ),
    )
}


def row(id: str, check: str, title: str, name: str, priority: int, **more) -> QueueRow:
    playbook = PLAYBOOKS.get(check)
    values = {
        "id": id,
        "check": check,
        "sources": ("prowler",),
        "title": title,
        "detail": "",
        "provider": "aws",
        "account": ACCOUNT,
        "region": "us-east-1",
        "resource": f"arn:aws:s3:::{name}",
        "resource_name": name,
        "severity": "high",
        "priority": priority,
        "controls": playbook.controls if playbook else ("164.308(a)(1)(ii)(D)",),
        "playbook": check if playbook else "",
        "state": "open",
    }
    return QueueRow(**{**values, **more})


ROWS = (
    row(
        "f01",
        "aws.s3.public-access",
        "Bucket can be read by anyone",
        "phi-claims-archive",
        97,
        severity="critical",
        sources=("prowler", "securityhub"),
    ),
    row(
        "f02",
        "aws.s3.tls-only",
        "Bucket accepts unencrypted connections",
        "phi-claims-archive",
        92,
        detail="The bucket policy holds no statement that denies requests without TLS.",
    ),
    row(
        "f03",
        "aws.iam.root-mfa",
        "Root user has no MFA",
        "root",
        90,
        severity="critical",
        resource=f"arn:aws:iam::{ACCOUNT}:root",
        region="",
    ),
    row(
        "f04",
        "aws.ec2.flow-logs",
        "VPC keeps no flow logs",
        "vpc-0a1b2c3d",
        84,
        resource=f"arn:aws:ec2:us-east-1:{ACCOUNT}:vpc/vpc-0a1b2c3d",
    ),
    row(
        "f05",
        "aws.ec2.ssh-closed",
        "Security group opens SSH to the internet",
        "sg-bastion",
        81,
        resource=f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/sg-0f",
    ),
    row(
        "f06",
        "azure.storage.secure-transfer",
        "Storage account allows plain HTTP",
        "stclaims",
        77,
        severity="medium",
        provider="azure",
        account="5f0e…",
        region="westeurope",
        resource="/subscriptions/5f0e/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stclaims",
        sources=("defender",),
    ),
    row("f07", "aws.s3.object-lock", "Audit records can be deleted", "audit-trail", 64, severity="medium"),
    row("f08", "glue_catalog_encrypted", "Glue catalog is not encrypted", "catalog", 40, severity="low"),
    row(
        "f09",
        "aws.s3.tls-only",
        "Bucket accepts unencrypted connections",
        "phi-exports",
        35,
        severity="low",
        state="fixed",
    ),
)


@dataclass
class _Draft:
    setting: str
    before: object
    after: object
    service: str
    operation: str
    guards: tuple[GuardResult, ...]
    irreversible: str = ""
    reversal: str = "a rollback restores the earlier value"


def _drafts(finding: QueueRow, given: dict) -> list[_Draft]:
    passed = GuardResult("caller-account", Outcome.PASS, f"the credentials belong to account {ACCOUNT}")
    match finding.playbook:
        case "aws.s3.tls-only":
            statement = {"Sid": "DenyInsecureTransport", "Effect": "Deny", "Action": "s3:*"}
            mine = {"Sid": "App", "Effect": "Allow", "Action": "s3:GetObject"}
            warn = GuardResult(
                "no-plain-http-clients",
                Outcome.WARN,
                "no access log covers the last 30 days, so HTTP clients cannot be ruled out",
            )
            return [
                _Draft(
                    "aws.s3.bucket-policy",
                    {"Statement": [mine]},
                    {"Statement": [mine, statement]},
                    "s3",
                    "PutBucketPolicy",
                    (passed, warn),
                )
            ]
        case "aws.s3.public-access":
            return [
                _Draft(
                    "aws.s3.public-access-block",
                    {"BlockPublicAcls": False, "BlockPublicPolicy": True},
                    {"BlockPublicAcls": True, "BlockPublicPolicy": True},
                    "s3",
                    "PutPublicAccessBlock",
                    (passed,),
                )
            ]
        case "aws.ec2.flow-logs":
            days = given.get("retention_days", 365)
            gone = "a rollback removes it again"
            return [
                _Draft(
                    "aws.logs.log-group",
                    None,
                    {"Name": "/hipaa-tui/vpc-0a1b2c3d", "RetentionInDays": days},
                    "logs",
                    "CreateLogGroup",
                    (passed,),
                    reversal=gone,
                ),
                _Draft(
                    "aws.ec2.flow-log",
                    None,
                    {"TrafficType": given.get("traffic", "ALL"), "LogDestination": reference("c1", "arn")},
                    "ec2",
                    "CreateFlowLogs",
                    (passed,),
                    reversal=gone,
                ),
            ]
        case "aws.ec2.ssh-closed":
            block = GuardResult(
                "open-sessions", Outcome.BLOCK, "3 SSH sessions are open right now; end them or wait"
            )
            return [
                _Draft(
                    "aws.ec2.ingress-rules",
                    [{"Port": 22, "Cidr": "0.0.0.0/0"}],
                    [],
                    "ec2",
                    "RevokeSecurityGroupIngress",
                    (passed, block),
                )
            ]
        case "aws.s3.object-lock":
            return [
                _Draft(
                    "aws.s3.object-lock",
                    None,
                    {"Mode": "COMPLIANCE"},
                    "s3",
                    "PutObjectLockConfiguration",
                    (passed,),
                    FINAL_WORD,
                    FINAL_WORD,
                )
            ]
        case _:
            return [
                _Draft("azure.storage.secure-transfer", False, True, "Microsoft.Storage", "PUT", (passed,))
            ]


def make_plan(rows, given=None, kind: str = "apply", of_run: str = "") -> Plan:
    changes, groups, skipped = [], [], []
    for finding in rows:
        playbook = PLAYBOOKS.get(finding.playbook)
        if playbook is None or playbook.guided:
            reason = (
                "its playbook is guided: the steps are done by hand"
                if playbook
                else "no playbook covers this check"
            )
            skipped.append(Skipped(finding.id, finding.resource, finding.playbook, reason))
            continue
        known = {
            name: value
            for key, value in (given or {}).items()
            for id, _, name in [key.rpartition(".")]
            if id in {"", playbook.id} and name in playbook.parameters
        }
        asked = answers(playbook, known)
        group = f"g{len(groups) + 1}"
        target = Target(
            finding.provider,
            playbook.resource,
            finding.account,
            finding.region,
            finding.resource,
            finding.resource_name,
        )
        for draft in _drafts(finding, asked):
            arguments = {"name": finding.resource_name, "value": draft.after}
            call = Call(finding.provider, draft.service, draft.operation, arguments, finding.region)
            changes.append(
                Change(
                    id=f"c{len(changes) + 1}",
                    group=group,
                    playbook=playbook.id,
                    setting=draft.setting,
                    target=target,
                    findings=(finding.id,),
                    before=draft.before,
                    after=draft.after,
                    identity={},
                    complies=None,
                    calls=(call,),
                    permissions=(f"{draft.service}:{draft.operation}",),
                    rollback_permissions=(f"{draft.service}:{draft.operation}",),
                    guards=draft.guards,
                    reversible=not draft.irreversible,
                    reversal=draft.reversal,
                    irreversible=draft.irreversible,
                )
            )
        effects = playbook.effects
        groups.append(
            Group(
                group,
                playbook.id,
                playbook.title,
                playbook.why,
                finding.resource,
                playbook.controls,
                (finding.id,),
                asked,
                {
                    "downtime": effects.downtime,
                    "cost": effects.cost,
                    "limits": effects.limits,
                    "risk": effects.risk,
                },
                (),
            )
        )
    return Plan(kind, WHEN, tuple(changes), tuple(groups), tuple(skipped), of_run, tool="hipaa-tui test")


def run_of(plan: Plan, id: str, state: RunState = RunState.DONE, upto: int | None = None) -> RunView:
    views = []
    for index, change in enumerate(plan.changes):
        written = upto is None or index < upto
        views.append(
            ChangeView(
                change.id,
                change.setting,
                change.target.id,
                ChangeState.APPLIED if written else ChangeState.PENDING,
                True if written else None,
                "",
            )
        )
    return RunView(
        id,
        plan.kind,
        plan.hash,
        plan.of_run,
        state,
        WHEN,
        "" if state is RunState.INTERRUPTED else "2026-03-02T09:15:07+00:00",
        tuple(views),
    )


class StandIn:
    """Does what a workbench does, in memory. `hold` lets a test keep an apply waiting at its second change."""

    def __init__(self, rows=ROWS, runs=()) -> None:
        self.rows = list(rows)
        self.past = list(runs)
        self.plans = {}
        self.catalogue = Catalogue(PLAYBOOKS, {})
        self.hold: threading.Event | None = None
        self.calls: list[str] = []
        self.planned: list[dict] = []
        self.applied: list[Plan] = []
        self.loaded: list[Path] = []
        self.fails: Exception | None = None
        self.state = RunState.DONE
        self.policy = Decision()
        self.evidence = self
        self.config = Config()
        self.unlocated: list[dict] = []

    def of(self, finding: str) -> Proven:
        """Nothing was recorded yet."""
        row = next(row for row in self.rows if row.id == finding)
        return Proven(PLAYBOOKS.get(row.playbook), ())

    def queue(self, words: str = "", *, state: str = "") -> list[QueueRow]:
        return list(self.rows)

    def load(self, paths, progress=None) -> LoadReport:
        if self.fails:
            raise self.fails
        self.loaded += paths
        self.rows = list(ROWS)
        files = ({"path": "report.sarif", "bad": [], "unlocated": self.unlocated},)
        return LoadReport(len(ROWS), len(ROWS), 0, 1, 0, files, 1, len(self.unlocated))

    def scan(self, progress=None) -> ScanReport:
        progress = progress or Silent()
        for number in range(3):
            progress.step(number, 3, f"listing S3 buckets {number}")
            if self.hold:
                self.hold.wait(5)
        return ScanReport(2, 1, 40, ("aws",), ())

    def plan(self, *, findings=(), given=None, progress=None, **_) -> Plan:
        if self.fails:
            raise self.fails
        self.planned.append({"findings": list(findings), "given": dict(given or {})})
        return make_plan([row for row in self.rows if row.id in findings], given)

    def save_plan(self, plan: Plan, path: Path | None = None) -> Path:
        assert path is not None
        save(plan, path)
        return path

    def decision(self, plan: Plan, approvals=()) -> Decision:
        return self.policy

    def apply(self, plan: Plan, *, reach=None, progress=None) -> RunView:
        assert not self.policy.objections(reach), "the screens let through what the policy forbids"
        if self.fails:
            raise self.fails
        progress = progress or Silent()
        self.applied.append(plan)
        id = f"01TESTRUN{len(self.past) + 1:03}"
        self.plans[id] = plan
        done = 0
        try:
            for number, change in enumerate(plan.changes):
                progress.step(
                    number, len(plan.changes), f"{change.verb} {change.setting} of {change.target.name}"
                )
                if self.hold and number == 1:
                    self.hold.wait(5)
                    progress.step(number, len(plan.changes), "checking again")
                done += 1
        except Cancelled:
            run = replace(run_of(plan, id, RunState.PARTIAL, done), note="stopped by the user")
            self.past.insert(0, run)
            return run
        run = run_of(plan, id, self.state)
        self.past.insert(0, run)
        fixed = {finding for change in plan.changes for finding in change.findings}
        state = "open" if plan.kind == "rollback" else "fixed"
        self.rows = [replace(row, state=state) if row.id in fixed else row for row in self.rows]
        return run

    def resume(self, run: str, *, progress=None) -> RunView:
        old = next(one for one in self.past if one.run == run)
        new = run_of(self.plan_of(run), run)
        self.past[self.past.index(old)] = new
        return new

    def runs(self) -> list[RunView]:
        return list(self.past)

    def interrupted(self) -> list[RunView]:
        return [run for run in self.past if run.state is RunState.INTERRUPTED]

    def plan_of(self, run: str) -> Plan:
        return self.plans.get(run) or make_plan([ROWS[3]])

    def rollback_plan(self, run: str, progress=None) -> Plan:
        plan = self.plan_of(run)
        back = tuple(
            replace(change, id=f"c{number}", before=change.after, after=change.before)
            for number, change in enumerate(reversed(plan.changes), start=1)
        )
        return replace(plan, kind="rollback", changes=back, of_run=run)

    known = "Ops <ops@example.org>"

    @property
    def patches(self):
        return self

    def committer(self, repo: Path) -> str:
        return self.known

    def publisher(self, repo: Path, progress=None):
        return self

    def remote(self, name=""):
        return "origin", "https://bob:hunter2@github.com/clinic/infra.git"

    def push(self, branch: str, remote="") -> Pushed:
        if self.fails:
            raise self.fails
        self.calls.append(f"push {branch} {remote}")
        return Pushed(remote, "https://github.com/clinic/infra.git", branch, "main", self.hosted)

    hosted = Hosted("github", "github.com", "clinic", "infra")

    def open(self, pushed: Pushed, title: str, body: str) -> Opened:
        self.calls.append(f"open {title}")
        return self.opened

    opened = Opened(reason="gh is not on PATH")

    def create(self, plan: Plan, repo: Path, branch: str, progress=None, options=None) -> Patch:
        if self.fails:
            raise self.fails
        self.author = options.author
        return Patch(
            repo=Path("/repo"),
            branch=branch,
            commit="4f1c2d3e5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d",
            files=("network.tf",),
            addresses=("aws_flow_log.main",),
            left_out=(LeftOut("c2", "sg-bastion", "managed by a module of another repository"),),
            message="Record the network's traffic",
            diff='--- a/network.tf\n+++ b/network.tf\n@@ -3,0 +4,4 @@\n+resource "aws_flow_log" "main" {\n+  traffic_type = "ALL"\n+}\n-# none\n',
            formatted=True,
            validated="valid",
            title="Record the network's traffic (vpc-main)",
            body="## Why\n",
        )


def refused() -> Exception:
    return RefusedError(
        "the live configuration has changed since the plan was made; nothing was changed, plan again."
    )
