"""Whether the buckets that a distribution reads are there: a name that is free can be taken by anybody, page and all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.cloudfront.settings import Distributions, configuration
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

_BUCKET: Final = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3(?:[.-](?:website|dualstack|accelerate))?(?:[.-][a-z0-9-]+)?"
    r"\.amazonaws\.com(?:\.cn)?"
)
_NO_BUCKETS: Final = ("-s3alias", "--ol-s3")
"""How names of access points end, which nobody else can take."""
_GONE: Final = ("404", "NoSuchBucket")


class Origins(Setting):
    """{"Buckets": [names that are read], "Missing": [those that nobody has]}. Only for looking.

    A bucket that may not be looked at is somebody's, and not missing.
    """

    id = "aws.cloudfront.origin-buckets"
    title = "Buckets of the distribution"
    resource = Distributions.name
    reads = (Operation("cloudfront", "GetDistributionConfig"), Operation("s3", "HeadBucket"))

    def read(self, cloud: Cloud, target: Target) -> Reading:
        config = configuration(cloud, target)
        if not config:
            return Reading(ABSENT)
        names = sorted(
            {name for one in _origins(config) if (name := bucket_in(str(one.get("DomainName") or "")))}
        )
        missing: list[Json] = [name for name in names if not _there(cloud, target, name)]
        return Reading({"Buckets": names, "Missing": missing}, {"Arn": target.id, "Id": target.name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError(
            "whether the origin goes or the bucket comes back is a person's to decide: see the steps"
        )


def bucket_in(domain: str) -> str:
    """The bucket that a host name of S3 means; "" for any other host."""
    found = _BUCKET.fullmatch(domain.lower())
    return "" if found is None or found["name"].endswith(_NO_BUCKETS) else found["name"]


def _origins(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((config.get("Origins") or {}).get("Items") or [])


def _there(cloud: Cloud, target: Target, name: str) -> bool:
    try:
        cloud.call(Call("aws", "s3", "HeadBucket", {"Bucket": name}, target.region))
    except CloudError as error:
        if error.code in _GONE:
            return False
        if not error.denied and error.status not in (301, 307):
            raise
    return True


SETTINGS = (Origins(),)
