"""Everybody becomes the account in a vault's policy, and who loses by it is said before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipaa_tui.aws.glacier.settings import everybody_is_account
from hipaa_tui.clouds.connections import fresh
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.glacier.estate import lets, vault
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

POLICY = "aws.glacier.vault-policy"
KIND = resource_type("AWS::Glacier::Vault")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
PARTNER = "arn:aws:iam::444455556666:root"
OURS = {"account": ACCOUNT, "partition": "aws"}


def target(name: str) -> Any:
    return KIND.target(f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/{name}", ACCOUNT, REGION)


def says(aws: Any, *statements: Any) -> tuple[Outcome, str]:
    vault(aws, "films", *statements)
    return verdict(aws, "vault-readers", target("films"), (POLICY, None))


def closed(*statements: Any) -> list[dict[str, Any]]:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return list(json.loads(everybody_is_account(text, OURS))["Statement"])


@pytest.mark.parametrize(
    ("principal", "after"),
    [
        ("*", {"AWS": [ROOT]}),
        ({"AWS": "*"}, {"AWS": [ROOT]}),
        ({"AWS": ["*", PARTNER]}, {"AWS": [PARTNER, ROOT]}),
        ({"AWS": [ROOT, "*"]}, {"AWS": [ROOT]}),
    ],
)
def test_the_account_stands_where_everybody_stood(principal, after):
    mine = lets("films", principal, Condition={"Bool": {"aws:SecureTransport": "true"}})
    (found,) = closed(mine)
    assert found == {**mine, "Principal": after}


def test_a_statement_for_an_organization_and_a_refusal_stay_word_for_word():
    stays = [
        lets("films", "*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        lets("films", "*", Effect="Deny"),
        lets("films", {"AWS": PARTNER}),
    ]
    assert closed(*stays) == stays
    assert everybody_is_account(None, OURS) is None


def test_strangers_who_lose_and_partners_who_stay_are_told(aws):
    outcome, reason = says(aws, lets("films", "*"), lets("films", {"AWS": PARTNER}, Sid="Partner"))
    assert outcome is Outcome.WARN
    assert "444455556666 keep" in reason


def test_a_vault_that_nobody_strange_reads_passes(aws):
    assert says(aws, lets("films", {"AWS": ROOT}))[0] is Outcome.PASS
    assert verdict(aws, "vault-readers", target("films"))[0] is Outcome.PASS


def test_everybody_but_some_is_a_persons_to_narrow(aws):
    statement = {key: item for key, item in lets("films", "*").items() if key != "Principal"}
    assert says(aws, {**statement, "NotPrincipal": {"AWS": PARTNER}})[0] is Outcome.BLOCK


def test_a_lock_that_lets_everybody_in_stays_and_is_told(aws):
    """moto has no vault locks: Glacier's answer is told here."""
    lock = {"State": "Locked", "Policy": json.dumps({"Statement": [lets("films", "*", Sid="Lock")]})}
    outcome, reason = says(Answers(aws, GetVaultLock=lock), lets("films", "*"))
    assert outcome is Outcome.WARN
    assert "vault lock policy is public as well (Lock)" in reason


def test_a_policy_is_set_and_taken_away_again(aws):
    vault(aws, "films")
    one, first = setting(POLICY), fresh({"aws": aws}, POLICY, target("films"))
    assert first.absent
    text = json.dumps({"Version": "2012-10-17", "Statement": [lets("films", {"AWS": ROOT})]})
    for call in one.write(target("films"), first, text):
        aws.call(call)
    second = fresh({"aws": aws}, POLICY, target("films"))
    assert second.value == text
    for call in one.remove(target("films"), second):
        aws.call(call)
    assert fresh({"aws": aws}, POLICY, target("films")).absent
    assert KIND.tags(aws, target("films")) == {}


def test_an_account_without_vaults_that_may_make_none_has_none(aws):
    class Closed(Answers):
        code = "NoLongerSupportedException"

        def pages(self, call: Any, items: str) -> list[Any]:
            raise CloudError(self.code, "no longer accepting new customers", status=400, call=call)

    assert KIND.list(Closed(aws), ACCOUNT, REGION, "aws") == []
    refusing = Closed(aws)
    refusing.code = "AccessDeniedException"
    with pytest.raises(CloudError):
        KIND.list(refusing, ACCOUNT, REGION, "aws")
    assert [one.name for one in KIND.list(aws, ACCOUNT, REGION, "aws")] == []
    do(aws, "glacier", "CreateVault", accountId="-", vaultName="films")
    assert [one.name for one in KIND.list(aws, ACCOUNT, REGION, "aws")] == ["films"]
