"""Looks at what lifecycle rules delete for good, and at what nobody can delete or change any more.

Documentation is kept for six years (45 CFR 164.316(b)(2)(i)); what a rule has deleted does not come back,
and what a locked policy keeps nobody gets rid of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from hipaa_tui.azure.lookups import FUNCTIONS, MONITOR, account_of, containers, listed, says_records
from hipaa_tui.azure.storage.immutability import period
from hipaa_tui.azure.storage.lifecycle import Deletion, deletions, new_deletions
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT, Json

SIX_YEARS: Final = 2190
"""Days, for 45 CFR 164.316(b)(2)(i)."""
LIFECYCLE: Final = "azure.storage.lifecycle"
IMMUTABILITY: Final = "azure.storage.container-immutability"
_OVERWRITTEN: Final = re.compile(r"(?i)vhds|bootdiagnostics-.*|.*tf-?state.*|.*terraform.*")
"""Containers in which somebody writes over what is there: disks, screenshots, Terraform's state."""


def retention_kept(look: Look) -> Verdict:
    """Blocks rules that delete sooner than today, and those that delete documentation within six years."""
    drafts = [draft for draft in look.changes if draft.setting == LIFECYCLE]
    if not drafts:
        return Outcome.PASS, "no lifecycle rule changes"
    draft = drafts[0]
    found = new_deletions(draft.before, draft.after)
    if shorter := _shortened(draft, found):
        return Outcome.BLOCK, f"{shorter}: what is kept today would be deleted sooner, and for good"
    notes: list[str] = []
    names = [str(one.get("name")) for one in containers(look)]
    tags = resource_type(draft.target.type).tags(look.cloud, draft.target)
    for one in deletions(draft.after):
        why = _records(one, names, draft.target.name, tags) if one.days < SIX_YEARS else ""
        if one in found and why:
            return (
                Outcome.BLOCK,
                f"{one.words}, and {why}: documentation is kept for six years ({SIX_YEARS} days, "
                "45 CFR 164.316(b)(2)(i)), so give a longer time",
            )
        if one in found:
            notes.append(f"{one.words}: be sure that nothing in it has to be kept longer")
        elif why:
            notes.append(f"{one.words} already, and {why}: six years are {SIX_YEARS} days")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no blob is deleted that is kept today"


def _shortened(draft: Draft, found: Sequence[Deletion]) -> str:
    """The first rule that deletes sooner what a rule deletes later today, "" where there is none."""
    for one in found:
        for other in deletions(draft.before):
            if one.meets(other) and one.days < other.days:
                return f"{one.words}, and today {other.words}"
    return ""


def _records(one: Deletion, names: Sequence[str], account: str, tags: Mapping[str, str]) -> str:
    """Why what the rule deletes may be logs or documentation, as half a sentence; "" where nothing says so."""
    reached = [name for name in names if _reaches(one, name)]
    kept = [name for name in reached if says_records(name)]
    if kept:
        return f"the container {listed(kept)} may hold documentation or logs"
    for prefix in one.prefixes:
        if says_records(prefix):
            return f"{prefix} may hold documentation or logs"
    if word := says_records(account):
        return f"the account's name says {word}"
    for key, value in tags.items():
        if word := says_records(key, value):
            return f"its tag {key} says {word}"
    return ""


def _reaches(one: Deletion, container: str) -> bool:
    """Can the rule delete in the container? A prefix begins with the container's name."""
    return not one.prefixes or any(
        prefix.partition("/")[0] == container if "/" in prefix else container.startswith(prefix)
        for prefix in one.prefixes
    )


def immutability_locked(look: Look) -> Verdict:
    """Says what locking means, and blocks where it is for longer than asked or where somebody overwrites blobs."""
    drafts = [
        draft
        for draft in look.changes
        if draft.setting == IMMUTABILITY
        and draft.after is not ABSENT
        and not setting(IMMUTABILITY).same(draft.before, draft.after)
    ]
    if not drafts:
        return Outcome.PASS, "no blob is kept from change that was not before"
    draft = drafts[0]
    name, days = draft.target.name, period(draft.after)
    if not days:
        return Outcome.BLOCK, "the policy does not say for how many days: give a period"
    final = setting(IMMUTABILITY).cannot_be_undone(draft.before, draft.after)
    asked = look.arguments.get("days")
    if final and (not _number(asked) or days > int(asked or 0)):
        said = f"{asked} were asked for" if _number(asked) else "nobody said for how many"
        return (
            Outcome.BLOCK,
            f"the policy would be locked for {days} days and {said}: it could never be made shorter again",
        )
    if FUNCTIONS.fullmatch(name) or _OVERWRITTEN.fullmatch(name):
        return (
            Outcome.BLOCK,
            f"whoever uses {name} writes over what is there, and would be refused: keep such blobs elsewhere",
        )
    appends = any(
        draft.after.get(key) for key in ("allowProtectedAppendWrites", "allowProtectedAppendWritesAll")
    )
    if MONITOR.fullmatch(name) and not appends:
        return (
            Outcome.BLOCK,
            f"Azure Monitor appends to its logs in {name} and would be refused: allow protected appends (append)",
        )
    notes = [final] if final else []
    identity = look.read(IMMUTABILITY, draft.target).identity
    if final:
        notes.append("the account cannot be deleted as long, and the policy can be made longer five times")
    if identity.get("hasLegalHold"):
        holds = listed([str(one) for one in identity.get("legalHolds") or []]) or "a tag"
        notes.append(f"legal holds ({holds}) keep the blobs besides, until somebody clears them")
    notes += _waiting(look, draft)
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"the policy stays unlocked: {days} days can be changed or taken away again"


def _number(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _waiting(look: Look, draft: Draft) -> list[str]:
    """The lifecycle rules that would delete sooner than the policy lets them."""
    rules = deletions(look.read(LIFECYCLE, account_of(draft.target)).value)
    sooner = [one for one in rules if one.days < period(draft.after) and _reaches(one, draft.target.name)]
    return [f"{sooner[0].words}, and will wait until the policy's days are over"] if sooner else []


GUARDS = {"storage-retention-kept": retention_kept, "immutability-locked": immutability_locked}
CAUTIOUS = ("storage-retention-kept", "immutability-locked")
