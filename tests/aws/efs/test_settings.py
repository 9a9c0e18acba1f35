"""File systems of EFS: ids, and encryption that is chosen at creation."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::EFS::FileSystem", f"arn:aws:elasticfilesystem:{HERE}:file-system/fs-0123abcd", "fs-0123abcd"),
        ("AWS::EFS::FileSystem", f"arn:aws:elasticfilesystem:{HERE}:access-point/fsap-1", None),
    ],
)
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_what_is_not_there_is_absent(aws):
    where = target("AWS::EFS::FileSystem", "fs-0123abcd")
    assert setting("aws.efs.encryption").read(aws, where).absent


def test_what_is_chosen_at_creation_is_only_looked_at(aws):
    do(aws, "efs", "CreateFileSystem", CreationToken="phi")
    (files,) = resource_type("AWS::EFS::FileSystem").list(aws, ACCOUNT, REGION, "aws")
    assert setting("aws.efs.encryption").read(aws, files).value == {"Encrypted": False}
    with pytest.raises(ValueError, match="make a new one"):
        setting("aws.efs.encryption").calls(files, Reading({}), {})
