"""The gate before every run: is the plan within the policy, who lets it through, and what goes on record."""

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
    """An approval of a plan, and why it does not count ("" where it does)."""

    approval: Approval
    name: str
    reason: str


class Gate:
    """Reads the policy afresh at every question: it may be changed while a session is open."""

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
        """This home's key pair, made at first use."""
        return open_identity(self._home.root)

    @property
    def me(self) -> dict[str, str]:
        """Who acts here, as a plan names its maker."""
        return {"name": self.identity.name, "key": self.identity.key}

    def maker_of(self, plan: Plan) -> dict[str, str]:
        """As `me`, without a key for a rollback while this home's cannot be read."""
        key = self._key(plan)
        return self.me if key else {"name": "@".join(whoami()), "key": ""}

    @property
    def policy(self) -> Policy:
        """The policy that `policy` in config.toml names, or policy.yaml in the home; else the built-in one."""
        if self._config.policy is not None:
            return load_policy(self._config.policy)
        path = self._home.policy
        refuse_writable_by_others(path)
        return load_policy(path) if path.exists() else Policy()

    def _policy_for(self, plan: Plan) -> Policy:
        """The policy; for a rollback that only puts back what its run changed, the built-in one where it is broken.

        Nobody has to mend a file first while something is down. InputError for any other plan.
        """
        try:
            return self.policy
        except InputError as error:
            if not self._way_back(plan):
                raise
            self._warn(f"{error}; the rollback goes on without it")
            return Policy()

    def _key(self, plan: Plan) -> str:
        """This home's public key; "" where it cannot be read and the plan is such a rollback. InputError else."""
        try:
            return self.identity.key
        except InputError as error:
            if not self._way_back(plan):
                raise
            self._warn(f"{error}; the rollback goes on unsigned")
            return ""

    def decision(self, plan: Plan, files: Sequence[Path] = ()) -> Decision:
        """What stands in the plan's way now. RefusedError for a file whose approval does not count."""
        return self._decision(plan, self._policy_for(plan), self._given(plan, files))

    def admit(
        self,
        plan: Plan,
        said: int | None,
        files: Sequence[Path] = (),
        before: Mapping[str, Any] | None = None,
    ) -> dict[str, Json]:
        """Let the plan through, and return what goes on record with its run. RefusedError says why not.

        `said` is how many resources the operator said that it reaches, `before` what the run that is resumed
        went on record with.
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
        """This home's approval of a plan, kept in the journal. RefusedError where it could not count."""
        policy = self.policy
        if plan.blocked:
            raise RefusedError(
                "a guard blocks the plan, so it is not carried out whoever approves it; `hipaa-tui plan --skip-blocked` "
                "writes the rest as a plan of its own: approve that one"
            )
        name = policy.name_of(self.identity.key)
        if policy.path and not name:
            raise RefusedError(
                f"your key {fingerprint(self.identity.key)} is not among the approvers of {policy.path}; "
                "`hipaa-tui identity` prints it for whoever keeps the policy"
            )
        if plan.made_by.get("key") == self.identity.key:
            raise RefusedError("you made this plan, so another person has to approve it")
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
        """Keep an approval that came as a file. RefusedError where it does not count for this plan."""
        (approval,) = self._given(plan, [path])
        self.keep(approval)
        return approval

    def approvals(self, plan: Plan) -> list[Judged]:
        """Every approval of the plan that the journal has, and whether it counts here and now."""
        policy = self.policy
        return [
            Judged(one, policy.name_of(one.key) or one.approver, self._why_not(one, plan, policy))
            for one in self._kept(plan)
        ]

    def keep(self, approval: Approval) -> None:
        """Put an approval into the journal, once."""
        name = subject(approval.plan)
        statement = dict(approval.statement)
        if all(record.body.get("approval") != statement for record in self._journal.of(name)):
            self._journal.note(name, NOTE, {"approval": statement})

    # Parts of the above

    def _decision(self, plan: Plan, policy: Policy, approvals: Sequence[Approval]) -> Decision:
        way_back = self._way_back(plan)
        facts = Facts(
            now=self.clock(),
            applier=self._key(plan),
            maker=plan.made_by.get("key", ""),
            approvals=[*self._kept(plan), *approvals],
            tags=tags_of(plan, policy, self._clouds),
            population=population_of(plan, policy.blast_radius, self._clouds),
            excepted=self._excepted(plan),
            way_back=way_back,
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

    def _way_back(self, plan: Plan) -> bool:
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
        """Whose credentials carry it out, by provider."""
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
