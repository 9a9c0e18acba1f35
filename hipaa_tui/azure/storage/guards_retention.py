"""Checks what lifecycle rules would delete, and what a locked immutability policy would keep from deletion.

HIPAA documentation has to be kept for six years (45 CFR 164.316(b)(2)(i)). Both are final: a deleted blob does not come
back, and a blob under a locked policy cannot be removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from hipaa_tui.azure.lookups import FUNCTIONS, MONITOR, account_of, containers, listed, says_records
from hipaa_tui.azure.storage.immutability import period
from hipaa_tui.azure.storage.lifecycle import Deletion, deletions, new_deletions
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT, Json

SIX_YEARS: Final = 2190
"""Days, for 45 CFR 164.316(b)(2)(i)."""
LIFECYCLE: Final = "azure.storage.lifecycle"
IMMUTABILITY: Final = "azure.storage.container-immutability"
_OVERWRITTEN: Final = re.compile(r"(?i)vhds|bootdiagnostics-.*|.*tf-?state.*|.*terraform.*")
"""Containers whose blobs are overwritten: disks, boot diagnostics, Terraform state."""


def retention_kept(context: GuardContext) -> Verdict:
    """Blocks rules that delete sooner than today's, or that delete logs and documentation within six years.

    Warns of every other deletion that is new.
    """
    drafts = [draft for draft in context.changes if draft.setting == LIFECYCLE]
    if not drafts:
        return Outcome.PASS, "no lifecycle rule changes"
    draft = drafts[0]
    added = new_deletions(draft.before, draft.after)
    if shorter := _shortened(draft, added):
        return Outcome.BLOCK, f"{shorter}: blobs would be deleted permanently and sooner than today"
    notes: list[str] = []
    names = [str(one.get("name")) for one in containers(context)]
    tags = resource_type(draft.target.type).tags(context.cloud, draft.target)
    for one in deletions(draft.after):
        why = _records_clause(one, names, draft.target.name, tags) if one.days < SIX_YEARS else ""
        if one in added and why:
            return (
                Outcome.BLOCK,
                f"{one.words}, and {why}: HIPAA documentation must be kept for six years ({SIX_YEARS} days, "
                "45 CFR 164.316(b)(2)(i)), so answer with more days",
            )
        if one in added:
            notes.append(f"{one.words}: make sure that none of it has to be kept longer")
        elif why:
            notes.append(f"{one.words} already today, and {why}: six years are {SIX_YEARS} days")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no rule deletes a blob that is kept today"


def _shortened(draft: PlannedChange, added: Sequence[Deletion]) -> str:
    """The first rule that deletes the same blobs sooner than a rule of today; "" when there is none."""
    for deletion in added:
        for other in deletions(draft.before):
            if deletion.meets(other) and deletion.days < other.days:
                return f"{deletion.words}, while today {other.words}"
    return ""


def _records_clause(deletion: Deletion, names: Sequence[str], account: str, tags: Mapping[str, str]) -> str:
    """A clause that says why the rule may delete logs or documentation; "" when nothing suggests it."""
    reached = [name for name in names if _reaches(deletion, name)]
    matching = [name for name in reached if says_records(name)]
    if matching:
        return f"the container {listed(matching)} may hold documentation or logs"
    for prefix in deletion.prefixes:
        if says_records(prefix):
            return f"{prefix} may hold documentation or logs"
    if word := says_records(account):
        return f"the account name contains '{word}'"
    for key, value in tags.items():
        if word := says_records(key, value):
            return f"its tag {key} contains '{word}'"
    return ""


def _reaches(deletion: Deletion, container: str) -> bool:
    """Whether the rule can delete blobs in the container: a prefix begins with the container name."""
    return not deletion.prefixes or any(
        prefix.partition("/")[0] == container if "/" in prefix else container.startswith(prefix)
        for prefix in deletion.prefixes
    )


def immutability_locked(context: GuardContext) -> Verdict:
    """Blocks a lock for longer than answered, and a policy on containers whose blobs are overwritten or appended to.

    Warns when the policy is locked, or legal holds and lifecycle rules interact with it.
    """
    drafts = [
        draft
        for draft in context.changes
        if draft.setting == IMMUTABILITY
        and draft.after is not ABSENT
        and not setting(IMMUTABILITY).same(draft.before, draft.after)
    ]
    if not drafts:
        return Outcome.PASS, "the change adds no immutability policy"
    draft = drafts[0]
    name, days = draft.target.name, period(draft.after)
    if not days:
        return Outcome.BLOCK, "the immutability policy has no retention period: answer with a number of days"
    final = setting(IMMUTABILITY).cannot_be_undone(draft.before, draft.after)
    answered = context.arguments.get("days")
    if final and (not _number(answered) or days > int(answered or 0)):
        mismatch = f"the answer was {answered}" if _number(answered) else "no number of days was answered"
        return (
            Outcome.BLOCK,
            f"the policy would be locked for {days} days, but {mismatch}: a locked policy can never be shortened",
        )
    if FUNCTIONS.fullmatch(name) or _OVERWRITTEN.fullmatch(name):
        return (
            Outcome.BLOCK,
            f"blobs in {name} are overwritten in normal use, and those writes would be refused: keep such blobs in a "
            "container without immutability",
        )
    appends = any(
        draft.after.get(key) for key in ("allowProtectedAppendWrites", "allowProtectedAppendWritesAll")
    )
    if MONITOR.fullmatch(name) and not appends:
        return (
            Outcome.BLOCK,
            f"Azure Monitor appends to its logs in {name}, and those writes would be refused: allow protected "
            "appends (append)",
        )
    notes = [final] if final else []
    identity = context.read(IMMUTABILITY, draft.target).identity
    if final:
        notes.append(
            "the account cannot be deleted during that time, and the policy can be extended five times"
        )
    if identity.get("hasLegalHold"):
        holds = listed([str(one) for one in identity.get("legalHolds") or []]) or "a tag"
        notes.append(f"legal holds ({holds}) also keep the blobs until they are cleared")
    notes += _delayed_deletions(context, draft)
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"the policy stays unlocked: its {days} days can be changed or removed again"


def _number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _delayed_deletions(context: GuardContext, draft: PlannedChange) -> list[str]:
    """A note on the first lifecycle rule that would delete sooner than the policy allows."""
    rules = deletions(context.read(LIFECYCLE, account_of(draft.target)).value)
    sooner = [rule for rule in rules if rule.days < period(draft.after) and _reaches(rule, draft.target.name)]
    return [f"{sooner[0].words}, but only once the immutability period is over"] if sooner else []


GUARDS = {"storage-retention-kept": retention_kept, "immutability-locked": immutability_locked}
BLOCK_ON_ERROR = ("storage-retention-kept", "immutability-locked")
