"""Which kind of thing an action of IAM is about, since a change of one thing asks for actions on others.

To take a policy off a role is an action on the role, whatever the finding is about; to put a user into a group is
one on the group.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.arn import parse

_KINDS: Final = (
    ("AccountPasswordPolicy", ""),
    ("Group", "group"),
    ("Role", "role"),
    ("User", "user"),
    ("AccessKey", "user"),
    ("LoginProfile", "user"),
    ("Policy", "policy"),
)
"""(a word of the action's name, the kind in ARNs of what it is about), the first that fits; "" for no resource."""


def elsewhere(action: str, place: str, partition: str, account: str) -> str:
    """The ARNs that policies allow the action on, where `place` is not one of them; "" where it is, or none is."""
    kind = _kind(action)
    if not kind or kind == kind_of(place):
        return ""
    return f"arn:{partition}:iam::{account}:{kind}/*"


def kind_of(place: str) -> str:
    """ "role", "user", "group", "policy"…: what an ARN of IAM is of; "" for any other text."""
    arn = parse(place)
    return arn.resource.partition("/")[0] if arn is not None and arn.service == "iam" else ""


def _kind(action: str) -> str:
    service, _, name = action.partition(":")
    if service != "iam":
        return ""
    return next((kind for word, kind in _KINDS if word in name), "")
