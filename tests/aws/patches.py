"""Terraform of changes on AWS: what a patch of playbooks writes into a repository, and single blocks of snippets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hipaa_tui.patches.blocks.snippets import Snippets
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language import schema
from hipaa_tui.patches.language.syntax import Declared, parse
from hipaa_tui.patches.model import Patch
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.package_data import content_folder
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git

CATALOGUE = load()
OPEN = {"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "*"}
# A policy as a repository has it, of which the resource is still to be said.
WRITTEN = """\
policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "All", Effect = "Allow", Principal = "*", Action = "sns:Publish", Resource = "%s" }]
  })
"""


def found(type: str, id: str) -> Target:
    """The resource of this id."""
    target = resource_type(type).target(id, ACCOUNT, REGION)
    assert target is not None
    return target


def planned(aws: Cloud, *wanted: tuple[str, str | Target], **given: str) -> Plan:
    """The plan of playbooks on resources, each by its id or as a target; none is skipped or blocked."""
    fix_requests = []
    for id, resource in wanted:
        playbook = CATALOGUE.get(id)
        target = found(playbook.resource, resource) if isinstance(resource, str) else resource
        fix_requests.append(FixRequest(playbook, target, ()))
    plan = make_plan(fix_requests, {"aws": aws}, given)
    assert (plan.skipped, plan.blocked) == ((), ())
    return plan


def planned_for_all(aws: Cloud, *ids: str) -> Plan:
    """The plan of playbooks on all that a scan finds for them."""
    wanted = []
    for id in ids:
        playbook = CATALOGUE.get(id)
        seen = scan([playbook], [Place("aws", ACCOUNT, REGION)], {"aws": aws}).findings
        wanted += [(id, found(playbook.resource, one.resource)) for one in seen]
    return planned(aws, *wanted)


def patch_of(aws: Cloud, repo: Path, plan: Plan) -> Patch:
    """The patch of the plan, on the branch hipaa/fix."""
    return make_patch(plan, repo, "hipaa/fix", {"aws": aws})


def whole(repo: Path, patch: Patch) -> str:
    """All files that the patch writes."""
    return "".join(git(repo, "show", f"hipaa/fix:{path}") + "\n" for path in patch.files)


def one_line(repo: Path, patch: Patch) -> str:
    """All that the patch writes, each run of blanks as one."""
    return " ".join(whole(repo, patch).split())


def patched(aws: Cloud, repo: Path, id: str, resource: str | Target, **given: str) -> tuple[str, Patch]:
    """(all that the patch of a playbook on a resource writes, on one line; the patch)."""
    patch = patch_of(aws, repo, planned(aws, (id, resource), **given))
    return one_line(repo, patch), patch


def declared(repo: Path, patch: Patch) -> list[Declared]:
    """The blocks of all files that the patch writes."""
    return list(parse(whole(repo, patch)).blocks)


def blocks_of(repo: Path, patch: Patch) -> dict[str, str]:
    """Each resource block of the patch by its address, as text on one line; nothing is left out of the patch."""
    assert patch.left_out == ()
    blocks = {}
    text = whole(repo, patch)
    for block in parse(text).blocks:
        if block.type == "resource":
            start = text.index(f'resource "{block.labels[0]}" "{block.labels[1]}"')
            blocks[".".join(block.labels)] = " ".join(text[start : text.index("\n}\n", start)].split())
    return blocks


def written(aws: Cloud, repo: Path, plan: Plan) -> tuple[dict[str, str], str]:
    """(each resource block of the plan's patch by its type, the last one of several; all that it writes): on one line."""
    patch = patch_of(aws, repo, plan)
    blocks = {address.partition(".")[0]: text for address, text in blocks_of(repo, patch).items()}
    return blocks, one_line(repo, patch)


def committed(repo: Path, text: str) -> None:
    """The repository has this."""
    (repo / "theirs.tf").write_text(text)
    git(repo, "add", "theirs.tf")
    git(repo, "commit", "-q", "-m", "theirs")


def edit(id: str, value: Any, before: Any = None, type: str = "") -> Any:
    """The block in which a value of the setting is set in a block that is there, of the setting's type if not said.

    Only what is to be set stands there, and all of it is in the provider's schema.
    """
    snippets = Snippets(content_folder("snippets") / "terraform")
    functions = {"ref": lambda type, name, attribute="id", literal=None: f'"{name}"'}
    variables = {"value": value, "before": before}
    filled = snippets.fill(id, variables, functions, lambda text: None, folder="edits")
    (block,) = filled.blocks
    assert block.labels[0] in ((type,) if type else setting(id).terraform)
    assert block.labels[1:] == ("edit",)
    assert [one for one in schema.problems(block.to_write()) if " lacks " not in one] == []
    assert filled.imports == {}
    return block.to_write()


def arguments_of(block: Any) -> set[str]:
    """The names of all arguments in a block and in those inside it."""
    return {name for name, _ in block.attributes}.union(*map(arguments_of, block.blocks))
