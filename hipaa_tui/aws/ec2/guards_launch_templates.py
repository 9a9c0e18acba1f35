"""Looks who uses a launch template, before its next version makes instances that need tokens."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.guards_metadata import CONTAINERS, DAYS
from hipaa_tui.aws.ec2.guards_metadata_defaults import callers_of, open_instances, some
from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type

METADATA: Final = "aws.ec2.launch-template-metadata"
_OF_EKS: Final = ("eks:", "alpha.eksctl.io/")


def template_users_need_tokens(look: Look) -> Verdict:
    """Blocks where instances of the template are asked without a token, and where $Latest is another version.

    Who asks for $Latest would get the next version, made from the default, in the place of a newer one.
    """
    seen = look.read(METADATA, look.target)
    draft = next((one for one in look.changes if one.setting == METADATA), None)
    if draft is None:
        return Outcome.PASS, "no launch template changes"
    default, latest = draft.before["DefaultVersion"], seen.identity.get("Latest")
    if draft.after.get("DefaultVersion") is None and latest and latest != default:
        return (
            Outcome.BLOCK,
            f"its default version {default} is not its latest ({latest}): whoever asks for $Latest would get the earlier "
            "one's content, so make the latest the default first, or delete it",
        )
    tags = resource_type(look.target.type).tags(look.cloud, look.target)
    if any(key.startswith(_OF_EKS) for key in tags):
        return (
            Outcome.BLOCK,
            "EKS makes this template for a node group: say the metadata options at the node group",
        )
    filters = {"Filters": [{"Name": "tag:aws:ec2launchtemplate:id", "Values": [look.target.name]}]}
    made = open_instances(look, **filters)
    callers = callers_of(look, made)
    if callers:
        shown = some([str(one["InstanceId"]) for one in callers])
        return (
            Outcome.BLOCK,
            f"programs on {shown}, which it made, asked for metadata without a token in the last {DAYS} days: the next "
            "instances would give them no answer, so update them first",
        )
    hops = int(draft.after.get("HttpPutResponseHopLimit") or 0)
    if hops < 2 and any(key.lower().startswith(CONTAINERS) for one in made for key in tags_of(one)):
        return (
            Outcome.WARN,
            "its instances run containers, which a token reaches only with a hop limit of 2: give hop_limit=2",
        )
    if not made:
        return (
            Outcome.WARN,
            "no running instance of it answers without a token, so whether programs on the next ones need that is unknown",
        )
    return (
        Outcome.PASS,
        f"none of its {len(made)} instances was asked for metadata without a token in {DAYS} days",
    )


GUARDS = {"template-users-need-tokens": template_users_need_tokens}
