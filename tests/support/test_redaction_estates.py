"""Nothing that ordinary estates are configured with is taken for a secret: no plan of theirs would be blocked."""

from __future__ import annotations

from hipaa_tui.aws.cloud import connect as connect_aws
from hipaa_tui.azure.cloud import connect as connect_azure
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_types, settings
from hipaa_tui.sandbox.clouds import Sandbox
from hipaa_tui.sandbox.seed import seed_all
from hipaa_tui.support.redaction import redact, secrets_in


def test_every_setting_of_the_sandbox_estates_comes_out_as_it_went_in():
    seen = refused = 0
    with Sandbox() as sandbox:
        sandbox.activate()
        try:
            clouds = {"aws": connect_aws(), "azure": connect_azure()}
            seed_all(clouds)
            for kind in resource_types().values():
                cloud = clouds[kind.provider]
                account = cloud.caller().accounts[0]
                region = cloud.scan_regions()[0]
                for target in kind.list(
                    cloud, account, region, "aws" if kind.provider == "aws" else "AzureCloud"
                ):
                    for one in settings().values():
                        if one.resource != kind.name:
                            continue
                        try:
                            reading = one.read(cloud, target)
                        except CloudError:
                            refused += 1
                            continue
                        seen += 1
                        value = {"value": reading.value, "identity": dict(reading.identity)}
                        assert secrets_in(value) == [], (one.id, target.id)
                        assert redact(value) == value
        finally:
            sandbox.deactivate()
    assert seen > 100
    assert refused < seen / 10
