"""Guards of SSM documents: which accounts keep a document, and which documents stay public."""

from __future__ import annotations

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, verdict
from tests.aws.server import ACCOUNT, REGION


def switch(type: str) -> Target:
    found = resource_type(type).target(ACCOUNT, ACCOUNT, REGION)
    assert found is not None
    return found


SCRIPT = '{"schemaVersion":"2.2","description":"x","mainSteps":[]}'


def document(aws: Cloud, *accounts: str) -> Target:
    do(aws, "ssm", "CreateDocument", Content=SCRIPT, Name="restart", DocumentType="Command")
    for one in accounts:
        do(
            aws,
            "ssm",
            "ModifyDocumentPermission",
            Name="restart",
            PermissionType="Share",
            AccountIdsToAdd=[one],
        )
    found = resource_type("AWS::SSM::Document").target("restart", ACCOUNT, REGION)
    assert found is not None
    return found


def test_a_document_of_everybody_may_be_taken_back(aws):
    assert verdict(aws, "document-sharing", document(aws, "all"))[0] is Outcome.PASS


def test_accounts_that_keep_a_document_are_named(aws):
    outcome, reason = verdict(aws, "document-sharing", document(aws, "all", "1" * 12))
    assert (outcome, "111111111111" in reason) == (Outcome.WARN, True)


def test_a_document_that_is_gone_blocks(aws):
    gone = resource_type("AWS::SSM::Document").target("gone", ACCOUNT, REGION)
    assert verdict(aws, "document-sharing", gone)[0] is Outcome.BLOCK


def test_documents_that_stay_public_are_named(aws):
    sharing = switch("AWS::SSM::DocumentSharing")
    assert verdict(aws, "no-public-documents", sharing)[0] is Outcome.PASS
    document(aws, "all")
    outcome, reason = verdict(aws, "no-public-documents", sharing)
    assert (outcome, "restart" in reason) == (Outcome.WARN, True)
