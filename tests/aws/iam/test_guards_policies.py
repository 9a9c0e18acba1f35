"""Narrowing permissions locks nobody out: not the caller, not the last administrator, not a pipeline or an emergency."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.iam.inline import BUILDERS as INLINE
from hipaa_tui.aws.iam.policy_versions import BUILDERS
from hipaa_tui.aws.kms.enclaves import attested
from hipaa_tui.clouds.connections import Reader
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Draft, Look, Outcome
from hipaa_tui.providers.model import Caller
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, allow, do, text, verdict
from tests.aws.iam.estate_permissions import DECRYPT
from tests.aws.iam.estate_policies import READ, STAR, admin, enclave_key, managed, policy, role, trust
from tests.aws.server import ACCOUNT, REGION

MANAGED, INLINE_SETTING = "aws.iam.managed-policy", "aws.iam.inline-policies"
BOUNDARY, ATTACHED = "aws.iam.permissions-boundary", "aws.iam.policy-attachments"
BACK = ("iam:SetDefaultPolicyVersion",)
IMAGE = "0a" * 48


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def star(aws):
    return target("AWS::IAM::ManagedPolicy", managed(aws, "AdminStar", STAR))


def narrower(aws, where, **given):
    """The draft of the policy's narrowing."""
    held = setting(MANAGED).read(aws, where).value
    return MANAGED, BUILDERS["narrowed"](held, {"days": 400, "services": "", **given})


def principal(kind, name):
    return target("AWS::IAM::Principal", f"arn:aws:iam::{ACCOUNT}:{kind}/{name}")


class As(Answers):
    """The same cloud for somebody else."""

    def __init__(self, cloud, who, **answers):
        super().__init__(cloud, **answers)
        self.who = who

    def caller(self):
        return Caller("aws", (ACCOUNT,), self.who)


# Who has it ------------------------------------------------------------------------------------------


def test_roles_of_identity_center_of_services_and_for_emergencies_are_left_alone(aws):
    where = star(aws)
    for path, name, reason in (
        ("/aws-reserved/sso.amazonaws.com/", "AWSReservedSSO_Ops_1", "permission set"),
        ("/aws-service-role/x.amazonaws.com/", "AWSServiceRoleForX", "service of AWS"),
    ):
        given = {"RoleName": name, "Path": path, "AssumeRolePolicyDocument": trust()}
        do(aws, "iam", "CreateRole", **given)
        do(aws, "iam", "AttachRolePolicy", RoleName=name, PolicyArn=where.id)
        outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
        assert (outcome, reason in said) == (Outcome.BLOCK, True), said
        do(aws, "iam", "DetachRolePolicy", RoleName=name, PolicyArn=where.id)
    do(aws, "iam", "CreateUser", UserName="carol", Tags=[{"Key": "purpose", "Value": "break-glass"}])
    do(aws, "iam", "AttachUserPolicy", UserName="carol", PolicyArn=where.id)
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "the user carol says of itself that it is for emergencies" in said
    do(aws, "iam", "DetachUserPolicy", UserName="carol", PolicyArn=where.id)
    do(aws, "iam", "CreateGroup", GroupName="admins")
    do(aws, "iam", "AddUserToGroup", GroupName="admins", UserName="carol")
    do(aws, "iam", "AttachGroupPolicy", GroupName="admins", PolicyArn=where.id)
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "the user carol of the group admins" in said


def test_a_pipeline_is_not_narrowed_blindly(aws):
    where = star(aws)
    issuer = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    federated = {
        "Effect": "Allow",
        "Principal": {"Federated": issuer},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    do(aws, "iam", "CreateRole", RoleName="deploy", AssumeRolePolicyDocument=text(federated))
    do(aws, "iam", "AttachRolePolicy", RoleName="deploy", PolicyArn=where.id)
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "name the services" in said
    outcome, said = verdict(aws, "policy-holders", where, narrower(aws, where), services="s3 iam")
    assert outcome is Outcome.WARN
    assert "a pipeline takes on the role deploy" in said


def test_a_role_that_was_used_lately_is_named_with_the_day(aws):
    where = star(aws)
    role(aws, "app", where.id)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    about = {
        **do(aws, "iam", "GetRole", RoleName="app")["Role"],
        "RoleLastUsed": {"LastUsedDate": yesterday.isoformat()},
    }
    draft = narrower(aws, where)
    outcome, said = verdict(Answers(aws, GetRole={"Role": about}), "policy-holders", where, draft)
    assert outcome is Outcome.WARN
    assert f"the role app was last used on {yesterday.date().isoformat()}" in said
    assert "IAM knows of no use" in said


def test_what_is_known_of_a_young_role_may_not_be_all_that_it_does(aws):
    where = star(aws)
    role(aws, "app", where.id)
    used = {"ServiceNamespace": "s3", "LastAuthenticated": datetime.now(UTC).isoformat()}
    seen = Answers(
        aws, GetServiceLastAccessedDetails={"JobStatus": "COMPLETED", "ServicesLastAccessed": [used]}
    )
    name, after = narrower(seen, where)
    assert "s3:*" in after["Document"]
    outcome, said = verdict(seen, "policy-holders", where, (name, after))
    assert outcome is Outcome.WARN
    assert (
        "the role app is 0 days old, so work that comes once a month or a quarter may not have shown" in said
    )


def test_a_policy_that_a_quiet_user_has_and_whose_services_are_named_passes(aws):
    where = star(aws)
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=where.id)
    given = {"services": "s3"}
    assert verdict(aws, "policy-holders", where, narrower(aws, where, **given), **given)[0] is Outcome.PASS


# Who is left -----------------------------------------------------------------------------------------


def weighed(aws, who, where, *drafts, memory=None):
    """The guard's word for somebody, with the way back that the draft would have."""
    cloud = As(aws, who)
    changes = [
        Draft(id, where, setting(id).read(aws, where).value, after, ("iam:CreatePolicyVersion",), BACK)
        for id, after in drafts
    ]
    look = Look(cloud, where, changes, {}, {}, Reader({"aws": cloud}), {} if memory is None else memory)
    return guards()[0]["administrator-stays"](look)


def administrator(aws, name="root-of-all"):
    do(aws, "iam", "CreateUser", UserName=name)
    do(aws, "iam", "PutUserPolicy", UserName=name, PolicyName="own", PolicyDocument=text(STAR))
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def test_nobody_narrows_the_policy_by_which_it_could_be_taken_back(aws):
    where = star(aws)
    do(aws, "iam", "CreateGroup", GroupName="admins")
    do(aws, "iam", "AttachGroupPolicy", GroupName="admins", PolicyArn=where.id)
    do(aws, "iam", "CreateUser", UserName="alice")
    do(aws, "iam", "AddUserToGroup", GroupName="admins", UserName="alice")
    me = f"arn:aws:iam::{ACCOUNT}:user/alice"
    outcome, said = weighed(aws, me, where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "you are alice and would lose iam:CreatePolicyVersion, iam:SetDefaultPolicyVersion" in said
    # With a policy of her own for it she can, and another administrator is there as well.
    other = administrator(aws)
    own = {"Effect": "Allow", "Action": "iam:*PolicyVersion", "Resource": "*"}
    do(aws, "iam", "PutUserPolicy", UserName="alice", PolicyName="own", PolicyDocument=text(own))
    outcome, said = weighed(aws, me, where, narrower(aws, where))
    assert outcome is Outcome.PASS
    assert other.rpartition("/")[2] in said


def test_a_session_of_a_role_is_that_role(aws):
    where = star(aws)
    administrator(aws)
    people = text({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    do(aws, "iam", "CreateRole", RoleName="ops", Path="/team/", AssumeRolePolicyDocument=people)
    do(aws, "iam", "AttachRolePolicy", RoleName="ops", PolicyArn=where.id)
    me = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/me"
    assert weighed(aws, me, where, narrower(aws, where))[0] is Outcome.BLOCK


def test_the_last_administrator_goes_only_with_a_word_about_it(aws):
    """Two fixes of one plan take one administrator each: the second one knows of the first."""
    where, memory = star(aws), {}
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=where.id)
    other = target("AWS::IAM::Principal", administrator(aws))
    outside = f"arn:aws:sts::{ACCOUNT}:federated-user/me"
    assert weighed(aws, outside, where, narrower(aws, where), memory=memory)[0] is Outcome.PASS
    held = setting(INLINE_SETTING).read(aws, other).value
    less = INLINE["inline_narrowed"](held, {"arn": other.id, "days": 400, "services": ""})
    outcome, said = weighed(aws, outside, other, (INLINE_SETTING, less), memory=memory)
    assert outcome is Outcome.WARN
    assert "nobody administers IAM in this account but you" in said


def test_where_nobody_could_put_policies_back_it_is_refused(aws):
    """The caller may make this change and take it back, and is no administrator; the only one would go."""
    where = star(aws)
    do(aws, "iam", "CreateUser", UserName="bob")
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=where.id)
    do(aws, "iam", "CreateUser", UserName="junior")
    own = {"Effect": "Allow", "Action": "iam:*PolicyVersion", "Resource": "*"}
    do(aws, "iam", "PutUserPolicy", UserName="junior", PolicyName="own", PolicyDocument=text(own))
    outcome, said = weighed(aws, f"arn:aws:iam::{ACCOUNT}:user/junior", where, narrower(aws, where))
    assert outcome is Outcome.BLOCK
    assert "nobody would be left" in said
    assert weighed(aws, f"arn:aws:iam::{ACCOUNT}:root", where, narrower(aws, where))[0] is Outcome.PASS


def test_taking_awss_own_policy_and_a_boundary_count_as_well(aws):
    people = text({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    do(aws, "iam", "CreateRole", RoleName="ops", AssumeRolePolicyDocument=people)
    do(aws, "iam", "AttachRolePolicy", RoleName="ops", PolicyArn=admin())
    me = f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/me"
    where = target("AWS::IAM::AttachedPolicy", admin())
    held = setting(ATTACHED).read(aws, where).value
    nobody = {**held, "Users": [], "Groups": [], "Roles": []}
    assert weighed(aws, me, where, (ATTACHED, nobody))[0] is Outcome.BLOCK
    fence = managed(aws, "fence", READ)
    own = target("AWS::IAM::Role", f"arn:aws:iam::{ACCOUNT}:role/ops")
    assert weighed(aws, me, own, (BOUNDARY, {"Boundary": fence}))[0] is Outcome.BLOCK


# What fits -------------------------------------------------------------------------------------------


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
    plan = make_plan([Wish(one, where, ()) for one in wanted], {"aws": aws}, {})
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
    assert (outcome, "role-app-own already" in said) == (Outcome.BLOCK, True)
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
    assert "AdminStar lets one do everything as well" in said
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
    assert (outcome, "no customer-managed key" in said) == (Outcome.BLOCK, True)
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


# Keys of enclaves ------------------------------------------------------------------------------------


def enclave(aws, *statements):
    given = {"Policy": text(*statements)} if statements else {}
    where = target("AWS::KMS::Key", enclave_key(aws, **given))
    value = setting("aws.kms.enclave-policy").read(aws, where).value
    return where, ("aws.kms.enclave-policy", attested(value, IMAGE))


THROUGH_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


@pytest.mark.parametrize(
    "theirs",
    [
        allow({"Service": "logs.amazonaws.com"}, "kms:Decrypt", "*"),
        allow({"AWS": "*"}, "kms:*", "*", Condition=THROUGH_S3),
    ],
)
def test_a_key_that_services_use_is_not_bound_to_an_enclave(aws, theirs):
    owner = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*", Sid="Owner")
    where, draft = enclave(aws, owner, theirs)
    outcome, said = verdict(aws, "enclave-key-only", where, draft)
    assert outcome is Outcome.BLOCK
    assert "a key of its own" in said


def test_who_loses_the_use_of_the_key_and_whose_grants_stay_is_said(aws):
    where, draft = enclave(aws)
    outcome, said = verdict(aws, "enclave-key-only", where, draft)
    assert outcome is Outcome.WARN
    assert f"arn:aws:iam::{ACCOUNT}:role/host" in said
    grant = {"KeyId": where.id, "Operations": ["Decrypt"]}
    do(aws, "kms", "CreateGrant", GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/host", **grant)
    assert "1 grant of the key" in verdict(aws, "enclave-key-only", where, draft)[1]
    do(aws, "kms", "CreateGrant", GranteePrincipal="rds.us-east-1.amazonaws.com", **grant)
    outcome, said = verdict(aws, "enclave-key-only", where, draft)
    assert (outcome, "rds" in said) == (Outcome.BLOCK, True)
    assert verdict(aws, "enclave-key-only", where)[0] is Outcome.PASS


def test_the_account_goes_on_ruling_the_key(aws):
    where, draft = enclave(aws)
    assert verdict(aws, "enclave-key-administrators-kept", where, draft)[0] is Outcome.PASS
    name, value = draft
    lost = {**value, "Policy": text(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/host"}, "kms:Decrypt", "*"))}
    outcome, said = verdict(aws, "enclave-key-administrators-kept", where, (name, lost))
    assert (outcome, "nobody but AWS" in said) == (Outcome.BLOCK, True)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "policy-holders",
            "administrator-stays",
            "policy-version-free",
            "attachments-fit",
            "replacement-fits",
        ),
        *("decryption-kept", "boundary-as-meant", "enclave-key-only", "enclave-key-administrators-kept"),
    ],
)
def test_what_could_lock_somebody_out_blocks_where_it_cannot_look(name):
    assert name in guards()[1]
