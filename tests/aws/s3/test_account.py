"""The account's block of public access to its buckets."""

from __future__ import annotations

from hipaa_tui.aws.s3.settings import FLAGS
from hipaa_tui.clouds import call_description
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.server import ACCOUNT
from tests.aws.settings import bring


def test_the_accounts_block_comes_and_goes(aws):
    one = setting("aws.s3.account-public-access-block")
    (target,) = resource_type(one.resource).list(aws, ACCOUNT, "eu-west-1", "aws")
    assert one.read(aws, target).absent
    (call,) = bring(aws, one.id, target, dict.fromkeys(FLAGS, True))
    assert one.same(one.read(aws, target).value, dict.fromkeys(FLAGS, True))
    assert call_description.permissions([call]) == ("s3:PutAccountPublicAccessBlock",)
    assert call_description.command(call).startswith("aws s3control put-public-access-block --account-id")
    bring(aws, one.id, target, ABSENT)
    assert one.read(aws, target).absent
    assert one.settle_seconds >= 480
