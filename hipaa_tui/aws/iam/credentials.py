"""What an IAM user proves itself with: access keys, and the password of its console login.

The ids of access keys never stand in a plan or a journal, which keep nothing that looks like a part of a
credential. A key is known by its end and its age, and a write asks IAM for the id in the moment it needs it.
"""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.iam.users import (
    Users,
    about_user,
    call,
    days_since,
    login_of,
    name_of,
    operations,
    user_call,
)
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, OWN_ANSWER, Json, reference

ACTIVE: Final = "Active"
INACTIVE: Final = "Inactive"
_SHOWN: Final = 4
"""Last characters of an access key's id by which a person tells keys apart."""


class AccessKeys(Setting):
    """{"Keys": [{"EndsWith", "Created", "Status", "AgeDays", "IdleDays", "LastUsed"?, "Where"?}]}, in IAM's order.

    `IdleDays` are counted from the last use, or from the creation of a key that IAM knows no use of. Only the
    status is chosen. Deactivated keys stay, and can be switched on again.
    """

    id = "aws.iam.access-keys"
    title = "Access keys"
    resource = Users.name
    reads = operations("ListAccessKeys", "GetAccessKeyLastUsed")
    writes = (Operation("iam", "UpdateAccessKey"), Operation("iam", "ListAccessKeys"))

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            keys = cloud.pages(user_call(target, "ListAccessKeys"), "AccessKeyMetadata")
        except CloudError as error:
            return absent_on(("NoSuchEntity",), error)
        value = {"Keys": [self._one(cloud, target, key) for key in keys]}
        return Reading(value, {"UserName": name_of(target.id)})

    def _one(self, cloud: Cloud, target: Target, key: dict[str, Any]) -> dict[str, Json]:
        asked = call(target, "GetAccessKeyLastUsed", AccessKeyId=key["AccessKeyId"])
        used = cloud.call(asked).get("AccessKeyLastUsed") or {}
        found: dict[str, Json] = {
            "EndsWith": str(key["AccessKeyId"])[-_SHOWN:],
            "Created": key["CreateDate"],
            "Status": key["Status"],
            "AgeDays": days_since(key["CreateDate"]),
        }
        last = used.get("LastUsedDate")
        if not last:
            return {**found, "IdleDays": found["AgeDays"]}
        where = f"{used.get('ServiceName')} in {used.get('Region')}"
        return {**found, "IdleDays": days_since(last), "LastUsed": last, "Where": where}

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        changed = self._changed(target, before.value, after)
        if not changed:
            return []
        # The list is asked for in the same breath, after the look that compares it with what was planned.
        calls = [user_call(target, "ListAccessKeys")]
        for index in changed:
            id = reference(OWN_ANSWER, f"AccessKeyMetadata.{index}.AccessKeyId")
            status = after["Keys"][index]["Status"]
            calls.append(user_call(target, "UpdateAccessKey", AccessKeyId=id, Status=status))
        return calls

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        passed, keys = [], [dict(key) for key in before["Keys"]]
        for index in self._changed(target, before, after)[:-1]:
            keys[index] = dict(after["Keys"][index])
            passed.append({"Keys": [dict(key) for key in keys]})
        return passed

    def _changed(self, target: Target, before: Json, after: Json) -> list[int]:
        """The keys whose status is another one. They are the same keys, or nothing is written."""
        if before is ABSENT or _names(before) != _names(after):
            raise ValueError(f"the access keys of {target.name} are others than those that were looked at")
        pairs = zip(before["Keys"], after["Keys"], strict=True)
        return [index for index, (old, new) in enumerate(pairs) if old["Status"] != new["Status"]]

    def canonical(self, value: Json) -> Json:
        return [[key["EndsWith"], key["Created"], key["Status"]] for key in value["Keys"]]


class ConsoleLogin(Setting):
    """{"CreateDate", "IdleDays", "LastUsed"?}; ABSENT for a user without a password. It can only be taken away.

    `IdleDays` are counted from the last sign-in or from the password's creation, whichever came later: IAM tells
    the last sign-in with an earlier password too (GetUser, PasswordLastUsed).
    """

    id = "aws.iam.console-login"
    title = "Console login"
    resource = Users.name
    reads = operations("GetUser", "GetLoginProfile")
    removes = operations("DeleteLoginProfile")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        login = login_of(cloud, target)
        if not login:
            return Reading(ABSENT)
        value: dict[str, Json] = {"CreateDate": login["CreateDate"]}
        last = about_user(cloud, target).get("PasswordLastUsed")
        if last:
            value["LastUsed"] = last
        idle = min(days_since(moment) for moment in (login["CreateDate"], last) if moment)
        return Reading({**value, "IdleDays": idle}, {"UserName": name_of(target.id)})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError(
            f"IAM keeps no copy of a password: give {target.name} a new one with "
            "`aws iam create-login-profile --password-reset-required`"
        )

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [user_call(target, "DeleteLoginProfile")]

    def canonical(self, value: Json) -> Json:
        return {"CreateDate": value["CreateDate"]}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if after is not ABSENT:
            return ""
        return "the password is gone for good: whoever needs the console again gets a new one from an administrator"


def _names(value: Json) -> list[tuple[Json, Json]]:
    return [(key["EndsWith"], key["Created"]) for key in value["Keys"]]


def deactivated_keys(current: Json, limits: Json) -> Json:
    """The active keys that are idle, or old, for longer than the limits allow, switched off; the others as they are.

    `limits` is {"idle_days"} or {"age_days"}.
    """
    if current is ABSENT:
        raise ValueError("there is no such user")
    idle, age = limits.get("idle_days"), limits.get("age_days")
    keys = []
    for key in current["Keys"]:
        over = (idle is not None and key["IdleDays"] > idle) or (age is not None and key["AgeDays"] > age)
        keys.append({**key, "Status": INACTIVE} if over and key["Status"] == ACTIVE else dict(key))
    return {**current, "Keys": keys}


SETTINGS = (AccessKeys(), ConsoleLogin())
BUILDERS = {"deactivated_keys": deactivated_keys}
