"""Guards of IAM's limits on policies, and of what a narrowed, replaced or bounding policy still allows."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.iam.inline import BUILDERS as INLINE
from hipaa_tui.aws.iam.policy_versions import BUILDERS
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do, text, verdict
from tests.aws.iam.estate_permissions import DECRYPT
from tests.aws.iam.estate_policies import READ, STAR, admin, managed, policy, role
from tests.aws.server import ACCOUNT, REGION

MANAGED, INLINE_SETTING = "aws.iam.managed-policy", "aws.iam.inline-policies"
ATTACHED = "aws.iam.policy-attachments"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def star(aws):
    return target("AWS::IAM::ManagedPolicy", managed(aws, "AdminStar", STAR))


def narrower(aws, where, **given):
    """The draft of the policy's narrowing."""
    held = setting(MANAGED).read(aws, where).value
    return MANAGED, BUILDERS["narrowed"](held, {"days": 400, "services": "", **given})


def test_a_sixth_version_is_refused_with_the_one_that_could_go(aws):
    where = star(aws)
    for _ in range(4):
        do(
            aws,
            "iam",
            "CreatePolicyVersion",
            PolicyArn=where.id,
            PolicyDocument=text(STAR),
            SetAsDefault=True,
        )
    outcome, said = verdict(aws, "policy-version-free", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "the oldest is v1 of 20" in said
    assert f"--policy-arn {where.id} --version-id v1" in said
    do(aws, "iam", "DeletePolicyVersion", PolicyArn=where.id, VersionId="v1")
    assert verdict(aws, "policy-version-free", where, narrower(aws, where))[0] is Outcome.PASS


def test_versions_that_earlier_fixes_of_the_plan_make_are_counted(aws):
    where = target(
        "AWS::IAM::ManagedPolicy", managed(aws, "shop", {**STAR, "Action": ["aws-marketplace:*", "kms:*"]})
    )
    for number in range(3):
        given = {"PolicyDocument": text({**READ, "Sid": f"S{number}"}), "SetAsDefault": False}
        do(aws, "iam", "CreatePolicyVersion", PolicyArn=where.id, **given)
    do(aws, "kms", "CreateKey")
    catalogue = load()
    wanted = [catalogue.get(f"aws.iam.{one}") for one in ("marketplace-subscribe", "decrypt-all-keys")]
    plan = make_plan([FixRequest(one, where, ()) for one in wanted], {"aws": aws}, {})
    assert [change.blocked for change in plan.changes] == [False, True]
    assert "5 versions" in str(plan.changes[1].guards)


def test_an_eleventh_policy_and_a_name_that_is_taken_are_refused(aws):
    arn = role(aws, "app")
    do(aws, "iam", "PutRolePolicy", RoleName="app", PolicyName="own", PolicyDocument=text(READ))
    where = target("AWS::IAM::Principal", arn)

    def asked():
        held = setting(INLINE_SETTING).read(aws, where).value
        return verdict(aws, "attachments-fit", where, (INLINE_SETTING, INLINE["moved"](held, arn)))

    assert asked()[0] is Outcome.PASS
    given = {"PolicyName": "role-app-own", "Path": "/hipaa-tui/", "PolicyDocument": text(READ)}
    do(aws, "iam", "CreatePolicy", **given)
    outcome, said = asked()
    assert (outcome, "role-app-own exists already" in said) == (Outcome.BLOCK, True)
    for number in range(10):
        do(aws, "iam", "AttachRolePolicy", RoleName="app", PolicyArn=managed(aws, f"p{number}", READ))
    outcome, said = asked()
    assert (outcome, "11 attached policies" in said) == (Outcome.BLOCK, True)


def test_a_replacement_that_is_as_wide_is_refused(aws):
    role(aws, "ops", admin())
    where = target("AWS::IAM::AttachedPolicy", admin())
    held = setting(ATTACHED).read(aws, where).value
    draft = (ATTACHED, {**held, "Roles": []})
    outcome, said = verdict(aws, "replacement-fits", where, draft, replacement=star(aws).id)
    assert outcome is Outcome.BLOCK
    assert "AdminStar allows everything as well" in said
    power = "arn:aws:iam::aws:policy/PowerUserAccess"
    assert verdict(aws, "replacement-fits", where, draft, replacement=power)[0] is Outcome.PASS
    assert verdict(aws, "replacement-fits", where, draft)[0] is Outcome.BLOCK, (
        "none is made and none is there"
    )
    for number in range(9):
        do(aws, "iam", "AttachRolePolicy", RoleName="ops", PolicyArn=managed(aws, f"p{number}", READ))
    outcome, said = verdict(aws, "replacement-fits", where, draft, replacement=power)
    assert (outcome, "ops has 10 attached policies" in said) == (Outcome.BLOCK, True)


def test_keys_that_would_be_lost_are_named(aws):
    where = target("AWS::IAM::ManagedPolicy", managed(aws, "Reports", DECRYPT))

    def asked(keys=""):
        held = setting(MANAGED).read(aws, where).value
        draft = (MANAGED, BUILDERS["decrypting_with"](held, keys))
        return verdict(aws, "decryption-kept", where, draft, keys=keys)

    outcome, said = asked()
    assert (outcome, "no customer managed key" in said) == (Outcome.BLOCK, True)
    one, two = (do(aws, "kms", "CreateKey")["KeyMetadata"]["Arn"] for _ in "ab")
    outcome, said = asked()
    assert (outcome, "the 2 keys of this account stay" in said) == (Outcome.WARN, True)
    outcome, said = asked(one)
    assert (outcome, two.rpartition("/")[2] in said) == (Outcome.WARN, True)
    foreign = one.replace(ACCOUNT, "444455556666")
    assert asked(f"{one} {two} {foreign}")[0] is Outcome.PASS


def test_a_boundary_is_not_narrowed_like_a_policy(aws):
    do(aws, "kms", "CreateKey")
    where = target("AWS::IAM::ManagedPolicy", managed(aws, "hipaa-tui-boundary", DECRYPT))
    held = setting(MANAGED).read(aws, where).value
    draft = (MANAGED, BUILDERS["decrypting_with"](held, ""))
    outcome, said = verdict(aws, "decryption-kept", where, draft, keys="")
    assert (outcome, "permissions boundary" in said) == (Outcome.BLOCK, True)


def test_a_boundary_that_bounds_nothing_or_nearly_all_is_said(aws):
    where = target("AWS::IAM::Role", role(aws, "app"))
    for statement, outcome in (
        (STAR, Outcome.BLOCK),
        (READ, Outcome.WARN),
        (
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, READ | {"Resource": "*"}],
            Outcome.PASS,
        ),
    ):
        name = f"fence-{outcome.value}"
        arn = managed(aws, name, *(statement if isinstance(statement, list) else [statement]))
        found, said = verdict(aws, "boundary-as-meant", where, policy=arn)
        assert (found, name in said) == (outcome, True)
    assert verdict(aws, "boundary-as-meant", where, policy=policy("none"))[0] is Outcome.BLOCK


@pytest.mark.parametrize(
    "name",
    ["policy-version-free", "attachments-fit", "replacement-fits", "decryption-kept", "boundary-as-meant"],
)
def test_what_could_lock_somebody_out_blocks_where_it_cannot_look(name):
    assert name in guards()[1]
