"""Maps a place in Terraform code to the cloud resources that the block there manages.

By a state if there is one, else by the block's names if these are certain. An ambiguous resource is not guessed: the
reason says which option makes it certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers import fields
from hipaa_tui.findings.readers.reader import InCode
from hipaa_tui.patches.code import arns
from hipaa_tui.patches.code.folder import Folder, Resource
from hipaa_tui.patches.code.instances import Instance
from hipaa_tui.patches.code.provider_scope import Place, Whose
from hipaa_tui.patches.code.report_paths import Names
from hipaa_tui.patches.code.resource_identity import SINGLETONS, belongs_to
from hipaa_tui.patches.code.scopes import auto_loaded
from hipaa_tui.patches.code.source_locations import INDEX, Spots, Unclear
from hipaa_tui.patches.language.syntax import Expression, Template, Traversal
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.support.sanitize import plain

_LAST_INDEX: Final = re.compile(r'(?:\["(?:[^"\\]|\\.)*"\]|\[\d+\])$')
_NOT_REGIONAL: Final = "us-east-1"
_HOMES: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_STATE: Final = "pass the state, which has it, with --state"


@dataclass(frozen=True, slots=True)
class Unlocated:
    """A row that could not be mapped to a resource: the reason, and possible resources."""

    row: InCode
    reason: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A finding for each resource that the row is about, and why others are not named.

    `file` is where the block stands, "" where the folder has none.
    """

    findings: tuple[Finding, ...]
    unlocated: tuple[Unlocated, ...]
    file: str = ""


@dataclass
class Locator:
    """Of one folder at its commit."""

    folder: Folder
    spots: Spots
    whose: Whose

    def locate(self, row: InCode, wanted: str) -> Answer:
        """What the row is about. `wanted` is the type of resource that its playbook changes, or ""."""
        try:
            resource = self.spots.block(row)
        except Unclear as error:
            return Answer((), (Unlocated(row, str(error), error.candidates),))
        findings: list[Finding] = []
        unclear: dict[str, Unlocated] = {}
        try:
            for one in self._instances(resource, row.address):
                try:
                    findings.append(self._finding(row, resource, one, wanted))
                except Unclear as error:
                    unclear.setdefault(str(error), Unlocated(row, str(error), error.candidates))
        except Unclear as error:
            unclear[str(error)] = Unlocated(row, str(error), error.candidates)
        file = self.spots.names.path_of(resource.file)
        return Answer(tuple(findings), tuple(unclear.values()), file)

    # -- what it stands for

    def _instances(self, resource: Resource, address: str) -> list[Instance]:
        """The instances that an address names: all of the block, where it names none of them."""
        known = list(self.folder.instances(resource))
        if not known:
            if resource.scope or resource.many:
                problem = self.folder.evaluation.problem if self.folder.evaluation else ""
                raise Unclear(
                    f"the instances of {resource.where} are known only to Terraform{f' ({problem})' if problem else ''}; "
                    f"{_STATE}"
                )
            return [Instance(resource.address, {})]
        if not INDEX.search(address):
            return known
        named = [one for one in known if one.address == address or one.address.endswith(f".{address}")]
        if not named:
            raise Unclear(f"{address} is not an instance of {resource.where}", [one.address for one in known])
        return named

    def _finding(self, row: InCode, resource: Resource, instance: Instance, wanted: str) -> Finding:
        place = self.whose.place(resource, instance.module)
        provider = "azure" if resource.type.startswith("azurerm_") else "aws"
        if not resource.type.startswith(("aws_", "azurerm_")):
            raise Unclear(f"{resource.where} is of an unsupported provider")
        id = self._resource(resource, instance, place, wanted)
        arn = id.split(":", 5) if id.startswith("arn:") else []
        if provider == "azure":
            parts = id.split("/")
            account, region, partition = parts[2].lower(), "global", "AzureCloud"
        else:
            account = (arn[4] if arn else "") or place.account
            region, partition = (arn[3] if arn else "") or place.region, arn[1] if arn else place.partition
            if arn and arn[2] in {"iam", "cloudfront"}:
                region = region or _HOMES.get(partition, _NOT_REGIONAL)
        if not account:
            raise Unclear(
                f"the account of {resource.where} is unknown; give it with --account, or pass the state"
            )
        if not region:
            raise Unclear(
                f"the region of {resource.where} is unknown; give it with --region, or pass the state"
            )
        where = f"{resource.file}:{row.line or resource.block.line} ({instance.address})"
        return Finding(
            provider=provider,
            account=account,
            region=region,
            check=row.check,
            resource=id,
            resource_name=plain(fields.name_in(id), fields.NAME_LIMIT),
            resource_type=wanted or resource.type,
            title=row.title,
            detail=plain(f"{row.detail} · {where}", fields.DETAIL_LIMIT),
            severity=row.severity,
            source=row.source,
            partition=partition,
        )

    def _resource(self, resource: Resource, instance: Instance, place: Place, wanted: str) -> str:
        """The ARN or ARM id of the block's own resource, or of what it is a part of: of which the check is."""
        reason = Unclear("")
        found = ""
        for one, each in self._chain(resource, instance):
            try:
                id = self._id(one, each, self.whose.place(one, each.module), wanted)
            except Unclear as error:
                reason = reason if str(reason) else error
                continue
            if not wanted or _is_of(wanted, id, place):
                return id
            found = id
        if str(reason):
            raise reason
        raise Unclear(
            f"{resource.where} is not of type {wanted}, nor a part of one that the code names ({found} is not)"
        )

    def _chain(self, resource: Resource, instance: Instance) -> Iterator[tuple[Resource, Instance]]:
        """What the block is a part of, the whole first; then the block itself."""
        parts = [(resource, instance)]
        while len(parts) < 4:
            owner = self._owner(*parts[-1])
            if owner is None:
                break
            parts.append(owner)
        # A part that is no resource of its own has no id either.
        yield from reversed(parts) if len(parts) > 1 else parts

    def _owner(self, resource: Resource, instance: Instance) -> tuple[Resource, Instance] | None:
        argument, types = belongs_to(resource.type)
        attribute = next((one for one in resource.block.attributes if one.name == argument), None)
        if attribute is None:
            return None
        value = _unwrapped(attribute.value)
        if not isinstance(value, Traversal) or len(value.parts) < 3 or value.parts[0] not in types:
            return None
        address = ".".join(value.parts[:2])
        owner = self._at.get((resource.scope, address))
        if owner is None:
            return None
        try:
            among = [one for one in self._instances(owner, "") if one.module == instance.module]
        except Unclear:
            return None
        if value.indexed:
            among = [one for one in among if _index(one.address) == _wanted_index(attribute.text, instance)]
        return (owner, among[0]) if len(among) == 1 else None

    @cached_property
    def _at(self) -> Mapping[tuple[str, str], Resource]:
        return {(one.scope, one.address): one for one in self.folder.resources}

    def _id(self, resource: Resource, instance: Instance, place: Place, wanted: str) -> str:
        """The ARN or ARM id of one instance."""
        type = resource.type
        stated = instance.values if instance.sure else {}
        for name in ("arn", "id"):
            if stated.get(name, "").startswith(("arn:", "/subscriptions/")):
                return stated[name].removesuffix(":*")
        where = {"account": place.account, "region": place.region, "partition": place.partition}
        if type in SINGLETONS:
            if not place.account:
                raise Unclear(f"the account of {resource.where} is unknown; give it with --account")
            return f"arn:{place.partition}:iam::{place.account}:root"
        if arns.is_arm(type):
            return self._arm_id(resource, instance, place)
        for id in self._own_ids(resource, stated.get("id", "")):
            if wanted and (
                target := resource_types()[wanted].target(id, place.account, place.region, place.partition)
            ):
                return target.id
        named_by = arns.named_by(type)
        if named_by:
            name = self._value(resource, instance, named_by)
            if arns.has_path(type) and resource.block.value("path") not in (None, "/"):
                raise Unclear(f"the path of {resource.where} is known only to Terraform; {_STATE}")
            arn = arns.arn_of(type, name, where)
            if arn is None:
                lacking = "account" if arns.has_account(type) and not place.account else "region"
                raise Unclear(f"the {lacking} of {resource.where} is unknown; give it with --{lacking}")
            return arn
        return self._of_part(resource, instance, where)

    def _of_part(self, resource: Resource, instance: Instance, where: dict[str, str]) -> str:
        """By the name that a part gives for its owner, where the owner is not in the code."""
        argument, types = belongs_to(resource.type)
        if not types or not arns.named_by(types[0]):
            raise Unclear(f"the cloud assigns the id of {resource.where} at creation; {_STATE}")
        name = self._value(resource, instance, argument)
        if name.startswith("arn:"):
            return name
        arn = arns.arn_of(types[0], name, where) if "/" not in name and ":" not in name else None
        if arn is None:
            raise Unclear(f"{resource.where} does not name the resource that it is a part of; {_STATE}")
        return arn

    def _own_ids(self, resource: Resource, stated: str) -> list[str]:
        """Ids that the cloud gave, from a state or an import block."""
        imported = None if resource.scope or resource.many else self.folder.imports.get(resource.address)
        return (
            [one for one in (stated, *(imported or ())) if one]
            if imported is None or len(imported) == 1
            else []
        )

    def _arm_id(self, resource: Resource, instance: Instance, place: Place) -> str:
        if not place.account:
            raise Unclear(f"the subscription of {resource.where} is unknown; give it with --account")
        name = self._value(resource, instance, "name")
        group = self._value(resource, instance, "resource_group_name")
        return arns.arm_id_of(resource.type, name, group, place.account)

    def _value(self, resource: Resource, instance: Instance, argument: str) -> str:
        """The one thing that an argument is for an instance."""
        said = instance.values.get(argument, "")
        if not instance.sure:
            alone = not resource.scope and not resource.many
            text = self.folder.values(resource.block.value(argument), resource.block) if alone else None
            if text is not None and len(text) > 1:
                raise Unclear(
                    f"{argument} of {resource.where} has several values; select the .tfvars file with --var-file",
                    sorted(text),
                )
            if text is not None:
                return next(iter(text))
            if said and self._unsaid:
                raise Unclear(
                    f"{argument} of {resource.where} may depend on {self._unsaid}; select the .tfvars file with --var-file"
                )
        if not said:
            raise Unclear(f"{argument} of {resource.where} is known only to Terraform; {_STATE}")
        return said

    @cached_property
    def _unsaid(self) -> str:
        """.tfvars files of the folder that may count or not, since Terraform does not read them by itself."""
        names = [name for name in self.folder.files if name.endswith(".tfvars") and "/" not in name]
        if self.folder.var_files:
            return ""
        return " or ".join(sorted(set(names) - set(auto_loaded(names)))[:3])


def locator(names: Names, account: str, region: str) -> Locator:
    """The locator of a folder, of whose default providers the user says this account and region."""
    folder = names.folder
    whose = Whose(folder, account, region)
    if folder.evaluation is not None:
        place = whose.of("aws")
        known = folder.evaluation.known
        known.account, known.region, known.partition = place.account, place.region, place.partition
    return Locator(folder, Spots(folder, names), whose)


def _is_of(wanted: str, id: str, place: Place) -> bool:
    return resource_types()[wanted].target(id, place.account, place.region, place.partition) is not None


def _unwrapped(value: Expression) -> Expression:
    """`"${x.id}"` is x.id."""
    return value.parts[0] if isinstance(value, Template) and len(value.parts) == 1 else value


def _index(address: str) -> str:
    found = _LAST_INDEX.search(address)
    return found.group() if found else ""


def _wanted_index(text: str, instance: Instance) -> str:
    """The index in `aws_s3_bucket.b[each.key].id`, for an instance of the block that says so; "?" where it is unclear."""
    if re.search(r"\[\s*(?:each\.key|count\.index)\s*\]", text):
        return _index(instance.address) or "?"
    found = INDEX.search(text)
    return found.group() if found else "?"
