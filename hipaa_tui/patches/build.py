"""Adds the changes of a plan to a patch, one after the other: as edits of existing blocks, or as new ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from hipaa_tui.clouds.connections import cloud_of
from hipaa_tui.patches.blocks import block_context
from hipaa_tui.patches.blocks.gathering import gather
from hipaa_tui.patches.blocks.render import Patchwork
from hipaa_tui.patches.blocks.snippets import NoSnippetError, Refused, Rendered
from hipaa_tui.patches.code.folder import Managed, Resource
from hipaa_tui.patches.code.providers import inside_of, stands_inside
from hipaa_tui.patches.code.resource_identity import IDENTIFYING
from hipaa_tui.patches.code.scopes import module_name
from hipaa_tui.patches.edit.in_place import InPlace, between, told
from hipaa_tui.patches.editing.edit_context import Difference
from hipaa_tui.patches.eligibility import Candidate, NotReady, Selection, resolved
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Declared
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.providers.model import CloudError, Clouds, Reading
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import ABSENT, Json, resolve
from hipaa_tui.support.redaction import secrets_in
from hipaa_tui.support.sanitize import plain

_AS_IT_IS: Final = Difference()


@dataclass
class Work:
    """One patch in the making."""

    plan: Plan
    clouds: Clouds
    selection: Selection
    patchwork: Patchwork
    inplace: InPlace
    shared: Collection[str] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    _leaving: dict[str, list[tuple[Candidate, Managed]]] = field(default_factory=dict)

    def render_all(self) -> None:
        """Every candidate in the plan's order; what cannot be rendered is left out, with its reason."""
        for candidate in self.selection.candidates:
            self.readings.update({change.id: candidate.reading for change in candidate.changes})
        for candidate in self.selection.candidates:
            reason = self._render(candidate)
            if reason:
                self.selection.leave(candidate.changes, reason)
        self.inplace.settle()
        for leaving in self._leaving.values():
            self._all_removed(leaving)

    def _all_removed(self, leaving: list[tuple[Candidate, Managed]]) -> None:
        """Take out a block of which every instance goes; else nothing of it."""
        (candidate, found), *_ = leaving
        resource, gone = found.resource, {one.address for _, each in leaving for one in each.instances}
        if resource is None:
            return
        reason = f"{found.where} creates others, too: remove these there"
        if gone and gone == {one.address for one in self.patchwork.folder.instances(resource)}:
            reason = self.inplace.remove(resource, comments=f": {candidate.change.playbook}", instances=gone)
        for one, each in leaving:
            if reason:
                self.selection.leave(one.changes, reason)
            else:
                mine = [instance.address for instance in each.instances]
                self.addresses.update({change.id: mine for change in one.changes})

    def gather(self) -> None:
        """Make one block of what all instances of a block get."""
        found = gather(self.patchwork.pieces, self.patchwork.folder)
        self.patchwork.pieces = found.pieces
        for change, addresses in self.addresses.items():
            self.addresses[change] = [found.addresses.get(one, one) for one in addresses]

    def allowed(self) -> dict[str, frozenset[str] | None]:
        """What may change at which address."""
        made = {
            address: frozenset(
                {name for name, _ in piece.block.attributes} | {one.type for one in piece.block.blocks}
            )
            for piece in self.patchwork.pieces
            for address, _ in piece.instances()
        }
        return {**made, **self.inplace.names}

    def _render(self, candidate: Candidate) -> str:
        """Put one candidate into the patch; else why it stays out."""
        change = candidate.change
        try:
            variables = self._variables(candidate)
            held = secrets_in({name: variables[name] for name in ("live", "facts", "identity")})
            if held:
                return f"the Terraform code would contain what looks like a secret ({plain(held[0], 120)}): move it to a secret store first"
            if candidate.removal:
                return self._removed(candidate, variables)
            rendered = self.patchwork.render(change.setting, variables, candidate.provider)
        except NotReady as missing:
            return f"depends on {missing}, which is not in the patch"
        except CloudError as error:
            return f"what the Terraform code needs could not be read: {error}"
        except NoSnippetError as none:
            return self._part(candidate, variables, str(none))
        except Refused as error:
            return str(error)
        reason = self._by_others(candidate, variables, rendered)
        if reason is not None:
            return reason
        comment = self._comment(change)
        taken = self.patchwork.take(
            rendered, file=_file_name(change.playbook), comment=comment, provider=candidate.provider
        )
        for one in candidate.changes:
            self.addresses[one.id] = taken
            self.patchwork.exported(one.id, taken[0], variables["identity"])
        return ""

    def _removed(self, candidate: Candidate, variables: dict[str, Any]) -> str:
        """Take out the block of what a rollback takes away; else why not."""
        change = candidate.change
        title = setting(change.setting).title
        before = {**variables, "value": candidate.changes[0].before, "exists": False}
        found = self.patchwork.managed(self.patchwork.render(change.setting, before, candidate.provider))
        if found is None:
            return f"{title}: no block in this folder manages it, so there is nothing to remove"
        if found.resource is None or found.resource.scope:
            return f"{title} is defined at {found.where} together with others: remove it there"
        if found.instances or found.resource.many:
            self._leaving.setdefault(found.where, []).append((candidate, found))
            return ""
        reason = self.inplace.remove(found.resource, comments=f": {change.playbook}")
        if not reason:
            self.addresses.update({one.id: [found.resource.address] for one in candidate.changes})
        return reason

    def _by_others(self, candidate: Candidate, variables: dict[str, Any], rendered: Rendered) -> str | None:
        """Set it where something of the repository has it already, else why not; None where nothing has."""
        change = candidate.change
        found = self.patchwork.managed(rendered)
        if found:
            if found.address:
                for one in candidate.changes:
                    self.patchwork.export(one.id, found.address, variables["identity"])
            if found.inside is not None and len(rendered.blocks) == 1:
                return self._inside(candidate, variables, rendered.blocks[0], found.inside)
            if found.resource is None or len(rendered.blocks) != 1:
                return f"already managed at {found.where}: edit it there"
            return self._managed(candidate, variables, rendered.blocks[0], found)
        foreign = self._foreign(candidate, variables)
        if foreign is not None:
            return foreign
        first = rendered.blocks[0]
        if stands_inside(first.labels[0], self.versions):
            names = {change.target.name, change.target.id}
            bucket = self.patchwork.folder.holding("aws_s3_bucket", names)
            if bucket is None or bucket.resource is None:
                return f"hashicorp/aws before 4.0 has no {first.labels[0]}, and no block in this folder manages only that bucket"
            return self._inside(candidate, variables, first, bucket.resource)
        return None

    def _inside(
        self, candidate: Candidate, variables: dict[str, Any], block: Declared, bucket: Resource
    ) -> str:
        """Set it in the bucket's own block, as it was done before each setting had a block of its own."""
        part = inside_of(block.to_write())
        before = self._earlier(candidate, variables, block)
        if part is None:
            return f"is defined in {bucket.where} in another form: set {told(block.to_write())} there"
        mine = self.patchwork.folder.instances(bucket) if bucket.many or bucket.scope else ()
        names = {candidate.change.target.name, candidate.change.target.id}
        own = tuple(one for one in mine if names & set(one.values.values()))
        difference = Difference(before and inside_of(before), part)
        return self._over(candidate, Managed(bucket.where, bucket.address, bucket, own), part, difference)

    def _part(self, candidate: Candidate, variables: dict[str, Any], none: str) -> str:
        """Set a part of the resource's own block, where the folder has it; else why not, with what to set."""
        change = candidate.change
        try:
            part = self.patchwork.part(change.setting, variables)
        except NoSnippetError:
            return none
        except Refused as error:
            return str(error)
        before = None
        if variables["before"] is not ABSENT:
            with suppress(Refused, InputError, NoSnippetError):
                before = self.patchwork.part(change.setting, {**variables, "value": variables["before"]})
        type = part.labels[0]
        names = {change.target.name, change.target.id}
        found = self.patchwork.folder.holding(type, names)
        if found is None and (foreign := self._foreign(candidate, variables)) is not None:
            return foreign
        if found is None:
            return (
                f"is part of the resource's own block: set {told(part)} in the {type} block that manages it"
            )
        return self._over(candidate, found, part, Difference(before, part))

    def _foreign(self, candidate: Candidate, variables: dict[str, Any]) -> str | None:
        """Set it at the call of a module from elsewhere that manages the resource, else why not; None without one."""
        change = candidate.change
        found = self.patchwork.folder.foreign({change.target.name, change.target.id})
        if found is None:
            return None
        call, certain = found
        told_by = "is managed" if certain else "seems, by the inputs, to be managed"
        where = f"{told_by} by {call.where}, a module from {plain(call.source, 100)}"
        try:
            part = self.patchwork.module_part(module_name(call.source), change.setting, variables)
        except NoSnippetError:
            return (
                f"{where}: set {setting(change.setting).title} by an input of that call, or change the module"
            )
        except Refused as error:
            return f"{where}: {error}"
        scope = self.patchwork.folder.scopes.by_folder.get(call.folder or "") if call.folder else None
        if not certain or scope is None:
            return f"{where}: set {told(part)} there, with a version that has that input"
        missing = [name for name, _ in part.attributes if scope.variable(name) is None]
        if missing:
            return f"{where}, whose version has no input {missing[0]}: use one that has"
        reason = self.inplace.call(call, part)
        if not reason:
            self.addresses.update({one.id: [f"module.{call.name}"] for one in candidate.changes})
        return reason

    def _managed(
        self, candidate: Candidate, variables: dict[str, Any], block: Declared, found: Managed
    ) -> str:
        """Edit the block that manages the object; else why not."""
        before = self._earlier(candidate, variables, block)
        part = between(before, block.to_write(), IDENTIFYING[block.labels[0]])
        return self._over(candidate, found, part, Difference(before, block.to_write()))

    def _earlier(self, candidate: Candidate, variables: dict[str, Any], block: Declared) -> Block | None:
        """The block as the value before makes it; None where there is none, or it cannot be said."""
        if variables["before"] is ABSENT:
            return None
        given = {**variables, "value": variables["before"]}
        with suppress(Refused, InputError, NotReady):
            earlier = self.patchwork.render(candidate.change.setting, given, candidate.provider)
            return next((one.to_write() for one in earlier.blocks if one.labels == block.labels), None)
        return None

    def _over(
        self, candidate: Candidate, found: Managed, part: Block, difference: Difference = _AS_IT_IS
    ) -> str:
        """Lay the part over the block; what waits for other instances of the block is settled in `render_all`."""
        resource = found.resource
        addresses = [one.address for one in found.instances] or ([resource.address] if resource else [])
        answer: list[str] = []

        def settled(reason: str) -> None:
            answer.append(reason)
            if reason:
                self.selection.leave(candidate.changes, reason)
            else:
                self.addresses.update({one.id: addresses for one in candidate.changes})

        shared = "all" in self.shared or any(one.id in self.shared for one in candidate.changes)
        self.inplace.over(found, part, shared=shared, settled=settled, difference=difference)
        return answer[0] if answer else ""

    def _variables(self, candidate: Candidate) -> dict[str, Any]:
        change, reading = candidate.change, candidate.reading
        target = change.target
        planned = {} if candidate.removal else setting(change.setting).planned_identity(target, change.after)
        return {
            "value": self._value(change.after),
            "before": candidate.changes[0].before,
            "live": reading.value,
            "exists": not reading.absent,
            "applied": candidate.applied,
            "identity": {**planned, **reading.identity},
            "facts": block_context.gather(
                cloud_of(self.clouds, target.provider, target.account), change.setting, target, reading
            ),
            "target": target,
            "partition": target.partition,
        }

    def _value(self, value: Json) -> Json:
        """References as addresses; as literals where the block that makes it stays out but the thing exists."""

        def lookup(change: str, name: str) -> Json:
            known = self.patchwork.known(change, name)
            if known is not None and (change in self.addresses or self._left_out(change)):
                return known
            return resolved({"$known_after_apply": f"{change}.{name}"}, self.readings)

        return resolve(value, lookup)

    def _left_out(self, change: str) -> bool:
        return any(one.change == change for one in self.selection.left_out)

    def _comment(self, change: Change) -> str:
        group = next((one for one in self.plan.groups if one.id == change.group), None)
        cited = group.controls if group else ()
        more = f" and {len(cited) - 1} more" if len(cited) > 1 else ""
        controls = f", HIPAA {cited[0]}{more}" if cited else ""
        title = setting(change.setting).title
        return plain(f"{title} of {change.target.name}: {change.playbook}{controls}", 200)


def _file_name(playbook: str) -> str:
    return f"hipaa-{playbook.replace('.', '-')}.tf"
