"""What the principals of a policy use of it: services by IAM's last-accessed data, keys by what the account has.

Asked only about what allows too much, since IAM makes a report each time, which takes seconds.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from hipaa_tui.aws.iam.users import days_since, home, operations
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation
from hipaa_tui.support.json_value import Json

READS: Final = (
    *operations("GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"),
    Operation("kms", "ListKeys"),
    Operation("kms", "ListAliases"),
)
TRACKED_DAYS: Final = 400
"""IAM keeps the last use at least that long (IAM API Reference, GenerateServiceLastAccessedDetails)."""
_PATIENCE: Final = 20.0
_OFTEN: Final = 0.5


def services_used(
    cloud: Cloud, arn: str, partition: str = "aws", sleep: Callable[[float], None] = time.sleep
) -> dict[str, Json]:
    """{"Services": {namespace: whole days since the last use}, "Unknown": why nothing can be said, or ""}.

    A report that fails or is refused is no reason to stop a scan: then nothing is known.
    """
    region = home(partition)
    try:
        asked = Call("aws", "iam", "GenerateServiceLastAccessedDetails", {"Arn": arn}, region)
        job = {"JobId": cloud.call(asked)["JobId"]}
        look = Call("aws", "iam", "GetServiceLastAccessedDetails", job, region)
        waited = 0.0
        while (found := cloud.call(look))["JobStatus"] == "IN_PROGRESS":
            if waited >= _PATIENCE:
                return {"Services": {}, "Unknown": "IAM's report of last uses took too long"}
            sleep(_OFTEN)
            waited += _OFTEN
        if found["JobStatus"] != "COMPLETED":
            return {"Services": {}, "Unknown": "IAM could not make its report of last uses"}
        listed = list(found.get("ServicesLastAccessed") or [])
        while found.get("IsTruncated"):
            more = {**job, "Marker": found["Marker"]}
            found = cloud.call(Call("aws", "iam", "GetServiceLastAccessedDetails", more, region))
            listed += found.get("ServicesLastAccessed") or []
    except CloudError as error:
        if error.unauthenticated:
            raise
        return {"Services": {}, "Unknown": f"IAM's report of last uses cannot be had ({error.code})"}
    used = {
        str(one["ServiceNamespace"]): days_since(one["LastAuthenticated"])
        for one in listed
        if one.get("LastAuthenticated")
    }
    return {"Services": dict(sorted(used.items())), "Unknown": ""}


def own_keys(cloud: Cloud) -> list[str]:
    """The account's customer-managed keys in every region, by ARN. AWS's own are known by their aliases."""
    found: list[str] = []
    for region in cloud.scan_regions(everywhere=True):
        keys = cloud.pages(Call("aws", "kms", "ListKeys", {}, region), "Keys")
        if not keys:
            continue
        aliases = cloud.pages(Call("aws", "kms", "ListAliases", {}, region), "Aliases")
        theirs = {one.get("TargetKeyId") for one in aliases if str(one["AliasName"]).startswith("alias/aws/")}
        found += [str(one["KeyArn"]) for one in keys if one["KeyId"] not in theirs]
    return sorted(found)


def about_use(cloud: Cloud, facts: dict[str, Json], arn: str, partition: str) -> dict[str, Json]:
    """What is worth knowing about a policy with these facts before it is narrowed."""
    known: dict[str, Json] = {}
    if facts["Administrator"]:
        known["Used"] = services_used(cloud, arn, partition)
    if facts["DecryptsAllKeys"]:
        known["Keys"] = own_keys(cloud)
    return known
