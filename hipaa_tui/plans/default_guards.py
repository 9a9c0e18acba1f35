"""Looks that every fix needs, on either cloud: the right account, and nobody else in charge of the resource."""

from __future__ import annotations

from collections.abc import Mapping

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import resource_type, resource_types
from hipaa_tui.support.json_value import ABSENT

_TERRAFORM = frozenset({"terraform", "opentofu", "terragrunt"})
_MANAGERS = frozenset(
    {
        *("managed-by", "managed_by", "managedby", "provisioner", "createdby", "created-by"),
        *("provisioned-by", "provisionedby", "deployed-by", "deployedby", "iac", "iac-tool", "iactool"),
    }
)
_FAMILIES = (
    ("aws:cdk", "the AWS CDK"),
    ("pulumi", "Pulumi"),
    ("crossplane", "Crossplane"),
    ("azd-env-name", "the Azure Developer CLI, by Bicep or Terraform,"),
    ("aks-managed", "AKS"),
)
"""Beginnings of keys that only the tool itself writes, or whoever names it."""
_NOT = frozenset({"false", "no", "0", "none"})
_DECLARED = {
    "cloudformation": "CloudFormation",
    "cdk": "the AWS CDK",
    "pulumi": "Pulumi",
    "bicep": "Bicep",
    "ansible": "Ansible",
    "crossplane": "Crossplane",
    "helm": "Helm",
}


_LIVE_STACKS = (
    *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"),
    *("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"),
    *("CREATE_IN_PROGRESS", "CREATE_FAILED", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_FAILED"),
)


def caller_account(look: Look) -> Verdict:
    """Blocks where the credentials belong to another account than what is to be changed."""
    caller = look.cloud.caller()
    reached = {account.lower() for account in caller.accounts}
    for target in (look.target, *(draft.target for draft in look.changes)):
        if target.account.lower() not in reached:
            whose = ", ".join(caller.accounts) or "no account"
            return Outcome.BLOCK, f"{target.name} is in {target.account}, and the credentials reach {whose}"
        if target.partition != caller.partition:
            return (
                Outcome.BLOCK,
                f"{target.name} is in the partition {target.partition}, and the credentials in {caller.partition}",
            )
    return Outcome.PASS, f"the credentials reach {look.target.account}"


def managed_elsewhere(look: Look) -> Verdict:
    """Warns where something else writes the resource and would put the earlier value back.

    That is what the team's Terraform or its tags say; and of an AWS resource without tags, what CloudFormation knows of it.
    Blocks where the resource is gone: a report can be older than its deletion.
    """
    notes: set[str] = set()
    for target in _existing(look):
        if code := look.managed(target):
            return (
                Outcome.WARN,
                f"{target.name}: {code}, and the next terraform apply takes this back: make the patch "
                "(`hipaa-tui patch`), or in an emergency apply this and merge its patch before that",
            )
        try:
            tags = resource_type(target.type).tags(look.cloud, target)
            manager = manager_of(tags)
        except CloudError as error:
            if error.status == 404 or "NotFound" in error.code:
                if target.key != look.target.key:
                    continue  # an earlier fix of the plan makes it
                return Outcome.BLOCK, f"{target.name} is not there any more ({error.code}): scan again"
            raise
        if not tags and target.provider == "aws":
            manager, note = _stack_of(look, target)
            notes.add(note)
        if manager:
            return (
                Outcome.WARN,
                f"{target.name}: {manager}, which will put the earlier value back: change it there, "
                "or in the same minute in both (`hipaa-tui patch` writes the Terraform)",
            )
    return Outcome.PASS, "; ".join(["no tag says that something else manages it", *sorted(notes - {""})])


def _stack_of(look: Look, target: Target) -> tuple[str, str]:
    """(the CloudFormation stack that made the resource, as half a sentence; what could not be seen).

    Not everything that a stack makes bears its tag (aliases and roles of old stacks do not). An account without
    stacks is asked once for each region, and one that may not be asked is no reason to warn about every change.
    """
    region = target.region or look.target.region
    where = f"stacks|{target.account}|{region}"
    try:
        if where not in look.memory:
            listed = {"StackStatusFilter": list(_LIVE_STACKS)}
            summaries = look.cloud.call(Call("aws", "cloudformation", "ListStacks", listed, region))
            look.memory[where] = bool(summaries.get("StackSummaries") or summaries.get("NextToken"))
        if look.memory[where] is not True:
            return "", "" if look.memory[where] is False else str(look.memory[where])
        asked = {"PhysicalResourceId": target.name}
        found = look.cloud.call(Call("aws", "cloudformation", "DescribeStackResources", asked, region))
    except CloudError as error:
        if error.code == "ValidationError":  # "Stack for … does not exist"
            return "", ""
        unseen = f"CloudFormation could not be asked ({error.code})"
        look.memory.setdefault(where, unseen)
        return "", unseen
    stacks = [
        one["StackName"]
        for one in found.get("StackResources") or []
        if one.get("PhysicalResourceId") == target.name
    ]
    return (f"the CloudFormation stack {stacks[0]} manages it" if stacks else ""), ""


def _existing(look: Look) -> list[Target]:
    """The resources that are there already and can be asked for tags, the finding's own first."""
    found = {look.target.key: look.target}
    for draft in look.changes:
        if draft.before is not ABSENT:
            found.setdefault(draft.target.key, draft.target)
    # An alias is a key's name and not the key; the key is looked at where it is named by its id.
    return [one for one in found.values() if one.type in resource_types() and not one.id.startswith("alias/")]


def manager_of(tags: Mapping[str, str]) -> str:
    """Who manages a resource by its tags, as half a sentence; "" where nobody says so."""
    plain = {key.lower(): value for key, value in tags.items()}
    if stack := plain.get("aws:cloudformation:stack-name"):
        return f"the CloudFormation stack {stack} manages it"
    if "aws:servicecatalog:provisionedproductarn" in plain:
        return "AWS Service Catalog manages it"
    if name := plain.get("elasticbeanstalk:environment-name"):
        return f"the Elastic Beanstalk environment {name} manages it"
    for key, value in plain.items():
        if key.startswith("kubernetes.io/cluster/") and value == "owned":
            return f"the Kubernetes cluster {key.rpartition('/')[2]} manages it"
        if key in _TERRAFORM and value.lower() not in _NOT:
            return f"its tag {key} says that Terraform manages it"
        for start, name in _FAMILIES:
            if key.startswith(start) and value.lower() not in _NOT:
                return f"its tag {key} says that {name} manages it"
        if key in _MANAGERS or key.endswith(("/managed-by", ":managed-by")):
            said = value.lower()
            if any(word in said for word in _TERRAFORM):
                return f"its tag {key} says that Terraform manages it"
            for word, name in _DECLARED.items():
                if word in said:
                    return f"its tag {key} says that {name} manages it"
    return ""


GUARDS = {"caller-account": caller_account, "managed-elsewhere": managed_elsewhere}
CAUTIOUS = ("caller-account",)
