"""Keeps secrets out of plans and journals, which store the earlier value of each change for the rollback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hipaa_tui.plans.model import Change, Group
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, calls_as_json
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.redaction import redact, redact_text, secrets_in
from hipaa_tui.support.sanitize import plain

NAME = "no-secret-in-value"
_SHOWN = 3
_STORES = {"aws": "AWS Secrets Manager or Parameter Store", "azure": "Azure Key Vault"}


def no_secret_in_value(context: GuardContext) -> Verdict:
    """Blocks when the current value, the wanted value or an answer contains what looks like a secret.

    The reason is not the secret's place in the cloud, which does not change: with the secret in them, the plan, the
    journal and a patch could not be stored, shown or given to an auditor.
    """
    for draft in context.changes:
        for when, value in (("contains", draft.before), ("would contain", draft.after)):
            paths = secrets_in(value)
            if paths:
                where = f"{setting(draft.setting).title} of {draft.target.name} {when}"
                return Outcome.BLOCK, _sentence(where, paths, context.target.provider)
    paths = secrets_in(dict(context.parameters))
    if paths:
        return Outcome.BLOCK, _sentence("the answers contain", paths, context.target.provider)
    return Outcome.PASS, "no value of the plan looks like a secret"


def without_secrets(changes: Sequence[Change], group: Group) -> tuple[list[Change], Group]:
    """A blocked group with its secrets redacted, to be stored: it is never applied, so the values are not needed."""
    redacted = [
        replace(
            change,
            before=redact(change.before),
            after=redact(change.after),
            complies=redact(change.complies),
            calls=tuple(Call.from_json(redact(call.as_json())) for call in change.calls),
            guards=tuple(replace(one, reason=redact_text(one.reason)) for one in change.guards),
        )
        if secrets_in([change.before, change.after, change.complies, *calls_as_json(change.calls)])
        else change
        for change in changes
    ]
    return redacted, replace(
        group, parameters=redact(dict(group.parameters)), guards=tuple(redact(list(group.guards)))
    )


def _sentence(where: str, paths: list[str], provider: str) -> str:
    shown = ", ".join(plain(path, 120) or "the value itself" for path in paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return (
        f"{where} what looks like a secret ({shown}{more}), which plan and journal would have to store for the "
        f"rollback: move it to {_STORES[provider]} first, rotate the secret, and plan again"
    )


GUARDS = {NAME: no_secret_in_value}
BLOCK_ON_ERROR = (NAME,)
