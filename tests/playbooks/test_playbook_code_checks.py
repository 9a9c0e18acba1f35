"""Checks of Terraform code are answered by the playbook that fixes the same thing in the cloud."""

from __future__ import annotations

import re

import pytest

from hipaa_tui.playbooks.load import load

CATALOGUE = load()


@pytest.mark.parametrize(
    ("checks", "playbook"),
    [
        (("CKV_AWS_18", "AVD-AWS-0089"), "aws.s3.access-logging"),
        (("CKV_AWS_21", "AVD-AWS-0090", "568a4d22-3517-44a6-a7ad-6a7eed88722c"), "aws.s3.versioning"),
        (("CKV_AWS_7", "AVD-AWS-0065"), "aws.kms.rotation"),
        (("CKV_AWS_17", "AVD-AWS-0180", "35113e6f-2c6b-414d-beec-7a9482d3b2d1"), "aws.rds.public-access"),
        (
            ("CKV_AZURE_44", "AVD-AZU-0008", "12944ec4-1fa0-47be-8b17-42a034f937c2"),
            "azure.storage.secure-transfer",
        ),
    ],
)
def test_one_playbook_answers_the_same_check_of_several_scanners(checks, playbook):
    assert {CATALOGUE.for_check(check).id for check in checks} == {playbook}


def test_the_ids_are_written_as_the_readers_give_them():
    shapes = {"trivy": r"AVD-(AWS|AZU)-\d{4}", "kics": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"}
    for playbook in CATALOGUE.playbooks.values():
        for tool, shape in shapes.items():
            for check in playbook.answers.get(tool, ()):
                assert re.fullmatch(shape, check), (playbook.id, check)
                cloud = "AZU" if playbook.id.startswith("azure.") else "AWS"
                assert tool == "kics" or cloud in check
