"""Systems Manager's documents of the account's own, and with whom they are shared."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.aws.declared import Read
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.aws.resource_types.region_switch import call
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import Json

EVERYBODY: Final = "all"


class Documents(Named):
    name = "AWS::SSM::Document"
    title = "Systems Manager document"
    service = "ssm"
    kind = "document/"
    pattern = re.compile(r"[A-Za-z0-9_.-]{3,128}")
    listing = Read(
        *("ssm", "ListDocuments", "DocumentIdentifiers", {"Filters": [{"Key": "Owner", "Values": ["Self"]}]})
    )
    field = "Name"
    tagging = Read(
        *("ssm", "ListTagsForResource", "TagList", {"ResourceType": "Document", "ResourceId": "{name}"})
    )


class DocumentSharing(Setting):
    """{"AccountIds": [accounts, or "all"], sorted}: who besides the owner may use the document."""

    id = "aws.ssm.document-sharing"
    title = "Accounts that may use the document"
    resource = Documents.name
    reads = (Operation("ssm", "DescribeDocumentPermission"),)
    writes = (Operation("ssm", "ModifyDocumentPermission"),)
    terraform = ("aws_ssm_document",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = {"Name": target.name, "PermissionType": "Share"}
        try:
            # An answer has up to 200 accounts, and 1,000 is the most that there may be.
            found = cloud.call(call("ssm", target, "DescribeDocumentPermission", **asked))
            accounts = list(found.get("AccountIds") or [])
            while found.get("NextToken"):
                more = call(
                    "ssm", target, "DescribeDocumentPermission", **asked, NextToken=found["NextToken"]
                )
                found = cloud.call(more)
                accounts += found.get("AccountIds") or []
        except CloudError as error:
            return absent_on(("InvalidDocument",), error)
        return Reading({"AccountIds": sorted(accounts)}, {"Name": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1] if before and after else []

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        """The calls, each with the value after it: "all" goes alone, and others in twenties."""
        now = set(before["AccountIds"])
        steps: list[tuple[Call, Json]] = []
        for word, ids in (
            ("AccountIdsToRemove", now - set(after["AccountIds"])),
            ("AccountIdsToAdd", set(after["AccountIds"]) - now),
        ):
            for some in _twenties(ids):
                now = now - set(some) if word.endswith("Remove") else now | set(some)
                asked = {"Name": target.name, "PermissionType": "Share", word: some}
                value = {"AccountIds": sorted(now)}
                steps.append((call("ssm", target, "ModifyDocumentPermission", **asked), value))
        return steps

    def canonical(self, value: Json) -> Json:
        return {"AccountIds": sorted(value["AccountIds"])}


def _twenties(ids: set[str]) -> list[list[str]]:
    alone = [[EVERYBODY]] if EVERYBODY in ids else []
    rest = sorted(ids - {EVERYBODY})
    return [*alone, *(rest[start : start + 20] for start in range(0, len(rest), 20))]


def not_for_everybody(current: Json, _wanted: Json) -> Json:
    """The sharing without everybody; accounts that are named stay."""
    return {"AccountIds": [one for one in current["AccountIds"] if one.lower() != EVERYBODY]}


RESOURCE_TYPES = (Documents(),)
SETTINGS = (DocumentSharing(),)
BUILDERS = {"not_for_everybody": not_for_everybody}
