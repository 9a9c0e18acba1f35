"""Checks that a resource can take the tag by which a backup plan selects it."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.guard import Look, Outcome, Verdict

_MOST_TAGS: Final = 50
"""Tags of a resource (AWS, "Tag naming limits")."""


def tag_room(look: Look) -> Verdict:
    """Blocks where a resource has no room for one more tag, and warns where another plan takes it by the tag too."""
    draft = next((one for one in look.changes if one.setting.endswith("-in-plan")), None)
    if draft is None:
        return Outcome.PASS, "no tag is added"
    if len(draft.after["Tags"]) > _MOST_TAGS:
        return Outcome.BLOCK, f"it has {_MOST_TAGS} tags, and AWS takes no more: take one away first"
    also = sorted(set(draft.before["Plans"]))
    if also:
        return Outcome.WARN, f"{', '.join(also)} takes it already: it would be backed up twice"
    if parse(look.target.id) is None:
        return Outcome.WARN, f"{look.target.id} is no ARN, by which a plan takes resources"
    return Outcome.PASS, f"it has room for the tag ({len(draft.before['Tags'])} of {_MOST_TAGS})"


GUARDS = {"tag-room": tag_room}
