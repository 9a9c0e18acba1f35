"""Guards of every fix: the credentials belong to the right account, and no other tool manages the resource."""

from __future__ import annotations

from collections.abc import Mapping

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
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
"""Prefixes of tag keys that name the tool that manages a resource."""
_NEGATIONS = frozenset({"false", "no", "0", "none"})
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


def caller_account(context: GuardContext) -> Verdict:
    """Blocks when the resource is in an account or partition that the credentials do not reach."""
    caller = context.cloud.caller()
    reached = {account.lower() for account in caller.accounts}
    for target in (context.target, *(draft.target for draft in context.changes)):
        if target.account.lower() not in reached:
            whose = ", ".join(caller.accounts) or "no account"
            return Outcome.BLOCK, f"{target.name} is in {target.account}, but the credentials reach {whose}"
        if target.partition != caller.partition:
            return (
                Outcome.BLOCK,
                f"{target.name} is in the partition {target.partition}, but the credentials are for "
                f"{caller.partition}",
            )
    return Outcome.PASS, f"the credentials reach {context.target.account}"


def managed_elsewhere(context: GuardContext) -> Verdict:
    """Warns when another tool manages the resource and would revert the change.

    The team's Terraform and the resource's tags show that; for an AWS resource without tags, CloudFormation is asked.
    Blocks when the resource no longer exists: it may have been deleted after the report.
    """
    notes: set[str] = set()
    for target in _existing(context):
        if code := context.managed(target):
            return (
                Outcome.WARN,
                f"{target.name}: {code}, and the next terraform apply would revert this change: create the patch "
                "(`hipaa-tui patch`), or in an emergency apply this and merge its patch before the next terraform "
                "apply",
            )
        try:
            tags = resource_type(target.type).tags(context.cloud, target)
            manager = manager_of(tags)
        except CloudError as error:
            if error.status == 404 or "NotFound" in error.code:
                if target.key != context.target.key:
                    continue  # an earlier fix of the plan creates it
                return Outcome.BLOCK, f"{target.name} no longer exists ({error.code}): scan again"
            raise
        if not tags and target.provider == "aws":
            manager, note = _stack_of(context, target)
            notes.add(note)
        if manager:
            return (
                Outcome.WARN,
                f"{target.name}: {manager}, which would revert this change: make the change there, "
                "or in both places at the same time (`hipaa-tui patch` writes the Terraform)",
            )
    return Outcome.PASS, "; ".join(
        ["no tag names another tool that manages the resource", *sorted(notes - {""})]
    )


def _stack_of(context: GuardContext, target: Target) -> tuple[str, str]:
    """(a clause that names the CloudFormation stack of the resource, or ""; what could not be checked, or "").

    Not every resource of a stack has its tags (aliases and roles of old stacks do not). ListStacks is called once per
    region, and a denied call is only a note: it is no reason to warn about every change.
    """
    region = target.region or context.target.region
    key = f"stacks|{target.account}|{region}"
    try:
        if key not in context.memory:
            filters = {"StackStatusFilter": list(_LIVE_STACKS)}
            summaries = context.cloud.call(Call("aws", "cloudformation", "ListStacks", filters, region))
            context.memory[key] = bool(summaries.get("StackSummaries") or summaries.get("NextToken"))
        if context.memory[key] is not True:
            return "", "" if context.memory[key] is False else str(context.memory[key])
        request = {"PhysicalResourceId": target.name}
        answer = context.cloud.call(Call("aws", "cloudformation", "DescribeStackResources", request, region))
    except CloudError as error:
        if error.code == "ValidationError":  # "Stack for … does not exist"
            return "", ""
        unchecked = f"CloudFormation could not be checked ({error.code})"
        context.memory.setdefault(key, unchecked)
        return "", unchecked
    stacks = [
        resource["StackName"]
        for resource in answer.get("StackResources") or []
        if resource.get("PhysicalResourceId") == target.name
    ]
    return (f"the CloudFormation stack {stacks[0]} manages it" if stacks else ""), ""


def _existing(context: GuardContext) -> list[Target]:
    """The existing resources whose tags can be read, the finding's own first."""
    existing = {context.target.key: context.target}
    for draft in context.changes:
        if draft.before is not ABSENT:
            existing.setdefault(draft.target.key, draft.target)
    # An alias is not the key itself: the key is checked when a change names it by its id.
    return [
        target
        for target in existing.values()
        if target.type in resource_types() and not target.id.startswith("alias/")
    ]


def manager_of(tags: Mapping[str, str]) -> str:
    """A clause that says which tool manages the resource according to its tags; "" when none says so."""
    by_key = {key.lower(): value for key, value in tags.items()}
    if stack := by_key.get("aws:cloudformation:stack-name"):
        return f"the CloudFormation stack {stack} manages it"
    if "aws:servicecatalog:provisionedproductarn" in by_key:
        return "AWS Service Catalog manages it"
    if name := by_key.get("elasticbeanstalk:environment-name"):
        return f"the Elastic Beanstalk environment {name} manages it"
    for key, value in by_key.items():
        if key.startswith("kubernetes.io/cluster/") and value == "owned":
            return f"the Kubernetes cluster {key.rpartition('/')[2]} manages it"
        if key in _TERRAFORM and value.lower() not in _NEGATIONS:
            return f"its tag {key} says that Terraform manages it"
        for prefix, name in _FAMILIES:
            if key.startswith(prefix) and value.lower() not in _NEGATIONS:
                return f"its tag {key} says that {name} manages it"
        if key in _MANAGERS or key.endswith(("/managed-by", ":managed-by")):
            declared = value.lower()
            if any(word in declared for word in _TERRAFORM):
                return f"its tag {key} says that Terraform manages it"
            for word, name in _DECLARED.items():
                if word in declared:
                    return f"its tag {key} says that {name} manages it"
    return ""


GUARDS = {"caller-account": caller_account, "managed-elsewhere": managed_elsewhere}
BLOCK_ON_ERROR = ("caller-account",)
