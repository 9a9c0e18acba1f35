"""Storage accounts keep everything but the fields that a change is about."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.storage.settings import VERSION, with_transport
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import ACCOUNT, HTTPS, SUBSCRIPTION, azure, bring, raw, storage_account, target

TRANSPORT = setting("azure.storage.transport")
PUBLIC = setting("azure.storage.blob-public-access")


@pytest.fixture
def cloud():
    with azure(
        storage_account(futureField={"kept": True}), storage_account(f"{ACCOUNT}2", minimumTlsVersion=None)
    ) as one:
        yield one


def test_reads_only_what_the_setting_is_about(cloud):
    reading = TRANSPORT.read(cloud, target(ACCOUNT))
    assert reading.value == {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_0"}
    identity = reading.identity
    assert (identity["accountTier"], identity["replication"], identity["kind"]) == (
        "Standard",
        "GRS",
        "StorageV2",
    )
    assert identity["resourceGroup"] == "clinic"
    assert identity["tags"] == {"team": "records"}
    assert "primaryEndpoints" not in identity["properties"]


def test_a_write_brings_the_value_and_keeps_the_rest(cloud):
    before = raw(cloud, ACCOUNT, VERSION)
    (call,) = bring(cloud, TRANSPORT.id, target(ACCOUNT), HTTPS)
    assert call.arguments["body"] == {"properties": HTTPS}
    assert TRANSPORT.read(cloud, target(ACCOUNT)).value == HTTPS
    after = raw(cloud, ACCOUNT, VERSION)
    assert {**after["properties"], **before["properties"]} == before["properties"]
    assert after["properties"]["futureField"] == {"kept": True}
    assert after["tags"] == before["tags"]


def test_only_the_field_that_differs_is_sent(cloud):
    calls = bring(cloud, TRANSPORT.id, target(ACCOUNT), {**HTTPS, "minimumTlsVersion": "TLS1_0"})
    assert calls[0].arguments["body"] == {"properties": {"supportsHttpsTrafficOnly": True}}


def test_writing_the_same_again_is_no_call(cloud):
    bring(cloud, TRANSPORT.id, target(ACCOUNT), HTTPS)
    assert bring(cloud, TRANSPORT.id, target(ACCOUNT), HTTPS) == []


def test_an_earlier_value_is_restored_even_where_it_was_never_set(cloud):
    where = target(f"{ACCOUNT}2")
    before = TRANSPORT.read(cloud, where).value
    assert before == {"supportsHttpsTrafficOnly": False}
    bring(cloud, TRANSPORT.id, where, HTTPS)
    bring(cloud, TRANSPORT.id, where, before)
    assert TRANSPORT.same(TRANSPORT.read(cloud, where).value, before)


def test_public_access_is_one_field(cloud):
    (call,) = bring(cloud, PUBLIC.id, target(ACCOUNT), {"allowBlobPublicAccess": False})
    assert call.arguments["body"] == {"properties": {"allowBlobPublicAccess": False}}
    assert PUBLIC.read(cloud, target(ACCOUNT)).value == {"allowBlobPublicAccess": False}
    assert PUBLIC.same({}, {"allowBlobPublicAccess": True}), "never set lets containers be opened"


def test_it_cannot_be_removed(cloud):
    with pytest.raises(ValueError, match="cannot be removed"):
        TRANSPORT.remove(target(ACCOUNT), TRANSPORT.read(cloud, target(ACCOUNT)))


def test_an_account_that_is_gone_is_an_error_and_not_an_absence(cloud):
    with pytest.raises(CloudError) as caught:
        TRANSPORT.read(cloud, target(f"{ACCOUNT}gone"))
    assert caught.value.status == 404


def test_accounts_are_listed_with_their_place(cloud):
    found = resource_type("Microsoft.Storage/storageAccounts").list(cloud, SUBSCRIPTION, "", "AzureCloud")
    assert [(one.name, one.region) for one in sorted(found, key=lambda one: one.name)] == [
        ("patientfiles", "eastus"),
        ("patientfiles2", "eastus"),
    ]


@pytest.mark.parametrize(
    ("id", "name"),
    [
        (ACCOUNT, "patientfiles"),
        (ACCOUNT.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "PATIENTFILES"),
        (f"{ACCOUNT}/blobServices/default", "patientfiles"),
        ("patientfiles", None),
        (f"{ACCOUNT}?api-version=1", None),
        (f"{ACCOUNT}/../other", None),
        (f"{ACCOUNT}/fileServices/default", None),
        (ACCOUNT.replace(SUBSCRIPTION, SUBSCRIPTION.replace("0", "1")), None),
    ],
)
def test_a_target_is_what_a_report_means(id, name):
    found = resource_type("Microsoft.Storage/storageAccounts").target(id, SUBSCRIPTION, "eastus")
    assert (found.name if found else None) == name


def test_a_newer_tls_is_never_lowered():
    least = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}
    assert with_transport({"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_3"}, least) == {
        "supportsHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_3",
    }
    assert with_transport({}, least) == least
    with pytest.raises(ValueError, match="SSL3"):
        with_transport({"minimumTlsVersion": "SSL3"}, least)
