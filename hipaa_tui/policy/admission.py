"""Admission of plans: checks the policy before every run, and takes in approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.model import Plan
from hipaa_tui.policy.approvals import (
    NOTE,
    USUAL_DAYS,
    Approval,
    approval_from,
    approve,
    read_approval,
    subject,
    why_not,
)
from hipaa_tui.policy.cloud_facts import population_of, tags_of
from hipaa_tui.policy.decide import Decision, Facts, decide
from hipaa_tui.policy.load import load_policy
from hipaa_tui.policy.model import Policy
from hipaa_tui.policy.plan_facts import undoes
from hipaa_tui.providers.model import CloudError, Clouds
from hipaa_tui.runs.preflight import refuse_blocked
from hipaa_tui.support.config import Config, Home
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.private_files import refuse_writable_by_others
from hipaa_tui.support.redaction import redact_text
from hipaa_tui.support.signing import Identity, fingerprint, open_identity, whoami
from hipaa_tui.triage.exceptions import Exceptions

LONGEST_COMMENT = 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """An approval of a plan, and why it is not valid ("" if it is)."""

    approval: Approval
    name: str
    reason: str


class Admission:
    """Decides on plans. Reads the policy file every time, since it may change during a session."""

    def __init__(
        self,
        home: Home,
        config: Config,
        journal: Journal,
        clouds: Callable[[], Clouds],
        exceptions: Callable[[], Exceptions],
        *,
        warn: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._home = home
        self._config = config
        self._journal = journal
        self._live = clouds
        self._exceptions = exceptions
        self._warn = warn
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def _clouds(self) -> Clouds:
        return self._live()

    @cached_property
    def identity(self) -> Identity:
        """This home's key pair, created at first use."""
        return open_identity(self._home.root)

    @property
    def me(self) -> dict[str, str]:
        """Name and public key of this home's user, as in a plan's `made_by`."""
        return {"name": self.identity.name, "key": self.identity.key}

    def maker_of(self, plan: Plan) -> dict[str, str]:
        """Like `me`, but without a key for a rollback if this home's key cannot be read."""
        key = self._key(plan)
        return self.me if key else {"name": "@".join(whoami()), "key": ""}

    @property
    def policy(self) -> Policy:
        """The policy file that `policy` in config.toml names, or policy.yaml in the home; else the default policy."""
        if self._config.policy is not None:
            return load_policy(self._config.policy)
        path = self._home.policy
        refuse_writable_by_others(path)
        return load_policy(path) if path.exists() else Policy()

    def _policy_for(self, plan: Plan) -> Policy:
        """The policy. If its file is invalid: the default policy for a rollback that only restores what its run changed.

        An outage should not have to wait for a policy file to be fixed. InputError for any other plan.
        """
        try:
            return self.policy
        except InputError as error:
            if not self._undoes_run(plan):
                raise
            self._warn(f"{error}; the rollback goes on without it")
            return Policy()

    def _key(self, plan: Plan) -> str:
        """This home's public key; "" if it cannot be read and the plan is such a rollback, else InputError."""
        try:
            return self.identity.key
        except InputError as error:
            if not self._undoes_run(plan):
                raise
            self._warn(f"{error}; the rollback goes on unsigned")
            return ""

    def decision(self, plan: Plan, files: Sequence[Path] = ()) -> Decision:
        """The decision on a plan, now. RefusedError for an approval file that is not valid for it."""
        return self._decision(plan, self._policy_for(plan), self._given(plan, files))

    def admit(
        self,
        plan: Plan,
        said: int | None,
        files: Sequence[Path] = (),
        before: Mapping[str, Any] | None = None,
    ) -> dict[str, Json]:
        """Check the policy before a run. Returns the context to record with it. RefusedError says why not.

        `said` is the number of resources that the operator confirmed, `before` the recorded context of a run that is
        resumed.
        """
        if plan.blocked:
            refuse_blocked(plan)
        policy, earlier = self._policy_for(plan), before or {}
        given = self._given(plan, files)
        if said is None and isinstance(earlier.get("reach"), int):
            said = earlier["reach"]
        decision = self._decision(plan, policy, [*given, *_statements(earlier.get("approvals", ()))])
        objections = decision.objections(said)
        if objections:
            raise RefusedError(f"nothing was changed: {' | '.join(objections)}")
        for approval in given:
            self.keep(approval)
        return {
            "by": self._me(plan, policy),
            "principals": self._principals(plan),
            "approvals": [dict(statement) for statement in decision.approvals],
            "windows": list(decision.windows),
            "reach": said if decision.reach else None,
            "policy": policy.digest,
        }

    def approve(self, plan: Plan, comment: str = "", days: int = USUAL_DAYS) -> dict[str, Json]:
        """Approve a plan with this home's key, and journal that. RefusedError if the approval would not be valid."""
        policy = self.policy
        if plan.blocked:
            raise RefusedError(
                "a guard blocks the plan, so it cannot be applied; write the rest as a plan of its own with "
                "`hipaa-tui plan PLAN --skip-blocked -o FILE` and approve that"
            )
        name = policy.name_of(self.identity.key)
        if policy.path and not name:
            raise RefusedError(
                f"your key {fingerprint(self.identity.key)} is not among the approvers in {policy.path}; "
                "send the output of `hipaa-tui identity` to whoever maintains the policy"
            )
        if plan.made_by.get("key") == self.identity.key:
            raise RefusedError("you made this plan, so someone else has to approve it")
        if len(comment) > LONGEST_COMMENT:
            raise InputError(f"the comment is longer than {LONGEST_COMMENT} characters")
        statement = approve(
            self.identity,
            plan.hash,
            name=name or self.identity.name,
            comment=redact_text(comment),
            days=days,
            now=self.clock(),
        )
        self.keep(approval_from(statement))
        return statement

    def take(self, plan: Plan, path: Path) -> Approval:
        """Import an approval from a file into the journal. RefusedError if it is not valid for this plan."""
        (approval,) = self._given(plan, [path])
        self.keep(approval)
        return approval

    def approvals(self, plan: Plan) -> list[Judged]:
        """Every approval of the plan in the journal, and whether it is valid now."""
        policy = self.policy
        return [
            Judged(one, policy.name_of(one.key) or one.approver, self._why_not(one, plan, policy))
            for one in self._kept(plan)
        ]

    def keep(self, approval: Approval) -> None:
        """Journal an approval, once."""
        name = subject(approval.plan)
        statement = dict(approval.statement)
        if all(record.body.get("approval") != statement for record in self._journal.of(name)):
            self._journal.note(name, NOTE, {"approval": statement})

    # Parts of the above

    def _decision(self, plan: Plan, policy: Policy, approvals: Sequence[Approval]) -> Decision:
        undoes_run = self._undoes_run(plan)
        facts = Facts(
            now=self.clock(),
            applier=self._key(plan),
            maker=plan.made_by.get("key", ""),
            approvals=[*self._kept(plan), *approvals],
            tags=tags_of(plan, policy, self._clouds),
            population=population_of(plan, policy.blast_radius, self._clouds),
            excepted=self._excepted(plan),
            undoes_run=undoes_run,
        )
        return decide(plan, policy, facts)

    def _given(self, plan: Plan, files: Sequence[Path]) -> list[Approval]:
        policy = self.policy if files else Policy()
        found = []
        for path in files:
            approval = read_approval(path)
            reason = self._why_not(approval, plan, policy)
            if reason:
                raise RefusedError(f"{path}: {reason}; nothing was changed")
            found.append(approval)
        return found

    def _why_not(self, approval: Approval, plan: Plan, policy: Policy) -> str:
        maker = plan.made_by.get("key", "")
        return why_not(approval, plan.hash, policy, now=self.clock(), applier=self._key(plan), maker=maker)

    def _kept(self, plan: Plan) -> list[Approval]:
        records = self._journal.of(subject(plan.hash))
        return _statements(record.body.get("approval") for record in records if record.kind == NOTE)

    def _undoes_run(self, plan: Plan) -> bool:
        if plan.kind != "rollback":
            return False
        try:
            return undoes(plan, self._journal.plan(self._journal.row(plan.of_run).id))
        except InputError:
            return False

    def _excepted(self, plan: Plan) -> dict[str, str]:
        exceptions = self._exceptions()
        found = {}
        for change in plan.changes if exceptions else ():
            for finding in change.findings:
                one = exceptions.of(finding, change.playbook, change.target.key)
                if one is not None:
                    found[finding] = one.told
        return found

    def _me(self, plan: Plan, policy: Policy) -> dict[str, Json]:
        user, host = whoami()
        key = self._key(plan)
        return {"user": user, "host": host, "name": policy.name_of(key) or f"{user}@{host}", "key": key}

    def _principals(self, plan: Plan) -> dict[str, Json]:
        """The identity of the credentials, by provider."""
        found: dict[str, Json] = {}
        for provider in sorted({change.target.provider for change in plan.changes}):
            try:
                found[provider] = self._clouds[provider].caller().principal
            except CloudError as error:
                found[provider] = f"unknown: {redact_text(str(error))}"
        return found


def _statements(values: Any) -> list[Approval]:
    """The approvals among the values."""
    found = []
    for value in values:
        try:
            found.append(approval_from(value))
        except ValueError:
            continue
    return found
