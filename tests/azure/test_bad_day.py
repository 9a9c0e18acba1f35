"""Microsoft Entra ID does not know everywhere yet the identity that a run just created: its role waits for that."""

import pytest

from hipaa_tui.azure.authorization.settings import OWNER
from hipaa_tui.azure.retryable_errors import RETRYABLE
from hipaa_tui.azure.sdk.pipeline import SANDBOX_PRINCIPAL
from hipaa_tui.journal.states import RunState
from hipaa_tui.providers.retryable import find
from hipaa_tui.runs.model import ChangeState
from tests.azure.server import ACCOUNT, SCOPE, azure, bring
from tests.azure.vaults import KEY, account, key, ready_vault, role
from tests.runs.engine import Engine

ENCRYPT = "azure.storage.customer-managed-key"
MINE = role(OWNER, 1, SANDBOX_PRINCIPAL, scope=SCOPE)
UNKNOWN = {
    "method": "PUT",
    "path_contains": "roleAssignments",
    "status": 400,
    "code": "PrincipalNotFound",
    "message": "Principal 4f1c does not exist in the directory.",
}


@pytest.fixture
def engine(tmp_path):
    with azure(account(), ready_vault(), key(), MINE) as cloud:
        yield Engine(tmp_path, cloud)


def test_a_role_waits_for_the_identity_that_the_run_created(engine):
    plan = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY)
    engine.fault(**UNKNOWN, times=8)
    run = engine.apply(plan)
    assert run.state is RunState.DONE, run.note
    assert 20 < engine.waited < 600
    assert len([write for write in engine.writes() if "roleAssignments" in write["path"]]) == 9


def test_after_a_crash_the_identity_still_counts_as_created_by_the_run(engine):
    plan = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY)
    real = engine.cloud.call

    def die(call):
        if "roleAssignments" in str(call.arguments.get("path")) and call.operation == "PUT":
            raise KeyboardInterrupt
        return real(call)

    engine.cloud.call = die
    with pytest.raises(KeyboardInterrupt):
        engine.apply(plan)
    engine.cloud.call = real
    engine.fault(**UNKNOWN, times=3)
    (row,) = engine.journal.rows()
    engine.expire(row.id)
    run = engine.resume(row.id)
    assert run.state is RunState.DONE, run.note


def test_a_principal_that_was_there_before_is_a_persons_mistake(engine):
    identity, *_ = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY).changes
    bring(engine.cloud, identity.setting, identity.target, identity.after)
    plan = engine.plan((ENCRYPT, ACCOUNT), key_id=KEY)
    engine.fault(**UNKNOWN, times=99)
    run = engine.apply(plan)
    assert run.changes[0].state is ChangeState.FAILED
    assert engine.waited < 1


@pytest.mark.parametrize(
    ("service", "code", "message"),
    [
        ("Microsoft.Sql", "ConflictingServerOperation", "A conflicting operation is in progress."),
        ("Microsoft.Sql", "ServerBlobAuditingPolicyInProgress", "Set server blob auditing is already in progress."),
        ("Microsoft.Sql", "40802", "A service objective assignment on server 's' and database 'd' is already in progress."),
        ("Microsoft.Sql", "Conflict", "There is an import or export operation in progress on the database d"),
        ("Microsoft.Network", "ReferencedResourceNotProvisioned", "Cannot proceed because resource x is not in Succeeded state. Resource is in Updating state"),
        ("Microsoft.DBforPostgreSQL", "ServerIsBusy", "Cannot complete operation while server 'p' is busy processing another operation."),
    ],
)  # fmt: skip
def test_what_a_busy_service_answers_is_known_in_its_own_words(service, code, message):
    entry = find(RETRYABLE, service, code, message)
    assert entry is not None
    assert not entry.new
