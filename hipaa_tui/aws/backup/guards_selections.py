"""Checks that a resource can take the tag by which a backup plan selects it."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict

_MAX_TAGS: Final = 50
"""Maximum number of tags of a resource (AWS, "Tag naming limits")."""


def tag_room(context: GuardContext) -> Verdict:
    """Blocks where the resource has the maximum number of tags; warns where another plan selects it by the tag too."""
    draft = next((change for change in context.changes if change.setting.endswith("-in-plan")), None)
    if draft is None:
        return Outcome.PASS, "no tag is added"
    if len(draft.after["Tags"]) > _MAX_TAGS:
        return Outcome.BLOCK, f"it has {_MAX_TAGS} tags, the AWS maximum: remove one first"
    also = sorted(set(draft.before["Plans"]))
    if also:
        return Outcome.WARN, f"{', '.join(also)} selects it already: it would be backed up twice"
    if parse(context.target.id) is None:
        return Outcome.WARN, f"{context.target.id} is not an ARN, which a backup plan selects resources by"
    return Outcome.PASS, f"it has room for the tag ({len(draft.before['Tags'])} of {_MAX_TAGS})"


GUARDS = {"tag-room": tag_room}
