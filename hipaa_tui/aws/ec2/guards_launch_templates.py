"""Checks a launch template's instances for IMDSv1 callers before its next version requires tokens (IMDSv2)."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.ec2.guards_metadata import CONTAINERS, DAYS
from hipaa_tui.aws.ec2.guards_metadata_defaults import callers_of, open_instances, some
from hipaa_tui.aws.ec2.settings import tags_of
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type

METADATA: Final = "aws.ec2.launch-template-metadata"
_OF_EKS: Final = ("eks:", "alpha.eksctl.io/")


def template_users_need_tokens(context: GuardContext) -> Verdict:
    """Blocks where instances of the template received IMDSv1 requests, and where $Latest is not the default version.

    A launch from $Latest would get the new version, made from the default, instead of the newer content.
    """
    reading = context.read(METADATA, context.target)
    draft = next((change for change in context.changes if change.setting == METADATA), None)
    if draft is None:
        return Outcome.PASS, "no launch template changes"
    default, latest = draft.before["DefaultVersion"], reading.identity.get("Latest")
    if draft.after.get("DefaultVersion") is None and latest and latest != default:
        return (
            Outcome.BLOCK,
            f"the template's default version {default} is not its latest ({latest}): launches from $Latest would "
            "get the older version's content, so make the latest the default first, or delete it",
        )
    tags = resource_type(context.target.type).tags(context.cloud, context.target)
    if any(key.startswith(_OF_EKS) for key in tags):
        return (
            Outcome.BLOCK,
            "EKS creates this template for a node group: set the metadata options at the node group",
        )
    filters = {"Filters": [{"Name": "tag:aws:ec2launchtemplate:id", "Values": [context.target.name]}]}
    made = open_instances(context, **filters)
    callers = callers_of(context, made)
    if callers:
        shown = some([str(caller["InstanceId"]) for caller in callers])
        return (
            Outcome.BLOCK,
            f"programs on {shown}, launched from it, requested metadata without a token in the last {DAYS} days: "
            "the next instances would not answer them, so update them first",
        )
    hops = int(draft.after.get("HttpPutResponseHopLimit") or 0)
    if hops < 2 and any(key.lower().startswith(CONTAINERS) for instance in made for key in tags_of(instance)):
        return (
            Outcome.WARN,
            "its instances run containers, and IMDSv2 answers reach those only with a hop limit of 2: set hop_limit=2",
        )
    if not made:
        return (
            Outcome.WARN,
            "none of its running instances accepts IMDSv1, so whether programs on the next ones need it is unknown",
        )
    return (
        Outcome.PASS,
        f"none of its {len(made)} instances received a metadata request without a token in {DAYS} days",
    )


GUARDS = {"template-users-need-tokens": template_users_need_tokens}
