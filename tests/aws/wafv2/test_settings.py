"""What stands before load balancers and APIs, made once for all of them and taken away again."""

from __future__ import annotations

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION
from tests.aws.wafv2 import estate as waf

CATALOGUE = load()
PLAYBOOK = CATALOGUE.get("aws.waf.web-acl")
PROTECTED = resource_type("AWS::WAFv2::WebACLAssociation")


def unprotected(aws):
    found = scan([PLAYBOOK], [Place("aws", ACCOUNT, REGION)], {"aws": aws})
    assert found.problems == ()
    return sorted(one.resource for one in found.findings)


def test_one_web_acl_is_made_for_all_and_taken_from_them_by_a_rollback(aws, tmp_path):
    waf.build(aws)
    clouds, journal = {"aws": aws}, Journal(open_store(tmp_path / "home" / "store.db"))
    wrong = unprotected(aws)
    assert [":loadbalancer/app/portal/" in one or "/stages/prod" in one for one in wrong] == [True, True]
    targets = [PROTECTED.target(id, ACCOUNT, REGION) for id in wrong]
    plan = make_plan([FixRequest(PLAYBOOK, one, ()) for one in targets], clouds, {})
    assert plan.blocked == ()
    made = [call.operation for change in plan.changes for call in change.calls]
    assert sorted(made) == ["AssociateWebACL", "AssociateWebACL", "CreateWebACL"]
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert journal.row(run).state == "done"
    assert unprotected(aws) == []
    acl = resource_type("AWS::WAFv2::WebACL").target("hipaa-tui", ACCOUNT, REGION)
    rules = setting("aws.wafv2.web-acl").read(aws, acl).value["Rules"]
    assert [rule["OverrideAction"] for rule in rules] == [{"Count": {}}] * 3

    undone = Applying(rollback_plan(journal, run, clouds), clouds, journal, sleep=lambda seconds: None)
    assert journal.row(undone.start()).state == "done"
    assert unprotected(aws) == wrong
    assert not setting("aws.wafv2.web-acl").read(aws, acl).absent


def test_a_web_acl_that_is_there_is_used_and_keeps_its_rules(aws):
    waf.build(aws)
    listed = do(aws, "wafv2", "ListWebACLs", Scope="REGIONAL")["WebACLs"]
    arn = next(one["ARN"] for one in listed if one["Name"] == "theirs")
    target = PROTECTED.target(unprotected(aws)[0], ACCOUNT, REGION)
    plan = make_plan([FixRequest(PLAYBOOK, target, ())], {"aws": aws}, {"web_acl": arn})
    assert [(change.setting, change.after) for change in plan.changes] == [
        ("aws.wafv2.association", {"WebACLArn": arn})
    ]


def test_blocking_is_asked_for_and_then_rules_refuse(aws):
    waf.build(aws)
    target = PROTECTED.target(unprotected(aws)[0], ACCOUNT, REGION)
    plan = make_plan([FixRequest(PLAYBOOK, target, ())], {"aws": aws}, {"mode": "block"})
    assert [rule["OverrideAction"] for rule in plan.changes[0].after["Rules"]] == [{"None": {}}] * 3


def test_another_web_acl_of_the_same_name_is_brought_back_as_it_was(aws):
    waf.build(aws)
    one = setting("aws.wafv2.web-acl")
    acl = resource_type("AWS::WAFv2::WebACL").target("theirs", ACCOUNT, REGION)
    before = one.read(aws, acl)
    stricter = {**before.value, "DefaultAction": {"Block": {}}}
    for call in one.write(acl, before, stricter):
        aws.call(call)
    changed = one.read(aws, acl)
    assert one.same(changed.value, stricter)
    for call in one.write(acl, changed, before.value):
        aws.call(call)
    assert one.same(one.read(aws, acl).value, before.value)


@pytest.mark.parametrize(
    ("id", "name"),
    [
        (
            f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/portal/50dc6c495c0c9188",
            "portal",
        ),
        (f"arn:aws:apigateway:{REGION}::/restapis/abc123/stages/prod", "abc123/prod"),
        (f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/tcp/50dc6c495c0c9188", None),
        (f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/classic", None),
        ("portal", None),
    ],
)
def test_a_report_names_what_a_web_acl_can_stand_before(id, name):
    found = PROTECTED.target(id, ACCOUNT, REGION)
    assert (found and found.name) == name
    assert found is None or (found.account, found.region, found.id) == (ACCOUNT, REGION, id)


def test_a_web_acl_of_cloudfront_lives_in_one_region():
    kind = resource_type("AWS::WAFv2::WebACL")
    arn = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/cdn/2b1b-4c"
    assert kind.target(arn, ACCOUNT, "eu-west-1").region == "us-east-1"
    assert kind.target(f"arn:aws:waf::{ACCOUNT}:webacl/old", ACCOUNT, REGION) is None
